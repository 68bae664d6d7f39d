"""Reports that come early, late, twice or never: a text ends where it ended, and nobody is texted once more for it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from flait.adapters.twilio.statuses import TWILIO_STATUSES
from flait.core.messages import Message, MessageStatus
from flait.core.receipts import Receipt
from flait.core.values import replace
from flait.errors import InDoubt, Rejected
from flait.flows import receipts
from flait.flows.ports import Accepted
from tests.core.flights_for_tests import NOON, late, minutes, planned
from tests.flows.world import PHONES, FakeGateway, World

S = MessageStatus
CANCELLED = replace(planned(), cancelled=True)
TWO_MINUTES = minutes(2)


def said(word: str, sid: str = "SM0", **fields: int) -> tuple[Receipt, str]:
    return Receipt(sid=sid, status=TWILIO_STATUSES[word], **fields), word


def report(world: World, word: str, sid: str = "SM0", **fields: int) -> bool:
    return receipts.take(world.store, *said(word, sid, **fields), world.clock.now())


@dataclass
class Hasty(FakeGateway):
    """Reports on each text before it has answered our own call, and may then not answer at all."""

    world: World
    doubt: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def send(self, message: Message, *, now: datetime) -> Accepted:
        accepted = super().send(message, now=now)
        report(self.world, "sent", accepted.sid, message_id=message.id, attempt=message.attempts)
        if self.doubt:
            raise InDoubt("Twilio did not answer")
        return accepted


@dataclass
class Telling(FakeGateway):
    """Says what became of each text when asked; `asked` is how often."""

    ends: dict[str, Receipt | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def status_of(self, sid: str) -> Receipt:
        self.asked.append(sid)
        end = self.ends.get(sid, Receipt(sid=sid, status=S.SENT))
        if isinstance(end, Exception):
            raise end
        return end


@pytest.fixture
def followed(world: World) -> World:
    """Somebody follows UA1234, and Twilio has taken the confirmation as SM0."""
    world.follow(planned())
    return world


# --- merged ---------------------------------------------------------------------------------------------------------


def test_a_report_may_come_before_twilios_own_answer(world: World) -> None:
    world.gateway = Hasty(world)
    world.follow(planned())
    [text] = world.texts
    assert (text.status, text.sid) == (S.SENT, "SM0")
    assert len(world.gateway.posts) == 1


def test_a_report_settles_a_text_whose_answer_never_came(world: World) -> None:
    world.gateway = Hasty(world, doubt=True)
    world.follow(planned())
    world.restart()
    world.clock.advance(minutes(10))
    assert world.settle() is False
    world.deliver()
    assert ([text.status for text in world.texts], len(world.gateway.posts)) == ([S.SENT], 1)


def test_a_report_is_written_down_once_however_often_it_comes(followed: World) -> None:
    assert report(followed, "delivered")
    before = followed.dump()
    assert report(followed, "delivered")
    assert followed.dump() == before
    assert [(step.outcome, step.detail) for step in followed.steps("receipt")] == [("delivered", "SM0")]


def test_a_report_about_no_text_of_ours_changes_nothing(followed: World) -> None:
    before = followed.dump()
    assert report(followed, "delivered", "SM99", message_id=99) is False
    assert report(followed, "failed", "SM99", error_code=21610) is False
    assert followed.dump() == before


def test_a_report_shows_that_twilio_is_well(followed: World) -> None:
    followed.clock.advance(minutes(1))
    report(followed, "sent")
    assert followed.store.providers()["twilio"].last_success_at == followed.clock.now()


# --- acted upon -----------------------------------------------------------------------------------------------------


def told_of_a_gate(world: World, *, number: int) -> Message:
    """The next poll shows another gate, and Twilio takes the text about it as SM`number`."""
    world.next_poll(planned(gate_origin=f"F{number}"))
    world.clock.advance(minutes(11))
    world.deliver()
    return world.texts[-1]


def test_what_did_not_arrive_is_told_afresh_at_once(followed: World) -> None:
    lost = told_of_a_gate(followed, number=1)
    followed.store._change("UPDATE flights SET next_poll_at = :at", at=followed.clock.now() + timedelta(hours=1))
    report(followed, "undelivered", "SM1", error_code=30008)
    assert followed.due() == followed.clock.now()
    assert followed.poll(planned(gate_origin="F1")) == [lost.kind]
    failed = followed.store.message(lost.id)
    assert failed
    assert failed.error == "the carrier did not deliver it (error 30008)"


def test_what_arrives_costs_no_look(followed: World) -> None:
    told_of_a_gate(followed, number=1)
    later = followed.clock.now() + timedelta(hours=1)
    followed.store._change("UPDATE flights SET next_poll_at = :at", at=later)
    for word in ("queued", "sending", "sent", "delivered", "read"):
        report(followed, word, "SM1")
        assert followed.due() == later


def test_the_journal_has_each_report_with_whom_and_what_it_is_about(followed: World) -> None:
    text = told_of_a_gate(followed, number=1)
    report(followed, "sent", "SM1", message_id=text.id, attempt=1)
    report(followed, "undelivered", "SM1", error_code=30008)
    sent, lost = followed.steps("receipt")
    assert (sent.outcome, sent.detail, sent.attempt) == ("sent", "SM1", 1)
    assert (lost.outcome, lost.detail) == ("undelivered", "the carrier did not deliver it (error 30008)")
    assert {(step.message_id, step.subscription_id, step.flight_id) for step in (sent, lost)} == {(text.id, 1, 1)}


def test_what_failed_and_then_failed_further_is_told_afresh_once(followed: World) -> None:
    told_of_a_gate(followed, number=1)
    report(followed, "failed", "SM1", error_code=30008)
    later = followed.clock.now() + timedelta(hours=1)
    followed.store._change("UPDATE flights SET next_poll_at = :at", at=later)
    report(followed, "undelivered", "SM1", error_code=30003)
    assert followed.due() == later


@pytest.mark.parametrize("code", [30006, 30007, 30034, 21610], ids=["landline", "filtered", "unregistered", "STOP"])
def test_what_would_fail_again_is_not_hastened(followed: World, code: int) -> None:
    told_of_a_gate(followed, number=1)
    followed.store._change("UPDATE flights SET next_poll_at = :at", at=followed.clock.now() + timedelta(hours=1))
    report(followed, "failed", "SM1", error_code=code)
    assert followed.due() > followed.clock.now()


def test_a_phone_that_is_off_gets_the_news_again_ever_more_seldom(followed: World) -> None:
    told_of_a_gate(followed, number=1)
    at = [followed.clock.now()]
    report(followed, "undelivered", "SM1", error_code=30003)
    for _ in range(8 * 60):
        followed.clock.advance(timedelta(minutes=1))
        followed.source.board = [CANCELLED]
        if followed.poll(CANCELLED):
            followed.deliver()
            at.append(followed.clock.now())
            sid = followed.texts[-1].sid
            assert sid
            report(followed, "undelivered", sid, error_code=30003)
    apart = [round((later - earlier) / timedelta(minutes=1)) for earlier, later in pairwise(at)]
    assert 6 <= len(at) <= 12
    assert apart[1] >= 15
    assert apart[2] >= 30
    assert min(apart[3:]) >= 60


def test_an_opt_out_that_only_twilio_knew_of_holds_from_now_on(followed: World) -> None:
    queued = followed.store.enqueue(replace(followed.texts[0], dedup_key="next", status=S.QUEUED))
    assert queued
    report(followed, "failed", error_code=21610)
    [user] = followed.store.users()
    assert user.opted_out_at == followed.clock.now()
    assert [text.status for text in followed.texts] == [S.FAILED, S.SUPPRESSED]
    assert [step.outcome for step in followed.steps("send") if step.message_id == queued.id] == ["suppressed"]
    [change] = followed.store.consent_changes(PHONES[0])
    assert change.how == "Twilio refused a text (error 21610)"


@pytest.mark.parametrize("first_came", ["before START", "after START"])
def test_an_old_opt_out_undoes_no_later_start(followed: World, first_came: str) -> None:
    if first_came == "before START":
        report(followed, "failed", error_code=21610)
    else:
        followed.store.opt_out(PHONES[0], NOON, how="STOP")
    followed.clock.advance(minutes(1))
    followed.store.opt_in(PHONES[0], followed.clock.now(), how="START")
    report(followed, "failed", error_code=21610)
    assert followed.store.users()[0].opted_out_at is None


# --- asked for ------------------------------------------------------------------------------------------------------


def test_what_twilio_does_not_report_is_asked_for(world: World) -> None:
    gateway = world.gateway = Telling(ends={"SM0": Receipt(sid="SM0", status=S.DELIVERED)})
    world.follow(planned())
    assert not receipts.waiting(world.store, world.clock)
    world.clock.advance(TWO_MINUTES)
    assert receipts.waiting(world.store, world.clock)
    assert receipts.ask_about_unfinished(world.store, gateway, world.clock)
    assert not receipts.ask_about_unfinished(world.store, gateway, world.clock)
    assert (world.texts[0].status, gateway.asked) == (S.DELIVERED, ["SM0"])


def test_a_carrier_that_never_tells_is_asked_for_a_week(world: World) -> None:
    gateway = world.gateway = Telling()
    world.follow(planned())
    asked_at = []
    for _ in range(24 * 9):
        world.clock.advance(timedelta(hours=1))
        while receipts.ask_about_unfinished(world.store, gateway, world.clock):
            asked_at.append((world.clock.now() - NOON) // timedelta(hours=1))
    assert asked_at == [*range(1, 8), 12, *range(24, 24 * 8, 24)]
    assert world.texts[0].status is S.SENT
    assert len(world.steps("receipt")) == 1


def test_an_answer_that_fails_for_one_text_holds_no_other_up(world: World) -> None:
    gateway = world.gateway = Telling(ends={"SM0": InDoubt("Twilio's record cannot be read")})
    world.follow(planned(), 0, 1)
    world.clock.advance(TWO_MINUTES)
    assert not receipts.ask_about_unfinished(world.store, gateway, world.clock)
    assert world.store.providers()["twilio"].last_error == "Twilio's record cannot be read"
    assert receipts.ask_about_unfinished(world.store, gateway, world.clock)
    assert gateway.asked == ["SM0", "SM1"]


def test_a_text_that_twilio_has_forgotten_is_said_to_be(world: World) -> None:
    gateway = world.gateway = Telling(ends={"SM0": Rejected("Twilio's record does not have the text")})
    world.follow(planned())
    world.clock.advance(TWO_MINUTES)
    assert receipts.ask_about_unfinished(world.store, gateway, world.clock)
    assert [step.outcome for step in world.steps("receipt")] == ["unknown at Twilio"]
    assert world.texts[0].status is S.ACCEPTED


def test_asking_goes_on_where_a_dead_daemon_left_off(world: World) -> None:
    gateway = world.gateway = Telling()
    world.follow(planned())
    world.clock.advance(TWO_MINUTES)
    receipts.ask_about_unfinished(world.store, gateway, world.clock)
    world.restart()
    assert not receipts.waiting(world.store, world.clock)
    world.clock.advance(minutes(13))
    assert receipts.waiting(world.store, world.clock)


def test_what_is_lost_as_the_watch_ends_is_told_again_after_the_rest(followed: World) -> None:
    told_of_a_gate(followed, number=1)
    tracked = followed.flight()
    report(followed, "undelivered", "SM1", error_code=30003)
    followed.poll(planned(gate_origin="F1"))
    followed.deliver()
    followed.store.close_flight(tracked.id, followed.clock.now())
    report(followed, "undelivered", "SM2", error_code=30003)
    [again] = [text for text in followed.texts if text.dedup_key.startswith("alert-again:")]
    assert again.not_before == followed.texts[-2].created_at + timedelta(minutes=15)
    followed.deliver()
    assert [text.sid for text in followed.texts][-2:] == ["SM2", None]
    followed.clock.moment = again.not_before
    followed.deliver()
    assert [text.sid for text in followed.texts][-2:] == ["SM2", "SM3"]


def test_a_confirmation_that_did_not_arrive_comes_again_in_words_of_now(followed: World) -> None:
    report(followed, "undelivered", "SM0", error_code=30003)
    assert followed.due() == followed.clock.now()
    followed.next_poll(late(timedelta(hours=1)))
    assert followed.kinds == ["tracked", "tracked"]
    again = followed.texts[-1]
    assert again.body.startswith("Flait flight alerts: ")
    assert "1h late: dep 15:10" in again.body
    followed.deliver()
    report(followed, "undelivered", "SM1", error_code=30003)
    followed.poll(late(timedelta(hours=1)))
    assert followed.kinds == ["tracked", "tracked"]
    followed.clock.advance(minutes(16))
    followed.next_poll(late(timedelta(hours=1)))
    assert followed.kinds == ["tracked", "tracked", "tracked"]
