"""SHARE and JOIN: a number is asked once, hears nothing more before it agrees, and STOP is the end of it."""

from datetime import timedelta

import pytest

from flait.core.messages import Channel
from flait.core.subscriptions import Role, User
from flait.core.texts import answers as texts
from flait.core.values import replace
from flait.core.whatsapp import Setup
from flait.errors import BudgetExhausted
from flait.flows import upkeep
from flait.store import salvaged
from tests.agreements import addresses
from tests.core.flights_for_tests import F12, NOON, at_gate, hours, minutes
from tests.flows.talk import RULES, TOMORROW, Talk, live
from tests.flows.world import PHONES, World, timetabled

BEN = PHONES[5]
ASKED = "Asked +1555...0105 to follow UA1234 Tue 25 Nov as meeter. They must reply JOIN first."
CANNOT = "Flait cannot ask +1555...0105 now: they do not want texts, or were asked within a month."
ENOUGH = "You have asked 3 numbers within a day. Ask the next one in a day."
QUESTION = (
    "Ana invites you to follow UA1234 SFO-EWR Tue 25 Nov by text. Reply JOIN to get texts, STOP never to hear from us. "
    "Msg rates may apply."
)


@pytest.fixture
def ana(world: World, talk: Talk) -> Talk:
    """Ana follows a flight."""
    talk.tracks(F12)
    user = world.store.user_by_phone(PHONES[0])
    assert user
    world.store.save_user(replace(user, name="Ana"))
    return talk


def shares(talk: Talk, number: int = 5, words: str = "meet") -> list[str]:
    return talk.says(f"share UA1234 +1 555 555 010{number} {words}")


def asked(world: World, phone: str = BEN) -> list[str]:
    return [text.body for text in world.texts if text.to == phone]


def test_the_number_is_asked_and_the_inviter_sees_it_masked(world: World, ana: Talk) -> None:
    assert shares(ana) == [ASKED]
    assert asked(world) == [QUESTION]
    world.deliver()
    assert [text.to for text in world.gateway.arrivals][-2:] == [BEN, PHONES[0]]


