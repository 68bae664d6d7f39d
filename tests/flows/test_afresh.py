"""No copy of stored words goes out after newer ones: what is tried again is the news, in words of then."""

from datetime import timedelta

import pytest

from flait.core.flights import Flight
from flait.core.messages import LOOK_AGAIN, Channel, Message, MessageKind, MessageStatus
from flait.core.receipts import Receipt
from flait.core.subscriptions import Role
from flait.core.values import replace
from flait.core.whatsapp import Setup
from flait.errors import SendError
from flait.flows import deliver, receipts
from flait.flows.ports import Sent
from flait.flows.whatsapp import prefer
from tests.core.flights_for_tests import F12, ON, at_gate, hours, late, minutes, touched_down
from tests.flows.talk import Talk
from tests.flows.world import PHONES, World, in_doubt, not_sent, refused

S = MessageStatus
B4 = replace(F12, gate_origin="B4")
CANCELLED = replace(F12, cancelled=True)
CANNOT_BE_READ = SendError("Twilio's record cannot be read")
WHATSAPP = Setup(sender=True)


def arrived(world: World) -> list[str]:
    """What the phone shows, in order."""
    return [text.body for text in world.gateway.arrivals]


def says_nothing_of_gates(world: World, text: Message) -> None:
    """A text as it would be without room for the gate."""
    world.store.retract(text, {"gate_origin", "terminal_origin"})


def statuses(world: World) -> dict[str, MessageStatus]:
    return {text.kind: text.status for text in world.texts}


def told(world: World, *boards: Flight) -> Message:
    """Polls that show these; the text that follows, not sent yet."""
    for board in boards:
        world.store.hasten(1, world.clock.now())
        world.poll(board)
        world.clock.advance(minutes(1))
    return world.texts[-1]


def cancelled(world: World) -> Message:
    text = told(world, CANCELLED, CANCELLED)
    assert "CANCELLED" in text.body
    return text


def again(world: World) -> Message:
    text = told(world, F12, F12)
    assert "ON AGAIN" in text.body
    return text


def read_twice(world: World) -> None:
    """Twilio's record, a minute apart, and what follows."""
    world.gateway.listing_fault = None
    for _ in range(2):
        world.settle()
        world.clock.advance(LOOK_AGAIN)
    world.deliver()


def decided_anew(world: World, *board: Flight) -> list[str]:
    """The look that was made due at once; its texts go out."""
    assert world.due() <= world.clock.now()
    kinds = world.poll(*board)
    world.deliver()
    return kinds


def doubted(world: World, *, arrives: bool = False) -> None:
    """The next post breaks off, and Twilio's record cannot be read."""
    world.gateway.fails(in_doubt(), arrives=arrives)
    world.gateway.listing_fault = CANNOT_BE_READ
    world.deliver()
    world.settle()


def report(world: World, text: Message, status: MessageStatus, sid: str, code: int | None = None) -> None:
    receipt = Receipt(sid=sid, status=status, message_id=text.id, attempt=1, error_code=code)
    assert receipts.take(world.store, receipt, status.value, world.clock.now(), whatsapp=WHATSAPP)


# --- in doubt ---------------------------------------------------------------------------------------------------


def test_a_cancellation_that_was_lost_is_not_sent_after_it_was_taken_back(world: World) -> None:
    world.follow(F12)
    lost = cancelled(world)
    doubted(world)
    again(world)
    world.deliver()
    read_twice(world)
    assert decided_anew(world, F12) == []
    assert "ON AGAIN" in arrived(world)[-1]
    assert not [body for body in arrived(world) if "CANCELLED" in body]
    ended = world.store.message(lost.id)
    assert ended
    assert (ended.status, ended.error) == (
        S.FAILED,
        f"not in Twilio's record, and msg:{lost.id + 1} is about the same flight, and newer",
    )


