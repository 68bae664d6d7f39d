"""What was called in with a field that is new: believed when Twilio's record says the same, STOP at once."""

from datetime import timedelta

import pytest

from flait.core.inbound import Inbound, Unproven, UnprovenReceipt, UnprovenText
from flait.core.messages import MessageStatus
from flait.core.receipts import Receipt
from flait.core.values import replace
from flait.errors import InDoubt
from flait.flows import unproven
from flait.flows.unproven import MOST, ToLookUp
from tests.core.flights_for_tests import NOON
from tests.flows.test_intake import ANN, queue, text
from tests.flows.world import World

S = MessageStatus
SECOND = timedelta(seconds=1)


def seen(inbound: Inbound) -> UnprovenText:
    return UnprovenText(sid=inbound.sid, seems=inbound)


def obey(world: World, what: Unproven) -> bool:
    return unproven.obey(world.store, what, now=world.clock.now(), keyword_owner="twilio")


def look_up(world: World, waiting: ToLookUp) -> bool:
    return unproven.look_up_next(world.store, world.gateway, world.clock, waiting, keyword_owner="twilio")


def waiting_for(world: World, *what: Unproven) -> ToLookUp:
    waiting = ToLookUp()
    for one in what:
        waiting.add(one, world.clock.now())
    return waiting


def test_a_stop_is_obeyed_before_anybody_is_asked(known: World) -> None:
    queue(known, "an alert")
    assert obey(known, seen(text("stop texting me")))
    known.deliver()
    assert known.store.is_opted_out(ANN)
    assert known.gateway.posts == []


@pytest.mark.parametrize("body", ["START", "JOIN", "STATUS", "hello"])
def test_nothing_else_is_written_down_before_it_is_confirmed(known: World, body: str) -> None:
    known.store.opt_out(ANN, NOON, how="STOP")
    before = known.dump()
    assert not obey(known, seen(text(body)))
    assert not obey(known, UnprovenText(sid="SM1", seems=None))
    assert known.dump() == before


def test_what_twilio_has_is_taken_in_and_not_what_was_called_in(known: World) -> None:
    true = text("STATUS", sent_at=NOON)
    known.gateway.inbox.append(true)
    waiting = waiting_for(known, seen(replace(true, body="START", sender="+15555550123")))
    assert look_up(known, waiting)
    heard = known.store.heard(true.sid)
    assert heard
    assert (heard.inbound.body, heard.inbound.sender) == ("STATUS", ANN)
    assert not look_up(known, waiting)


def test_what_twilio_does_not_have_is_looked_for_again_and_then_forgotten(known: World) -> None:
    waiting = waiting_for(known, seen(text("STATUS")))
    before = known.dump()
    looks = 0
    for _ in range(600):
        looks += look_up(known, waiting)
        known.clock.advance(SECOND)
    assert looks == len(unproven.LOOK_AFTER)
    assert known.dump() == before


def test_a_record_that_cannot_be_read_now_is_read_later(known: World) -> None:
    late = text("STATUS", sent_at=NOON)
    known.gateway.inbox.append(late)
    known.gateway.listing_fault = InDoubt("Twilio's record cannot be read")
    waiting = waiting_for(known, seen(late))
    look_up(known, waiting)
    assert known.store.providers()["twilio"].last_error == "Twilio's record cannot be read"
    known.gateway.listing_fault = None
    known.clock.advance(unproven.LOOK_AFTER[1])
    look_up(known, waiting)
    assert known.store.heard(late.sid)


def test_the_same_text_waits_once_and_a_flood_fills_no_memory(known: World) -> None:
    waiting = waiting_for(known, *[seen(text("STATUS"))] * 3, *(seen(text("x")) for _ in range(2 * MOST)))
    looks = 0
    while look_up(known, waiting):
        looks += 1
    assert looks == MOST


# --- receipts -------------------------------------------------------------------------------------------------------


class Knows:
    """A Twilio that says of every text the same."""

    def __init__(self, status: MessageStatus, error_code: int | None = None) -> None:
        self.said = Receipt(sid="SM0", status=status, error_code=error_code)

    def status_of(self, sid: str) -> Receipt:
        return replace(self.said, sid=sid)


def report(status: MessageStatus, error_code: int | None = None) -> UnprovenReceipt:
    seems = Receipt(sid="SM0", status=status, message_id=1, attempt=1, error_code=error_code)
    return UnprovenReceipt(seems=seems, word=status.value)


def test_a_receipt_is_taken_as_the_record_has_it(known: World, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(known, "an alert")
    known.deliver()
    assert not obey(known, report(S.FAILED, 30003))
    assert [message.status for message in known.texts] == [S.ACCEPTED]
    monkeypatch.setattr(known.gateway, "status_of", Knows(S.DELIVERED).status_of)
    assert look_up(known, waiting_for(known, report(S.FAILED, 30003)))
    assert [message.status for message in known.texts] == [S.DELIVERED]


def test_a_receipt_that_tells_of_a_stop_is_obeyed_at_once(known: World) -> None:
    queue(known, "an alert")
    known.deliver()
    queue(known, "another")
    assert not obey(known, report(S.FAILED, 21610))
    assert known.store.is_opted_out(ANN)
    assert [message.status for message in known.texts] == [S.ACCEPTED, S.SUPPRESSED]


def test_a_receipt_about_no_text_of_ours_tells_nothing(known: World) -> None:
    before = known.dump()
    assert not obey(known, report(S.FAILED, 21610))
    assert known.dump() == before