def test_somebody_without_a_name_invites_by_their_number(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    shares(talk)
    assert asked(world)[0].startswith("+1555...0100 invites you")


def test_nothing_else_is_sent_before_they_join(world: World, ana: Talk) -> None:
    shares(ana)
    world.next_poll(replace(F12, gate_origin="B4"))
    assert len(asked(world)) == 1
    assert world.store.user_by_phone(BEN) is None


def test_join_makes_the_person_their_consent_and_the_subscription(world: World, ana: Talk) -> None:
    shares(ana)
    calls = len(world.source.calls)
    (body,) = ana.says("join", BEN)
    assert body.startswith("Flait flight alerts: UA1234 SFO-EWR Tue 25 Nov, dep 14:10 PST, arr 22:31 EST.")
    user = world.store.user_by_phone(BEN)
    assert user
    assert (user.consent, user.channel) == ("JOIN by text, 2025-11-25", Channel.SMS)
    assert [row.role for row in world.store.live_for(user.id)] == [Role.MEETER]
    assert len(world.source.calls) == calls
    assert ana.says("join", BEN) == [texts.NO_INVITATION]


def test_who_joins_over_whatsapp_is_texted_there(world: World, ana: Talk) -> None:
    shares(ana)
    ana.says("join", BEN, whatsapp=True)
    assert world.texts[-1].channel is Channel.WHATSAPP


def test_a_known_person_joins_too(world: World, ana: Talk) -> None:
    world.source.timetable = [timetabled()]
    world.subscribe(5, on="2025-12-02")
    shares(ana)
    ana.says("join UA1234", BEN)
    assert live(world, BEN) == ["UA1234 pending", "UA1234 active"]


def test_a_saved_flight_is_shared_as_well(world: World, talk: Talk) -> None:
    world.source.timetable = [timetabled()]
    world.subscribe(on="2025-12-02")
    assert shares(talk, words="watch") == [
        "Asked +1555...0105 to follow UA1234 Tue 2 Dec as watcher. They must reply JOIN first."
    ]
    (body,) = talk.says("join", BEN)
    assert body.startswith("Flait flight alerts: UA1234 SFO-EWR Tue 2 Dec saved: dep 14:10 PST.")


def test_without_a_role_the_invited_watches(world: World, ana: Talk) -> None:
    (body,) = shares(ana, words="")
    assert "as watcher" in body


def test_leave_ends_it(world: World, ana: Talk) -> None:
    shares(ana)
    ana.says("join", BEN)
    (body,) = ana.says("leave", BEN)
    assert body.startswith("Stopped UA1234 Tue 25 Nov.")
    assert live(world, BEN) == []
    assert live(world) == ["UA1234 active"]


@pytest.mark.parametrize(
    "words", ["today +15555550105", "+15555550105 today", "25 nov +15555550105", "+15555550105 25 nov"]
)
def test_the_day_named_is_the_one_that_is_shared(ana: Talk, words: str) -> None:
    ana.tracks(TOMORROW)
    assert ana.says(f"SHARE UA1234 {words} meet") == [ASKED]


@pytest.mark.parametrize("answered", ["2", "tomorrow", "26 nov", "wed"])
def test_of_several_days_the_inviter_is_asked_which(world: World, ana: Talk, answered: str) -> None:
    ana.tracks(TOMORROW)
    assert shares(ana) == ["SHARE which one? 1) UA1234 Tue 25 Nov 2) UA1234 Wed 26 Nov. Reply 1 or 2 (10 min)."]
    assert asked(world) == []
    assert ana.says("both") == ["Reply 1 or 2."]
    assert ana.says(answered) == [
        "Asked +1555...0105 to follow UA1234 Wed 26 Nov as meeter. They must reply JOIN first."
    ]
    assert "UA1234 SFO-EWR Wed 26 Nov" in asked(world)[0]


def test_a_day_without_that_flight_is_not_shared(world: World, ana: Talk) -> None:
    (body,) = ana.says("SHARE UA1234 28 nov +15555550105")
    assert body == "You do not follow UA1234 of Fri 28 Nov. You follow UA1234 Tue 25 Nov."
    assert asked(world) == []


# --- not asked ----------------------------------------------------------------------------------------------------


def test_a_number_is_asked_once_a_month_whoever_invites_it(world: World, ana: Talk) -> None:
    ana.tracks(F12, phone=PHONES[1])
    shares(ana)
    assert shares(ana) == [CANNOT]
    assert ana.says("share UA1234 +15555550105", PHONES[1]) == [CANNOT]
    for _ in range(29):
        world.clock.advance(timedelta(days=1) - ana.pause)
        assert shares(ana) == [CANNOT]
    assert len(asked(world)) == 1
    world.clock.advance(timedelta(days=1))
    assert shares(ana) == [ASKED]


def test_a_number_that_said_stop_is_not_asked_and_nobody_learns_why(world: World, ana: Talk) -> None:
    world.store.opt_out(BEN, world.clock.now(), how="texted STOP")
    assert shares(ana) == [CANNOT]
    assert asked(world) == []


def test_one_person_has_three_numbers_asked_in_a_day_whatever_becomes_of_them(world: World, ana: Talk) -> None:
    for number in (5, 6, 7):
        shares(ana, number)
    assert shares(ana, 8) == [ENOUGH]
    ana.says("join", PHONES[6])
    ana.says("stop", PHONES[7])
    assert shares(ana, 8) == [ENOUGH]
    world.clock.advance(timedelta(days=1))
    assert "Asked" in shares(ana, 8)[0]


def test_neither_stop_and_start_nor_removal_sets_the_count_back(world: World, ana: Talk) -> None:
    for number in (5, 6, 7):
        shares(ana, number)
        ana.says("stop")
        ana.says("start")
    assert shares(ana, 8) == [ENOUGH]
    user = world.store.user_by_phone(PHONES[0])
    assert user
    world.store.remove_user(user.id)
    ana.tracks(F12)
    upkeep.prune(world.store, world.clock, keep=timedelta(days=1), keep_raw=timedelta())
    assert shares(ana, 8) == [ENOUGH]
    assert shares(ana, 5) == [ENOUGH]


def test_what_was_asked_outlives_a_restore(world: World, ana: Talk) -> None:
    shares(ana)
    replaced = salvaged(world.path)
    for table in ("askings", "invitations", "messages"):
        world.store._change(f"DELETE FROM {table}")
    world.store.take_over(replaced, world.clock.now(), resume=False)
    assert shares(ana) == [CANNOT]


def test_seventy_five_strangers_in_a_day_are_three(world: World, ana: Talk) -> None:
    for number in range(75):
        ana.says("stop")
        ana.says("start")
        ana.says(f"share UA1234 +15555552{number:03}")
        world.clock.advance(minutes(15))
    strangers = {text.to for text in world.texts if text.kind == "invitation"}
    assert len(strangers) == 3


COSTLY = ["+19005550100", "+979123456789", "+881612345678", "+870123456789", "+88216123456", "+447012345678"]


@pytest.mark.parametrize("phone", COSTLY)
def test_a_number_that_costs_a_lot_is_not_asked(world: World, ana: Talk, phone: str) -> None:
    assert ana.says(f"share UA1234 {phone}") == [texts.COSTLY]
    assert asked(world, phone) == []
    allowed = replace(ana, rules=replace(RULES, allow=(phone[:4],)))
    assert allowed.says(f"share UA1234 {phone} meet")[0].startswith("Asked ")


OWN = "+15555550199"


def test_flaits_own_number_is_not_asked_and_does_not_count_among_the_three(world: World, ana: Talk) -> None:
    ana = replace(ana, rules=replace(RULES, own=frozenset({OWN})))
    for spelled in (OWN, "(555) 555-0199", f"whatsapp:{OWN}", f"tel:{OWN}"):
        assert ana.says(f"share UA1234 {spelled}") == [texts.FLAITS_NUMBER]
    assert asked(world, OWN) == []
    assert all(shares(ana, number)[0].startswith("Asked ") for number in (5, 6, 7))


@pytest.mark.parametrize("said", ["join", "track UA1234", "status", "anything", "stop texting me"])
def test_a_text_from_flaits_own_number_is_answered_by_nobody(world: World, ana: Talk, said: str) -> None:
    ana = replace(ana, rules=replace(RULES, own=frozenset({OWN})))
    assert ana.says(said, OWN) == []
    assert world.store.user_by_phone(OWN) is None


# --- by WhatsApp --------------------------------------------------------------------------------------------------


def on_whatsapp(world: World, consent: str = "whatsapp: said so") -> None:
    user = User(name="Ben", phone=BEN, channel=Channel.WHATSAPP, created_at=NOON, addresses=addresses(BEN, consent))
    world.store.add_user(user)


def invitations(world: World) -> list[Channel]:
    return [text.channel for text in world.texts if text.kind == "invitation"]


def test_who_agreed_to_whatsapp_alone_is_not_asked_by_sms(world: World, ana: Talk) -> None:
    on_whatsapp(world)
    ana.rules = replace(RULES, whatsapp=Setup(sender=True, templates={"any": "HX1"}))
    assert shares(ana) == [CANNOT]
    assert invitations(world) == []


def test_who_agreed_to_whatsapp_alone_is_asked_there_while_the_window_is_open(world: World, ana: Talk) -> None:
    on_whatsapp(world)
    ana.rules = replace(RULES, whatsapp=Setup(sender=True))
    ana.says("hello", BEN, whatsapp=True)
    assert shares(ana) == [ASKED]
    assert invitations(world) == [Channel.WHATSAPP]


def test_a_template_for_invitations_asks_at_any_time(world: World, ana: Talk) -> None:
    on_whatsapp(world)
    ana.rules = replace(RULES, whatsapp=Setup(sender=True, templates={"invitation": "HX1"}))
    assert shares(ana) == [ASKED]
    assert invitations(world) == [Channel.WHATSAPP]


@pytest.mark.parametrize("consent", ["agreed", "agreed; whatsapp: said so", ""])
def test_who_agreed_to_sms_too_is_asked_by_sms(world: World, ana: Talk, consent: str) -> None:
    on_whatsapp(world, consent)
    assert shares(ana) == [ASKED]
    assert invitations(world) == [Channel.SMS]


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("share UA1234 +15555550100", texts.OWN_NUMBER),
        ("share UA999 +15555550105", "You do not follow UA999. Reply TRACK UA999 to start, LIST for what you follow."),
        ("share UA1234 +1555555", texts.NOT_A_PHONE),
        ("share UA1234 +9005550100", texts.NOT_A_PHONE),
        ("share UA1234 +15559765010", texts.COSTLY),
        ("share UA1234 tel:+1-555-555-0105;ext=5", texts.EXTENSION),
        ("share UA1234 +15555550105 x5", texts.EXTENSION),
        ("share UA1234 (555) 555-0105 ext. 5", texts.EXTENSION),
        ("share UA1234 whatsapp:+15555550100", texts.OWN_NUMBER),
        ("share UA1234 sms:+15555550100?body=Hello", texts.OWN_NUMBER),
        ("share UA1234 https://wa.me/15555550100", texts.OWN_NUMBER),
        ("share UA1234 with +1 (0)555 555 0100", texts.OWN_NUMBER),
        ("share UA1234 tel:+1-555-555-0100, meet", texts.OWN_NUMBER),
    ],
)
def test_a_share_that_cannot_be_is_said_so(world: World, ana: Talk, said: str, answered: str) -> None:
    assert ana.says(said) == [answered]
    assert asked(world) == []


