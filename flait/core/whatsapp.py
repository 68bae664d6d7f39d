"""WhatsApp beside SMS: in which form a text may go at this moment, and what it says in that form. Sends nothing.

WhatsApp takes free text for 24 hours after the person wrote to us; before and after that only templates that Meta has
approved. Every form says what the stored text says: the same facts, the same words.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct, field

from flait.core.flights import Airport, Flight, Phase
from flait.core.messages import CopiedAs, Message, MessageKind
from flait.core.structure import Structure, one_line
from flait.core.texts.formats import Reader
from flait.core.texts.wording import arrives_verb, departs_verb, label, route, short
from flait.core.told import Told, told
from flait.core.values import fields

WINDOW: Final = timedelta(hours=24)
MARGIN: Final = timedelta(minutes=5)  # clocks differ, and a text takes its time: near the end the window counts as shut
ANY_KIND: Final = "any"  # the template for every kind that has none of its own
OF_ITS_OWN: Final = frozenset({MessageKind.INVITATION})  # asks for an answer, and a general template does not say which
FREE_REFUSED: Final = 63016
LONGEST_VARIABLE: Final = 160  # characters; Twilio takes 1024 for the whole template
NOTHING: Final = "-"  # WhatsApp refuses an empty variable


NO_SMS: Final = "the person has not agreed to SMS"
NO_WAY: Final = "`flait user set WHO channel sms` once they agree to that, or set up templates (`flait help whatsapp`)"
"""What helps somebody whom WhatsApp does not reach by itself."""


class MessageForm(StrEnum):
    """How a text leaves."""

    FREE = "free text"
    TEMPLATE = "template"
    SMS = "SMS"


class Setup(Struct, frozen=True, kw_only=True):
    """What the operator has set up: a WhatsApp sender, and templates by the kind of text.

    `one_way`: SMS come from a name, to which nobody can reply; `contact` is whom people can ask.
    """

    sender: bool = False
    templates: Mapping[str, str] = field(default_factory=dict)
    one_way: bool = False
    contact: str = ""

    def template(self, kind: MessageKind) -> str | None:
        """The content sid for texts of that kind."""
        general = None if kind in OF_ITS_OWN else self.templates.get(ANY_KIND)
        return self.templates.get(kind) or general or None


NO_WHATSAPP: Final = Setup()


class ChosenForm(Struct, frozen=True, kw_only=True):
    """The form that a text takes, and why; no form: it cannot go out."""

    form: MessageForm | None
    why: str


class TemplateMessage(Message, frozen=True, kw_only=True):
    """A text that leaves as a template: Twilio gets `content_sid` and the variables in place of the body."""

    content_sid: str
    variables: Mapping[str, str]


def choice(
    message: Message,
    *,
    setup: Setup,
    wrote_at: datetime | None,
    sms_agreed: bool,
    now: datetime,
    refused: int | None = None,
    as_free_text: bool = False,
) -> ChosenForm:
    """The form in which a WhatsApp text goes now. `wrote_at` is when the person last wrote to us over WhatsApp.

    `refused` is WhatsApp's error for the text before it about the same flight, perhaps only `as_free_text`: what is
    told in its place goes another way.
    """
    if not setup.sender:
        return _by_sms("twilio.whatsapp_from is not set", sms_agreed=sms_agreed)
    if refused and sms_agreed and not (as_free_text and setup.template(message.kind)):
        return ChosenForm(form=MessageForm.SMS, why=f"WhatsApp did not take the text before it (error {refused})")
    is_open = wrote_at is not None and now - wrote_at < WINDOW - MARGIN
    if is_open and not as_free_text and message.copied_as is not CopiedAs.TEMPLATE:
        return ChosenForm(form=MessageForm.FREE, why="the person wrote within 24 hours")
    closed = "WhatsApp refused it as free text" if is_open else "the person has not written for 24 hours"
    if setup.template(message.kind):
        return ChosenForm(form=MessageForm.TEMPLATE, why=closed)
    return _by_sms(f"{closed}, and there is no template for {message.kind}", sms_agreed=sms_agreed)


def _by_sms(why: str, *, sms_agreed: bool) -> ChosenForm:
    if sms_agreed:
        return ChosenForm(form=MessageForm.SMS, why=why)
    return ChosenForm(form=None, why=f"{why}; {NO_SMS}")


def is_whatsapp_error(code: int | None) -> bool:
    """Whether the fault is the channel's: 63xxx are Twilio's codes for WhatsApp, and SMS still reaches the person."""
    return code is not None and code // 1000 == 63


# --- what is said -----------------------------------------------------------------------------------------------


def free_text(said: Structure) -> str:
    """The same words over several lines, the flight and the news bold. Without a flight at its head: one paragraph."""
    head = said.headline
    if not head.flight:
        return one_line(said)
    first = (head.opening, _bold(head.flight), head.route, _bold(head.news))
    behind = [part.text for part in (*said.times, *said.sentences)]
    return "\n".join([" ".join(part for part in first if part), *behind])


def _bold(text: str) -> str:
    """WhatsApp knows no escape: what holds an asterisk itself stays plain."""
    return f"*{text}*" if text and "*" not in text else text


class Variables(Struct, frozen=True, kw_only=True):
    """What a template is filled with, in the order of its placeholders {{1}} to {{5}}."""

    flight: str
    route: str
    what: str
    times: str
    place: str

    def numbered(self) -> dict[str, str]:
        """The variables as Twilio wants them: by number, one line each, none empty."""
        texts = [getattr(self, one.name) for one in fields(self)]
        return {str(number): _one_line(text) for number, text in enumerate(texts, start=1)}


def variables(message: Message, flight: Flight | None, reader: Reader) -> Variables:
    """The template's variables, from what the text states (`tells`) and not from what is known by now.

    `reader.ident` is the number as booked; without a flight the text's own words have to do.
    """
    said = message.parts
    known = told([message.tells])
    return Variables(
        flight=label(flight, reader.ident) if flight else said.headline.flight or reader.ident,
        route=route(flight) if flight else said.headline.route,
        what=_news(said).rstrip("."),
        times=_times(known, flight, reader) if flight else ", ".join(time.text for time in said.times),
        place=_place(known, flight) if flight else "",
    )


def _news(said: Structure) -> str:
    """`Tracking Tue 25 Nov`; the first time of a text that has no other news, the whole of one about no flight."""
    head = said.headline
    if not head.flight:
        return one_line(said)
    return " ".join(part for part in (head.opening, head.news) if part) or "".join(time.text for time in said.times[:1])


def _times(known: Told, flight: Flight, reader: Reader) -> str:
    leaves = f"{departs_verb(flight)} {reader.at(known.departure, flight.origin)}" if known.departure else ""
    lands = flight.lands_at
    arrives = f"{arrives_verb(flight)} {reader.at(known.arrival, lands)}" if known.arrival and lands else ""
    return ", ".join(time for time in (leaves, arrives) if time)


def _place(known: Told, flight: Flight) -> str:
    before = known.phase in (Phase.SCHEDULED, Phase.OUT)
    origin = _spot(flight.origin, known.gate_origin, known.terminal_origin) if before else ""
    destination = _spot(flight.lands_at, known.gate_destination, known.terminal_destination, known.baggage_claim)
    return "; ".join(spot for spot in (origin, destination) if spot)


def _spot(airport: Airport | None, gate: str | None, terminal: str | None, belt: str | None = None) -> str:
    """`SFO gate F12, Terminal 3`, or nothing where nothing was told."""
    named = (("gate", gate), ("Terminal", terminal), ("belt", belt))
    spots = [f"{name} {short(value)}" for name, value in named if value]
    return f"{airport.short} {', '.join(spots)}" if airport and spots else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_VARIABLE].strip() or NOTHING