def test_one_that_was_not_lost_is_settled_and_the_last_word_stands(world: World) -> None:
    world.follow(F12)
    lost = cancelled(world)
    doubted(world, arrives=True)
    again(world)
    world.deliver()
    world.store._change("UPDATE flights SET next_poll_at = :at", at=world.clock.now() + hours(1))
    read_twice(world)
    settled = world.store.message(lost.id)
    assert settled
    assert settled.status is S.ACCEPTED
    assert world.due() > world.clock.now()
    assert ["CANCELLED" in body for body in arrived(world)[1:]] == [True, False]


def test_one_that_twilio_took_after_the_newer_one_is_followed_by_the_true_word(world: World) -> None:
    world.follow(F12)
    lost = cancelled(world)
    doubted(world)
    again(world)
    world.deliver()
    record = Sent(sid="SM99", to=lost.to, body=lost.body, created_at=world.clock.now() + minutes(2))
    world.gateway.record.append(record)
    read_twice(world)
    assert decided_anew(world, F12) == ["reinstated"]
    assert "ON AGAIN" in arrived(world)[-1]
    assert decided_anew_is_over(world)


def decided_anew_is_over(world: World) -> bool:
    """Nothing is said a second time."""
    return [told(world, F12).kind, len(world.texts)] == [world.texts[-1].kind, len(world.texts)]


def test_a_gate_that_was_lost_is_told_anew_though_newer_news_went_out(world: World) -> None:
    world.follow(F12)
    lost = told(world, B4)
    doubted(world)
    says_nothing_of_gates(world, told(world, late(minutes(50), B4), late(minutes(50), B4)))
    world.deliver()
    read_twice(world)
    assert decided_anew(world, late(minutes(50), B4)) == ["gate_change"]
    assert "B4" in arrived(world)[-1]
    assert arrived(world)[-1] != lost.body
    assert decided_anew_is_over(world)


def test_a_lost_text_whose_words_hold_is_sent_once_more(world: World) -> None:
    world.follow(F12)
    lost = told(world, B4)
    world.gateway.fails(in_doubt())
    world.deliver()
    read_twice(world)
    assert arrived(world)[1:] == [lost.body]


def test_what_is_given_up_as_lost_is_found_when_twilio_lists_it_late(world: World) -> None:
    world.follow(F12)
    lost = cancelled(world)
    doubted(world)
    again(world)
    world.deliver()
    read_twice(world)
    decided_anew(world, F12)
    world.gateway.record.append(Sent(sid="SM99", to=lost.to, body=lost.body, created_at=world.clock.now()))
    world.clock.advance(minutes(10))
    assert world.settle()
    found = world.store.message(lost.id)
    assert found
    assert (found.status, found.sid, found.error) == (S.ACCEPTED, "SM99", None)
    assert decided_anew(world, F12) == ["reinstated"]


def test_what_was_given_up_as_lost_is_looked_for_for_a_week(world: World) -> None:
    world.follow(F12)
    cancelled(world)
    doubted(world)
    again(world)
    world.deliver()
    read_twice(world)
    world.clock.advance(timedelta(days=6))
    assert world.settle()
    world.clock.advance(timedelta(days=2))
    assert not world.settle()


def test_a_report_that_a_lost_text_arrived_after_the_newer_one_has_the_true_word_said_again(world: World) -> None:
    world.follow(F12)
    lost = cancelled(world)
    doubted(world)
    again(world)
    world.deliver()
    report(world, lost, S.SENT, "SM98")
    assert decided_anew(world, F12) == ["reinstated"]
    report(world, lost, S.DELIVERED, "SM98")
    assert decided_anew_is_over(world)


def test_a_report_about_a_text_given_up_as_lost_has_the_true_word_said_again(world: World) -> None:
    world.follow(F12)
    lost = cancelled(world)
    doubted(world)
    again(world)
    world.deliver()
    read_twice(world)
    decided_anew(world, F12)
    report(world, lost, S.SENT, "SM98")
    assert decided_anew(world, F12) == ["reinstated"]