# --- not joined ---------------------------------------------------------------------------------------------------


def test_stop_declines_and_join_afterwards_is_void(world: World, ana: Talk) -> None:
    shares(ana)
    assert ana.says("stop", BEN) == [texts.STOPPED]
    assert ana.says("join", BEN) == []
    assert world.store.user_by_phone(BEN) is None
    world.deliver()
    assert QUESTION not in [text.body for text in world.gateway.arrivals]


def test_stop_after_joining_silences_the_shared_flight(world: World, ana: Talk) -> None:
    shares(ana)
    ana.says("join", BEN)
    ana.says("stop", BEN)
    world.next_poll(replace(F12, gate_origin="B4"))
    assert [text.kind for text in world.texts if text.to == BEN][-1] == "stop_confirmed"


def test_an_invited_number_that_says_something_else_is_told_what_to_say(world: World, ana: Talk) -> None:
    shares(ana)
    assert ana.says("who is this?", BEN) == [texts.INVITED]
    assert ana.says("who?", BEN) == []
    assert ana.says("join", BEN) != []


def test_an_invitation_is_open_for_a_day(world: World, ana: Talk) -> None:
    shares(ana)
    world.clock.advance(hours(25))
    assert ana.says("join", BEN) == [texts.STRANGER]


def test_a_flight_that_is_no_longer_followed_cannot_be_joined(world: World, ana: Talk) -> None:
    shares(ana)
    ana.says("untrack UA1234")
    assert ana.says("join", BEN) == [
        "That invitation to follow UA1234 has ended. Ask whoever invited you for a new one."
    ]
    assert world.store.user_by_phone(BEN) is None


