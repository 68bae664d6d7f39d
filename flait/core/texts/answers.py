"""What every answer to a texted command says; how flights stand is in status.py. One GSM-7 segment each.

What people and operators wrote is folded to that alphabet and cut to size. Nothing is promised that does not exist.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flait.core.flights import Airport, ScheduledFlight
from flait.core.idents import Misnamed
from flait.core.messages import units
from flait.core.numbers import masked
from flait.core.replies.kinds import Later
from flait.core.subscriptions import Role
from flait.core.texts.formats import SEGMENT, Reader, clock_time, day, in_one, spelled, zone_label
from flait.core.texts.wording import route
from flait.core.wanted import Leg

ALL_FLIGHTS = "All flights"
ALONE = "To end ALL messages reply STOP alone."
EXAMPLE = "TRACK UA123 tomorrow"
SOON = timedelta(days=2)  # a day for an example: neither today nor tomorrow
LONGEST_NAMES = 100  # characters of several flights' names
MOST_NAMED = 5  # flights in one question
LONGEST_NAME = 24  # characters of a person's name in somebody else's text

UNKNOWN = f"Sorry, I did not get that. Try STATUS, LIST, {EXAMPLE} or HELP."
UNKNOWN_OF = {
    "mute": "Sorry, I did not get that. MUTE takes hours, or a time of day: reply like MUTE 2h, "
    "MUTE until 7am or MUTE UA123 until 18:00.",
    "untrack": f"Sorry, I did not get that. Reply like UNTRACK UA123, UNTRACK 1 2 or UNTRACK ALL. {ALONE}",
}
"""By the command that was read, where something else was not."""
MUTE_IS_PAST = "That time is past already. Reply like MUTE until 18:00 or MUTE 2h."
MUTE_TOO_LONG = "A mute can last 30 days. Reply like MUTE 7 days. " + ALONE
STRANGER = "This number is not set up for Flait. Ask the person who runs it to add you."
INVITED = "To get texts about the flight you were invited to follow, reply JOIN. Reply STOP never to hear from us."
STOPPED = "You get no more texts from Flait. Reply START if you want them again."
NO_FLIGHTS = f"You follow no flights now. Reply {EXAMPLE} to start, or HELP."
FOLLOWED_SINCE = "You follow that flight only since you wrote this. Nothing changed. Send it again if you want it."
WHICH_FLIGHT = f"Which flight? Reply like {EXAMPLE}."
NOTHING_TO_UNDO = "There is nothing to undo: UNDO works for 10 min after UNTRACK or MUTE."
NOTHING_MUTED = "Nothing is muted."
UNMUTED = "Nothing is muted any more. What changed meanwhile follows."
NO_INVITATION = f"There is no open invitation for you. Reply {EXAMPLE} to follow a flight."
COSTLY = "Flait does not text numbers of that kind: they cost a lot. Ask the person who runs it."
NOBODY_CAN_ANSWER = "Nobody new can be asked by text: the sender here takes no replies."
FLAITS_NUMBER = "That is Flait's own number. SHARE UA123 and the number of somebody else."
OWN_NUMBER = "That is your own number. SHARE UA123 and the number of somebody else."
EXTENSION = "That number has an extension, and no text reaches one. Send it without, like +15555550100."
NOT_A_PHONE = "That is no phone number Flait can use. Write it with country code, like +15555550100."
FAULT = "Sorry, something went wrong here and nothing was changed. Try again later."


def _ask(contact: str) -> str:
    who = spelled(contact)
    return f"Ask {who}." if who else "Ask the person who runs Flait."


def help_text(contact: str) -> str:
    """What can be said, and who runs it."""
    runs = f"Run by {known}. " if (known := spelled(contact)) else ""
    commands = [*_COMMANDS]
    while units(said := f"Flait: {', '.join(commands)}. {runs}STOP ends all msgs.") > SEGMENT and len(commands) > 1:
        commands.pop()  # who runs it, and how to end it, stay
    return in_one(said)


_COMMANDS: Sequence[str] = (
    "STATUS",
    "LIST",
    EXAMPLE,
    "UNTRACK UA123",
    "ALT",
    "MUTE 2h",
    "QUIET 22-7",
    "SHARE UA123 PHONE",
    "LESS",
    "WHY",
)  # the last are left out first


def who_text(name: str, contact: str, flights: int) -> str:
    """Who writes, for whom, and how to end it."""
    called = spelled(name)[:LONGEST_NAME].strip()
    follows = {0: "no flights now", 1: "1 flight"}.get(flights, f"{flights} flights")
    return in_one(
        f"This is Flait, automatic flight alerts{f' for {called}' if called else ''}.",
        f"You follow {follows}.",
        f"Run by {known}." if (known := spelled(contact)) else "",
        "HELP shows what you can text, STOP ends all.",
    )


def not_yet_text(word: Later, contact: str) -> str:
    """A command of a later version."""
    return in_one(f"{word.upper()} is not there yet.", _ask(contact))


def limit_text(limit: str, again: datetime, place: Airport, reader: Reader) -> str:
    """Too many commands; `limit` is like `20 msgs per hour`."""
    return f"Limit reached: {limit}. Alerts still come. Try again after {reader.at(again, place)}."


# Which flight


def not_a_flight_text(text: str, what: Misnamed) -> str:
    """Something in the place of a flight number."""
    return f"{text} is {what}, not a flight number. Send the number on the booking, like {EXAMPLE}."


def not_followed_text(ident: str) -> str:
    """A flight the person does not follow."""
    return f"You do not follow {ident}. Reply TRACK {ident} to start, LIST for what you follow."


def not_listed_text(number: int) -> str:
    """A place on the list that is not there."""
    return f"There is no number {number} on your list. Reply LIST."


def not_that_day_text(ident: str, on: str, names: Sequence[str]) -> str:
    """Nothing of that day, where the person does follow these."""
    what = f"{ident} of {on}" if ident else f"a flight of {on}"
    rest = "Reply LIST for all." if len(names) > 2 else ""
    return in_one(f"You do not follow {what}.", f"You follow {' and '.join(names[:2])}.", rest)


def gone_text(name: str) -> str:
    """What was named by its number or in a question is not followed now."""
    return f"You do not follow {name} any more. Reply LIST for what you follow."


def over_text(name: str) -> str:
    """The text was read too late for that flight."""
    return f"{name} was over before we could read that. Nothing changed."


def stop_unknown_text(ident: str) -> str:
    """STOP with a flight the person does not follow."""
    return in_one(f"You do not follow {ident}.", ALONE)


def which_text(names: Sequence[str], verb: str = "") -> tuple[str, int]:
    """Several flights of the person's answer the description: which is meant. How many are named comes along.

    With the `verb` of a command that is for one of them: `MUTE which one?`
    """
    ask = f"{verb} which one?" if verb else "Which one?"
    for named in range(min(len(names), MOST_NAMED), 0, -1):
        rest = f"; LIST shows {len(names) - named} more" if named < len(names) else ""
        text = f"{ask} {numbered(names[:named])}. Reply {numbers_to_reply(named, one=bool(verb))} (10 min){rest}."
        if units(text) <= SEGMENT:
            break
    return text, named


def untrack_all_text(names: Sequence[str]) -> str:
    """More than one flight would end: whether that is meant."""
    text = f"UNTRACK ALL stops {', '.join(names)}. Reply OK to stop them (10 min)."
    return text if units(text) <= SEGMENT else f"UNTRACK ALL stops all {len(names)} flights. Reply OK (10 min)."


def numbers_to_reply(count: int, *, one: bool = False) -> str:
    """`1, 2 or 3`; of two `1, 2 or BOTH`, where more than one may be wanted."""
    if count < 3 and not one:
        return "1, 2 or BOTH" if count == 2 else "1"
    if count == 1:
        return "1"
    return ", ".join(str(number) for number in range(1, count)) + f" or {count}"


def choose_text(count: int, *, one: bool = False) -> str:
    """The answer to a numbered question was none of its numbers, or more than the `one` that is asked for."""
    return f"Reply {'OK' if count == 1 else numbers_to_reply(count, one=one)}."


# Following


def number_lacks_text(typed: str) -> str:
    """A route or a day was to be followed, and no flight number said; what was said is in the example."""
    return in_one(f"The flight number is missing. Reply like TRACK UA123 {typed}.")


def already_text(name: str) -> str:
    """The person follows it already."""
    return f"You follow {name} already. Reply STATUS to see how it stands."


def saved_text(ident: str, wish: str) -> str:
    """Kept while AeroAPI does not answer."""
    return in_one(f"{ident}{_for(wish)} saved. FlightAware does not answer now;", "we try again and tell you.")


def _for(wish: str) -> str:
    return f" {wish}" if wish else ""


def unknown_flight_text(ident: str, wish: str, near: Sequence[Leg], reader: Reader, *, routed: bool = False) -> str:
    """No such flight that day; `near` is when the number does fly, and where, when a route was asked for."""
    flies = ", ".join(f"{_leaves(leg, reader)} {route(leg)}" if routed else _leaves(leg, reader) for leg in near[:2])
    return in_one(
        f"No {ident} found{_for(wish)}.",
        f"It flies {flies}." if flies else "Check number and date with the airline.",
        f"Reply TRACK {ident} {_typed(near[0], reader)}." if flies else "",
    )


def _typed(leg: Leg, reader: Reader) -> str:
    """Its day, as one would type it: `tomorrow`, `27 nov`."""
    return _day_word(leg, reader).partition(" ")[2].lower() or _day_word(leg, reader)


def other_airline_text(ident: str, other: str) -> str:
    """AeroAPI took the number for another airline's flight."""
    return f"FlightAware takes {ident} for {other}. Reply TRACK {other} if that is your flight."


