"""What people text: taken in once, STOP before all else, and no text starts after it, whoever is sending."""

import itertools
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from flait.core.inbound import Inbound
from flait.core.messages import Channel, Message, MessageKind, MessageStatus
from flait.core.subscriptions import User
from flait.core.values import replace
from flait.errors import InDoubt, UserError
from flait.flows import deliver, intake, resend, upkeep
from flait.flows.ports import Accepted, Inbox
from flait.store import Store
from tests.core.flights_for_tests import NOON, hours, minutes, planned
from tests.flows.world import PHONES, FakeGateway, World, in_doubt, not_sent, refused

S = MessageStatus
ANN, BOB = PHONES[0], PHONES[1]
SECOND = timedelta(seconds=1)
sids = (f"SMin{number}" for number in itertools.count())


def text(body: str, sender: str = ANN, **changes: Any) -> Inbound:
    return replace(Inbound(sid=next(sids), sender=sender, to="+15555550199", body=body), **changes)


def take(world: World, inbound: Inbound, owner: str = "twilio") -> bool:
    return intake.take_in(world.store, inbound, now=world.clock.now(), keyword_owner=owner)


def queue(world: World, key: str, **changes: Any) -> Message:
    now = world.clock.now()
    message = Message(
        user_id=1,
        to=ANN,
        kind=MessageKind.GATE_CHANGE,
        body=f"About {key}",
        dedup_key=key,
        created_at=now,
        not_before=now,
        expires_at=now + hours(1),
    )
    queued = world.store.enqueue(replace(message, **changes))
    assert queued
    return queued


def statuses(world: World) -> list[MessageStatus]:
    return [message.status for message in world.texts]


def unanswered(world: World, inbound: Inbound) -> bool:
    heard = world.store.heard(inbound.sid)
    assert heard
    return heard.answered_at is None


# --- STOP and START -------------------------------------------------------------------------------------------------

STOPS = ["STOP", " stop ", "Unsubscribe", "OPTOUT", "stop texting me", "opt out"]


@pytest.mark.parametrize("body", STOPS)
def test_stop_holds_for_everything_at_once(world: World, body: str) -> None:
    world.follow(planned())
    queue(world, "queued")
    queue(world, "queued too")
    queue(world, "whatsapp", channel=Channel.WHATSAPP)
    world.store.put_dialogue(ANN, "leg", {}, NOON + hours(1))
    take(world, text(body))
    assert world.store.users()[0].opted_out_at == NOON
    assert statuses(world)[1:] == [S.SUPPRESSED] * 3
    assert world.store.dialogue(ANN, "leg", NOON) is None
    assert [(step.outcome, step.subscription_id) for step in world.steps("inbound")] == [("stop", 1)]


def test_twilios_own_reading_counts_whatever_the_words(known: World) -> None:
    take(known, text("basta", opt_out_type="STOP"))
    assert known.store.is_opted_out(ANN)
    take(known, text("vuelta", opt_out_type="START"))
    assert not known.store.is_opted_out(ANN)


def test_a_stop_on_whatsapp_is_a_stop_on_sms_too(known: World) -> None:
    take(known, text("STOP", whatsapp=True))
    queue(known, "sms")
    queue(known, "whatsapp", channel=Channel.WHATSAPP)
    known.deliver()
    assert known.gateway.posts == []


def test_a_stop_that_comes_again_after_start_is_ignored(known: World) -> None:
    stop = text("STOP")
    assert take(known, stop)
    known.clock.advance(SECOND)
    assert take(known, text("START"))
    before = known.dump()
    assert take(known, stop) is False
    assert known.dump() == before
    assert not known.store.is_opted_out(ANN)


def test_a_start_counts_though_the_clock_was_put_back_since_the_stop(known: World) -> None:
    take(known, text("STOP"))
    known.clock.advance(-hours(1))
    take(known, text("START"))
    assert not known.store.is_opted_out(ANN)


def test_a_refusal_that_was_on_its_way_undoes_no_start(known: World) -> None:
    class Slow(FakeGateway):
        def send(self, message: Message, *, now: datetime) -> Accepted:
            known.clock.advance(SECOND)
            take(known, text("START"))
            raise refused(error_code=21610, opted_out=True)

    queue(known, "refused")
    known.gateway = Slow()
    known.deliver()
    assert statuses(known) == [S.SUPPRESSED]
    assert not known.store.is_opted_out(ANN)


def test_how_consent_came_and_went_is_on_record(known: World) -> None:
    stop, start = text("STOP"), text("START", whatsapp=True)
    take(known, stop)
    known.clock.advance(SECOND)
    take(known, start)
    changes = [(change.change, change.how) for change in known.store.consent_changes(ANN)]
    assert changes == [("opt_out", f"texted SMS {stop.sid}"), ("opt_in", f"texted WhatsApp {start.sid}")]


