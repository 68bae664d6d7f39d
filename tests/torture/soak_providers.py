"""AeroAPI and Twilio as the soak has them: cheap, without chance of their own, out of order when the days say so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum, auto

from flait.core.flights import Airport, Flight, ScheduledFlight
from flait.core.idents import Ident
from flait.core.inbound import Inbound
from flait.core.messages import Message, MessageStatus
from flait.core.receipts import Receipt
from flait.errors import FlightSourceError, InDoubt, NotSent, RateLimited, Rejected, SendError
from flait.flows.ports import Accepted, Answer, Inbox, Sent
from tests.flows.mortal import Killed
from tests.torture.soak_legs import Leg, Seen

S = MessageStatus
LISTED_AFTER = timedelta(seconds=45)  # Twilio's listing lags behind
RAW = '{"flights": []}' + " " * 1500  # as long as a small answer


class Source:
    """AeroAPI: shows the legs as they are; what a poll was shown is noted on its leg."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._by_id: dict[str, Leg] = {}
        self._by_number: dict[str, list[Leg]] = {}
        self.down = False
        self.busy = False
        self.polling = False
        self.shown: list[tuple[Leg, Seen]] = []
        self.calls = 0

    def add(self, leg: Leg) -> None:
        for _, flight in leg.states:
            self._by_id[flight.fa_flight_id] = leg
        self._by_number.setdefault(leg.ident, []).append(leg)

    def forget(self, leg: Leg) -> None:
        for _, flight in leg.states:
            self._by_id.pop(flight.fa_flight_id, None)
        self._by_number[leg.ident].remove(leg)

    def leg_of(self, fa_flight_id: str) -> Leg | None:
        return self._by_id.get(fa_flight_id)

    def flight(self, fa_flight_id: str) -> Answer:
        self._answers()
        leg = self._by_id.get(fa_flight_id)
        shown = self._look(leg) if leg else None
        return _answer([shown] if shown and shown.fa_flight_id == fa_flight_id else [])

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "Source":
        return self

    def departures(self, ident: Ident, start: datetime, end: datetime, *, past: bool = False) -> Answer:
        self._answers()
        number = str(ident) if ident.operator == "UAL" else f"UAL{ident.number}"
        legs = [leg for leg in self._by_number.get(number, []) if start <= leg.leaves < end]
        return _answer([shown for leg in legs if (shown := self._look(leg, only=len(legs) == 1))])

    def spent(self, since: datetime) -> int | None:
        return None

    def route(self, origin: Airport, destination: Airport, start: datetime, end: datetime) -> Sequence[ScheduledFlight]:
        self._answers()
        return []

    def schedules(self, ident: Ident, start: date, end: date) -> Sequence[ScheduledFlight]:
        self._answers()
        return []

    def _answers(self) -> None:
        self.calls += 1
        if self.down:
            raise FlightSourceError("AeroAPI did not answer")
        if self.busy:
            raise RateLimited("AeroAPI asks for a pause", retry_after=timedelta(minutes=1))

    def _look(self, leg: Leg, *, only: bool = True) -> Flight | None:
        now = self._now()
        shown = leg.shown(now)
        if shown is None:
            return None
        if self.polling:
            self.shown.append((leg, Seen(now, leg.truth(now), shown[1])))
        return shown[0]


def _answer(flights: list[Flight]) -> Answer:
    return Answer(flights=tuple(flights), raw=RAW)


class Mood(Enum):
    """How Twilio takes the next posts."""

    WELL = auto()
    DOWN = auto()  # certainly not sent
    BUSY = auto()  # 429
    SILENT_TAKES = auto()  # takes it, and no answer arrives
    SILENT_LOSES = auto()
    KILLS_AFTER = auto()  # the daemon dies with the text taken, once
    KILLS_BEFORE = auto()


@dataclass(slots=True, kw_only=True)
class Taken:
    """A text that Twilio has."""

    at: datetime
    message: Message
    sid: str
    status: MessageStatus = S.ACCEPTED  # as Twilio's record has it
    fate: MessageStatus = S.DELIVERED  # as it ends


@dataclass(kw_only=True)
class Twilio:
    """Twilio: everything it ever took, and what people texted. `took` is told of each text taken."""

    now: Callable[[], datetime]
    took: Callable[[Taken], None]
    mood: Mood = Mood.WELL
    taken: dict[str, Taken] = field(default_factory=dict)
    inbox: list[Inbound] = field(default_factory=list)
    stopped: dict[str, str] = field(default_factory=dict)  # number → sid of the STOP that Flait has taken in
    after_stop: list[Message] = field(default_factory=list)  # posts that must not have been
    posts: int = 0
    _by_number: dict[str, list[Taken]] = field(default_factory=dict)
    _lost: set[str] = field(default_factory=set)

    def becomes(self, mood: Mood) -> None:
        """From now on."""
        self.mood = mood
        self._lost.clear()

    def send(self, message: Message, *, now: datetime) -> Accepted:
        self.posts += 1
        sid = self.stopped.get(message.to)
        if sid is not None and message.dedup_key != f"reply:{sid}":
            self.after_stop.append(message)
        mood = self.mood
        if mood is Mood.DOWN:
            raise NotSent("Twilio cannot be reached")
        if mood is Mood.BUSY:
            raise NotSent("Twilio asks for a pause", retry_after=timedelta(seconds=30))
        if mood is Mood.SILENT_LOSES and message.to not in self._lost:
            self._lost.add(message.to)  # one text is lost, the next is not
            raise InDoubt("Twilio did not answer")
        if mood is Mood.KILLS_BEFORE:
            raise Killed
        taken = Taken(at=now, message=message, sid=f"SM{self.posts:032}")
        self.taken[taken.sid] = taken
        self._by_number.setdefault(message.to, []).append(taken)
        self.took(taken)
        if mood is Mood.SILENT_TAKES:
            raise InDoubt("Twilio did not answer")
        if mood is Mood.KILLS_AFTER:
            raise Killed
        return Accepted(sid=taken.sid)

    def sent_to(self, to: str, *, since: datetime) -> Sequence[Sent]:
        self._reads()
        until = self.now() - LISTED_AFTER
        return [
            Sent(sid=taken.sid, to=to, body=taken.message.body, created_at=taken.at)
            for taken in self._by_number.get(to, [])
            if since <= taken.at <= until
        ]

    def status_of(self, sid: str) -> Receipt:
        self._reads()
        if sid not in self.taken:
            raise Rejected("no such text")
        taken = self.taken[sid]
        return Receipt(sid=sid, status=taken.status, error_code=30003 if taken.status is S.UNDELIVERED else None)

    def text(self, sid: str) -> Inbound | None:
        self._reads()
        return next((text for text in self.inbox if text.sid == sid), None)

    def received(self, since: datetime, cursor: str | None = None) -> Inbox:
        self._reads()
        return Inbox(texts=[text for text in self.inbox if text.sent_at and text.sent_at >= since])

    def _reads(self) -> None:
        if self.mood is Mood.DOWN:
            raise SendError("Twilio cannot be reached")

    def forget(self, before: datetime) -> None:
        """What is older has been judged."""
        self.taken = {sid: taken for sid, taken in self.taken.items() if taken.at >= before}
        self.inbox = [text for text in self.inbox if text.sent_at and text.sent_at >= before]
        self._by_number = {}
        for taken in self.taken.values():
            self._by_number.setdefault(taken.message.to, []).append(taken)
