"""What an answer is made with: one text and its moment, and what is open with whom sent it.

A command is answered in two halves: what has to be asked outside comes first, and gives an Act; the Act runs inside
the one transaction that stores the effect and the words. Nothing here calls out.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct, field

from flait.clock import Clock
from flait.core.messages import Channel, MessageKind
from flait.core.structure import Structure
from flait.core.subscriptions import User
from flait.core.texts.formats import Reader
from flait.core.whatsapp import NO_WHATSAPP, Setup
from flait.flows import telling
from flait.flows.ports import FlightSource
from flait.flows.timekeeping import SKEW
from flait.flows.wishes import ZoneOf, nowhere
from flait.flows.zones import ZonesIn, no_city
from flait.store import Heard, Store

QUESTION, LIST, UNDO = "question", "list", "undo"  # kinds of dialogues
WAITS = timedelta(minutes=10)  # how long a question and an UNDO wait: the texts say so
LIST_HOLDS = timedelta(days=1)  # how long its numbers stand for the flights they were given to
EARLIER = 3  # so many of a kind are remembered: a text that was late may answer one before the last


class AnswerRules(Struct, frozen=True, kw_only=True):
    """What the operator set: whom people can ask, how typed numbers are read, and what polls go by.

    `allow` are the beginnings of costly numbers that may be texted all the same; `own` are the numbers it writes from;
    `zone_of` knows airports, `zones_in` their cities; `budget_usd` is the month's, 0 without a limit.
    """

    contact: str = ""
    region: str = "US"
    allow: Sequence[str] = ()
    own: Collection[str] = ()
    whatsapp: Setup = NO_WHATSAPP
    polls: telling.AlertRules = field(default_factory=telling.AlertRules)
    zone_of: ZoneOf = nowhere
    zones_in: ZonesIn = no_city
    budget_usd: float = 0.0


class Desk(Struct, frozen=True, kw_only=True):
    """One text, who sent it, and what answering takes. Somebody unknown is a User with id 0."""

    store: Store
    source: FlightSource
    clock: Clock
    boot: str
    rules: AnswerRules
    user: User
    heard: Heard
    opened: dict[str, dict[str, Any] | None] = field(default_factory=dict)  # as it was when they were understood

    @property
    def now(self) -> datetime:
        """The moment."""
        return self.clock.now()

    @property
    def phone(self) -> str:
        """Who is answered."""
        return self.heard.inbound.sender

    @property
    def channel(self) -> Channel:
        """The way it came is the way it is answered."""
        return Channel.WHATSAPP if self.heard.inbound.whatsapp else Channel.SMS

    def reader(self, ident: str = "") -> Reader:
        """How this person reads, now."""
        return Reader(ident=ident, now=self.now, clock=self.user.clock)

    @property
    def written(self) -> datetime:
        """When they wrote, which is what words like `tomorrow` and `2h` count from."""
        return min(self.heard.received_at, self.now)

    def is_since(self, moment: datetime) -> bool:
        """Whether that came only after they wrote, as far as two clocks can tell; the future says nothing."""
        return self.written + SKEW < moment <= self.now

    def open(self, kind: str) -> dict[str, Any] | None:
        """What was asked of this person and still waited when they wrote."""
        if kind not in self.opened:
            self.opened[kind] = self._open_then(kind)
        return self.opened[kind]

    def _open_then(self, kind: str) -> dict[str, Any] | None:
        state = self.store.dialogue(self.phone, kind, self.written)
        while state and "since" in state and self.is_since(datetime.fromisoformat(state["since"])):
            state = state["before"]
        over = state is not None and "until" in state and datetime.fromisoformat(state["until"]) <= self.written
        return None if over or (state and state.get("answered")) else state

    def put(self, kind: str, state: Mapping[str, Any], waits: timedelta = WAITS) -> None:
        """Inside a transaction: what waits for an answer, or can be undone. It stands in the place of the last."""
        since = self.written if kind == UNDO else self.now  # what they take back is as old as their word
        until = self.now + waits
        span = {"since": since.isoformat(), "until": until.isoformat()}
        before = _cut(self.store.dialogue(self.phone, kind, _EVER), EARLIER)
        self.store.put_dialogue(self.phone, kind, {**state, **span, "before": before}, until)

    def close(self, kind: str, state: Mapping[str, Any]) -> None:
        """Inside a transaction: that was answered. What was asked since they wrote waits on."""
        newest = self.store.dialogue(self.phone, kind, _EVER)
        if newest and newest.get("since") == state.get("since"):
            until = datetime.fromisoformat(newest["until"]) if "until" in newest else self.now
            self.store.put_dialogue(self.phone, kind, {**newest, "answered": True}, until)


_EVER = datetime(1, 1, 1, tzinfo=UTC)


def _cut(state: Mapping[str, Any] | None, most: int) -> Mapping[str, Any] | None:
    """The state with at most so many earlier ones. One that an earlier Flait put has no moment, and is left out."""
    if state is None or most == 0 or "since" not in state:
        return None
    return {**state, "before": _cut(state["before"], most - 1)}


class AnswerText(Struct, frozen=True, kw_only=True):
    """One text of an answer, with its parts where it has any, the facts it states, and the subscription it is about."""

    body: str
    structure: Structure | None = None
    tells: Mapping[str, str | bool] = field(default_factory=dict)
    subscription_id: int | None = None
    flight_id: int | None = None
    kind: MessageKind = MessageKind.REPLY


Act = Callable[[], Sequence[AnswerText]]


def say(body: str) -> Act:
    """An answer without effect."""
    return lambda: [AnswerText(body=body)]
