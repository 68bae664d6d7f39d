"""Twilio's signature under the requests it makes, and the tokens it signs with. Tokens are never shown.

base64(HMAC-SHA1(auth token, URL + every field name and value, sorted)); of a field given several times every
different value counts once. Twilio's own validator reads it so.
"""

import base64
import hmac
from collections.abc import Iterable, Sequence
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

Fields = Sequence[tuple[str, str]]

HEADER = "X-Twilio-Signature"
FORM = "application/x-www-form-urlencoded"
NO_ACCOUNT = f"AC{'0' * 32}"


def signature(token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """What Twilio puts under a POST of these fields to this very URL."""
    content = called(url) + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), content.encode(), "sha1")).decode()


def called(url: str) -> str:
    """The URL as it is called and signed, otherwise untouched: without fragment, user and password."""
    scheme, _, rest = url.partition("#")[0].partition("://")
    host = urlsplit(url).netloc
    return f"{scheme}://{host.rpartition('@')[2]}{_from_root(rest.removeprefix(host))}"


def target(url: str) -> str:
    """The path and the query exactly as they go out."""
    return _from_root(url.partition("#")[0].partition("://")[2].removeprefix(urlsplit(url).netloc))


def _from_root(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


def form_body(fields: Fields) -> bytes:
    """The fields as a form."""
    return urlencode(fields).encode()


def signed_headers(token: str, url: str, fields: Fields) -> dict[str, str]:
    """The headers under which Twilio posts a form."""
    return {
        "Content-Type": f"{FORM}; charset=utf-8",
        "User-Agent": "TwilioProxy/1.1",
        "I-Twilio-Idempotency-Token": str(uuid4()),
        HEADER: signature(token, url, fields),
    }


class Tokens:
    """The auth token of each account: the one given, else the one with which the account itself asked."""

    def __init__(self, given: str | None) -> None:
        self._given = given
        self._learned: dict[str, str] = {}
        self.latest = NO_ACCOUNT  # the account that asked last: whose numbers people text

    def learn(self, account: str, user: str, password: str) -> None:
        """Somebody asked something of the account, with the right password: an API key's is no auth token."""
        self.latest = account
        if user == account:
            self._learned[account] = password

    def of(self, account: str) -> str | None:
        """The account's token, when it is known."""
        return self._given or self._learned.get(account)