def bad_date_text(ident: str, reason: str, reader: Reader) -> str:
    """A date that cannot be followed; the examples are of days to come."""
    soon = day((reader.now + SOON).date()).lower()
    weekday, _, on = soon.partition(" ")
    return in_one(f"{reason}.", f"Reply like TRACK {ident} {on}, {weekday} or tomorrow.")


def too_many_wishes_text(most: int) -> str:
    """More flights in one text than are looked up for it."""
    return f"Only the first {most} flights were looked up. Send the others again."


def name_a_day_text(ident: str, options: Sequence[Leg], reader: Reader) -> str:
    """More than one flight, where no second question can be asked; the example is one of them."""
    example = f"{_typed(options[0], reader)} {route(options[0]).replace('-', ' ')}" if options else "tomorrow SFO EWR"
    return f"{ident} is more than one flight. Reply with its day and route, like TRACK {ident} {example}."


def too_much_text(ident: str, contact: str) -> str:
    """The month's money may not last for what is followed and for this flight too."""
    return in_one(f"{ident} is not followed: this month's look-ups may not last for one more flight.", _ask(contact))


def no_budget_text(contact: str) -> str:
    """The month's look-ups are spent."""
    return in_one("Flait cannot look up new flights now (monthly data budget used).", _ask(contact))


