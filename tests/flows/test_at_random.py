"""Polls, faults, sends, crashes and restarts in any order: each thing is told once, and every text accounted for."""

import tempfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from flait.core.alerts import decide
from flait.core.flights import Flight, Phase, Times, cancelled, progress
from flait.core.holds import AFTER_LOSSES, PastText, Reach, out_of_reach
from flait.core.messages import LOOK_AGAIN, TOO_LATE, UNTOLD, Message, MessageStatus
from flait.core.priorities import Priority
from flait.core.subscriptions import Role, SubscriptionState
from flait.core.told import Told, further, told
from flait.core.values import replace
from flait.errors import FlightSourceError, RateLimited, SendError
from flait.flows import deliver
from tests.core.flights_for_tests import F12, OUT, PIT, diverted, late, left_gate, minutes, took_off, touched_down
from tests.flows.mortal import Killed, Mortal
from tests.flows.world import World, in_doubt, not_sent, refused

S = MessageStatus
WITH_US = frozenset({S.QUEUED, S.SENDING, S.IN_DOUBT, S.ACCEPTED})
ENDS = frozenset({S.ACCEPTED, S.IN_DOUBT, S.FAILED, S.EXPIRED, S.SUPPRESSED})

BLANK = replace(F12, ident_iata=None, destination=None, out=Times(scheduled=F12.out.scheduled), gate_origin=None)
BOARDS: list[list[Flight]] = [
    [replace(F12, gate_origin="B4")],
    [late(minutes(50))],
    [F12],
    [BLANK],
    [replace(F12, cancelled=True)],
    [replace(late(minutes(100)), gate_origin="C9", terminal_origin="1")],
    [],
    [replace(F12, cancelled=True), replace(F12, fa_flight_id="UAL1234-again")],
    [replace(F12, fa_flight_id="UAL1234-anew", gate_origin="B4")],
    [late(minutes(20))],
    [replace(F12, origin=PIT)],
    [left_gate()],
    [took_off()],
    [diverted()],
    [touched_down()],
]
FAULTS = [FlightSourceError("AeroAPI did not answer"), RateLimited("AeroAPI asks for a pause", retry_after=minutes(1))]
OUTCOMES: list[Callable[[], tuple[BaseException | None, bool]]] = [
    lambda: (None, True),
    lambda: (not_sent(), False),
    lambda: (not_sent(account=True), False),
    lambda: (in_doubt(), True),
    lambda: (in_doubt(), False),
    lambda: (refused(error_code=30003), False),
    lambda: (Killed(), True),
    lambda: (Killed(), False),
]


SOME_BOARDS = st.lists(st.sampled_from(BOARDS), min_size=2, max_size=4)
READINGS = ("right", "lags", "fails")
LASTING = ("ident_iata", "destination")  # once known, never blank again


def _gate(text: Message) -> str | None:
    gate = text.tells.get("gate_origin")
    return str(gate) if gate else None


