"""What WHY is answered: what the person had been told, the looks that showed the change, the rule, the receipt.

One segment, of what is on record and nothing else. `flait trace` says the same in full, in the same words.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from flait.core.changes import NEAR, ChangeKind
from flait.core.flights import Airport, Flight
from flait.core.messages import MessageStatus
from flait.core.milestones import MILESTONES
from flait.core.planes import HERE
from flait.core.reasons import Reason, Seen, Waited
from flait.core.texts.formats import Reader, in_one, span
from flait.core.trips import LEFT, MISSED_BELOW

K, S = ChangeKind, MessageStatus
Moment = Callable[[datetime], str]

RULES: Final[Mapping[ChangeKind, str]] = {
    # what led the text → its rule; {} is the threshold that held when it was decided
    K.CANCELLED: "a cancellation that two looks show",
    K.REINSTATED: "no longer cancelled, by two looks",
    K.ONWARD: "flies on after a diversion, by two looks",
    K.DIVERTED: "a diversion that two looks show",
    K.UNDIVERTED: "no longer diverted, by two looks",
    K.REROUTED: "another destination, by two looks",
    K.ENDS: "down elsewhere for {}, and nothing flies on",
    K.CONN_MISSED: f"the next flight has left, or {span(MISSED_BELOW)} to it are not left",
    K.WITHDRAWN: "what we told has not happened after all",
    K.ARRIVED: "at the gate",
    K.LANDED: "landing",
    K.DEPARTED: "take-off",
    K.RETURNED: "back at the gate, by two looks",
    K.CONN_TIGHT: "little time to the next flight, by two looks",
    K.EARLIER: "{} or more earlier than told",
    K.SCHEDULE_CHANGE: "schedule moved {} or more",
    K.DELAY_MORE: "{} or more later than told",
    K.DELAY_FIRST: "{} or more late",
    K.DELAY_LESS: "{} or more earlier than told",
    K.ON_TIME: "less than {} late, and told otherwise",
    K.CONN_OK: "time enough to the next flight, and told otherwise",
    K.INBOUND_LATE: "when its plane can leave again, by two looks at that",
    K.INBOUND_SWAP: "another plane than the late one, by two looks",
    K.INBOUND_HERE: "its plane landed, and we had told that it is late",
    K.GATE_CHANGE: f"another gate than told, from {span(NEAR)} before departure",
    K.TERMINAL_CHANGE: f"another terminal than told, from {span(NEAR)} before departure",
    K.LEAVE: "{} before departure",
    K.BOARDING: "{} before boarding as we estimate it",
    K.MEET: "{} before arrival",
    K.CHECKIN: "{} before the scheduled departure",
    K.GATE_FIRST: f"the first gate, from {span(NEAR)} before departure",
    K.TERMINAL_FIRST: f"the first terminal, from {span(NEAR)} before departure",
    K.ARRIVAL_GATE: "another place of arrival than told",
    K.BELT: "a belt that was not told",
    K.CORRECTED: "{} or more from the time told",
    K.TAXIING: "off the gate for {}, not in the air",
    K.STALE: "{} without a report",
    K.FRESH: "word again after none",
}
UNMEASURED: Final[Mapping[ChangeKind, str]] = {
    # the same where there was no threshold
    K.CORRECTED: "another time than told",
    K.STALE: "its end was not reported",
}
ASKED: Final = "You asked to be told {}."
PLACES: Final[Mapping[str, str]] = {
    "gate_origin": "gate", "gate_destination": "gate", "terminal_origin": "Terminal",
    "terminal_destination": "Terminal", "baggage_claim": "belt",
}  # fmt: skip
TIMES: Final = frozenset({"departure", "arrival", "scheduled_out", "scheduled_in", "boards", "returned", "phase_at"})
VALUES: Final[Mapping[tuple[str, str | bool], str]] = {
    # a fact as it is kept → in words
    ("phase", "scheduled"): "not left",
    ("phase", "out"): "off the gate",
    ("phase", "off"): "in the air",
    ("phase", "on"): "landed",
    ("phase", "in"): "at the gate",
    ("cancelled", True): "cancelled",
    ("cancelled", False): "not cancelled",
    ("diverted_to", ""): "not diverted",
    ("diverted_to", "?"): "diverted",
    ("ends", True): "down elsewhere",
    ("stale", ""): "word again",
    ("stale", "not left"): "no report of leaving",
    ("stale", "not landed"): "no report of landing",
    ("stale", "given up"): "no report of its end",
    ("connection", "ok"): "connection OK",
    ("connection", "tight"): "connection tight",
    ("connection", "at_risk"): "connection at risk",
    ("connection", "missed"): "connection missed",
}
RECEIPTS: Final[Mapping[MessageStatus, str]] = {
    S.SENDING: "Being sent.",
    S.IN_DOUBT: "Whether it was sent is not known.",
    S.ACCEPTED: "Sent {}.",
    S.SENT: "Sent {}.",
    S.DELIVERED: "Delivered {}.",
    S.READ: "Read {}.",
    S.UNDELIVERED: "Sent {}, not delivered.",
}
NO_ALERT: Final = (
    "No alert has been sent to you yet. We text when something changes. Reply STATUS to see how it stands."
)
GONE: Final = "Why it was told is not on record any more."
OF_TIMETABLE: Final = "Rule: the airline's timetable says other than you were told."


def no_alert_text(ident: str) -> str:
    """Nothing went out about that flight."""
    return in_one(f"No alert about {ident} has been sent to you yet.", f"Reply STATUS {ident} to see how it stands.")


def moved_before_text(ident: str, flight: Flight, reader: Reader, *, was: datetime, now: datetime) -> str:
    """Their confirmation itself was news: the flight had moved since they saved it."""
    moved = reader.at_was(now, flight.origin, was=was)
    return in_one(f"{ident}: the msg that we track it told dep {moved}.", OF_TIMETABLE, "No alert since.")


def why_text(reason: Reason, flight: Flight | None, ident: str, reader: Reader) -> str:
    """`UA1234: told 14:10 PST at 11:02. 12:31 and 12:32: 14:55. Rule: 15m or more late. Delivered 12:32.`"""
    words = WhyWords(reason, flight, reader)
    if reason.decided is None:
        return in_one(f"{ident}, sent {words.first(words.sent_at)}:", unknown(reason), words.receipt)
    known = [part for part in (words.before, *words.looks) if part] or [f"sent {words.first(words.sent_at)}."]
    first, *rest = known
    return in_one(f"{ident}: {first}", *rest, words.rule, words.waited, words.receipt)


class WhyWords:
    """The parts of the answer, each empty where nothing is known; one airport's clock for all of them."""

    def __init__(self, reason: Reason, flight: Flight | None, reader: Reader) -> None:
        self._reason, self._reader = reason, reader
        self._place = _place(reason, flight)
        self._is_labelled = False

    @property
    def sent_at(self) -> datetime:
        """When it went out, or was written."""
        return self._reason.message.sent_at or self._reason.message.created_at

    def first(self, moment: datetime) -> str:
        """A moment with its zone, the first time one is written."""
        if self._is_labelled:
            return self._reader.beside(self._reader.now, self._place, moment)
        self._is_labelled = True
        return self._reader.at(moment, self._place)

    @property
    def before(self) -> str:
        """`told 14:10 PST at 11:02.`"""
        before = self._reason.before
        if before is None or self._reason.kind in MILESTONES:
            return ""
        return f"told {self.value(before)} at {self.first(before.at)}."

    @property
    def looks(self) -> Sequence[str]:
        """`12:31 and 12:32: 14:55.`, or a sentence for each where they showed different things."""
        seen = self._reason.decided.looks if self._reason.decided else ()
        said = [(self.first(one.at), self.value(one)) for one in seen]
        if len({value for _, value in said}) == 1:
            return [f"{' and '.join(at for at, _ in said)}: {said[0][1]}."]
        return [f"{at}: {value}." for at, value in said]

    @property
    def rule(self) -> str:
        """`Rule: 15m or more late.`"""
        decided, kind = self._reason.decided, self._reason.kind
        if decided is None:
            return ""
        words = rule_of(kind, decided.threshold)
        if decided.asked and kind in MILESTONES:
            return ASKED.format(words)
        return f"Rule: {words}." if words else ""

    @property
    def waited(self) -> str:
        """`Waited for 07:00: quiet hours.`, of what had to wait to the end."""
        decided = self._reason.decided
        over = [wait for wait in self._reason.waited if decided and wait.until <= decided.at]
        return self._waited_for(over[-1]) if over else ""

    def _waited_for(self, wait: Waited) -> str:
        return f"Waited for {self.first(wait.until)}: {wait.why}."

    @property
    def receipt(self) -> str:
        """`Delivered 12:32.`"""
        message = self._reason.message
        at = {S.DELIVERED: message.delivered_at, S.READ: message.read_at}.get(message.status) or message.sent_at
        words = RECEIPTS.get(message.status, "")
        return words.format(self.first(at)) if at else words.partition(" {}")[0].rstrip(".") + "." if words else ""

    def value(self, seen: Seen) -> str:
        """What was told or seen, in words."""
        fact = self._reason.decided.fact if self._reason.decided else ""
        return value_in_words(fact, seen.value, self.first)