def test_a_later_text_about_something_else_is_not_taken_back(world: World) -> None:
    c91, c95 = replace(F12, gate_destination="C91"), replace(F12, gate_destination="C95")
    world.follow(c91, role=Role.MEETER)
    lost = told(world, c95)
    assert lost.kind == "arrival_gate"
    doubted(world)
    told(world, late(minutes(50), c95), late(minutes(50), c95))
    world.deliver()
    later = world.texts[-1]
    report(world, lost, S.DELIVERED, "SM98")
    kept = world.store.message(later.id)
    assert kept
    assert kept.tells == later.tells
    assert decided_anew_is_over(world)


def test_an_answer_in_doubt_is_not_sent_after_another_text(talk: Talk) -> None:
    world = talk.world
    world.follow(F12)
    talk.send("LIST")
    [answer] = talk.answer()
    world.gateway.fails(in_doubt())
    world.deliver()
    cancelled(world)
    world.deliver()
    read_twice(world)
    ended = world.store.message(answer.id)
    assert ended
    assert (ended.status, ended.error) == (S.FAILED, "not in Twilio's record, and another text has gone out since")
    assert "CANCELLED" in arrived(world)[-1]


def test_an_answer_in_doubt_with_nothing_after_it_is_sent_once_more(talk: Talk) -> None:
    talk.world.follow(F12)
    talk.send("LIST")
    [answer] = talk.answer()
    talk.world.gateway.fails(in_doubt())
    talk.world.deliver()
    read_twice(talk.world)
    assert arrived(talk.world)[1:] == [answer.body]


# --- certainly not sent -----------------------------------------------------------------------------------------


def test_a_delay_that_waits_for_twilio_is_not_sent_once_it_is_cancelled(world: World) -> None:
    world.follow(F12)
    world.gateway.fails(*[not_sent()] * 4)
    delayed = told(world, late(minutes(50)), late(minutes(50)))
    world.deliver()
    cancelled(world)
    world.gateway.recovers()
    world.clock.advance(minutes(1))
    world.deliver()
    assert decided_anew(world, CANCELLED) == ["cancelled"]
    assert [body for body in arrived(world)[1:] if "CANCELLED" not in body] == []
    assert len(arrived(world)) == 2
    ended = world.store.message(delayed.id)
    assert ended
    assert (ended.status, ended.error) == (S.EXPIRED, f"msg:{delayed.id + 1} is about the same flight, and newer")


def test_words_that_were_seen_to_be_over_are_not_sent_while_the_new_ones_wait_to_be_confirmed(world: World) -> None:
    world.follow(F12)
    world.gateway.fails(not_sent())
    told(world, late(minutes(50)), late(minutes(50)))
    world.deliver()
    told(world, CANCELLED)
    world.deliver()
    assert len(arrived(world)) == 1
    assert world.texts[-1].error == "the flight has changed since"
    assert decided_anew(world, CANCELLED) == ["cancelled"]


def test_a_text_that_waited_long_for_twilio_goes_in_words_of_then(world: World) -> None:
    world.follow(F12)
    old = told(world, B4)
    world.gateway.fails(*[not_sent()] * 60)
    for _ in range(20):
        world.clock.advance(minutes(2))
        world.deliver()
        if world.due() <= world.clock.now():
            world.poll(B4)
    world.gateway.recovers()
    world.clock.advance(minutes(2))
    world.deliver()
    decided_anew_or_not(world, B4)
    assert len(arrived(world)) == 2
    [post] = world.gateway.arrivals[1:]
    assert "B4" in post.body
    assert post.id != old.id
    assert world.clock.now() - post.created_at <= minutes(5)
    assert [text.status for text in world.texts if text.kind == "gate_change"][:-1] == [S.EXPIRED] * (
        len(world.texts) - 2
    )


def decided_anew_or_not(world: World, board: Flight) -> None:
    if world.due() <= world.clock.now():
        world.poll(board)
        world.deliver()


def test_a_text_that_waited_a_moment_goes_as_it_is(world: World) -> None:
    world.follow(F12)
    text = told(world, B4)
    world.gateway.fails(not_sent(), not_sent())
    world.deliver()
    for _ in range(2):
        world.clock.advance(minutes(1))
        world.deliver()
    assert (arrived(world)[1:], world.texts[-1].attempts) == ([text.body], 3)


