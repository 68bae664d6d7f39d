"""`flait messages test`: one text, on the way of every other text, watched until something is known of it."""

import pytest

from flait.commands import carrying
from flait.commands.carrying import Carrier
from flait.core.messages import MessageStatus, segments
from flait.store import Store
from tests.doors.command_line import CommandLine
from tests.store.samples import NOW, user

TEXT = "Flait flight alerts for Ann 0: this is a test, and it has arrived. Nothing to do. Msg rates may apply. STOP to end."


@pytest.fixture
def ann(store: Store) -> str:
    return store.add_user(user()).name


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "carrier", lambda: Carrier.DAEMON)


def test_without_a_daemon_it_waits_and_that_is_said(flait: CommandLine, store: Store, ann: str) -> None:
    done = flait("messages", "test", ann)

    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("msg:1 to Ann 0 waits: no daemon runs, and `flait daemon start` sends it.")
    queued = store.message(1)
    assert queued
    assert (queued.kind, queued.body, queued.status) == ("test", TEXT, MessageStatus.QUEUED)
    assert segments(queued.body) == 1


def test_it_is_sent_once_however_often_one_asks(flait: CommandLine, store: Store, ann: str) -> None:
    assert flait("messages", "test", ann).code == flait("messages", "test", ann).code == 3
    assert len(store.messages()) == 1


@pytest.mark.usefixtures("carried")
def test_what_is_still_in_line_is_saved_and_not_finished(flait: CommandLine, ann: str) -> None:
    done = flait("messages", "test", ann, "--wait", "0")
    assert (done.code, "It is still in line: `flait messages show 1`." in done.err) == (3, True)


@pytest.mark.usefixtures("carried")
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            MessageStatus.ACCEPTED,
            "It is with Twilio, and whether it arrives is known within minutes: `flait messages show 1`.",
        ),
        (MessageStatus.DELIVERED, "It has arrived."),
    ],
)
def test_what_became_of_it_is_said(
    flait: CommandLine, store: Store, ann: str, status: MessageStatus, said: str
) -> None:
    flait("messages", "test", ann, "--wait", "0")
    assert store.claim_due_message(NOW, "boot")
    store.mark_accepted(1, attempt=1, sid="SM1", now=NOW)
    if status is MessageStatus.DELIVERED:
        store._change("UPDATE messages SET status = 'delivered', delivered_at = sent_at WHERE id = 1")

    done = flait("messages", "test", ann, "--wait", "0")
    assert (done.code, done.err.splitlines()[-1]) == (0, said)


@pytest.mark.usefixtures("carried")
def test_one_that_was_refused_is_an_error_with_its_reason_and_what_helps(
    flait: CommandLine, store: Store, ann: str
) -> None:
    flait("messages", "test", ann, "--wait", "0")
    assert store.claim_due_message(NOW, "boot")
    store.mark_failed(1, attempt=1, error_code=30034, error="the sender is not registered (error 30034)", now=NOW)

    done = flait("messages", "test", ann, "--wait", "0")
    assert done.code == 1
    assert done.err.splitlines()[-1] == (
        "error: msg:1 came to nothing (failed): the sender is not registered (error 30034); "
        "`flait help no-text` says what helps"
    )


def test_who_said_stop_gets_none(flait: CommandLine, store: Store, ann: str) -> None:
    store.opt_out("+15555550100", NOW, how="STOP by text")
    assert "has texted STOP; only they can undo it" in flait("messages", "test", ann).refused(2)
    assert store.messages() == []


def test_who_is_not_known_gets_none(flait: CommandLine, store: Store) -> None:
    assert flait("messages", "test", "+15555550177").refused(7).endswith("`flait user list` shows who is")