def unknown(reason: Reason) -> str:
    """What can be said where no look is on record: the rule alone, of what was told of a saved flight."""
    of_timetable = reason.message.flight_id is None and reason.kind is K.SCHEDULE_CHANGE
    return OF_TIMETABLE if of_timetable else GONE


def rule_of(kind: ChangeKind, threshold: timedelta) -> str:
    """The rule in words; empty where its threshold is not on record."""
    words = RULES[kind]
    if "{}" not in words:
        return words
    return words.format(span(threshold)) if threshold else UNMEASURED.get(kind, "")


def value_in_words(fact: str, value: str | bool, moment: Moment) -> str:
    """`14:55`, `gate C3`, `cancelled`; of a connection also `43 min`."""
    if fact in TIMES and isinstance(value, str) and value:
        return moment(datetime.fromisoformat(value))
    if fact in PLACES:
        return f"{PLACES[fact]} {value}" if value else f"no {PLACES[fact].lower()}"
    state = value.partition(" ")[2] if fact == "connection" and isinstance(value, str) else value
    known = VALUES.get((fact, state))
    if known:
        return known
    return _otherwise(fact, str(value), moment)


def _otherwise(fact: str, value: str, moment: Moment) -> str:
    match fact:
        case "diverted_to":
            return f"diverted to {value}"
        case "destination":
            return f"to {value}"
        case "onward":
            return f"flies on from {value.partition(' ')[2]}"
        case "stale":
            return f"no word since {moment(datetime.fromisoformat(value))}"
        case "connection":
            return _of_connection(value)
        case "plane":
            return _of_plane(value.rpartition(" ")[2], moment)
    return value


def _of_connection(value: str) -> str:
    """`43 min to the next flight`; that it leaves before, or has left."""
    if value == LEFT:
        return "the next flight had left"
    if value.startswith("-"):
        return f"the next flight leaves {value[1:]} before yours is there"
    return f"{value} to the next flight"


def _of_plane(value: str, moment: Moment) -> str:
    if not value:
        return "plane not late"
    return "plane here" if value == HERE else f"plane {moment(datetime.fromisoformat(value))}"


def _place(reason: Reason, flight: Flight | None) -> Airport:
    """Whose clock: where it arrives, for what is about its arrival; else where it leaves."""
    if flight is None:
        return Airport(code="", timezone="UTC")
    fact = reason.decided.fact if reason.decided else ""
    of_arrival = fact.startswith(("arrival", "baggage", "connection")) or fact.endswith("destination")
    there = of_arrival or reason.kind in (K.LANDED, K.ARRIVED)
    return (flight.lands_at or flight.destination or flight.origin) if there else flight.origin
