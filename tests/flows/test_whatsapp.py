"""WhatsApp beside SMS: one form in one attempt, one text in place of another, and never the same news twice."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flait.core.messages import UNTOLD, Channel, Message, MessageKind, MessageStatus
from flait.core.receipts import Receipt
from flait.core.structure import Headline, Phrase, Structure
from flait.core.subscriptions import User
from flait.core.texts.confirmations import FOOTER
from flait.core.values import replace
from flait.core.whatsapp import Setup, TemplateMessage
from flait.flows import deliver, receipts, whatsapp
from flait.flows.ports import Sent
from flait.flows.subscribe import Person, subscribe
from flait.store import Store
from tests.agreements import addresses
from tests.core.flights_for_tests import F12, NOON, hours, minutes
from tests.flows.world import PHONES, World, in_doubt, not_sent, refused, wanted

S = MessageStatus
A_MINUTE = minutes(1)
HX = "HX" + "0" * 32
PLAIN = Setup(sender=True)
TEMPLATES = Setup(sender=True, templates={"gate_change": HX})
BOTH = "sms: asked; whatsapp: asked"
ONLY_WHATSAPP = "whatsapp: asked"
CHANGED = Structure(
    headline=Headline(flight="UA1234", news="GATE CHANGE F12->C3 SFO"), sentences=(Phrase("Dep 14:10 PST."),)
)
BODY = "UA1234 GATE CHANGE F12->C3 SFO. Dep 14:10 PST."
FIRST_SMS = f"Flait flight alerts for Ann: {BODY} {FOOTER}"


def person(world: World, consent: str = BOTH) -> User:
    reached = addresses(PHONES[0], consent)
    ann = User(name="Ann", phone=PHONES[0], channel=Channel.WHATSAPP, addresses=reached, created_at=NOON)
    return world.store.add_user(ann)


def queue(world: World, consent: str = BOTH) -> Message:
    """A text to Ann by WhatsApp."""
    ann, now = person(world, consent), world.clock.now()
    message = Message(
        user_id=ann.id,
        to=ann.phone,
        channel=Channel.WHATSAPP,
        kind=MessageKind.GATE_CHANGE,
        body=BODY,
        structure=CHANGED,
        tells={"gate_origin": "C3"},
        dedup_key="alert:1:1",
        created_at=now,
        not_before=now,
        expires_at=now + minutes(30),
    )
    queued = world.store.enqueue(message)
    assert queued
    return queued


def send(world: World, setup: Setup = PLAIN) -> None:
    while deliver.send_next(world.store, world.gateway, world.clock, world.boot, whatsapp=setup).more:
        pass


def wrote(world: World, ago: timedelta = A_MINUTE) -> None:
    world.store.note_window(PHONES[0], world.clock.now() - ago)


def report(world: World, status: MessageStatus, code: int | None = None, *, sid: str, setup: Setup = PLAIN) -> None:
    """Twilio reports what became of a text."""
    receipt = Receipt(sid=sid, status=status, error_code=code)
    receipts.take(world.store, receipt, status.value, world.clock.now(), whatsapp=setup)


def forms(world: World) -> list[str]:
    """How each post left: channel, and a template's sid."""
    return [
        post.content_sid if isinstance(post, TemplateMessage) else post.channel.value for post in world.gateway.posts
    ]


def outcomes(world: World) -> list[str]:
    return [step.outcome for step in world.steps("whatsapp")]


# --- which form leaves ------------------------------------------------------------------------------------------


def test_inside_the_window_it_leaves_as_free_text_with_the_same_words(world: World) -> None:
    queue(world)
    wrote(world)
    send(world, TEMPLATES)
    (post,) = world.gateway.posts
    assert (post.channel, post.body) == (Channel.WHATSAPP, "*UA1234* *GATE CHANGE F12->C3 SFO*\nDep 14:10 PST.")
    assert not isinstance(post, TemplateMessage)
    assert [(text.status, text.body) for text in world.texts] == [(S.ACCEPTED, BODY)]
    assert outcomes(world) == ["goes as free text"]


