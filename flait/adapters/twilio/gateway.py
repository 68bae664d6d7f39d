"""Talks to Twilio: hands texts over, and reads Twilio's own record of them.

It never retries a sending that may have arrived, and tells apart what a flow must: certainly not sent, refused for
good, or in doubt. Sending has no idempotency key at Twilio: a blind second try is a second text.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from flait.adapters.exchange import Exchange, Witness
from flait.adapters.twilio import record
from flait.adapters.twilio.errors import Failed, send_error
from flait.adapters.twilio.record import WHATSAPP, Row, checked_sid
from flait.clock import Clock
from flait.core.inbound import Inbound
from flait.core.messages import Channel, Message
from flait.core.numbers import dialled, spellings
from flait.core.receipts import Receipt
from flait.core.senders import is_one_way, own_numbers
from flait.core.twilio_errors import OWN_NUMBER, ErrorKind, known
from flait.core.whatsapp import TemplateMessage
from flait.errors import InDoubt, NotSent, Rejected, SendError
from flait.flows.ports import Accepted, Inbox, Sent

if TYPE_CHECKING:
    from flait.adapters.twilio.client import Conversation

DEADLINE = timedelta(seconds=20)
MOST_BYTES = 1024 * 1024  # a page of 50 texts has about 60 kB; 600 kB where each is 1600 characters, all escaped
MOST_PAGES = 20  # read at once: a thousand texts
SHORTEST_VALIDITY = timedelta(minutes=1)
LONGEST_VALIDITY = timedelta(hours=10)  # Twilio's own limit

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
        witness: Witness | None = None,
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
        self._own_numbers = own_numbers(from_number or "", whatsapp_from or "")
        self._exchange = Exchange(deadline=deadline, most_bytes=MOST_BYTES, witness=witness)
        self._status_callback = status_callback

    def send(self, message: Message, *, now: datetime) -> Accepted:
        """Hand one text over, once. Raises NotSent, InDoubt or Rejected."""
        if dialled(message.to) in self._own_numbers:  # it would come back as if a person had written it
            raise Rejected("it is addressed to the number Flait itself writes from", error_code=OWN_NUMBER)
        fields = self._fields(message, now)
        outcome = self._ask(lambda twilio: checked_sid(twilio.client.messages.create(**fields).sid))
        if isinstance(outcome, Failed):
            raise send_error(outcome, self._clock.now())
        return Accepted(sid=outcome)

    def sent_to(self, to: str, *, since: datetime) -> Sequence[Sent]:
        """Our own texts to that number that Twilio created since then. Raises InDoubt when it cannot tell."""
        # The same number on WhatsApp is another address, in each of its spellings; a text in doubt may be under any.
        on_whatsapp = [f"{WHATSAPP}{spelling}" for spelling in spellings(to)] if self._whatsapp_from else []
        addresses = (to, *on_whatsapp)
        since = since.replace(microsecond=0)  # Twilio keeps whole seconds
        return [text for address in addresses for text in self._record_of(address, since)]

    def status_of(self, sid: str) -> Receipt:
        """What became of a text. Raises Rejected when Twilio knows no such text, InDoubt when it cannot tell."""
        outcome = self._ask(lambda twilio: record.fetched(twilio, sid))
        if not isinstance(outcome, Failed):
            return outcome
        raise _unknown_or_unreadable(outcome)

    def text(self, sid: str) -> Inbound | None:
        """What a person texted, as Twilio's record has it; None: no person, or not to us.

        Raises as `status_of` does.
        """
        outcome = self._ask(lambda twilio: self._text(twilio, sid))
        if isinstance(outcome, Failed):
            raise _unknown_or_unreadable(outcome)
        return outcome

    def received(self, since: datetime, cursor: str | None = None) -> Inbox:
        """What people texted to our senders since then, as Gateway. Raises InDoubt when it cannot tell."""
        outcome = self._ask(lambda twilio: self._received(twilio, since.replace(microsecond=0), cursor))
        if isinstance(outcome, Failed):
            raise _unreadable(outcome)
        return outcome

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
        from flait.adapters.twilio.client import Conversation

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
            "validity_period": int(useful.total_seconds()),
            **_content(message),
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

    def _record_of(self, address: str, since: datetime) -> list[Sent]:
        outcome = self._ask(lambda twilio: self._listed(twilio, address, since))
        if isinstance(outcome, Failed):
            raise _unreadable(outcome)
        if outcome is None:  # what was not read is not absent
            raise InDoubt("Twilio's record has more texts to that number than can be read at once", AGAIN)
        return outcome

    def _listed(self, twilio: "Conversation", address: str, since: datetime) -> list[Sent] | None:
        rows, _, more = record.since(twilio, since, most=MOST_PAGES, to=address)
        sent = [record.sent(row) for row in rows if row["direction"] == "outbound-api" and self._own(row)]
        return None if more else sent

    def _text(self, twilio: "Conversation", sid: str) -> Inbound | None:
        row = record.row_of(twilio, sid)
        return record.inbound(row) if record.has_come_in(row) and self._own(row) else None

    def _received(self, twilio: "Conversation", since: datetime, cursor: str | None) -> Inbox:
        """Sender by sender, a thousand texts at most; the cursor is the sender and the page where it goes on."""
        inboxes = self._inboxes()
        place, url = json.loads(cursor) if cursor else (0, None)
        found: list[Row] = []
        unfinished: list[datetime] = []
        left = MOST_PAGES
        while place < len(inboxes) and left:
            filters, is_ours = inboxes[place]
            rows, read, url = record.since(twilio, since, most=left, start=url, **filters)
            ours = [row for row in rows if self._own(row) and is_ours(row)]
            found += filter(record.has_come_in, ours)
            unfinished += filter(None, [record.unfinished(ours)])
            left -= read
            place += url is None
        # Twilio lists the newest first, and keeps whole seconds: of two in one second the order of the list tells.
        texts = [text for row in reversed(found) if (text := record.inbound(row)) is not None]
        texts.sort(key=lambda text: text.sent_at or since)
        more = json.dumps([place, url]) if place < len(inboxes) else None
        return Inbox(texts=texts, cursor=more, unfinished=min(unfinished, default=None))

    def _inboxes(self) -> Sequence[tuple[Mapping[str, str], Callable[[Row], bool]]]:
        """One for each sender that people can write to. We know a messaging service by its sid, not by its numbers."""
        addresses = [self._from_number] if self._from_number and not is_one_way(self._from_number) else []
        addresses += [f"{WHATSAPP}{self._whatsapp_from}"] if self._whatsapp_from else []
        numbers: list[tuple[Mapping[str, str], Callable[[Row], bool]]] = [
            ({"to": address}, lambda _: True) for address in addresses
        ]
        if not self._messaging_service_sid:
            return numbers
        return [*numbers, ({}, lambda row: bool(row["messaging_service_sid"] == self._messaging_service_sid))]

    def _own(self, row: Row) -> bool:
        return bool(row.get("account_sid", self._account_sid) == self._account_sid)


def _content(message: Message) -> Mapping[str, Any]:
    """A body, or a template with its variables: Twilio takes one of the two."""
    if isinstance(message, TemplateMessage):
        variables = json.dumps(dict(message.variables), ensure_ascii=False)
        return {"content_sid": message.content_sid, "content_variables": variables}
    return {"body": message.body, "smart_encoded": True}


def _unknown_or_unreadable(failed: Failed) -> SendError:
    if failed.refused and failed.refused.status == 404:
        return Rejected("Twilio's record does not have the text", "it may have been deleted there", error_code=20404)
    return _unreadable(failed)


def _unreadable(failed: Failed) -> SendError:
    # Never NotSent: that Twilio cannot be asked says nothing about any text.
    return InDoubt(f"Twilio's record of texts cannot be read: {failed.words}", AGAIN, error_code=failed.code)


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
        return NotSent(words, SEE_SECRETS, error_code=failed.code, account=found.kind is ErrorKind.ACCOUNT)
    return NotSent(failed.words, "try again later", error_code=failed.code)