def test_what_was_never_tried_and_is_overtaken_is_told_together_with_the_newer(world: World) -> None:
    world.follow(F12)
    told(world, B4)
    told(world, late(minutes(50), B4), late(minutes(50), B4))
    world.deliver()
    assert len(arrived(world)) == 1
    assert decided_anew(world, late(minutes(50), B4)) == ["delay_first"]
    assert len(arrived(world)) == 2
    assert "B4" in arrived(world)[-1]


def test_advice_that_has_passed_is_not_given(world: World) -> None:
    world.follow(F12)
    text = told(world, B4)
    boards = (world.clock.now() + minutes(3)).isoformat()
    world.store._change("UPDATE messages SET tells = json_set(tells, '$.boards', :at) WHERE id = 2", at=boards)
    world.gateway.fails(not_sent())
    world.deliver()
    world.clock.advance(minutes(4))
    world.deliver()
    ended = world.store.message(text.id)
    assert ended
    assert (ended.status, ended.error) == (S.EXPIRED, "the boards it tells of has passed")
    assert decided_anew(world, B4) == ["gate_change"]


def test_who_has_landed_is_told_so_though_the_time_at_the_gate_has_passed(world: World) -> None:
    world.follow(F12, role=Role.MEETER)
    world.clock.moment = ON + minutes(1)
    text = told(world, touched_down())
    gate = (world.clock.now() + minutes(2)).isoformat()
    world.store._change("UPDATE messages SET tells = json_set(tells, '$.arrival', :at) WHERE id = 2", at=gate)
    world.clock.advance(minutes(3))
    world.deliver()
    assert arrived(world)[-1] == text.body


def test_a_text_for_later_is_not_sent_after_a_newer_one(world: World) -> None:
    world.follow(F12)
    held = told(world, B4)
    world.store._change("UPDATE messages SET not_before = :at WHERE id = 2", at=world.clock.now() + minutes(29))
    says_nothing_of_gates(world, told(world, late(minutes(50), B4), late(minutes(50), B4)))
    world.deliver()
    world.clock.advance(minutes(27))
    world.deliver()
    ended = world.store.message(held.id)
    assert ended
    assert ended.status is S.EXPIRED
    assert decided_anew(world, late(minutes(50), B4)) == ["gate_change"]


def test_what_waits_behind_a_text_that_came_too_late_is_decided_anew_with_it(world: World) -> None:
    world.follow(F12)
    world.gateway.fails(*[not_sent(account=True)] * 2)
    told(world, B4)
    world.deliver()
    told(world, late(minutes(50), B4), late(minutes(50), B4))
    world.clock.advance(minutes(40))  # a gate is of use for half an hour, a delay for one
    world.gateway.recovers()
    world.deliver()
    assert {text.status for text in world.texts[1:]} == {S.EXPIRED}
    assert decided_anew(world, late(minutes(50), B4)) == ["delay_first"]
    assert "B4" in arrived(world)[-1]


def test_the_last_word_about_a_flight_that_is_over_goes_out_late_rather_than_never(world: World) -> None:
    world.follow(F12)
    last = told(world, at_gate(F12, at=world.clock.now()))
    world.store.close_flight(1, world.clock.now())
    world.gateway.fails(not_sent())
    world.deliver()
    world.clock.advance(minutes(20))
    world.deliver()
    assert arrived(world)[-1] == last.body


def test_a_clock_that_was_ahead_keeps_no_text_back(world: World) -> None:
    world.follow(F12)
    world.clock.advance(hours(1))
    told(world, B4)
    world.deliver()
    world.clock.advance(-hours(1))
    world.store.rewind(world.clock.now())
    text = told(world, replace(F12, gate_origin="C9"))
    world.store._change("UPDATE sightings SET seen_at = :at", at=world.clock.now() + hours(1))
    world.deliver()
    assert arrived(world)[-1] == text.body


# --- confirmations and answers ----------------------------------------------------------------------------------