def test_outside_it_leaves_as_the_template_for_its_kind(world: World) -> None:
    queue(world)
    send(world, TEMPLATES)
    (post,) = world.gateway.posts
    assert isinstance(post, TemplateMessage)
    assert (post.content_sid, post.variables["3"]) == (HX, "GATE CHANGE F12->C3 SFO")
    assert [text.status for text in world.texts] == [S.ACCEPTED]


def test_without_a_template_it_is_an_sms_in_the_same_row(world: World) -> None:
    queue(world)
    send(world)
    assert [(post.channel, post.body) for post in world.gateway.posts] == [(Channel.SMS, FIRST_SMS)]
    assert [(text.channel, text.status, text.attempts) for text in world.texts] == [(Channel.SMS, S.ACCEPTED, 1)]
    assert outcomes(world) == ["goes as SMS"]


def test_without_template_and_consent_to_sms_it_fails_with_a_sentence(world: World) -> None:
    queue(world, ONLY_WHATSAPP)
    send(world)
    assert world.gateway.posts == []
    (text,) = world.texts
    assert text.status is S.FAILED
    assert "no template for gate_change" in str(text.error)
    assert "has not agreed to SMS" in str(text.error)


def test_the_window_that_closes_while_a_text_waits_decides_when_it_leaves(world: World) -> None:
    queue(world)
    wrote(world, ago=hours(23) + minutes(54))
    world.gateway.fails(not_sent())
    send(world, TEMPLATES)
    world.clock.advance(minutes(2))
    send(world, TEMPLATES)
    assert forms(world) == ["whatsapp", HX]
    assert [text.attempts for text in world.texts] == [2]


def test_an_sms_stays_what_it_is(world: World) -> None:
    queued = queue(world)
    sms = replace(queued, channel=Channel.SMS, body=FIRST_SMS)
    before = world.dump()
    assert whatsapp.ready(world.store, sms, TEMPLATES, NOON) is sms
    assert world.dump() == before


# --- when WhatsApp does not take it -----------------------------------------------------------------------------


@pytest.mark.parametrize("code", [63003, 63014, 63015, 63018, 63024])
def test_a_text_that_failed_on_whatsapp_is_followed_by_one_sms(world: World, code: int) -> None:
    queue(world)
    wrote(world)
    send(world)
    world.clock.advance(minutes(1))
    for _ in range(2):
        report(world, S.FAILED, code, sid="SM0")
    report(world, S.UNDELIVERED, code, sid="SM0")
    send(world)
    failed, sms = world.texts
    assert (failed.channel, failed.status) == (Channel.WHATSAPP, S.UNDELIVERED)
    assert (sms.channel, sms.status, sms.dedup_key) == (Channel.SMS, S.ACCEPTED, f"sms-for:{failed.id}")
    assert (sms.body, sms.tells, sms.expires_at) == (FIRST_SMS, failed.tells, failed.expires_at)


def test_a_text_refused_at_once_is_followed_by_one_sms(world: World) -> None:
    queue(world)
    wrote(world)
    world.gateway.fails(refused(error_code=63003))
    send(world)
    assert [(text.channel, text.status) for text in world.texts] == [
        (Channel.WHATSAPP, S.FAILED),
        (Channel.SMS, S.ACCEPTED),
    ]


def test_a_sender_that_does_not_work_holds_nobody_s_sms_up(world: World) -> None:
    queue(world)
    wrote(world)
    world.gateway.fails(not_sent(error_code=63007, account=True))
    progress = deliver.send_next(world.store, world.gateway, world.clock, world.boot, whatsapp=PLAIN)
    assert progress == deliver.Progress(more=True)
    send(world)
    failed, sms = world.texts
    assert (failed.status, failed.error_code, failed.error) == (S.FAILED, 63007, "Twilio cannot be reached")
    assert sms.status is S.ACCEPTED


def test_without_consent_to_sms_a_sender_that_does_not_work_is_tried_again_alone(world: World) -> None:
    queue(world, ONLY_WHATSAPP)
    wrote(world)
    world.gateway.fails(not_sent(error_code=63007, account=True, retry_after=minutes(1)))
    progress = deliver.send_next(world.store, world.gateway, world.clock, world.boot, whatsapp=PLAIN)
    assert progress.pause is None
    assert world.texts[0].not_before == world.clock.now() + minutes(1)
    assert [text.status for text in world.texts] == [S.QUEUED]


