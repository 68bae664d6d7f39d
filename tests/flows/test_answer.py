"""Who is answered, how often, and what happens when something breaks between question and answer."""

from datetime import timedelta

import pytest

from flait.core.messages import Channel
from flait.core.texts import answers as texts
from flait.core.values import replace
from flait.errors import BudgetExhausted, ConfigError, FlaitError, FlightSourceError, RateLimited, Refused, StoreError
from flait.flows import answer
from tests.core.flights_for_tests import F12, hours, minutes
from tests.flows.answering import answer_next
from tests.flows.talk import TOMORROW, Talk, live
from tests.flows.world import PHONES, World

STRANGER = PHONES[9]
HELP = (
    "Flait: STATUS, LIST, TRACK UA123 tomorrow, UNTRACK UA123, ALT, MUTE 2h, QUIET 22-7, SHARE UA123 PHONE, LESS, WHY. "
    "Run by ben@example.com. STOP ends all msgs."
)


# --- the answer ---------------------------------------------------------------------------------------------------


def test_nothing_to_answer_is_nothing_to_do(world: World, talk: Talk) -> None:
    assert not answer_next(world.store, world.source, world.clock, boot=world.boot)


def test_an_answer_stands_in_the_outbox_with_its_mark_and_its_line_in_the_journal(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    sid = talk.send("help")
    (text,) = talk.answer()
    assert (text.kind, text.dedup_key, text.to, text.channel) == ("reply", f"reply:{sid}", PHONES[0], Channel.SMS)
    assert text.expires_at - text.created_at == minutes(15)
    assert talk.word == "help"
    assert [(step.outcome, step.message_id) for step in world.steps("answer")] == [("help", text.id)]


def test_help_lists_what_exists_and_who_runs_it(talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("help") == [HELP]


def test_whom_to_ask_is_left_out_where_nobody_is_named(talk: Talk) -> None:
    talk.tracks(F12)
    talk.rules = answer.AnswerRules()
    (body,) = talk.says("?")
    assert "Run by" not in body


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("BUDGET", "BUDGET is not there yet. Ask ben@example.com."),
        ("lang es", "LANG is not there yet. Ask ben@example.com."),
    ],
)
def test_a_command_of_a_later_version_is_owned_up_to(talk: Talk, said: str, answered: str) -> None:
    talk.tracks(F12)
    assert talk.says(said) == [answered]


def test_a_text_over_whatsapp_is_answered_over_whatsapp(talk: Talk) -> None:
    talk.tracks(F12)
    talk.send("help", whatsapp=True)
    assert [text.channel for text in talk.answer()] == [Channel.WHATSAPP]


def test_the_same_sid_twice_is_one_text(talk: Talk) -> None:
    talk.tracks(F12)
    assert len(talk.says("list")) == 1
    talk.sids.pop()
    assert talk.says("list") == []


def test_who_answers_help_is_the_operators_choice(talk: Talk) -> None:
    talk.tracks(F12)
    talk.keyword_owner = "twilio"
    assert talk.says("HELP") == []
    assert talk.says("help please") != []