def test_a_confirmation_that_waited_says_how_it_stands_now(world: World) -> None:
    world.source.board = [F12]
    world.subscribe()
    world.gateway.fails(not_sent())
    world.deliver()
    told(world, late(minutes(50), B4), late(minutes(50), B4))
    world.clock.advance(minutes(1))
    world.deliver()
    [body] = arrived(world)
    assert body.startswith("Flait flight alerts: UA1234 SFO-EWR Tue 25 Nov, 50m late: dep 15:00 PST")
    assert body.endswith("Msg rates may apply. STOP to end.")
    assert world.texts[-1].dedup_key == "again:1"
    assert told(world, late(minutes(50), B4)).kind == "tracked"


def test_a_confirmation_of_what_is_followed_no_more_is_not_sent(world: World) -> None:
    world.source.board = [F12]
    world.subscribe()
    world.gateway.fails(not_sent())
    world.deliver()
    world.clock.advance(minutes(1))
    told(world, CANCELLED)
    world.store._change("UPDATE subscriptions SET state = 'canceled'")
    world.deliver()
    assert arrived(world) == []
    assert set(statuses(world).values()) == {S.EXPIRED}


def test_a_confirmation_that_knows_more_than_the_last_look_goes_as_it_was_written(world: World) -> None:
    """It was written after a look of its own, which the flight's row does not have."""
    world.follow(F12, 0)
    world.clock.advance(minutes(10))
    world.source.board = [late(minutes(50))]
    world.subscribe(1)
    world.deliver()
    assert "15:00 PST" in arrived(world)[-1]
    assert [text.status for text in world.texts] == [S.ACCEPTED, S.ACCEPTED]


def test_a_confirmation_that_waited_long_for_an_unchanged_flight_goes_as_it_was_written(world: World) -> None:
    world.source.board = [F12]
    world.subscribe()
    world.gateway.fails(*[not_sent()] * 30)
    for _ in range(25):
        world.deliver()
        world.clock.advance(minutes(2))
    told(world, F12)
    world.gateway.recovers()
    world.deliver()
    assert [text.status for text in world.texts] == [S.ACCEPTED]


def test_an_answer_that_waited_says_how_it_stands_now(talk: Talk) -> None:
    world = talk.world
    world.follow(F12)
    talk.send("STATUS")
    talk.answer()
    world.gateway.fails(not_sent())
    world.deliver()
    told(world, late(minutes(50), B4), late(minutes(50), B4))
    world.clock.advance(minutes(1))
    world.deliver()
    answer = arrived(world)[-1]
    assert "15:00 PST" in answer
    assert "B4" in answer
    assert world.texts[-1].kind == "reply"


def test_a_confirmation_and_an_answer_that_wait_together_both_go_and_in_order(talk: Talk) -> None:
    world = talk.world
    world.source.board = [F12]
    world.subscribe()
    talk.send("STATUS")
    talk.answer()
    world.clock.advance(minutes(1))
    world.deliver()
    assert [text.status for text in world.texts] == [S.ACCEPTED, S.ACCEPTED]


@pytest.mark.parametrize("changed", [False, True])
def test_many_that_wait_together_come_to_an_end_whatever_is_seen(talk: Talk, changed: bool) -> None:
    world = talk.world
    world.source.board = [F12]
    world.subscribe()
    for _ in range(3):
        talk.send("STATUS")
        talk.answer()
        told(world, late(minutes(50), B4) if changed else F12)
        talk.send("GATE")
        talk.answer()
    world.gateway.fails(not_sent())
    for _ in range(10):
        world.clock.advance(minutes(2))
        world.deliver()
    assert {text.status for text in world.texts} <= {S.ACCEPTED, S.EXPIRED}
    assert len(world.texts) < 20
    assert sum(body.startswith(("Tracking ", "Flait flight alerts")) for body in arrived(world)) == 1
    assert len(arrived(world)) >= 7  # a confirmation and six answers


