"""The texts that went through the pretended Twilio, both ways, and how each looks as time goes by.

A message's state is a function of its age: nothing has to run for a text to be delivered. What becomes of it is
decided in fates.py, when it is accepted.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

from flait.sandbox.records import stamp

API_VERSION = "2010-04-01"
POOL_NUMBER = "+15555550199"  # whom a messaging service picks to send from
PRICE_PER_SEGMENT = 0.0079  # dollars
WHATSAPP = "whatsapp:"
INBOUND = "inbound"
FAILURES = ("failed", "undelivered")

ERRORS: Mapping[int, str] = {
    21610: "Attempt to send to unsubscribed recipient",
    30003: "Unreachable destination handset",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30036: "Validity period expired",
    63016: "Failed to send freeform message because you are outside the allowed window.",
}

# From which age on which status.
Stages = tuple[tuple[timedelta, str], ...]
RECEIVED: Stages = ((timedelta(), "received"),)

GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = set("\f^{}\\[~]|€")  # two places each


def segments(body: str) -> int:
    """How many SMS segments Twilio counts: 160 or 153 each in GSM-7, 70 or 67 in UCS-2."""
    if all(character in GSM or character in GSM_EXTENSION for character in body):
        alone, joined = 160, 153
        widths = [2 if character in GSM_EXTENSION else 1 for character in body]
    else:
        alone, joined = 70, 67
        widths = [len(character.encode("utf-16-le")) // 2 for character in body]
    return 1 if sum(widths) <= alone else _packed(widths, joined)


def _packed(widths: list[int], room: int) -> int:
    count, left = 1, room
    for width in widths:
        if width > left:
            count, left = count + 1, room
        left -= width
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text, ours or a person's. `stages` is what becomes of it, by age. Times are virtual."""

    sid: str
    account_sid: str
    to: str
    from_: str | None
    body: str
    accepted_at: datetime
    stages: Stages
    direction: str = "outbound-api"
    service_sid: str | None = None
    status_callback: str | None = None
    error_code: int | None = None  # with which it ends
    content_sid: str | None = None
    content_variables: str | None = None
    num_media: int = 0
    from_twilio: bool = False  # Twilio's own answer to a keyword

    @property
    def is_whatsapp(self) -> bool:
        """Whether it goes by WhatsApp."""
        return self.to.startswith(WHATSAPP)

    def status(self, now: datetime) -> str:
        """Where it has got to at `now`."""
        return self._stage(now)[1]

    def sender(self, now: datetime) -> str | None:
        """The number it is sent from: a messaging service needs a moment to pick one."""
        return self.from_ or (None if self.status(now) == "accepted" else POOL_NUMBER)

    def sent_at(self, now: datetime) -> datetime | None:
        """When it left Twilio, or came there, if it has by `now`."""
        moments = [self.accepted_at + age for age, name in self.stages if name in ("sent", "received")]
        return next((moment for moment in moments if moment <= max(now, self.accepted_at)), None)

    def error(self, now: datetime) -> int | None:
        """Why it failed, once it has."""
        return self.error_code if self.status(now) in FAILURES else None

    def resource(self, now: datetime) -> dict[str, Any]:
        """The message as Twilio shows it at `now`, every field in its real form."""
        (age, status), sent_at, error = self._stage(now), self.sent_at(now), self.error(now)
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"
        count = 0 if status == "accepted" else segments(self.body)
        return {
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": _rfc2822(self.accepted_at),
            "date_sent": _rfc2822(sent_at) if sent_at else None,
            "date_updated": _rfc2822(self.accepted_at + age),
            "direction": self.direction,
            "error_code": error,
            "error_message": ERRORS.get(error, "Unknown error") if error else None,
            "from": self.sender(now),
            "messaging_service_sid": self.service_sid,
            "num_media": str(self.num_media),
            "num_segments": str(count),
            "price": f"{-PRICE_PER_SEGMENT * count:.5f}" if sent_at else None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }

    def summary(self, now: datetime) -> dict[str, Any]:
        """The text for someone who watches the sandbox."""
        return {
            "sid": self.sid, "to": self.to, "from": self.from_ or self.service_sid, "body": self.body,
            "at": stamp(self.accepted_at), "num_segments": segments(self.body), "status": self.status(now),
            "status_callback": self.status_callback, "direction": self.direction, "error_code": self.error(now),
            "content_sid": self.content_sid, "content_variables": self.content_variables,
            "from_twilio": self.from_twilio,
        }  # fmt: skip

    def _stage(self, now: datetime) -> tuple[timedelta, str]:
        return [stage for stage in self.stages if self.accepted_at + stage[0] <= max(now, self.accepted_at)][-1]


class Texts:
    """All texts, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[str, Text] = {}

    def keep(self, text: Text) -> None:
        """Add one."""
        with self._lock:
            self._texts[text.sid] = text

    def find(self, sid: str) -> Text | None:
        """The text with this sid."""
        return self._texts.get(sid)

    def all(self) -> list[Text]:
        """Every one, oldest first."""
        with self._lock:
            return list(self._texts.values())

    def sent(self) -> list[Text]:
        """Those to people, oldest first."""
        return [text for text in self.all() if text.direction != INBOUND]

    def latest_to(self, person: str, sender: str | None = None) -> Text | None:
        """The latest text that a program sent to the person, from that number where one is given."""
        ours = (text for text in self._ours() if text.to == person)
        return next((text for text in ours if sender in (None, text.from_ or POOL_NUMBER)), None)

    def number_for(self, person: str) -> str:
        """The number that texted the person last, else anybody in the same way, else a messaging service's."""
        whatsapp = person.startswith(WHATSAPP)
        known = self.latest_to(person) or next((text for text in self._ours() if text.is_whatsapp is whatsapp), None)
        return (known and known.from_) or (WHATSAPP if whatsapp else "") + POOL_NUMBER

    def has_written(self, person: str, sender: str, since: datetime) -> bool:
        """Whether the person has texted that number after `since`."""
        return any(
            text.direction == INBOUND and (text.from_, text.to) == (person, sender) and text.accepted_at > since
            for text in self.all()
        )

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._texts.clear()

    def _ours(self) -> Iterator[Text]:
        """What a program sent, newest first."""
        return (text for text in reversed(self.all()) if text.direction == "outbound-api")


def new_sid() -> str:
    """One that no other sandbox has given."""
    return f"SM{uuid4().hex}"


def _rfc2822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))