@cache
def empty_database() -> bytes:
    """Made once: making its tables takes longer than a whole example."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        Mortal.open(path).close()
        return path.read_bytes()


class AnyOrder(RuleBasedStateMachine):
    """One daemon after another on one database; two people who follow one flight."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "flait.db"
        path.write_bytes(empty_database())
        self.mortal = Mortal.open(path)
        self.mortal._conn.execute("PRAGMA synchronous = OFF")
        self.world = World(path=self.mortal.path, store=self.mortal)

    def teardown(self) -> None:
        try:
            self.calm_down()
        finally:
            self.mortal.close()
            self.folder.cleanup()

    @initialize(role=st.sampled_from(Role))
    def two_people_follow_it(self, role: Role) -> None:
        self.world.source.board = [F12]
        self.world.subscribe(0)
        self.world.subscribe(1, role=role)

    @rule(boards=SOME_BOARDS, looks=st.integers(1, 2))
    def poll(self, boards: list[list[Flight]], looks: int) -> None:
        for board in boards:
            for _ in range(looks):
                self.poll_once(board)

    def poll_once(self, board: list[Flight]) -> None:
        before, heard = self.world.flight(), {number: self.texts_of(number) for number in (1, 2)}
        seen = len(self.world.texts)
        self.world.next_poll(*board)
        after = self.world.flight()
        said = {text.subscription_id: text.kind for text in self.world.texts[seen:]}
        if after.polls > before.polls:
            assert said == self.due(before.flight, after.flight, heard)
        else:
            assert set(said.values()) <= {"stale"}  # that it was not seen for long
        assert not [name for name in LASTING if getattr(before.flight, name) and not getattr(after.flight, name)]

    def due(self, before: Flight, after: Flight, heard: dict[int, list[Message]]) -> dict[int | None, str]:
        """What each has to hear of it, by the rules, going by the texts that reached them or still may."""
        kinds: dict[int | None, str] = {}
        for view in self.world.store.subscription_views(include_ended=True):
            texts, urgent = heard[view.subscription.id], self.urgent(view.subscription.id)
            past = [
                PastText(
                    at=text.created_at,
                    kind=text.kind,
                    gate_origin=_gate(text),
                    urgent=text.id in urgent,
                    reach=_reach(text.status),
                )
                for text in texts
                if text.status not in (S.EXPIRED, S.SUPPRESSED)
            ]
            if self.is_unconfirmed(texts, after):
                if not out_of_reach(past, self.world.clock.now()):
                    kinds[view.subscription.id] = "tracked"
                continue
            decision = decide(
                told(text.tells for text in texts if text.status not in UNTOLD),
                past,
                role=view.subscription.role,
                before=before,
                after=after,
                now=self.world.clock.now(),
            )
            if decision.alert:
                kinds[view.subscription.id] = decision.alert.changes[0].kind
        return kinds

    def is_unconfirmed(self, texts: list[Message], flight: Flight) -> bool:
        """Whether no word of it came, the confirmation first of all: that comes again, in words of now."""
        lost = any(
            text.kind == "tracked" and (text.status is S.UNDELIVERED or text.error == TOO_LATE) for text in texts
        )
        return lost and all(text.status in UNTOLD for text in texts) and not further(progress(flight), Phase.OFF)

    def urgent(self, subscription: int) -> set[int]:
        """The texts that were P0."""
        rows = self.world.store.told_rows([subscription])[subscription]
        return {row.message_id for row in rows if row.priority == Priority.P0.name}

    @rule(fault=st.sampled_from(FAULTS))
    def poll_in_an_outage(self, fault: FlightSourceError) -> None:
        texts = len(self.world.texts)
        self.world.source.fault = fault
        self.world.next_poll()
        self.world.source.fault = None
        assert {text.kind for text in self.world.texts[texts:]} <= {"stale"}

    @rule(boards=SOME_BOARDS, statement=st.integers(1, 20))
    def poll_and_be_killed(self, boards: list[list[Flight]], statement: int) -> None:
        for board in boards:
            self.killed(lambda board=board: self.world.next_poll(*board), statement)  # type: ignore[misc]  # bound now

    @rule(outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=2, max_size=5))
    def send(self, outcomes: list[Callable[[], tuple[BaseException | None, bool]]]) -> None:
        for outcome in outcomes:
            fault, arrives = outcome()
            if fault:
                self.world.gateway.fails(fault, arrives=arrives)
            self.killed(self.send_one, 0)
            self.world.gateway.recovers()

    @rule(statement=st.integers(1, 12))
    def send_and_be_killed(self, statement: int) -> None:
        self.killed(self.send_one, statement)

    def send_one(self) -> None:
        deliver.send_next(self.world.store, self.world.gateway, self.world.clock, self.world.boot)

    @rule(readings=st.lists(st.sampled_from(READINGS), min_size=1, max_size=3))
    def settle(self, readings: list[str]) -> None:
        """Twilio's record, a minute apart; at times it cannot be read, or lags behind."""
        for reading in readings:
            lagging = {sent.sid for sent in self.world.gateway.record}
            self.world.gateway.unlisted = lagging if reading == "lags" else set()
            self.world.gateway.listing_fault = SendError("it cannot be read") if reading == "fails" else None
            self.world.settle()
            self.world.clock.advance(LOOK_AGAIN)
        self.world.gateway.unlisted, self.world.gateway.listing_fault = set(), None

    @rule(count=st.sampled_from([1, 5, 30]), restart=st.booleans())
    def wait(self, count: int, restart: bool) -> None:
        self.world.clock.advance(minutes(count))
        if restart:
            self.world.restart()

    @precondition(lambda self: self.world.clock.now() < OUT)
    @rule(number=st.sampled_from([0, 1]))
    def ask_again(self, number: int) -> None:
        self.world.source.board = [F12]
        assert self.world.subscribe(number).already

    def killed(self, act: Callable[[], object], statement: int) -> None:
        """Do it; whoever is killed over it is followed by the next daemon."""
        self.mortal.dies_before(statement)
        try:
            act()
        except Killed:
            self.mortal.dies_before(0)
            self.world.restart()
        self.mortal.dies_before(0)

    def texts_of(self, subscription: int) -> list[Message]:
        return [text for text in self.world.texts if text.subscription_id == subscription]

    def heard(self, subscription: int) -> list[Message]:
        """The texts that count as said."""
        return [text for text in self.texts_of(subscription) if text.status not in UNTOLD]

    def knows(self, subscription: int) -> Told:
        return told(text.tells for text in self.heard(subscription))

    @invariant()
    def a_text_arrives_once_or_was_absent_before_it_went_again(self) -> None:
        again = Counter(step.message_id for step in self.world.steps("send") if step.outcome == "requeued")
        arrivals = Counter(message.id for message in self.world.gateway.arrivals)
        for message, times in arrivals.items():
            assert times <= 1 + again[message] <= 2

    @invariant()
    def only_what_was_absent_a_minute_before_too_goes_again(self) -> None:
        steps = self.world.steps("send")
        looks = [(step.message_id, step.at) for step in steps if step.outcome == "looked"]
        for again in (step for step in steps if step.outcome == "requeued"):
            assert any(look == again.message_id and again.at - at >= LOOK_AGAIN for look, at in looks)

    @invariant()
    def an_accepted_text_is_at_twilio_under_its_sid(self) -> None:
        at_twilio = {sent.sid: sent for sent in self.world.gateway.record}
        for text in self.world.texts:
            if text.status is S.ACCEPTED:
                assert text.sid
                assert at_twilio[text.sid].body == text.body

    @invariant()
    def nothing_is_said_twice_under_one_key(self) -> None:
        keys = Counter(text.dedup_key for text in self.world.texts)
        assert max(keys.values(), default=1) == 1
        alerts = self.world.store._rows("SELECT message_id FROM alerts ORDER BY id")
        said = [text for text in self.world.texts if text.dedup_key.startswith(("alert:", "alert-again:", "stale:"))]
        assert [alert["message_id"] for alert in alerts] == [text.id for text in said]

    @invariant()
    def what_is_with_us_or_twilio_counts_as_said_and_of_the_rest_only_what_failed_again(self) -> None:
        for subscription in (1, 2):
            texts, heard = self.texts_of(subscription), self.heard(subscription)
            failed = [text for text in texts if text.status is S.FAILED]
            assert [text for text in texts if text.status in WITH_US] == [text for text in heard if text not in failed]
            assert not [text for text in heard if text in failed[:1]]

    @invariant()
    def whoever_follows_a_flight_has_it_polled(self) -> None:
        for view in self.world.store.subscription_views():
            assert view.subscription.state is SubscriptionState.ACTIVE
            tracked = self.world.flight(view.subscription.flight_id or 0)
            assert tracked.closed_at is None
            assert tracked.next_poll_at
            assert tracked.claimed_by is None

    def calm_down(self) -> None:
        """Nothing goes wrong any more: every text comes to an end, and nobody is left in the dark."""
        self.world.restart()
        rest = max(AFTER_LOSSES)  # what was lost often is told an hour later
        for pause in (*[LOOK_AGAIN] * 8, rest, *[LOOK_AGAIN] * 4):
            self.world.store.hasten(1, self.world.clock.now())
            self.world.poll(self.world.flight().flight)
            self.world.deliver()
            self.world.settle()
            self.world.clock.advance(pause)
        self.world.deliver()
        self.a_text_arrives_once_or_was_absent_before_it_went_again()
        self.an_accepted_text_is_at_twilio_under_its_sid()
        assert {text.status for text in self.world.texts} <= ENDS
        for view in self.world.store.subscription_views():
            assert self.knows(view.subscription.id).cancelled == cancelled(self.world.flight().flight)


def _reach(status: MessageStatus) -> Reach:
    if status in UNTOLD:
        return Reach.LOST
    return Reach.ARRIVED if status in (S.SENT, S.DELIVERED, S.READ) else Reach.UNDER_WAY


TestAnyOrder = pytest.mark.timeout(900)(AnyOrder.TestCase)  # a quarter of a minute of work, in one test
TestAnyOrder.settings = settings(
    max_examples=30, stateful_step_count=50, derandomize=True, deadline=None, database=None
)
