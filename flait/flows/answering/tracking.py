"""TRACK, and the answers to its questions. The way in is the command line's: resolve, then subscribe.

Where a number is more than one flight, the person is asked which; nothing is taken for them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from msgspec import Struct

from flait.core.dates import parse_date
from flait.core.findings import Finding, Found, OtherAirline, Over, Several, Shown, choices, decided, flown
from flait.core.flights import Flight
from flait.core.idents import parse_ident
from flait.core.replies.kinds import Track, TrackWish
from flait.core.subscriptions import Role
from flait.core.texts import answers as texts
from flait.core.texts.refusals import in_words, over
from flait.core.texts.wishes import not_understood_text, too_late_text
from flait.core.values import replace
from flait.core.wanted import Leg, Wanted, local_time
from flait.errors import (
    BudgetExhausted,
    ConfigError,
    FlaitError,
    FlightSourceError,
    InvalidDate,
    NotUnderstood,
    Refused,
    ShareSpent,
)
from flait.flows.accounts import until
from flait.flows.answering.desk import QUESTION, Act, AnswerText, Desk, say
from flait.flows.answering.meant import wish_of
from flait.flows.find import find
from flait.flows.history import note_shown
from flait.flows.keep import Person, Subscribed, refuse_opted_out
from flait.flows.keep import keep as keep_it
from flait.flows.money import cost_of
from flait.flows.subscribe import note_answer

NOTHING = Shown()
MOST_OPTIONS = 4  # that fit one text
MOST_WISHES = 4  # looked up for one text: each look-up costs money


class Looked(Struct, frozen=True, kw_only=True):
    """What AeroAPI showed for one wish, at that moment, and what it amounts to; or why it was not to be had."""

    wanted: Wanted
    at: datetime
    finding: Finding | FlaitError
    seen: Shown = NOTHING
    flight: Flight | None = None  # that was watched already: nobody was asked

    @property
    def waits(self) -> bool:
        """AeroAPI did not answer: the wish is kept, and tried again."""
        lasting = isinstance(self.finding, Refused | NotUnderstood)
        return isinstance(self.finding, FlightSourceError) and not lasting

    @property
    def refused(self) -> bool:
        """There is nothing to keep."""
        return not isinstance(self.finding, Found) and not self.waits

    @property
    def options(self) -> list[Leg]:
        """The legs to choose from, when there is more than one."""
        over = isinstance(self.finding, Over) and self.finding.at
        undecided = (self.wanted.wish is None and not over) or isinstance(self.finding, Several)
        found = choices(self.wanted, self.seen, self.at) if undecided else []
        return found if len(found) > 1 else []


def track(desk: Desk, reply: Track) -> Act:
    """Follow what is named; each new flight is answered by its own confirmation."""
    if not reply.wishes:
        return say(texts.number_lacks_text(reply.typed) if reply.typed else texts.WHICH_FLIGHT)
    looked = [_found(desk, wish) for wish in reply.wishes[:MOST_WISHES]]
    act = _following(desk, looked)
    if len(reply.wishes) <= MOST_WISHES:
        return act
    return lambda: [*act(), AnswerText(body=texts.too_many_wishes_text(MOST_WISHES))]


def track_all(desk: Desk, wanted: Iterable[Wanted]) -> Act:
    """Ask about every wish, then keep them all at once."""
    return _following(desk, [look_up(desk, one) for one in wanted])


def _following(desk: Desk, looked: Sequence[Looked]) -> Act:
    return lambda: list(_kept(desk, looked))


def _found(desk: Desk, wish: TrackWish) -> Looked:
    """AeroAPI's answer tells at which end an airport is meant; it is asked once."""
    looked = look_up(desk, wanted_of(desk, wish))
    if wish.either is None or isinstance(looked.finding, FlaitError):
        return looked
    there = choices(looked.wanted, looked.seen, looked.at)
    leaves = [leg for leg in there if wish.either in (leg.origin.code, leg.origin.code_iata)]
    lands = [
        leg for leg in there if leg.destination and wish.either in (leg.destination.code, leg.destination.code_iata)
    ]
    if leaves and lands:  # which is meant is for the person to say
        return looked
    wanted = replace(looked.wanted, destination=wish.either) if lands else replace(looked.wanted, origin=wish.either)
    return replace(looked, wanted=wanted, finding=decided(wanted, looked.seen, looked.at))


