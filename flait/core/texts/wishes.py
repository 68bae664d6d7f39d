"""What a person reads when a wish they made cannot be met: what was asked, why not, what next. One segment each."""

from datetime import date

from flait.core.dates import MONTHS
from flait.core.texts.formats import Piece, about, day, fitted, lead
from flait.core.texts.wording import Text


def too_late_text(ident: str, what: str, *, unasked: bool) -> Text:
    """The flight that was meant is gone: `what` is like `UA123 of Tue 25 Nov left at 14:20 PST`.

    `unasked`: AeroAPI did not answer in time.
    """
    why = " while we could not ask" if unasked else ""
    number, _, gone = what.partition(" ")
    return _text(number, f"{gone}{why}: not tracked", f"Reply TRACK {ident} for the next.")


def several_text(ident: str, on: date | None) -> Text:
    """It turned out to be more than one flight; the reply named is answered by a choice."""
    when, again = (f"{day(on)} ", f" {on.day} {MONTHS[on.month - 1]}") if on else ("", "")
    news = f"{when}is NOT tracked: it is more than one flight"
    return _text(ident, news, f"Reply TRACK {ident}{again} to choose.")


def missing_text(ident: str, when: str, reason: str) -> Text:
    """A flight saved from the schedule is due within a day, and AeroAPI does not show it."""
    return _text(ident, f"{when} is not tracked yet: {reason}", "Ask the airline; we keep looking.")


def not_understood_text(ident: str) -> Text:
    """AeroAPI cannot make sense of what was asked."""
    news = lead(f"FlightAware does not understand {ident}: not tracked")
    return Text(structure=fitted([news, Piece("Check number and date.", 1)]))


def _text(ident: str, news: str, then: str) -> Text:
    return Text(structure=fitted([about(lead(news), ident), Piece(then, 1)]))