def test_free_text_refused_is_sent_once_more_as_a_template_and_then_by_sms(world: World) -> None:
    queue(world)
    wrote(world)
    send(world, TEMPLATES)
    for sid in ("SM0", "SM1", "SM2"):
        report(world, S.FAILED, 63016, sid=sid, setup=TEMPLATES)
        send(world, TEMPLATES)
    assert forms(world) == ["whatsapp", HX, "sms"]
    assert [text.dedup_key for text in world.texts] == ["alert:1:1", "template-for:1", "sms-for:2"]
    assert [text.status for text in world.texts] == [S.FAILED] * 3


def test_without_a_template_free_text_refused_becomes_an_sms(world: World) -> None:
    queue(world)
    wrote(world)
    send(world)
    report(world, S.FAILED, 63016, sid="SM0")
    send(world)
    assert forms(world) == ["whatsapp", "sms"]


@pytest.mark.parametrize(
    ("consent", "code", "later"),
    [
        (ONLY_WHATSAPP, 63003, minutes(1)),
        (BOTH, 30003, minutes(1)),
        (BOTH, None, minutes(1)),
        (BOTH, 63003, minutes(31)),
    ],
)
def test_nothing_follows_without_consent_for_another_error_or_too_late(
    world: World, consent: str, code: int | None, later: timedelta
) -> None:
    queue(world, consent)
    wrote(world)
    send(world)
    world.clock.advance(later)
    report(world, S.FAILED, code, sid="SM0")
    assert [text.status for text in world.texts] == [S.FAILED]


def test_nothing_is_sent_in_its_place_after_stop(world: World) -> None:
    queue(world)
    wrote(world)
    send(world)
    world.store.opt_out(PHONES[0], world.clock.now(), how="texted STOP")
    report(world, S.FAILED, 63003, sid="SM0")
    send(world)
    assert forms(world) == ["whatsapp"]
    assert world.texts[-1].status is S.SUPPRESSED


def test_a_read_receipt_comes_after_delivery_whatever_their_order(world: World) -> None:
    queue(world)
    wrote(world)
    send(world)
    for status in (S.READ, S.DELIVERED, S.SENT):
        report(world, status, sid="SM0")
    (text,) = world.texts
    assert (text.status, text.read_at) == (S.READ, NOON)


# --- in doubt ---------------------------------------------------------------------------------------------------


def test_free_text_in_doubt_is_found_by_its_words(world: World) -> None:
    queue(world)
    wrote(world)
    world.gateway.fails(in_doubt(), arrives=True)
    send(world)
    world.clock.advance(minutes(1))
    assert world.settle()
    assert [text.status for text in world.texts] == [S.ACCEPTED]


def test_a_template_in_doubt_is_found_by_flight_and_news(world: World) -> None:
    queue(world)
    world.gateway.fails(in_doubt())
    send(world, TEMPLATES)
    body = "Flight update. UA1234: GATE CHANGE F12->C3 SFO. Times: -"
    world.gateway.record += [
        Sent(sid="SM8", to=PHONES[0], body="Flight update. UA1234: landed.", created_at=NOON),
        Sent(sid="SM9", to=PHONES[0], body=body, created_at=NOON),
    ]
    world.clock.advance(minutes(1))
    world.settle()
    assert [(text.status, text.sid) for text in world.texts] == [(S.ACCEPTED, "SM9")]


# --- people -----------------------------------------------------------------------------------------------------


def test_a_new_person_by_whatsapp_has_agreed_to_that_alone(world: World) -> None:
    world.source.board = [F12]
    ann = Person(phone=PHONES[0], channel=Channel.WHATSAPP, consent="asked")
    done = subscribe(world.store, world.source, world.clock, person=ann, wanted=wanted())
    assert (done.user.channel, done.subscription.channel) == (Channel.WHATSAPP, Channel.WHATSAPP)
    assert done.user.consent == "whatsapp: asked"
    assert world.texts[0].channel is Channel.WHATSAPP


