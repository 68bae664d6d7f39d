"""Gates, terminals and belts of a flight before one reader: what is shown now, and what they were told, if another."""

from collections.abc import Sequence

from msgspec import Struct

from flait.core.standing import AT_ORIGIN, State
from flait.core.texts.formats import Piece
from flait.core.texts.standing import NO, View
from flait.core.texts.wording import capital, short


class Spot(Struct, frozen=True, kw_only=True):
    """A gate, terminal or belt: what it is now, and what it was told to be."""

    fact: str
    now: str
    told: str

    @property
    def text(self) -> str:
        """`gate C21`, `gate C21, was C25`, `gate C25 is no longer shown`, or nothing."""
        name = _NAMES[self.fact.partition("_")[0]]
        if not self.now:
            return f"{name} {self.told} is no longer shown{': check the board' * (name == 'gate')}" if self.told else ""
        return f"{name} {self.now}" + (f", was {self.told}" if self.differs else "")

    @property
    def differs(self) -> bool:
        """Whether it is another than was told, or none any more."""
        return bool(self.told) and self.told != self.now

    @property
    def facts(self) -> tuple[str, ...]:
        """What its text tells."""
        return (self.fact,) if self.now else (NO + self.fact,) if self.told else ()


_NAMES = {"gate": "gate", "terminal": "Terminal", "baggage": "belt"}


def spot(view: View, fact: str) -> Spot:
    """The gate, terminal or belt that fact names."""
    return Spot(fact=fact, now=short(getattr(view.flight, fact)), told=short(getattr(view.known, fact)))


def walk(view: View, end: str, *, later: str = "") -> tuple[str, tuple[str, ...]]:
    """Gate and terminal at one end, and what that tells; `later` is said where no gate is known.

    `gate F12, Terminal 3`; `gate C21, was C25. Terminal 3`; `Terminal 3, gate later`.
    """
    spots = [each for each in (spot(view, f"gate_{end}"), spot(view, f"terminal_{end}")) if each.text]
    parts = [each.text for each in spots] + ([later] if later and not spot(view, f"gate_{end}").text else [])
    if any(each.differs for each in spots):
        text = ". ".join([*parts[:1], *map(capital, parts[1:])])
    else:
        text = ", ".join(parts)
    return text, tuple(fact for each in spots for fact in each.facts)


def places(view: View) -> Sequence[Piece]:
    """Where to go: gate and terminal, and where bags come; by who reads it."""
    state = view.stands.state
    if state is State.CANCELLED or (view.flight.diverted and not view.flight.diverted_to):
        return []  # of the one nothing, of the other what is known is where it will not come to
    if view.is_here:
        text, facts = walk(view, "origin", later="" if state in (State.LEFT, State.TAXIING) else "gate later")
        return [Piece(f"{capital(text)}." if text else "", 1, facts)]
    text, facts = walk(view, "destination")
    there = view.flight.lands_at.short if view.flight.lands_at else "arrival"
    text = f"At {there}: {text}." if state in AT_ORIGIN else f"{capital(text)}."
    belt = spot(view, "baggage_claim")
    return [Piece(text if facts else "", 1, facts), Piece(f"Bags: {belt.text}." if belt.text else "", 2, belt.facts)]
