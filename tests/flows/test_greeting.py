"""Who writes, for whom and how to end it: said in the first text that can reach a number, and in no other."""

from flait.core.flights import Flight
from flait.core.subscriptions import Role
from flait.core.texts.confirmations import FOOTER
from flait.core.values import replace
from flait.errors import FlightSourceError
from flait.flows import subscribe
from tests.core.flights_for_tests import F12, hours, late, minutes
from tests.flows.talk import TOMORROW
from tests.flows.world import PHONES, World, in_doubt, refused, timetabled, wanted


def follow(world: World, name: str | None = "Ana", on: str = "", role: Role = Role.TRAVELER) -> str:
    """Somebody is added, or has one more flight; the text they get."""
    person = subscribe.Person(phone=PHONES[0], name=name, consent="asked for it")
    wish = wanted("UA1234", on, role=role, asked_at=world.clock.now())
    subscribe.subscribe(world.store, world.source, world.clock, person=person, wanted=wish)
    world.deliver()
    return world.texts[-1].body


def seen_twice(world: World, flight: Flight) -> None:
    """Two looks show that; the text that follows goes out."""
    for _ in range(2):
        world.store.hasten(1, world.clock.now())
        world.poll(flight)
        world.clock.advance(minutes(2))
    world.deliver()


def test_the_first_text_says_it_and_the_second_does_not(world: World) -> None:
    world.source.board = [F12, TOMORROW]

    assert follow(world, on="today") == (
        "Flait flight alerts for Ana: UA1234 SFO-EWR Tue 25 Nov, dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3. "
        f"{FOOTER}"
    )
    assert follow(world, on="tomorrow") == (
        "Tracking UA1234 SFO-EWR Wed 26 Nov, dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3."
    )


def test_it_names_who_runs_flait_where_that_is_set(world: World) -> None:
    world.source.board = [replace(F12, gate_origin=None, terminal_origin=None)]
    person = subscribe.Person(phone=PHONES[0], name="Ana", consent="asked for it")
    wish = wanted("UA1234", "today", asked_at=world.clock.now())

    subscribe.subscribe(world.store, world.source, world.clock, person=person, wanted=wish, contact="ben@example.com")

    assert world.texts[-1].body.endswith(f"Gate later. Set up by ben@example.com. {FOOTER}")


def test_a_wish_that_had_to_wait_is_greeted_so_too(world: World) -> None:
    world.source.fault = FlightSourceError("AeroAPI did not answer in 15 s")
    world.subscribe()
    world.source.fault, world.source.board = None, [replace(F12, gate_origin=None, terminal_origin=None)]
    world.clock.advance(hours(1))

    assert subscribe.activate_next(world.store, world.source, world.clock, contact="ben@example.com")
    assert f"Set up by ben@example.com. {FOOTER}" in world.texts[-1].body


def test_who_has_no_name_is_not_called_by_their_number(world: World) -> None:
    world.source.board = [F12]

    assert follow(world, None).startswith("Flait flight alerts: UA1234 ")


def test_a_saved_flight_may_be_the_first_text(world: World) -> None:
    world.source.timetable = [timetabled()]

    body = follow(world, on="2025-12-02")
    assert body.startswith("Flait flight alerts for Ana: UA1234 SFO-EWR Tue 2 Dec saved: dep 14:10 PST.")
    assert body.endswith(FOOTER)


def test_a_first_text_that_never_arrived_was_none(world: World) -> None:
    world.source.board = [F12, TOMORROW]
    world.gateway.fails(refused())
    follow(world, on="today")
    world.clock.advance(minutes(1))

    assert follow(world, on="tomorrow").startswith("Flait flight alerts for Ana: UA1234 SFO-EWR Wed 26 Nov")


def test_whatever_reaches_a_number_first_says_it(world: World) -> None:
    world.source.board = [F12]
    world.gateway.fails(refused())
    follow(world)
    world.clock.advance(minutes(1))
    seen_twice(world, late(minutes(50)))
    [alert] = world.gateway.arrivals
    assert alert.body.startswith("Flait flight alerts for Ana: UA1234 SFO-EWR delayed 50m: dep 14:10->15:00 PST")
    assert alert.body.endswith(FOOTER)
    assert world.texts[-1].body == alert.body  # Twilio's record is searched for what was sent


def test_the_text_after_that_does_not(world: World) -> None:
    world.source.board = [F12, TOMORROW]
    world.gateway.fails(refused())
    follow(world, on="today")
    follow(world, on="tomorrow")
    seen_twice(world, replace(F12, cancelled=True))
    assert [FOOTER in text.body for text in world.gateway.arrivals] == [True, False]


def test_one_in_doubt_may_have_told_nobody(world: World) -> None:
    world.source.board = [F12, TOMORROW]
    world.gateway.fails(in_doubt())
    follow(world, on="today")

    assert follow(world, on="tomorrow").startswith("Flait flight alerts for Ana: Tracking UA1234 SFO-EWR Wed 26 Nov")


def test_the_confirmation_is_chosen_by_what_the_flight_is_to_them(world: World) -> None:
    world.source.board = [F12]

    assert "Gate F12" not in follow(world, role=Role.MEETER)
    assert "gate_origin" not in world.texts[-1].tells