@pytest.mark.parametrize("words", ["STATUS", "GATE"])
def test_an_answer_from_a_look_of_its_own_goes_as_it_was_written(talk: Talk, words: str) -> None:
    """The look ends after the answer was begun."""
    world = talk.world
    world.follow(F12)
    world.clock.advance(minutes(10))
    world.source.board, world.source.meanwhile = [B4], lambda: world.clock.advance(timedelta(seconds=1))
    talk.send(words)
    [answer] = talk.answer()
    world.deliver()
    assert arrived(world)[1:] == [answer.body]


def test_an_answer_is_not_sent_as_it_was_once_the_flight_is_cancelled(talk: Talk) -> None:
    world = talk.world
    world.follow(F12)
    talk.send("STATUS")
    talk.answer()
    world.gateway.fails(not_sent())
    world.deliver()
    told(world, CANCELLED)
    world.deliver()
    assert "CANCELLED" in arrived(world)[-1]
    assert len(arrived(world)) == 2


def test_a_wish_that_is_met_by_now_is_not_said_to_be_saved(world: World) -> None:
    world.follow(F12)
    saved = world.store.enqueue(
        replace(world.texts[0], kind=MessageKind.PENDING, tells={}, dedup_key="p", status=S.QUEUED)
    )
    assert saved
    world.deliver()
    ended = world.store.message(saved.id)
    assert ended
    assert (ended.status, ended.error) == (S.EXPIRED, "the wish it is about is active by now")


def test_a_confirmation_lost_twice_is_not_worded_a_third_time(world: World) -> None:
    world.source.board = [F12]
    world.subscribe()
    for estimate in (50, 100, 150):
        doubted(world)
        world.clock.advance(minutes(1))
        told(world, late(minutes(estimate)))
        read_twice(world)
    assert [text.dedup_key for text in world.texts if text.kind == "tracked"] == ["tracked:1", "again:1"]


# --- what failed and arrived after all --------------------------------------------------------------------------


def test_news_decided_anew_is_not_sent_when_the_first_text_arrived_after_all(world: World) -> None:
    world.follow(F12)
    first = told(world, B4)
    world.deliver()
    report(world, first, S.UNDELIVERED, "SM1", 30003)
    assert world.poll(B4) == ["gate_change"]
    report(world, first, S.DELIVERED, "SM1")
    world.deliver()
    assert len(arrived(world)) == 2
    assert world.texts[-1].status is S.EXPIRED
    assert world.poll(B4) == []


# --- WhatsApp ---------------------------------------------------------------------------------------------------


@pytest.fixture
def by_whatsapp(world: World) -> World:
    """Ann follows UA1234 by WhatsApp, wrote a moment ago, and agreed to SMS too."""
    world.follow(F12)
    [ann] = world.store.users()
    prefer(world.store, ann, Channel.WHATSAPP, consent="asked")
    world.store.note_window(PHONES[0], world.clock.now())
    return world


def send(world: World) -> None:
    while deliver.send_next(world.store, world.gateway, world.clock, world.boot, whatsapp=WHATSAPP).more:
        pass


def channels(world: World) -> list[Channel]:
    return [text.channel for text in world.gateway.arrivals[1:]]


def test_a_whatsapp_text_that_failed_at_once_is_followed_by_the_same_words(by_whatsapp: World) -> None:
    text = told(by_whatsapp, B4)
    by_whatsapp.gateway.fails(refused(error_code=63003))
    send(by_whatsapp)
    assert (channels(by_whatsapp), arrived(by_whatsapp)[-1]) == ([Channel.SMS], text.body)


def test_a_whatsapp_text_that_failed_after_newer_ones_is_followed_by_none(by_whatsapp: World) -> None:
    failed = told(by_whatsapp, late(minutes(50)), late(minutes(50)))
    send(by_whatsapp)
    cancelled(by_whatsapp)
    send(by_whatsapp)
    report(by_whatsapp, failed, S.FAILED, "SM1", 63003)
    send(by_whatsapp)
    assert "CANCELLED" in arrived(by_whatsapp)[-1]
    assert by_whatsapp.due() <= by_whatsapp.clock.now()
    assert by_whatsapp.poll(CANCELLED) == []