def test_other_peoples_texts_go_on(known: World) -> None:
    bob = known.store.add_user(User(name="Bob", phone=BOB, created_at=NOON))
    queue(known, "Bob's", to=BOB, user_id=bob.id)
    take(known, text("STOP"))
    known.deliver()
    assert [post.to for post in known.gateway.posts] == [BOB]


def test_a_stop_from_nobody_we_know_holds_when_they_are_added(world: World) -> None:
    take(world, text("STOP", BOB))
    world.source.board = [planned()]
    with pytest.raises(UserError, match="STOP"):
        world.subscribe(1)


def test_a_stop_survives_a_restart_and_a_text_in_doubt(known: World) -> None:
    queue(known, "doubted")
    known.gateway.fails(in_doubt())
    known.deliver()
    take(known, text("STOP"))
    for _ in range(3):
        known.restart()
        known.clock.advance(minutes(2))
        known.settle()
        known.deliver()
    assert (len(known.gateway.posts), statuses(known)) == (1, [S.SUPPRESSED])


def test_a_text_that_would_be_tried_again_is_not(known: World) -> None:
    queue(known, "refused by the line")
    known.gateway.fails(not_sent())
    known.deliver()
    take(known, text("STOP"))
    known.clock.advance(minutes(5))
    known.deliver()
    assert (len(known.gateway.posts), statuses(known)) == (1, [S.SUPPRESSED])


def test_sending_again_by_hand_is_refused_too(known: World) -> None:
    failed = queue(known, "failed", status=S.FAILED)
    take(known, text("STOP"))
    with pytest.raises(UserError, match="STOP"):
        resend.resend(known.store, failed.id, now=NOON, accept_twice=True)


# --- who answers ----------------------------------------------------------------------------------------------------

KNOWN, STOPPED = False, True
WHO_ANSWERS: list[tuple[str, str, bool, str | None, bool, str | None]] = [
    # body               owner     whatsapp type     was the number opted out?  who answers
    ("STOP",             "twilio", False,   None,    KNOWN,   "twilio"),
    ("START",            "twilio", False,   None,    KNOWN,   "twilio"),
    ("HELP",             "twilio", False,   None,    KNOWN,   "twilio"),
    ("START",            "twilio", False,   None,    STOPPED, None),  # how the flights stand, beside Twilio's words
    ("HELP",             "twilio", False,   None,    STOPPED, "twilio"),
    ("stop texting me",  "twilio", False,   None,    KNOWN,   None),  # confirmed once
    ("stop texting me",  "twilio", False,   None,    STOPPED, "opted out"),
    ("?",                "twilio", False,   None,    KNOWN,   None),
    ("STATUS",           "twilio", False,   None,    KNOWN,   None),
    ("STATUS",           "twilio", False,   None,    STOPPED, "opted out"),
    ("STOP",             "flait",  False,   None,    KNOWN,   None),
    ("STOP",             "flait",  False,   None,    STOPPED, "opted out"),
    ("START",            "flait",  False,   None,    KNOWN,   None),
    ("HELP",             "flait",  False,   None,    KNOWN,   None),
    ("STOP",             "twilio", True,    None,    KNOWN,   None),  # nobody else does on WhatsApp
    ("START",            "twilio", True,    None,    STOPPED, None),
    ("HELP",             "twilio", True,    None,    KNOWN,   None),
    ("STOP",             "flait",  True,    "STOP",  KNOWN,   "twilio"),
    ("ayuda",            "flait",  False,   "HELP",  KNOWN,   "twilio"),
    ("START",            "flait",  False,   "START", STOPPED, None),
]  # fmt: skip


@pytest.mark.parametrize("row", WHO_ANSWERS, ids=str)
def test_one_answers_and_only_one(known: World, row: tuple[str, str, bool, str | None, bool, str | None]) -> None:
    body, owner, whatsapp, kind, stopped, answer = row
    if stopped:
        known.store.opt_out(ANN, NOON, how="STOP", sid="SM0")
    inbound = text(body, whatsapp=whatsapp, opt_out_type=kind)
    take(known, inbound, owner)
    heard = known.store.heard(inbound.sid)
    assert heard
    assert heard.answer == answer
    assert unanswered(known, inbound) is (answer is None)


def test_a_start_from_nobody_we_know_is_twilios_alone(world: World) -> None:
    world.store.opt_out(BOB, NOON, how="STOP")
    start = text("START", BOB)
    take(world, start)
    assert not unanswered(world, start)


