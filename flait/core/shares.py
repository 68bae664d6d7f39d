"""How much of the month's look-ups one person may have: guests must not take them from others."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

PART = 3  # of what the others leave, one person may have one in so many
MOST_TOGETHER = 3, 4  # of what the operator's own people leave, all others together may have that much


class Spent(Struct, frozen=True, kw_only=True):
    """Micro-dollars of this month: by everybody, by this person, and by all whom the operator did not add."""

    all: int
    own: int
    guests: int


def divided(price: int, phones: Sequence[str]) -> Mapping[str, int]:
    """Each one's part of what they pay together, to the last micro-dollar."""
    if not price or not phones:
        return {}
    part, rest = divmod(price, len(phones))
    return {phone: part + (number < rest) for number, phone in enumerate(phones)}


def share(spent: Spent, *, budget: int, per_person: int, guest: bool) -> int | None:
    """The micro-dollars that this person may have spent by the end of the month; None: no limit of their own.

    `per_person` is what the operator set, for everybody; 0 is a part of the budget for each guest, who is whoever the
    operator did not add himself.
    """
    if per_person:
        return per_person
    if not guest or not budget:
        return None
    own_part = (budget - (spent.all - spent.own)) // PART
    of_all, parts = MOST_TOGETHER
    left_by_guests = (budget - (spent.all - spent.guests)) * of_all // parts - (spent.guests - spent.own)
    return max(min(own_part, left_by_guests), 0)