def test_a_whatsapp_text_that_failed_late_is_told_anew_by_sms(by_whatsapp: World) -> None:
    failed = told(by_whatsapp, B4)
    send(by_whatsapp)
    by_whatsapp.clock.advance(minutes(12))
    report(by_whatsapp, failed, S.FAILED, "SM1", 63003)
    assert by_whatsapp.poll(B4) == ["gate_change"]
    send(by_whatsapp)
    assert channels(by_whatsapp) == [Channel.WHATSAPP, Channel.SMS]
    assert by_whatsapp.texts[-1].dedup_key.startswith("alert:")
    assert "B4" in arrived(by_whatsapp)[-1]


def test_what_comes_after_that_goes_by_whatsapp_again(by_whatsapp: World) -> None:
    test_a_whatsapp_text_that_failed_late_is_told_anew_by_sms(by_whatsapp)
    by_whatsapp.clock.advance(minutes(15))
    told(by_whatsapp, replace(F12, gate_origin="C9"))
    send(by_whatsapp)
    assert channels(by_whatsapp) == [Channel.WHATSAPP, Channel.SMS, Channel.WHATSAPP]


def test_a_follower_that_waits_is_not_sent_when_the_first_arrived_after_all(by_whatsapp: World) -> None:
    first = told(by_whatsapp, B4)
    send(by_whatsapp)
    report(by_whatsapp, first, S.FAILED, "SM1", 63003)
    report(by_whatsapp, first, S.DELIVERED, "SM1")
    send(by_whatsapp)
    assert channels(by_whatsapp) == [Channel.WHATSAPP]
    assert [text.status for text in by_whatsapp.texts[1:]] == [S.DELIVERED, S.CANCELED]
    assert told(by_whatsapp, B4).status is S.CANCELED  # nothing is told again


def test_nothing_follows_what_has_arrived(by_whatsapp: World) -> None:
    first = told(by_whatsapp, B4)
    send(by_whatsapp)
    report(by_whatsapp, first, S.READ, "SM1")
    report(by_whatsapp, first, S.FAILED, "SM1", 63003)
    send(by_whatsapp)
    assert [text.status for text in by_whatsapp.texts[1:]] == [S.READ]


def test_a_follower_in_doubt_is_not_sent_once_more_when_the_first_arrived_after_all(by_whatsapp: World) -> None:
    first = told(by_whatsapp, B4)
    send(by_whatsapp)
    report(by_whatsapp, first, S.FAILED, "SM1", 63003)
    by_whatsapp.gateway.fails(in_doubt())
    send(by_whatsapp)
    report(by_whatsapp, first, S.DELIVERED, "SM1")
    read_twice(by_whatsapp)
    assert channels(by_whatsapp) == [Channel.WHATSAPP]
    assert [text.status for text in by_whatsapp.texts[1:]] == [S.DELIVERED, S.CANCELED]


def test_a_follower_is_overtaken_like_any_text(by_whatsapp: World) -> None:
    first = told(by_whatsapp, late(minutes(50)), late(minutes(50)))
    send(by_whatsapp)
    report(by_whatsapp, first, S.FAILED, "SM1", 63003)
    cancelled(by_whatsapp)
    send(by_whatsapp)
    by_whatsapp.poll(CANCELLED)
    send(by_whatsapp)
    assert "CANCELLED" in arrived(by_whatsapp)[-1]
    assert len(arrived(by_whatsapp)) == 3


def test_a_sender_that_does_not_work_has_news_that_is_over_told_anew(by_whatsapp: World) -> None:
    told(by_whatsapp, late(minutes(50)), late(minutes(50)))
    by_whatsapp.gateway.fails(not_sent(), not_sent(error_code=63007, account=True))
    send(by_whatsapp)
    by_whatsapp.clock.advance(minutes(1))
    send(by_whatsapp)
    assert channels(by_whatsapp) == [Channel.SMS]
    assert [text.status for text in by_whatsapp.texts[1:]] == [S.FAILED, S.ACCEPTED]
