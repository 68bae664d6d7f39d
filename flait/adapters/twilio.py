"""Talks to Twilio: hands texts over, and reads Twilio's own record of them.

It never retries a sending that may have arrived, and tells apart what a flow must: certainly not sent, refused for
good, or in doubt. Sending has no idempotency key at Twilio: a blind second try is a second text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from flait.adapters.exchange import Exchange
from flait.adapters.twilio_errors import Failed, send_error
from flait.clock import Clock
from flait.core.messages import Channel, Message
from flait.core.twilio_errors import Kind, known
from flait.errors import InDoubt, NotSent
from flait.flows.ports import Accepted, Sent

if TYPE_CHECKING:
    from flait.adapters.twilio_client import Conversation

DEADLINE = timedelta(seconds=20)
MOST_BYTES = 256 * 1024  # a page of 50 texts has about 60 kB
PAGE_SIZE = 50
MOST_PAGES = 2
SHORTEST_VALIDITY = timedelta(minutes=1)
LONGEST_VALIDITY = timedelta(hours=10)  # Twilio's own limit
WHATSAPP = "whatsapp:"
SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}", re.ASCII)

ACTIVE = "active"  # a working account's status, in Twilio's word

AGAIN = "Flait tries again"
SEE_SECRETS = "check twilio.account_sid, and store the secret again with `flait secrets set`"

T = TypeVar("T")


class TwilioGateway:
    """A Gateway over Twilio's SDK, safe to share between threads.

    `token` and `api_key_secret` give the secret, and with True read it afresh: after a 401 once, so that a rotated
    one is taken up without a restart. With `api_key_sid` its secret is used and the token is never asked for.
    """

    def __init__(
        self,
        *,
        base_url: str,
        account_sid: str,
        token: Callable[[bool], str],
        clock: Clock,
        api_key_sid: str | None = None,
        api_key_secret: Callable[[bool], str] | None = None,
        from_number: str | None = None,
        messaging_service_sid: str | None = None,
        whatsapp_from: str | None = None,
        deadline: timedelta = DEADLINE,
        status_callback: Callable[[Message], str] | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._account_sid = account_sid
        self._keyed = bool(api_key_sid and api_key_secret)
        self._username, self._secret = account_sid, token
        if api_key_sid and api_key_secret:
            self._username, self._secret = api_key_sid, api_key_secret
        self._clock = clock
        self._from_number = from_number
        self._messaging_service_sid = messaging_service_sid
        self._whatsapp_from = whatsapp_from
        self._exchange = Exchange(deadline=deadline, most_bytes=MOST_BYTES)
        self._status_callback = status_callback

    def send(self, message: Message, *, now: datetime) -> Accepted:
        """Hand one text over, once. Raises NotSent, InDoubt or Rejected."""
        fields = self._fields(message, now)
        outcome = self._ask(lambda twilio: _sid(twilio.client.messages.create(**fields).sid))
        if isinstance(outcome, Failed):
            raise send_error(outcome, self._clock.now())
        return Accepted(sid=outcome)

    def sent_to(self, to: str, *, since: datetime) -> Sequence[Sent]:
        """Our own texts to that number that Twilio created since then. Raises InDoubt when it cannot tell."""
        # The same number on WhatsApp is another address; a text in doubt may have gone to either.
        addresses = (to, f"{WHATSAPP}{to}") if self._whatsapp_from else (to,)
        sent = [text for address in addresses for text in self._record_of(address)]
        # Twilio keeps whole seconds.
        return [text for text in sent if text.created_at >= since.replace(microsecond=0)]

    def check(self) -> bool:
        """Whether Twilio takes the credentials: True, or NotSent. Free, and sends nothing."""
        # A standard API key may send and list, but not read the account itself.
        outcome = self._ask(_list_one if self._keyed else _account_status)
        if isinstance(outcome, Failed):
            raise _check_error(outcome)
        if outcome != ACTIVE:
            raise NotSent("the Twilio account is not active", "look into Twilio's console", account=True)
        return True

    def _ask(self, question: "Callable[[Conversation], T]") -> "T | Failed":
        secret = self._secret(False).strip()
        outcome = self._asked(question, secret)
        if not isinstance(outcome, Failed) or not outcome.refused or outcome.refused.status not in (401, 403):
            return outcome
        fresh = self._secret(True).strip()
        return outcome if fresh == secret else self._asked(question, fresh)

    def _asked(self, question: "Callable[[Conversation], T]", secret: str) -> "T | Failed":
        from flait.adapters.twilio_client import Conversation

        twilio = Conversation(
            self._exchange,
            base_url=self._base_url,
            account_sid=self._account_sid,
            username=self._username,
            password=secret,
        )
        return twilio.ask(question)

    def _fields(self, message: Message, now: datetime) -> Mapping[str, Any]:
        useful = min(max(message.expires_at - now, SHORTEST_VALIDITY), LONGEST_VALIDITY)
        fields = {
            "to": f"{WHATSAPP}{message.to}" if message.channel is Channel.WHATSAPP else message.to,
            "body": message.body,
            "validity_period": int(useful.total_seconds()),
            "smart_encoded": True,
            **self._sender(message.channel),
        }
        if self._status_callback:
            fields["status_callback"] = self._status_callback(message)
        return fields

    def _sender(self, channel: Channel) -> Mapping[str, str]:
        if channel is Channel.WHATSAPP and self._whatsapp_from:
            return {"from_": f"{WHATSAPP}{self._whatsapp_from}"}
        if channel is Channel.SMS and self._messaging_service_sid:
            return {"messaging_service_sid": self._messaging_service_sid}
        if channel is Channel.SMS and self._from_number:
            return {"from_": self._from_number}
        name = "from_number" if channel is Channel.SMS else "whatsapp_from"
        raise NotSent(f"no sender is set for {channel}", f"run `flait config set twilio.{name} NUMBER`", account=True)

    def _record_of(self, address: str) -> list[Sent]:
        outcome = self._ask(lambda twilio: self._listed(twilio, address))
        if isinstance(outcome, Failed):
            # Never NotSent: that Twilio cannot be asked says nothing about the text in doubt.
            raise InDoubt(f"Twilio's record of texts cannot be read: {outcome.words}", AGAIN, error_code=outcome.code)
        return outcome

    def _listed(self, twilio: "Conversation", address: str) -> list[Sent]:
        # No DateSent filter: it is null until a text is sent, and would hide the very one in doubt.
        page = twilio.client.messages.page(to=address, page_size=PAGE_SIZE)
        rows = twilio.rows("messages")
        for _ in range(MOST_PAGES - 1):
            page = page.next_page()
            if page is None:
                break
            rows += twilio.rows("messages")
        return [self._sent(row) for row in rows if self._ours(row)]

    def _ours(self, row: Mapping[str, Any]) -> bool:
        own = row.get("account_sid", self._account_sid) == self._account_sid
        return bool(row["direction"] == "outbound-api" and own)

    def _sent(self, row: Mapping[str, Any]) -> Sent:
        created = parsedate_to_datetime(row["date_created"])
        return Sent(
            sid=_sid(row["sid"]),
            to=str(row["to"]).removeprefix(WHATSAPP),
            body=str(row["body"] or ""),
            created_at=created.astimezone(UTC) if created.tzinfo else created.replace(tzinfo=UTC),
        )


def _sid(sid: object) -> str:
    if not isinstance(sid, str) or not SID.fullmatch(sid):
        raise ValueError("not a message's sid")
    return sid


def _account_status(twilio: "Conversation") -> str:
    status = twilio.client.api.v2010.account.fetch().status
    if not isinstance(status, str):
        raise TypeError("not an account")
    return status


def _list_one(twilio: "Conversation") -> str:
    twilio.client.messages.page(page_size=1)
    twilio.rows("messages")
    return ACTIVE


def _check_error(failed: Failed) -> NotSent:
    if failed.refused and 400 <= failed.refused.status < 500:
        found = known(failed.refused.status, failed.code)
        words = f"Twilio refuses: {found.words} (HTTP {failed.refused.status})"
        return NotSent(words, SEE_SECRETS, error_code=failed.code, account=found.kind is Kind.ACCOUNT)
    return NotSent(failed.words, "try again later", error_code=failed.code)
