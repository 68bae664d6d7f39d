"""Twilio's SDK over our own Exchange: its deadline, its size cap, a connection per request. Imported only to talk.

One Conversation is one question to the SDK. What goes wrong is told as a Failed value and never as the SDK's
exceptions, whose texts hold telephone numbers and terminal colours.
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response as TwilioResponse
from twilio.rest import Client

from flait.adapters.exchange import Exchange, ExchangeFailed, Fault, Response
from flait.adapters.twilio.errors import Failed

T = TypeVar("T")

# The SDK logs addresses, and with them telephone numbers.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)


class Conversation:
    """The SDK's client with one pair of credentials, and Twilio's latest reply."""

    def __init__(self, exchange: Exchange, *, base_url: str, account_sid: str, username: str, password: str) -> None:
        self._line = _Line(exchange, base_url)
        # Without an environment of its own the SDK would read TWILIO_* variables, and move the host with them.
        self.client = Client(username, password, account_sid=account_sid, http_client=self._line, environment={"-": ""})
        self.client.api.base_url = base_url

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """The rows of the latest reply's list. Raises KeyError, TypeError or ValueError when it is none.

        The SDK takes whatever single key an answer has for its list, and would read an error as "nothing there".
        """
        assert self._line.reply is not None
        rows = json.loads(self._line.reply.body)[name]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise TypeError(name)
        return rows

    def row(self) -> Mapping[str, Any]:
        """The latest reply as one row. Raises TypeError or ValueError when it is none."""
        assert self._line.reply is not None
        row = json.loads(self._line.reply.body)
        if not isinstance(row, dict):
            raise TypeError("row")
        return row

    def ask(self, question: Callable[["Conversation"], T]) -> T | Failed:
        """The answer to a question, or why there is none."""
        try:
            return question(self)
        except ExchangeFailed as failed:
            return Failed(fault=failed.fault, words=f"Twilio {failed}")
        except TwilioException as refused:
            code = _code(getattr(refused, "code", None))
        except Exception:  # noqa: BLE001 — the SDK meets odd JSON with whatever Python raises
            code = None
        return self._unusable(code)

    def _unusable(self, code: int | None) -> Failed:
        reply = self._line.reply
        status = f" (HTTP {reply.status})" if reply else ""
        return Failed(words=f"Twilio gave an answer that Flait cannot use{status}", reply=reply, code=code)


class _Line(HttpClient):  # type: ignore[misc]  # the SDK ships no types
    def __init__(self, exchange: Exchange, base_url: str) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._exchange = exchange
        self._base_url = base_url
        self.reply: Response | None = None

    def request(  # noqa: PLR0917 — the SDK's signature
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 — the Exchange has its own
        allow_redirects: bool = False,  # noqa: ARG002 — never
    ) -> Any:
        self.reply = None
        if auth is None or not url.startswith(f"{self._base_url}/"):
            # An answer's next page may point anywhere: the credentials go nowhere else.
            raise ExchangeFailed(Fault.UNREACHED)
        self.reply = self._exchange.send(method, url, params=params, form=data, headers=headers, auth=auth)
        return TwilioResponse(self.reply.status, self.reply.text, self.reply.headers)


def _code(code: object) -> int | None:
    # Without a code of Twilio's the SDK puts the HTTP status here.
    return code if isinstance(code, int) and 10_000 <= code <= 999_999 else None
