"""People who text Flait, and what they hear back. Half a minute passes before each text."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flait.core.flights import Flight, ScheduledFlight, Times
from flait.core.inbound import Inbound
from flait.core.messages import Message
from flait.core.values import replace
from flait.flows import answer, intake
from flait.store import Heard
from tests.core.flights_for_tests import EWR, F12, OUT, SFO, hours
from tests.flows.answering import answer_next
from tests.flows.world import PHONES, World
from tests.flows.world import RULES as NEWS_ALONE

DAY = timedelta(days=1)
RULES = answer.AnswerRules(contact="ben@example.com", polls=NEWS_ALONE)


def moved(flight: Flight = F12, by: timedelta = DAY, **fields: Any) -> Flight:
    """The same number that much later: another flight."""
    times = {name: _moved(getattr(flight, name), by) for name in ("out", "off", "on", "in_")}
    return replace(flight, fa_flight_id=f"{flight.fa_flight_id}+{by}", **{**times, **fields})


def _moved(times: Times, by: timedelta) -> Times:
    return Times(scheduled=times.scheduled + by if times.scheduled else None)


TOMORROW = moved()


def flies(number: str, after: timedelta, **fields: Any) -> ScheduledFlight:
    """United's flight of that number so long after UA1234."""
    row = ScheduledFlight(
        ident=f"UAL{number}", ident_iata=f"UA{number}", origin=SFO, destination=EWR, scheduled_out=OUT + after,
        scheduled_in=OUT + after + hours(5),
    )  # fmt: skip
    return replace(row, **fields)


@dataclass
class Talk:
    """Texts to Flait's number in one world, by the person who has the first phone, if nobody else is named."""

    world: World
    rules: answer.AnswerRules = RULES
    keyword_owner: str = "flait"
    pause: timedelta = timedelta(seconds=30)
    sids: list[str] = field(default_factory=list)

    def send(self, body: str, phone: str = PHONES[0], *, at: datetime | None = None, **fields: Any) -> str:
        """A text comes in and is not answered yet; its sid."""
        self.world.clock.advance(self.pause)
        sid = f"SM{len(self.sids):032}"
        inbound = Inbound(sid=sid, sender=phone, to="+15555550199", body=body, sent_at=at, **fields)
        intake.take_in(self.world.store, inbound, now=self.world.clock.now(), keyword_owner=self.keyword_owner)
        self.sids.append(sid)
        return sid

    def answer(self) -> list[Message]:
        """Answer all that waits; the texts that follow."""
        before = len(self.world.texts)
        while answer_next(
            self.world.store, self.world.source, self.world.clock, boot=self.world.boot, rules=self.rules
        ):
            pass
        return self.world.texts[before:]

    def says(self, body: str, phone: str = PHONES[0], **fields: Any) -> list[str]:
        """A text, and the bodies of what that number is answered."""
        self.send(body, phone, **fields)
        return [text.body for text in self.answer() if text.to == phone]

    def heard(self, index: int = -1) -> Heard:
        """A text as it is remembered, by default the last."""
        heard = self.world.store.heard(self.sids[index])
        assert heard
        return heard

    @property
    def word(self) -> str | None:
        """What became of the last text, in a word."""
        return self.heard().answer

    def tracks(self, *flights: Flight, ident: str = "UA1234", phone: str = PHONES[0]) -> None:
        """The person follows these, each of another day, and has had the confirmations."""
        for flight in flights:
            self.world.source.board = [flight]
            self.world.subscribe(PHONES.index(phone), ident, flight.departure_date.isoformat())
        self.world.deliver()


def live(world: World, phone: str = PHONES[0]) -> Sequence[str]:
    """What that number follows, and since which state: `UA1234 active`."""
    user = world.store.user_by_phone(phone)
    return [f"{row.ident} {row.state}" for row in world.store.live_for(user.id)] if user else []
