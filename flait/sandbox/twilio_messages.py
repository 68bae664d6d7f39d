"""The texts that the pretended Twilio has accepted, and how each looks as time goes by.

A message's state is a function of its age: nothing has to run for a text to be delivered.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

from flait.sandbox.records import stamp

API_VERSION = "2010-04-01"
POOL_NUMBER = "+15555550199"  # whom a messaging service picks to send from
PRICE_PER_SEGMENT = 0.0079  # dollars

# From which age on which status: with a number of one's own, and with a messaging service.
OWN_NUMBER = ((timedelta(), "queued"), (timedelta(seconds=2), "sent"), (timedelta(seconds=6), "delivered"))
SERVICE = ((timedelta(), "accepted"), (timedelta(seconds=1), "queued"), *OWN_NUMBER[1:])

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
    """One accepted text. Times are virtual."""

    sid: str
    account_sid: str
    to: str
    from_: str | None
    service_sid: str | None
    body: str
    accepted_at: datetime
    status_callback: str | None

    def status(self, now: datetime) -> str:
        """Where it has got to at `now`."""
        stages = SERVICE if self.service_sid else OWN_NUMBER
        return [name for age, name in stages if self.accepted_at + age <= max(now, self.accepted_at)][-1]

    def sender(self, now: datetime) -> str | None:
        """The number it is sent from: a messaging service needs a moment to pick one."""
        return self.from_ or (None if self.status(now) == "accepted" else POOL_NUMBER)

    def resource(self, now: datetime) -> dict[str, Any]:
        """The message as Twilio shows it at `now`, every field in its real form."""
        status, uri = self.status(now), f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"
        sent = status in ("sent", "delivered")
        count = 0 if status == "accepted" else segments(self.body)
        changed = [
            self.accepted_at + age for age, name in (SERVICE if self.service_sid else OWN_NUMBER) if name == status
        ]
        return {
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": _rfc2822(self.accepted_at),
            "date_sent": _rfc2822(self.accepted_at + OWN_NUMBER[1][0]) if sent else None,
            "date_updated": _rfc2822(changed[0]),
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": self.sender(now),
            "messaging_service_sid": self.service_sid,
            "num_media": "0",
            "num_segments": str(count),
            "price": f"{-PRICE_PER_SEGMENT * count:.5f}" if sent else None,
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
            "status_callback": self.status_callback,
        }  # fmt: skip


class Texts:
    """All accepted texts, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[str, Text] = {}

    def accept(self, account_sid: str, form: Mapping[str, str], now: datetime) -> Text:
        """Keep a new text under a sid that no other sandbox has given."""
        text = Text(
            sid=f"SM{uuid4().hex}",
            account_sid=account_sid,
            to=form["To"],
            from_=form.get("From") or None,
            service_sid=form.get("MessagingServiceSid") or None,
            body=form.get("Body", ""),
            accepted_at=now,
            status_callback=form.get("StatusCallback"),
        )
        with self._lock:
            self._texts[text.sid] = text
        return text

    def find(self, sid: str) -> Text | None:
        """The text with this sid."""
        return self._texts.get(sid)

    def all(self) -> list[Text]:
        """Every one, oldest first."""
        with self._lock:
            return list(self._texts.values())

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._texts.clear()


def _rfc2822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))
