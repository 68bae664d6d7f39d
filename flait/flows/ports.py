"""What a flow needs from outside. Adapters fit these shapes; flows know no vendor's library."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from msgspec import Struct

from flait.core.flights import Airport, Flight, ScheduledFlight
from flait.core.idents import Ident
from flait.core.inbound import Inbound
from flait.core.messages import Message
from flait.core.receipts import Receipt

AEROAPI = "flightaware"  # in the record of who answered


class Answer(Struct, frozen=True, kw_only=True):
    """What AeroAPI said: flights grouped by fa_flight_id, earliest first; empty means it knows none.

    `raw` is the body as received, kept for debugging for a day and no longer (FlightAware's terms).
    """

    flights: tuple[Flight, ...]
    raw: str
    past: tuple[Flight, ...] = ()  # what was not asked for, and came with it


class FlightSource(Protocol):
    """Where flights come from. Every call is metered and paced before it is made.

    All raise FlightSourceError (try later), RateLimited (with a pause), Refused (key or account), NotUnderstood
    (the question itself), BudgetExhausted.
    """

    def flight(self, fa_flight_id: str) -> Answer:
        """The one flight with that id; no flights when AeroAPI no longer knows it."""

    def departures(self, ident: Ident, start: datetime, end: datetime, *, past: bool = False) -> Answer:
        """Flights by number that are scheduled to leave in [start, end), clamped to AeroAPI's window.

        With `past` also those of the days before `start` that come for nothing, as the answer's `past`.
        """

    def schedules(self, ident: Ident, start: date, end: date) -> Sequence[ScheduledFlight]:
        """Scheduled flights by number from `start` 00Z up to `end` 00Z, beyond the two days of live data."""

    def route(self, origin: Airport, destination: Airport, start: datetime, end: datetime) -> Sequence[ScheduledFlight]:
        """Scheduled departures from the one airport for the other in [start, end): the first 15, one result set."""

    def spent(self, since: datetime) -> int | None:
        """What FlightAware counts since then, in micro-dollars, before any discount; None: this account tells none."""

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "FlightSource":
        """The same for one question, on the account of these people: each call is divided among them.

        Its calls raise ShareSpent, and nobody is asked, once nobody of them has any of their share left. With
        `to_the_end` that is raised now or never: what is begun is finished.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertWish:
    """An alert at FlightAware about one flight: AeroAPI's codes, and the day it leaves on its airport's calendar."""

    ident: str
    origin: str
    destination: str | None
    day: date
    target_url: str = field(repr=False)  # holds the token that proves who calls


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAlert:
    """One of the account's alerts, whoever made it."""

    alert_id: str
    target_url: str = field(repr=False)


class AlertDesk(Protocol):
    """Where alerts are ordered at FlightAware: free calls, paced like all others.

    All raise FlightSourceError (try later), RateLimited (with a pause), AboveTier (this account has no alerts) and
    Refused (key or account).
    """

    def create(self, wish: AlertWish) -> str:
        """Order an alert, once; FlightAware's id for it. Raises AlertInDoubt when it may have been made."""

    def listed(self) -> Sequence[AccountAlert]:
        """Every alert of the account."""

    def delete(self, alert_id: str) -> None:
        """End an alert; one that is not there any more is ended."""


class Accepted(Struct, frozen=True, kw_only=True):
    """Twilio has the text."""

    sid: str


class Sent(Struct, frozen=True, kw_only=True):
    """A text in Twilio's own record."""

    sid: str
    to: str
    body: str
    created_at: datetime


class Inbox(Struct, frozen=True, kw_only=True):
    """Texts from people, oldest first. With a `cursor` there are earlier ones: the reading goes on from there.

    `unfinished`: since when Twilio has been receiving something that is not among them yet.
    """

    texts: Sequence[Inbound]
    cursor: str | None = None
    unfinished: datetime | None = None


class Gateway(Protocol):
    """Where texts go."""

    def send(self, message: Message, *, now: datetime) -> Accepted:
        """Hand one text over, once. Raises NotSent, InDoubt or Rejected."""

    def sent_to(self, to: str, *, since: datetime) -> Sequence[Sent]:
        """Our own texts to that number in Twilio's record, created since then. Raises SendError when it cannot tell."""

    def status_of(self, sid: str) -> Receipt:
        """What became of one text. Raises Rejected when Twilio knows no such text, SendError when it cannot tell."""

    def text(self, sid: str) -> Inbound | None:
        """What Twilio's record says of one text; None: it is no text from a person to us.

        Raises Rejected when Twilio knows no such text, SendError when it cannot tell.
        """

    def received(self, since: datetime, cursor: str | None = None) -> Inbox:
        """What people texted to our senders since then; with the cursor of an earlier answer, what came before that.

        Raises SendError when it cannot tell.
        """


class Meter(Protocol):
    """Money and pace of AeroAPI calls, shared by every process on one database."""

    def charge(self, operation: str, about: str = "") -> float:
        """Book one result set of `operation` before asking, and take a place in the queue.

        `about` is the fa_flight_id or the number it is spent on. Returns the real seconds to wait until its turn.
        Raises BudgetExhausted (nothing booked) when the month's money does not cover it, RateLimited when the queue is
        longer than a caller should wait.
        """

    def refund(self, operation: str, about: str = "") -> None:
        """Give one result set back: FlightAware does not bill 400, 401, 429 or a call that never arrived."""

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "Meter":
        """The same for one question on these people's account, as FlightSource says."""

    def pause(self, seconds: float) -> None:
        """No call by anyone for that long (virtual seconds): AeroAPI said 429."""


class Timed(Protocol):
    """An outside party that can be asked something for nothing, to hear what time it is there."""

    def check(self) -> bool:
        """True, or a FlaitError; the answer's Date is heard either way."""