def test_one_flight_by_whatsapp_leaves_the_person_s_usual_channel(world: World) -> None:
    world.follow(F12)
    world.source.board = [replace(F12, fa_flight_id="other", ident_iata="UA99", ident="UAL99", ident_icao="UAL99")]
    known = Person(phone=PHONES[0], channel=Channel.WHATSAPP, consent="asked again")
    done = subscribe(world.store, world.source, world.clock, person=known, wanted=wanted("UA99"))
    assert (done.user.channel, done.subscription.channel) == (Channel.SMS, Channel.WHATSAPP)
    assert done.user.consent == "asked for it; whatsapp: asked again"


def test_who_prefers_whatsapp_gets_what_they_follow_by_it_too(world: World) -> None:
    world.follow(F12)
    user = world.store.users()[0]
    moved = whatsapp.prefer(world.store, user, Channel.WHATSAPP, consent="asked")
    assert (moved.channel, world.subscription().channel) == (Channel.WHATSAPP, Channel.WHATSAPP)
    assert moved.agreed(Channel.SMS)
    back = whatsapp.prefer(world.store, moved, Channel.SMS, consent="asked")
    assert (back.channel, back.consent, world.subscription().channel) == (Channel.SMS, moved.consent, Channel.SMS)


# --- never both, never twice ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def worlds(empty_database: Path) -> bytes:
    return empty_database.read_bytes()


CODES = st.sampled_from([63003, 63016, 63007, 21211, 30003])
ANSWERS = st.lists(st.tuples(st.sampled_from(["ok", "refused", "later", "doubt"]), CODES), max_size=4)
REPORTS = st.lists(
    st.tuples(st.sampled_from([S.SENT, S.DELIVERED, S.FAILED, S.UNDELIVERED, S.READ]), CODES, st.booleans()), max_size=6
)


CASES = st.tuples(
    st.sampled_from([BOTH, ONLY_WHATSAPP]),
    st.none() | st.integers(min_value=0, max_value=1500),  # minutes since the person wrote
    st.booleans(),
)


@settings(deadline=None, max_examples=60)
@given(case=CASES, answers=ANSWERS, told=REPORTS)
def test_whatever_happens_one_attempt_has_one_form_and_one_text_at_most_is_under_way(
    worlds: bytes,
    case: tuple[str, int | None, bool],
    answers: list[tuple[str, int]],
    told: list[tuple[MessageStatus, int, bool]],
) -> None:
    consent, ago, templates = case
    setup = TEMPLATES if templates else PLAIN
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flait.db"
        path.write_bytes(worlds)
        with Store.open(path) as store:
            world = World(path=path, store=store)
            queue(world, consent)
            if ago is not None:
                wrote(world, minutes(ago))
            for answer, code in answers:
                faults = {"refused": refused, "later": not_sent}
                if answer in faults:
                    world.gateway.fails(faults[answer](error_code=code))
                elif answer == "doubt":
                    world.gateway.fails(in_doubt(), arrives=True)
                send(world, setup)
                world.clock.advance(minutes(3))
            for status, code, all_of_them in told:
                for sent in world.gateway.record[None if all_of_them else -1 :]:
                    report(world, status, code if status in UNTOLD else None, sid=sent.sid, setup=setup)
                send(world, setup)
            never_both_and_never_twice(world, told)


def never_both_and_never_twice(world: World, told: list[tuple[MessageStatus, int, bool]]) -> None:
    posts, texts = world.gateway.posts, world.texts
    assert len({(post.id, post.attempts) for post in posts}) == len(posts)
    keys = [text.dedup_key.partition(":")[0] for text in texts]
    assert keys in (["alert"], ["alert", "template-for"], ["alert", "sms-for"], ["alert", "template-for", "sms-for"])
    for post in posts:
        assert not isinstance(post, TemplateMessage) or post.channel is Channel.WHATSAPP
    late_arrivals = any(status in (S.DELIVERED, S.READ) for status, _, _ in told)
    if not late_arrivals:  # a text reported as failed that arrives after all cannot be called back
        assert sum(text.status not in UNTOLD for text in texts) <= 1