def share_spent_text(until: date, contact: str) -> str:
    """What one person may have of the month's look-ups is spent: this one is not made."""
    return in_one(f"Your share of this month's look-ups is used up: none for you before {day(until)}.", _ask(contact))


def budget_text(step: int, *, spent: int, expected: int, budget_usd: float, until: date) -> str:
    """How far the month's look-ups are spent, in percent and micro-dollars, for who pays them; `until` it ends."""
    if step >= 100:
        return in_one(
            f"Flait: this month's AeroAPI budget of ${budget_usd:.2f} is spent.",
            f"Nothing is looked at before {day(until)}. flightaware.monthly_budget_usd raises it.",
        )
    return in_one(
        f"Flait: {step} % of this month's AeroAPI budget is spent, ${spent / 1e6:.2f} of ${budget_usd:.2f}.",
        f"What is followed brings it to about ${expected / 1e6:.2f} by {day(until)}.",
    )


def share_over_text(until: date) -> str:
    """The same, unasked: flights that they follow are not looked at either."""
    return in_one(
        "Your share of this month's look-ups is used up.",
        f"Flights that only you follow are not looked at before {day(until)}.",
        "Reply HELP for whom to ask.",
    )


def no_account_text(contact: str) -> str:
    """Only the operator can mend it."""
    return in_one("Flait cannot look up flights now: FlightAware refuses its account.", _ask(contact))


