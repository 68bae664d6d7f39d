"""What somebody can do now, by how the flight stands and what it is to them: for alerts, answers and confirmations."""

from flait.core.flights import Flight
from flait.core.polling import NO_ONWARD
from flait.core.standing import ELSEWHERE, State
from flait.core.subscriptions import Role
from flait.core.texts.standing import View
from flait.core.texts.wording import town

LOOK_UP = "Check the airline's page"  # of one of which nothing is known: who is at home sees no board


def next_step(view: View) -> str:
    """One sentence, or nothing where it goes its way."""
    flight, role, state = view.flight, view.role, view.stands.state
    if state is State.CANCELLED:
        return instead(role)
    if state in ELSEWHERE and _ends_there(view):
        return how_on(flight, role)
    return looked_for(flight) if state in ELSEWHERE or state is State.DIVERTED else ""


def _ends_there(view: View) -> bool:
    """Whether nothing has flown on for so long that it is looked for no more."""
    down = view.stands.at
    return view.told.ends or (down is not None and view.reader.now - down >= NO_ONWARD)


def instead(role: Role, now: str = "") -> str:
    """For a cancelled flight: `Ask the airline to rebook you.`"""
    return f"Ask the airline{now} to rebook you." if role is Role.TRAVELER else "Ask your traveler for the new flight."


def other_flights(role: Role, *, offered: bool) -> str:
    """For a cancelled or missed flight, to who is to fly: `Reply ALT for other flights.`"""
    return "Reply ALT for other flights." if offered and role is Role.TRAVELER else ""


def looked_for(flight: Flight) -> str:
    """For a diverted one: `We look for its flight on to EWR.`"""
    return f"We look for its flight on{f' to {flight.destination.short}' if flight.destination else ''}."


def how_on(flight: Flight, role: Role) -> str:
    """For one that ends elsewhere: `Ask the airline how you get to Newark (EWR).`"""
    who, whose = ("you get", "your") if role is Role.TRAVELER else ("passengers get", "their")
    return f"Ask the airline how {who} to {town(flight.destination) if flight.destination else f'{whose} destination'}."