def test_a_flight_that_has_landed_cannot_be_joined(world: World, ana: Talk) -> None:
    shares(ana)
    world.clock.advance(hours(8))
    world.poll(at_gate())
    (body,) = ana.says("join", BEN)
    assert body.startswith("UA1234 of Tue 25 Nov landed at 22:23 EST: not tracked.")


def test_an_invitation_stays_open_while_the_flight_cannot_be_looked_up(world: World, talk: Talk) -> None:
    world.source.timetable = [timetabled()]
    world.subscribe(on="2025-12-02")
    shares(talk)
    world.source.fault = BudgetExhausted("spent")
    (body,) = talk.says("join", BEN)
    assert "monthly data budget used" in body
    world.source.fault = None
    (body,) = talk.says("join please", BEN)
    assert body.startswith("Flait flight alerts: UA1234 SFO-EWR Tue 2 Dec saved: dep 14:10 PST.")


def test_an_invitation_is_accepted_by_its_flight(world: World, ana: Talk) -> None:
    shares(ana)
    assert ana.says("join UA999", BEN) == [texts.NO_INVITATION]
    assert live(world, BEN) == []


def test_midnight_does_not_make_a_day(world: World, ana: Talk) -> None:
    shares(ana)
    world.clock.advance(hours(6))  # NOON is 20:10 UTC
    assert shares(ana) == [CANNOT]
    assert len(asked(world)) == 1


def test_a_number_that_declined_is_not_asked_again_that_day(world: World, ana: Talk) -> None:
    shares(ana)
    ana.says("stop", BEN)
    ana.says("start", BEN)
    assert shares(ana) == [CANNOT]