def wanted_of(desk: Desk, wish: TrackWish) -> Wanted:
    """What a person asks for by text, in their usual role; words like `tomorrow` count from when they wrote."""
    return Wanted(
        ident=wish.ident,
        wish=parse_date(wish.date) if wish.date else None,
        origin=wish.origin,
        destination=wish.destination,
        leaves_at=wish.at,
        role=desk.user.role,
        asked_at=desk.written,
    )


def look_up(desk: Desk, wanted: Wanted, flight: Flight | None = None) -> Looked:
    """Outside any transaction: find the one leg meant. A `flight` that is watched already costs no question."""
    at = desk.now
    wanted = _that_very(flight, wanted) if flight else wanted
    try:
        if flight:
            seen = Shown(flights=(flight,), rows=())
            finding = decided(wanted, seen, at)
        else:
            seen, finding = find(desk.source.billed_to((desk.phone,)), wanted, now=at)
    except (InvalidDate, BudgetExhausted, ConfigError, FlightSourceError) as fault:
        return Looked(wanted=wanted, at=at, finding=fault)
    return Looked(wanted=wanted, at=at, finding=finding, seen=seen, flight=flight)


def _beside(desk: Desk, looked: Looked, finding: Finding | FlaitError) -> Finding | FlaitError:
    """The choices, and what is watched under that number besides: two departures of a day may be an hour apart."""
    if not looked.flight or not isinstance(finding, Found):
        return finding
    return replace(finding, beside=finding.beside | _watched_beside(desk, looked.flight))


def _watched_beside(desk: Desk, flight: Flight) -> frozenset[str]:
    rows = desk.store.find_open({flight.ident, flight.ident_icao or flight.ident, flight.number})
    return frozenset(row.fa_flight_id for row in rows) - {flight.fa_flight_id}


def _that_very(flight: Flight, wanted: Wanted) -> Wanted:
    """Whatever was said of it once: it may have been re-timed and re-routed since."""
    on = parse_date(flight.departure_date.isoformat())
    return replace(wanted, wish=on, origin=None, destination=None, leaves_at=None, found=False)


def keep(desk: Desk, looked: Looked, person: Person) -> Subscribed | AnswerText:
    """Inside the transaction: follow it, or say why not."""
    finding = _beside(desk, looked, looked.finding)
    if looked.refused or not isinstance(finding, Found | FlightSourceError):
        return AnswerText(body=refusal(desk, looked))
    refuse_opted_out(desk.store.user_by_phone(person.phone))
    if not looked.flight:
        note_answer(desk.store, finding, looked.at)
        note_shown(desk.store, looked.wanted.ident, looked.seen, looked.at)
    contact = desk.rules.contact
    return keep_it(desk.store, finding, person=person, wanted=looked.wanted, now=looked.at, contact=contact)


def words_of(desk: Desk, kept: Subscribed | AnswerText) -> list[AnswerText]:
    """The answer; for a new subscription it is the confirmation, which is written already."""
    if isinstance(kept, AnswerText):
        return [kept]
    subscription = kept.subscription
    if kept.already:
        body = texts.already_text(subscription.ident)
    elif kept.flight is None and kept.scheduled is None:
        body = texts.saved_text(subscription.ident, wish_of(desk, subscription))
    else:
        return []
    return [AnswerText(body=body, subscription_id=subscription.id, flight_id=subscription.flight_id)]


def _kept(desk: Desk, looked: Sequence[Looked]) -> Iterator[AnswerText]:
    person = Person(phone=desk.phone, channel=desk.channel, added_by=desk.user.added_by)
    said: set[str] = set()
    asking = False
    for one in looked:
        if one.options:
            too_many = asking or len(one.options) > MOST_OPTIONS
            lines = [AnswerText(body=_name_a_day(desk, one)) if too_many else _ask(desk, one)]
            asking = True
        else:
            lines = _refused_for_money(desk, one) or words_of(desk, keep(desk, one, person))
        yield from (line for line in lines if line.body not in said)
        said |= {line.body for line in lines}


