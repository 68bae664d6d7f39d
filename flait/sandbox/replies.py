"""A person texts back: the inbound message, Twilio's own answer to a keyword, the webhook, and what it answers.

Without an inbound URL nothing is posted: the message waits in Twilio's list.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flait.clock import Clock
from flait.core.values import replace
from flait.errors import UserError
from flait.sandbox.courier import Courier, Letter
from flait.sandbox.errands import Errands
from flait.sandbox.fates import BEGINS, ENDS, UNSUBSCRIBED
from flait.sandbox.forgeries import resplit
from flait.sandbox.keywords import KINDS, Keywords
from flait.sandbox.knobs import COUNT, FLAG, TEXT, Rule, one_of, or_nothing, read
from flait.sandbox.signing import Fields, Tokens
from flait.sandbox.twilio_callbacks import signed_letter
from flait.sandbox.twilio_messages import (
    API_VERSION,
    INBOUND,
    RECEIVED,
    WHATSAPP,
    Text,
    Texts,
    new_sid,
    segments,
)
from flait.sandbox.twiml import Heard, heard

NUMBER = re.compile(r"(whatsapp:)?\+[1-9]\d{6,14}", re.ASCII)
LONGEST_BODY = 1600
PLACES = tuple(f"{end}{place}" for end in ("From", "To") for place in ("City", "State", "Zip", "Country"))


def _is_body(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_BODY and value == value.encode(errors="replace").decode()


def _is_media(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 10 and all(isinstance(url, str) for url in value)


REPLY: Mapping[str, Rule] = {
    "from": TEXT,
    "body": (_is_body, f"a text of up to {LONGEST_BODY} characters"),
    "to": or_nothing(TEXT),
    "whatsapp": FLAG,
    "opt_out_type": or_nothing(one_of("STOP", "START", "HELP")),
    "media": (_is_media, "a list of up to ten URLs"),
    "forge": COUNT,
    "replay": COUNT,
    "resplit": FLAG,
}
WEBHOOKS: Mapping[str, Rule] = {"inbound_url": or_nothing(TEXT), "keywords": one_of(*KINDS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsText:
    """What a person sends, between two addresses; `to` None is the number that texted them last.

    `forge`, `replay` and `resplit` ask for further posts: wrongly signed, the same again, and the signed characters
    cut into other fields.
    """

    person: str
    to: str | None
    body: str
    opt_out_type: str | None
    media: tuple[str, ...]
    forge: int
    replay: int
    resplit: bool


def reply_from(description: object) -> PersonsText:
    """A reply as described. Raises UserError."""
    asked = read(description, REPLY)
    if not asked.get("from") or "body" not in asked:
        raise UserError("A reply needs from and body", "say who writes, and what")
    prefix = WHATSAPP if asked.get("whatsapp") or asked["from"].startswith(WHATSAPP) else ""
    return PersonsText(
        person=_address(asked["from"], prefix),
        to=_address(asked["to"], prefix) if asked.get("to") else None,
        body=asked["body"],
        opt_out_type=asked.get("opt_out_type"),
        media=tuple(asked.get("media", ())),
        forge=asked.get("forge", 0),
        replay=asked.get("replay", 0),
        resplit=asked.get("resplit", False),
    )


def _address(number: str, prefix: str) -> str:
    if not NUMBER.fullmatch(number):
        raise UserError("That is no number", "write it like +15555550100")
    return prefix + number.removeprefix(WHATSAPP)


class Replies:
    """What people text to Twilio's numbers. `inbound_url` is those numbers' webhook."""

    def __init__(
        self, *, texts: Texts, keywords: Keywords, tokens: Tokens, errands: Errands, courier: Courier, clock: Clock
    ) -> None:
        self._texts = texts
        self._clock = clock
        self._keywords = keywords
        self._tokens = tokens
        self._errands = errands
        self._courier = courier
        self.inbound_url: str | None = None

    def set_up(self, description: object) -> None:
        """Change the webhook or who answers keywords. Raises UserError."""
        asked = read(description, WEBHOOKS)
        url = asked.get("inbound_url", self.inbound_url)
        if url and not url.startswith(("http://", "https://")):
            raise UserError("The inbound URL is no web address", "write it like http://127.0.0.1:8787/twilio/message")
        self.inbound_url = url or None
        self._keywords.kind = asked.get("keywords", self._keywords.kind)

    def take(self, reply: PersonsText, now: datetime) -> str:
        """Receive what a person texts; its sid. Raises UserError when it could not be signed for the webhook."""
        account = self._tokens.latest
        token = self._tokens.of(account)
        if self.inbound_url and token is None:
            raise UserError(
                "Nothing can be signed before the account's auth token is known",
                "let Flait send a text first, or start the sandbox with the token",
            )
        inbound = self._received(reply, account, now)
        meaning = self._keywords.meaning(inbound.body, reply.person)
        if meaning:
            self._keyword(meaning, inbound)
        if self.inbound_url and token:
            self._post(reply, inbound, meaning, self.inbound_url, token)
        return inbound.sid

    def _received(self, reply: PersonsText, account: str, now: datetime) -> Text:
        last = self._texts.latest_to(reply.person, reply.to)
        inbound = Text(
            sid=new_sid(),
            account_sid=account,
            to=reply.to or self._texts.number_for(reply.person),
            from_=reply.person,
            service_sid=last.service_sid if last else None,
            body=reply.body,
            accepted_at=now,
            stages=RECEIVED,
            direction=INBOUND,
            num_media=len(reply.media),
        )
        self._texts.keep(inbound)
        return inbound

    def _keyword(self, meaning: str, inbound: Text) -> None:
        answer = self._keywords.take(meaning, inbound.service_sid or inbound.to, inbound.from_ or "")
        if answer:
            self._texts.keep(_back(inbound, answer, inbound.accepted_at, from_twilio=True))

    def _post(self, reply: PersonsText, inbound: Text, meaning: str | None, url: str, token: str) -> None:
        advanced = meaning if self._keywords.kind == "advanced" else None
        fields = inbound_fields(inbound, reply.media, reply.opt_out_type or advanced)
        for letter in _letters(reply, url, fields, token):
            deliver = partial(self._deliver, letter, inbound)
            self._errands.add(deliver, at=inbound.accepted_at, lane=f"from {inbound.from_}")

    def _deliver(self, letter: Letter, inbound: Text) -> None:
        """Post it, and send what the answer says, unless the person has stopped the number."""
        stopped = self._keywords.refuses(inbound.service_sid or inbound.to, inbound.from_ or "")
        answer = heard(self._courier.take(letter, lambda response: _fault(heard(response), stopped=stopped)))
        for body in () if stopped else answer.bodies:
            self._texts.keep(_back(inbound, body, self._clock.now(), from_twilio=False))


def _fault(answer: Heard, *, stopped: bool) -> str | None:
    return answer.error or (str(UNSUBSCRIBED) if stopped and answer.bodies else None)


def inbound_fields(inbound: Text, media: tuple[str, ...], opt_out_type: str | None) -> Fields:
    """The form of the webhook."""
    fields = {
        "MessageSid": inbound.sid, "SmsSid": inbound.sid, "SmsMessageSid": inbound.sid,
        "AccountSid": inbound.account_sid, "From": inbound.from_ or "", "To": inbound.to, "Body": inbound.body,
        "NumMedia": str(len(media)), "NumSegments": str(segments(inbound.body)),
        "SmsStatus": "received", "ApiVersion": API_VERSION,
    }  # fmt: skip
    if inbound.service_sid:
        fields["MessagingServiceSid"] = inbound.service_sid
    if opt_out_type:
        fields["OptOutType"] = opt_out_type
    for number, url in enumerate(media):
        fields |= {f"MediaUrl{number}": url, f"MediaContentType{number}": "image/jpeg"}
    if inbound.is_whatsapp:
        fields |= {"ProfileName": "Someone", "WaId": (inbound.from_ or "").removeprefix(f"{WHATSAPP}+")}
    else:
        fields |= dict.fromkeys(PLACES, "")
    return list(fields.items())


def _letters(reply: PersonsText, url: str, fields: Fields, token: str) -> Iterator[Letter]:
    honest = signed_letter(url, fields, token)
    yield honest
    yield from [replace(honest, fault="replay")] * reply.replay
    yield from [signed_letter(url, fields, f"not {token}", fault="forged")] * reply.forge
    if reply.resplit:
        for forged in resplit(token, url, fields):
            yield replace(honest, body=forged.body, fault="resplit")


def _back(inbound: Text, body: str, now: datetime, *, from_twilio: bool) -> Text:
    """A text to who wrote, from the number they wrote to."""
    return Text(
        sid=new_sid(),
        account_sid=inbound.account_sid,
        to=inbound.from_ or "",
        from_=inbound.to,
        service_sid=inbound.service_sid,
        body=body,
        accepted_at=now,
        stages=BEGINS + ENDS["delivered"],
        direction="outbound-reply",
        from_twilio=from_twilio,
    )