def test_a_text_that_was_answered_meanwhile_keeps_its_first_answer(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.source.board = [TOMORROW]
    sid = talk.send("track UA1234 tomorrow")
    world.source.meanwhile = lambda: world.store.mark_answered(sid, world.clock.now(), "elsewhere")
    assert talk.answer() == []
    assert (live(world), talk.word) == (["UA1234 active"], "elsewhere")


# --- loops and floods ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["thanks", "ok", "👍", "Liked “UA1234 SFO-EWR: dep 14:10”"])
def test_a_courtesy_is_never_answered(talk: Talk, said: str) -> None:
    talk.tracks(F12)
    assert talk.says(said) == []
    assert talk.word == "thanks"


def test_the_third_riddle_within_ten_minutes_is_met_with_silence(talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("abra") == talk.says("cada") == [texts.UNKNOWN]
    assert talk.says("bra") == []
    talk.pause = minutes(10)
    assert talk.says("abra") == [texts.UNKNOWN]


def test_the_same_words_within_seconds_are_answered_once(talk: Talk) -> None:
    talk.tracks(F12)
    talk.pause = timedelta(seconds=4)
    assert talk.says("list") != []
    assert talk.says("list") == []
    assert talk.word == "repeated"
    talk.pause = timedelta(seconds=11)
    assert talk.says("list") != []


def test_ten_answers_in_five_minutes_are_all(talk: Talk) -> None:
    talk.tracks(F12)
    talk.pause = timedelta(seconds=12)
    answered = [talk.says(f"status UA{number}") for number in range(1, 13)]
    assert [len(bodies) for bodies in answered] == [1] * 10 + [0] * 2
    talk.pause = minutes(6)
    assert talk.says("list") != []


def test_the_twenty_first_command_of_an_hour_is_told_so_and_the_next_are_not(talk: Talk) -> None:
    talk.tracks(F12)
    talk.pause = minutes(1)
    answered = [talk.says(f"status UA{number}") for number in range(1, 21)]
    assert all(len(bodies) == 1 for bodies in answered)
    assert talk.says("list") == ["Limit reached: 20 msgs per hour. Alerts still come. Try again after 13:11 PST."]
    assert talk.says("list") == talk.says("status") == []
    assert talk.word == "limited"


def test_the_limit_eases_when_it_said_it_would(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.pause = minutes(1)
    for number in range(1, 22):
        talk.says(f"status UA{number}")
    talk.pause = minutes(45)
    assert talk.says("list") != []


def test_a_hundred_commands_are_a_day_s_worth_however_far_apart(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.pause = minutes(6)
    answered = [talk.says(f"status UA{number}") for number in range(1, 101)]
    assert all(len(bodies) == 1 for bodies in answered)
    assert talk.says("list") == ["Limit reached: 100 msgs per day. Alerts still come. Try again after 12:16 PST Wed."]
    assert talk.says("list") == []
    world.clock.advance(hours(16))
    assert talk.says("list") != []


def test_ten_texts_with_track_are_a_day_s_worth_and_the_rest_is_answered(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.pause = minutes(6)
    for number in range(1, 11):
        talk.says(f"track UA{number} tomorrow")
    asked = len(world.source.calls)
    assert talk.says("track UA99 tomorrow") == [
        "Limit reached: 10 TRACK msgs per day. Alerts still come. Try again after 12:16 PST Wed."
    ]
    assert talk.says("track UA98 tomorrow") == []
    assert len(world.source.calls) == asked
    assert talk.says("list") != []


def test_a_machine_that_answers_now_and_then_is_answered_ten_times_a_day(talk: Talk) -> None:
    talk.tracks(F12)
    talk.pause = minutes(8)
    answered = [bool(talk.says(f"out of office {number}")) for number in range(40)]
    assert answered == [True] * 10 + [False] * 30


def test_texts_that_piled_up_are_answered_up_to_the_limits(talk: Talk) -> None:
    talk.tracks(F12)
    for number in range(1, 31):
        talk.send(f"status UA{number}")
    assert len(talk.answer()) == 10


# --- strangers ----------------------------------------------------------------------------------------------------


def test_a_stranger_is_told_so_once_a_day_and_nothing_else(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("status UA1234", STRANGER) == [texts.STRANGER]
    assert talk.says("track UA1234", STRANGER) == talk.says("list", STRANGER) == []
    assert world.store.user_by_phone(STRANGER) is None
    world.clock.advance(timedelta(days=1))
    assert talk.says("hello?", STRANGER) == [texts.STRANGER]


def test_so_many_strangers_are_answered_in_a_day_and_people_who_are_known_all_the_same(
    world: World, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "MOST_STRANGERS", 3)
    talk.tracks(F12)
    numbers = [f"+1555555018{number}" for number in range(9)]
    answered = [talk.says("hello?", number) for number in numbers[:5]]
    assert answered == [[texts.STRANGER]] * 3 + [[]] * 2
    assert talk.word == "too many strangers"
    assert len(talk.says("status")) == 1
    assert talk.says("HELP", numbers[5]) == talk.says("START", numbers[6]) == [texts.STRANGER]
    assert talk.says("STOP", numbers[7]) == [texts.STOPPED]
    assert talk.says("share UA1234 today +15555550188")[0].startswith("Asked")
    assert talk.says("hello?", numbers[8]) == [texts.INVITED]
    world.clock.advance(timedelta(days=1))
    assert talk.says("hello?", numbers[4]) == [texts.STRANGER]


@pytest.mark.parametrize("body", ["status", "hello", "stop texting me", "START"])
def test_a_stranger_at_a_number_that_costs_a_lot_is_not_answered(world: World, talk: Talk, body: str) -> None:
    assert talk.says(body, "+881612345678") == []
    assert world.texts == []


def test_a_stop_from_a_number_that_costs_a_lot_is_obeyed_all_the_same(world: World, talk: Talk) -> None:
    talk.says("stop", "+979123456789")
    assert world.store.is_opted_out("+979123456789")


def test_stop_and_start_by_turns_are_obeyed_and_answered_three_times_a_day(world: World, talk: Talk) -> None:
    for number in range(6):
        assert talk.says("stop", STRANGER) == ([texts.STOPPED] if number < 3 else [])
        assert world.store.is_opted_out(STRANGER)
        talk.says("start", STRANGER)
        assert not world.store.is_opted_out(STRANGER)
    world.clock.advance(timedelta(days=1))
    assert talk.says("stop", STRANGER) == [texts.STOPPED]


def test_the_answer_to_a_stranger_is_sent(world: World, talk: Talk) -> None:
    talk.says("status", STRANGER)
    world.deliver()
    assert [(text.to, text.body) for text in world.gateway.arrivals] == [(STRANGER, texts.STRANGER)]


def test_a_strangers_thanks_is_not_answered(talk: Talk) -> None:
    assert talk.says("thanks", STRANGER) == []


# --- STOP and START -----------------------------------------------------------------------------------------------


def test_stop_in_other_words_is_confirmed_once_and_that_text_goes_out(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("stop texting me") == [texts.STOPPED]
    world.deliver()
    assert world.gateway.arrivals[-1].body == texts.STOPPED
    assert talk.says("stop texting me") == []


def test_nothing_but_start_is_answered_after_stop(talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("stop")
    assert talk.says("status") == talk.says("help") == []
    (body,) = talk.says("start")
    assert body.startswith("UA1234 SFO-EWR on time: dep 14:10 PST")


def test_a_command_that_was_waiting_when_stop_came_has_no_effect(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.send("untrack UA1234")
    talk.send("stop")
    assert [text.kind for text in talk.answer()] == ["stop_confirmed"]
    assert live(world) == ["UA1234 active"]
    assert talk.heard(0).answer == "opted out"


def test_a_stop_that_comes_while_flightaware_is_asked_wins(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.source.board = [TOMORROW]
    world.source.meanwhile = lambda: world.store.opt_out(PHONES[0], world.clock.now(), how="texted STOP")
    assert talk.says("track UA1234 tomorrow") == []
    assert (live(world), talk.word) == (["UA1234 active"], "opted out")


def test_start_with_twilios_own_answer_adds_one_status(talk: Talk) -> None:
    talk.tracks(F12)
    talk.keyword_owner = "twilio"
    assert talk.says("STOP") == []
    (body,) = talk.says("START")
    assert body.startswith("UA1234 SFO-EWR")


def test_start_in_twilios_reading_is_start_whatever_the_words_were(talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("stop")
    (body,) = talk.says("go on", opt_out_type="START")
    assert body.startswith("UA1234 SFO-EWR")


# --- what breaks --------------------------------------------------------------------------------------------------


def test_a_text_whose_answer_a_dead_daemon_had_begun_is_answered_by_the_next(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.send("list")
    assert world.store.claim_inbound(world.clock.now(), world.boot)
    assert talk.answer() == []
    world.restart()
    assert len(talk.answer()) == 1
    assert talk.answer() == []


@pytest.mark.parametrize("said", ["untrack UA1234", "mute", "list", "track UA1234 tomorrow"])
def test_a_death_before_the_commit_changes_nothing(
    world: World, talk: Talk, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    talk.tracks(F12)
    before = {name: rows for name, rows in world.dump().items() if name != "inbound"}

    def full(*_: object, **__: object) -> bool:
        raise StoreError("the disk is full")

    monkeypatch.setattr(world.store, "record", full)
    monkeypatch.setattr(world.store, "enqueue", full)
    talk.send(said)
    with pytest.raises(StoreError):
        talk.answer()
    assert {name: rows for name, rows in world.dump().items() if name != "inbound"} == before
    monkeypatch.undo()
    world.restart()
    assert len(talk.answer()) == 1


def test_a_fault_of_our_own_is_owned_up_to_and_changes_nothing(
    world: World, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.tracks(F12)
    monkeypatch.setattr(texts, "untracked_text", lambda *_: 1 / 0)
    assert talk.says("untrack UA1234") == [texts.FAULT]
    assert live(world) == ["UA1234 active"]
    assert talk.word == "fault"


def test_an_answer_that_comes_too_late_is_not_sent(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("list")
    world.clock.advance(minutes(16))
    world.deliver()
    assert [text.kind for text in world.gateway.arrivals] == ["tracked"]


@pytest.mark.parametrize(
    ("fault", "answered"),
    [
        (FlightSourceError("no answer"), "UA1234 tomorrow saved. FlightAware does not answer now; we try again and tell you."),
        (
            RateLimited("slow down", retry_after=minutes(1)),
            "UA1234 tomorrow saved. FlightAware does not answer now; we try again and tell you.",
        ),
        (
            BudgetExhausted("spent"),
            "Flait cannot look up new flights now (monthly data budget used). Ask ben@example.com.",
        ),
        (Refused("no"), "Flait cannot look up flights now: FlightAware refuses its account. Ask ben@example.com."),
        (ConfigError("no key"), "Flait cannot look up flights now: FlightAware refuses its account. Ask ben@example.com."),
    ],
)  # fmt: skip
def test_a_fault_of_flightawares_is_answered_in_words(
    world: World, talk: Talk, fault: FlaitError, answered: str
) -> None:
    talk.tracks(F12)
    world.source.fault = fault
    calls = len(world.source.calls)
    assert talk.says("track UA1234 tomorrow") == [answered]
    assert len(world.source.calls) == calls + 1


def test_a_flight_saved_while_flightaware_was_silent_is_followed_later(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.source.fault = FlightSourceError("no answer")
    talk.says("track UA1234 tomorrow")
    world.source.fault = None
    world.source.board = [TOMORROW]
    world.clock.advance(minutes(2))
    assert world.activate()
    assert world.texts[-1].body.startswith("Tracking UA1234 SFO-EWR Wed 26 Nov")
    assert live(world) == ["UA1234 active", "UA1234 active"]


def test_who_asks_who_writes_is_told_for_whom_and_how_to_end_it(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    user = world.store.user_by_phone(PHONES[0])
    assert user
    world.store.save_user(replace(user, name="Ana"))

    assert talk.says("who is this?") == [
        (
            "This is Flait, automatic flight alerts for Ana. You follow 1 flight. Run by ben@example.com. "
            "HELP shows what you can text, STOP ends all."
        )
    ]


def test_a_stranger_who_asks_learns_nothing_of_who_is_told(talk: Talk) -> None:
    assert talk.says("who is this?", PHONES[7]) == [texts.STRANGER]