def _refused_for_money(desk: Desk, looked: Looked) -> list[AnswerText]:
    """Where the month would not last for what is followed and this: the operator decides, at the command line."""
    found = looked.finding
    if looked.refused or not isinstance(found, Found | FlightSourceError):
        return []
    cost = cost_of(desk.store, found, looked.wanted, budget_usd=desk.rules.budget_usd, now=desk.now)
    ident = str(looked.wanted.ident)
    return [AnswerText(body=texts.too_much_text(ident, desk.rules.contact))] if cost.is_too_much else []


def _ask(desk: Desk, looked: Looked) -> AnswerText:
    """Put the question, once for all that is asked in one text."""
    ident, options = str(looked.wanted.ident), looked.options
    put_question(desk, ident, options)
    return AnswerText(body=texts.options_text(ident, options, desk.reader(ident)))


def _name_a_day(desk: Desk, looked: Looked) -> str:
    ident = str(looked.wanted.ident)
    return texts.name_a_day_text(ident, looked.options, desk.reader(ident))


def put_question(desk: Desk, ident: str, options: Sequence[Leg]) -> None:
    """Inside a transaction: these legs wait for `1`, `2` or BOTH."""
    desk.put(QUESTION, {"do": "track", "options": [option_of(ident, leg) for leg in options]})


def option_of(ident: str, leg: Leg) -> dict[str, str | None]:
    """One leg to choose, as a question keeps it."""
    return {
        "ident": ident,
        "date": leg.departure_date.isoformat(),
        "origin": leg.origin.short.upper(),
        "destination": leg.destination.short.upper() if leg.destination else None,
        "leaves_at": f"{local_time(leg):%H:%M}",
        "zone": leg.origin.timezone,
    }


def wanted_option(desk: Desk, option: Mapping[str, Any]) -> Wanted:
    """One of the legs that were offered. Questions that an earlier Flait put name no destination and time."""
    wish = TrackWish(
        ident=parse_ident(option["ident"]),
        date=option["date"],
        origin=option["origin"],
        destination=option.get("destination"),
    )
    leaves_at = option.get("leaves_at")
    wanted = replace(wanted_of(desk, wish), leaves_at=time.fromisoformat(leaves_at) if leaves_at else None, found=True)
    return replace(wanted, role=Role(option["role"])) if option.get("role") else wanted


def refusal(desk: Desk, looked: Looked) -> str:
    """Why there is nothing to follow."""
    ident, why = str(looked.wanted.ident), looked.finding
    if isinstance(why, FlaitError):
        return fault_text(desk, ident, why)
    if isinstance(why, OtherAirline):
        return texts.other_airline_text(ident, why.number)
    if isinstance(why, Several):
        return _name_a_day(desk, looked)
    if isinstance(why, Over):
        said = over(why, desk.user.clock)
        return too_late_text(ident, said, unasked=False).body if why.at else _bad_date(desk, ident, said)
    return _not_found(desk, looked)


def fault_text(desk: Desk, ident: str, why: FlaitError) -> str:
    """What speaks against the look itself; that FlightAware does not answer is none of it."""
    contact = desk.rules.contact
    if isinstance(why, NotUnderstood):
        return not_understood_text(ident).body
    if isinstance(why, InvalidDate):
        return _bad_date(desk, ident, why.message)
    if isinstance(why, ShareSpent):
        return texts.share_spent_text(until(desk.now), contact)
    if isinstance(why, BudgetExhausted):
        return texts.no_budget_text(contact)
    return texts.no_account_text(contact)


def _bad_date(desk: Desk, ident: str, why: str) -> str:
    return texts.bad_date_text(ident, why, desk.reader(ident))


def _not_found(desk: Desk, looked: Looked) -> str:
    wanted = looked.wanted
    route = "-".join(code for code in (wanted.origin, wanted.destination) if code)
    wish = " ".join(said for said in (in_words(wanted, looked.at), route) if said)
    ident = str(wanted.ident)
    flies = flown(wanted, looked.seen, looked.at)
    return texts.unknown_flight_text(ident, wish, flies, desk.reader(ident), routed=bool(route))