def options_text(ident: str, options: Sequence[Leg], reader: Reader) -> str:
    """Which of these legs: by day where only the day differs, by route and time where the day does not."""
    routes = [route(leg) for leg in options]
    days = {leg.departure_date for leg in options}
    if len(options) == len(days) == 2 and len(set(routes)) == 1:
        first, second = (_leaves(leg, reader) for leg in options)
        words = [_day_word(leg, reader) for leg in options]
        ask = f"Reply 1 {words[0]}, 2 {words[1]}."
        return in_one(f"{ident} flies {first} and {second} {routes[0]}. {ask}")
    head = f"{ident} on {day(next(iter(days)))} has {len(options)} legs:" if len(days) == 1 else f"{ident} flies"
    names = routes if len(days) == 1 else [f"{_day_word(leg, reader)} {route(leg)}" for leg in options]
    rows = numbered([f"{name} {_at(leg, reader)}" for leg, name in zip(options, names, strict=True)])
    short = numbered([f"{name} {_at(leg, reader, zone=False)}" for leg, name in zip(options, names, strict=True)])
    ask = f"Reply {numbers_to_reply(len(options))} (10 min)."
    return in_one(f"{head} {rows if units(f'{head} {rows}. {ask}') <= SEGMENT else short}.", ask)


def numbered(texts: Sequence[str]) -> str:
    """`1) DEN-SFO 2) SFO-EWR`."""
    return " ".join(f"{number}) {text}" for number, text in enumerate(texts, 1))


def _leaves(leg: Leg, reader: Reader) -> str:
    """`today 14:10 PST`."""
    return f"{_day_word(leg, reader)} {_at(leg, reader)}".strip()


def _day_word(leg: Leg, reader: Reader) -> str:
    ahead = leg.departure_date - reader.now.astimezone(leg.origin.zone).date()
    return {0: "today", 1: "tomorrow"}.get(ahead.days, day(leg.departure_date))


def _at(leg: Leg, reader: Reader, *, zone: bool = True) -> str:
    """`14:10 PST`; with the weekday where it leaves on another day than it is called by."""
    moment, there = leg.scheduled_out if isinstance(leg, ScheduledFlight) else leg.departure.best, leg.origin.zone
    if moment is None:
        return ""
    on = moment.astimezone(there).date()
    label = zone_label(moment, there) if zone else ""
    weekday = "" if on == leg.departure_date else day(on).split()[0]
    return " ".join(part for part in (clock_time(moment, there, reader.clock), label, weekday) if part)


# Saved flights


def pending_status_text(ident: str, on: date | None, wish: str, origin: str | None) -> str:
    """How a flight stands that is not pinned yet."""
    if on is None:
        return f"{ident}{_for(wish)} is saved; FlightAware has not answered yet. You will hear from us when it does."
    place = f" from {origin}" if origin else ""
    return f"{ident}{place} {day(on)} is saved. Live data comes 2 days before departure; you will hear from us then."


# No longer following, and back


def untracked_text(names: Sequence[str], left: int) -> str:
    """Flights less."""
    flights = {0: "No flights", 1: "1 flight"}.get(left, f"{left} flights")
    return in_one(f"Stopped {_all_of(names)}. {flights} left.", "Reply UNDO within 10 min to restore.")


def explained_text(names: Sequence[str], left: int) -> str:
    """The same, said with STOP."""
    return in_one(f"Stopped {_all_of(names)} only." + (" You still get other flights." if left else ""), ALONE)


def _all_of(names: Sequence[str]) -> str:
    """Their names, where the text has room for them."""
    text = " and ".join(names)
    return text if len(names) == 1 or len(text) <= LONGEST_NAMES else f"{len(names)} flights"


# Sharing


def invitation_text(inviter: str, ident: str, leg: str, phone: str) -> str:
    """The one text to a number that has not agreed yet. Says who asks, and both ways to answer.

    Who has no name, or one that no text can write, asks by their `phone`, masked.
    """
    who = spelled(inviter)[:LONGEST_NAME].strip() or masked(phone)
    ask = "Reply JOIN to get texts, STOP never to hear from us."
    return in_one(f"{who} invites you to follow {ident} {leg} by text. {ask}", "Msg rates may apply.")


def invited_text(phone: str, name: str, role: Role) -> str:
    """What the inviter reads; `name` has the flight's day."""
    return f"Asked {masked(phone)} to follow {name} as {role}. They must reply JOIN first."


def cannot_invite_text(phone: str) -> str:
    """The reason is known to that number alone, and stays so."""
    return f"Flait cannot ask {masked(phone)} now: they do not want texts, or were asked within a month."


def too_many_invitations_text(most: int) -> str:
    """Too many within a day, whatever became of them."""
    return f"You have asked {most} numbers within a day. Ask the next one in a day."


def invitation_over_text(ident: str) -> str:
    """Whoever invited has stopped what it was about; the flight itself may well be followed."""
    return f"That invitation to follow {ident} has ended. Ask whoever invited you for a new one."