def test_the_confirmation_of_a_stop_goes_out_and_nothing_after_it(known: World) -> None:
    stop = text("stop texting me")
    take(known, stop)
    queue(known, f"reply:{stop.sid}", kind=MessageKind.STOP_CONFIRMED, answers=stop.sid)
    queue(known, "reply:SMother", kind=MessageKind.STOP_CONFIRMED, answers="SMother")
    queue(known, "an alert")
    known.deliver()
    assert [post.dedup_key for post in known.gateway.posts] == [f"reply:{stop.sid}"]
    assert statuses(known) == [S.ACCEPTED, S.SUPPRESSED, S.SUPPRESSED]


def test_a_text_on_whatsapp_opens_the_window(known: World) -> None:
    take(known, text("STATUS"))
    assert known.store.wrote_over_whatsapp_at(ANN) is None
    take(known, text("STATUS", whatsapp=True, sent_at=NOON - minutes(5)))
    assert known.store.wrote_over_whatsapp_at(ANN) == NOON - minutes(5)


def test_a_fault_in_the_middle_leaves_nothing(known: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = known.dump()
    monkeypatch.setattr(Store, "suppress_opted_out", lambda *_: 1 / 0)
    stop = text("STOP")
    with pytest.raises(ZeroDivisionError):
        take(known, stop)
    monkeypatch.undo()
    assert known.dump() == before
    assert take(known, stop)


def test_a_text_is_known_again_for_ninety_days_however_short_the_retention(known: World) -> None:
    stop = text("STOP")
    take(known, stop)
    known.clock.advance(timedelta(days=90))
    upkeep.prune(known.store, known.clock, keep=timedelta(days=1), keep_raw=timedelta())
    assert take(known, stop) is False
    known.clock.advance(SECOND)
    upkeep.prune(known.store, known.clock, keep=timedelta(days=1), keep_raw=timedelta())
    assert known.store.heard(stop.sid) is None
    assert known.store.is_opted_out(ANN)


# --- against a sender that is running -------------------------------------------------------------------------------

RACES = 500


class Rounds:
    """A sender and a STOP, each in its own thread with its own connection, let go at the same moment each round."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.gate = Barrier(3)
        self.order = itertools.count()
        self.stopped_at: dict[str, int] = {}
        self.claims: list[tuple[str, int]] = []  # number, when the claim began

    def send(self) -> None:
        with self._store() as store:
            for _ in range(RACES):
                self.gate.wait()
                for _ in range(3):
                    began = next(self.order)
                    claimed = store.claim_due_message(NOON, "boot")
                    if claimed:
                        self.claims.append((claimed.to, began))
                        store.mark_accepted(claimed.id, attempt=1, sid=f"SM{claimed.id}", now=NOON)
                self.gate.wait()

    def stop(self) -> None:
        with self._store() as store:
            for number in range(RACES):
                self.gate.wait()
                phone = phone_of(number)
                intake.take_in(store, text("STOP", phone), now=NOON, keyword_owner="twilio")
                self.stopped_at[phone] = next(self.order)
                self.gate.wait()

    def _store(self) -> Store:
        store = Store.open(self.path)
        store._conn.execute("PRAGMA synchronous = OFF")  # no power is cut here
        return store


def phone_of(number: int) -> str:
    return f"+1555555{number:04}"


def test_no_text_starts_after_a_stop_was_taken_in(world: World) -> None:
    rounds = Rounds(world.path)
    threads = [Thread(target=work, daemon=True) for work in (rounds.send, rounds.stop)]
    for thread in threads:
        thread.start()
    for number in range(RACES):
        user = world.store.add_user(User(name=f"P{number}", phone=phone_of(number), created_at=NOON))
        with world.store.transaction():
            for key in ("first", "second"):
                queue(world, f"{key} {number}", user_id=user.id, to=user.phone)
        rounds.gate.wait()
        rounds.gate.wait()
    for thread in threads:
        thread.join()
    assert [claim for claim in rounds.claims if claim[1] > rounds.stopped_at[claim[0]]] == []
    assert {S.ACCEPTED, S.SUPPRESSED} >= set(statuses(world))
    assert world.store.claim_due_message(NOON, "boot") is None


# --- read from Twilio's record --------------------------------------------------------------------------------------


class Faulty(FakeGateway):
    """Its record of what people texted cannot be read while there is a `fault`; `since` are the moments asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: InDoubt | None = None
        self.since: list[datetime] = []

    def received(self, since: datetime, cursor: str | None = None) -> Inbox:
        self.since.append(since)
        if self.fault:
            raise self.fault
        return super().received(since, cursor)


@pytest.fixture
def gateway(known: World) -> Faulty:
    known.gateway = gateway = Faulty()
    return gateway


def fetch(world: World) -> int:
    return intake.fetch(world.store, world.gateway, world.clock, keyword_owner="twilio").new


def test_what_people_texted_is_fetched_once_although_each_look_overlaps(known: World, gateway: Faulty) -> None:
    known.clock.advance(minutes(1))
    gateway.inbox.append(text("STOP", sent_at=NOON + SECOND))
    assert fetch(known) == 1
    known.clock.advance(minutes(1))
    gateway.inbox.append(text("START", sent_at=NOON + minutes(1)))
    assert [fetch(known), fetch(known)] == [1, 0]
    assert not known.store.is_opted_out(ANN)
    assert len(known.store.consent_changes(ANN)) == 2


@pytest.mark.parametrize(("owner", "answer"), [("twilio", "twilio"), ("flait", None)])
def test_a_help_that_was_fetched_is_answered_by_who_owns_the_keywords(
    known: World, gateway: Faulty, owner: str, answer: str | None
) -> None:
    known.clock.advance(minutes(1))
    gateway.inbox.append(text("HELP", sent_at=NOON + SECOND))
    intake.fetch(known.store, known.gateway, known.clock, keyword_owner=owner)
    heard = known.store.heard(gateway.inbox[0].sid)
    assert heard
    assert heard.answer == answer


def test_a_stop_that_was_missed_and_taken_back_since_is_no_stop(known: World, gateway: Faulty) -> None:
    stop, start = text("STOP", sent_at=NOON + SECOND), text("START", sent_at=NOON + minutes(1))
    known.clock.advance(minutes(2))
    queue(known, "waits")
    take(known, replace(start, sent_at=None))
    gateway.inbox += [stop, start]
    assert fetch(known) == 1
    assert not known.store.is_opted_out(ANN)
    assert statuses(known) == [S.QUEUED]
    heard = known.store.heard(stop.sid)
    assert heard
    assert heard.answer == "taken back"


@pytest.mark.parametrize(
    ("started_at", "by"),
    [(minutes(1), ANN), (minutes(1) - SECOND, ANN), (minutes(2), BOB)],
    ids=["in the same second", "before", "by another"],
)
def test_a_stop_that_was_missed_and_not_taken_back_holds(
    known: World, gateway: Faulty, started_at: timedelta, by: str
) -> None:
    start, stop = text("START", by, sent_at=NOON + started_at), text("STOP", sent_at=NOON + minutes(1))
    known.clock.advance(minutes(3))
    take(known, replace(start, sent_at=None))
    gateway.inbox += [start, stop]
    fetch(known)
    assert known.store.is_opted_out(ANN)


def test_one_that_was_listed_late_is_still_found(known: World, gateway: Faulty) -> None:
    known.clock.advance(hours(1))
    fetch(known)
    gateway.inbox.append(text("STOP", sent_at=known.clock.now() - minutes(9)))
    known.clock.advance(minutes(1))
    assert fetch(known) == 1


def test_what_is_older_than_the_first_person_here_is_not_acted_on(known: World, gateway: Faulty) -> None:
    gateway.inbox.append(text("STOP", sent_at=NOON - SECOND))
    assert fetch(known) == 0
    assert not known.store.is_opted_out(ANN)


def test_nothing_is_missed_while_the_daemon_was_off_or_twilio_was(known: World, gateway: Faulty) -> None:
    fetch(known)
    gateway.inbox += [text("STOP", sent_at=NOON + hours(1)), text("STATUS", BOB, sent_at=NOON + hours(20))]
    known.clock.advance(hours(24))
    gateway.fault = InDoubt("Twilio's record cannot be read")
    assert fetch(known) == 0
    assert known.store.providers()["twilio"].last_error == "Twilio's record cannot be read"
    gateway.fault = None
    assert fetch(known) == 2
    assert gateway.since == [NOON, NOON, NOON]


def test_a_clock_that_was_ahead_hides_nothing(known: World, gateway: Faulty) -> None:
    known.clock.advance(timedelta(days=400))
    fetch(known)
    known.clock.moment = NOON + hours(1)
    gateway.inbox.append(text("STOP", sent_at=NOON + minutes(59)))
    assert fetch(known) == 1


def test_with_nobody_known_nothing_old_is_read(world: World) -> None:
    world.gateway.inbox.append(text("STATUS", sent_at=NOON - hours(1)))
    assert fetch(world) == 0
    assert deliver.send_next(world.store, world.gateway, world.clock, world.boot).more is False
