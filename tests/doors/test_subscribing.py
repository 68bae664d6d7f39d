"""`flait subscribe`, `unsubscribe` and `subscriptions`, where one number is several flights of a day."""

import re
import shlex
from collections.abc import Sequence
from datetime import timedelta
from threading import Event

import pytest

from flait.app import App
from flait.commands import asking
from flait.core.flights import Airport, Flight, ScheduledFlight, Times
from flait.core.values import replace
from flait.errors import FlightSourceError, NotUnderstood
from flait.running.pulse import Pulse
from flait.store import Store
from flait.system.lock import sole
from tests.agreements import addresses
from tests.doors.command_line import CommandLine
from tests.flows.world import FakeFlightSource
from tests.store.samples import DAY, HOUR, NOW, flight, user

ANN = "+15555550100"
CST = "America/Chicago"
DAL = Airport(code="KDAL", code_iata="DAL", city="Dallas", timezone=CST)
HOU = Airport(code="KHOU", code_iata="HOU", city="Houston", timezone=CST)
AUS = Airport(code="KAUS", code_iata="AUS", city="Austin", timezone=CST)


def southwest(to: Airport, out: timedelta) -> Flight:
    """WN123 from Dallas so long after NOW, 06:00 in Dallas on Friday 8 March 2013."""
    named = {"ident": "SWA123", "ident_icao": "SWA123", "ident_iata": "WN123", "codeshares": ()}
    times = {"out": Times(scheduled=NOW + out), "in_": Times(scheduled=NOW + out + HOUR)}
    return replace(flight(), fa_flight_id=f"SWA123-{to.short}-{out}", origin=DAL, destination=to, **named, **times)  # type: ignore[arg-type]  # Flight's own fields


TO_HOUSTON, TO_AUSTIN = southwest(HOU, 3 * HOUR), southwest(AUS, 8 * HOUR)
LISTED = (
    "WN123 is more than one flight: 2013-03-08 DAL-HOU 09:00 CST; 2013-03-08 DAL-AUS 14:00 CST; "
    "say which with --to, like --to HOU"
)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> FakeFlightSource:
    fake = FakeFlightSource()
    fake.board = [TO_HOUSTON, TO_AUSTIN]
    monkeypatch.setattr(App, "source", lambda _self, **_options: fake)
    return fake


def followed(store: Store) -> list[str | None]:
    """Where the flights go that somebody follows."""
    return [view.subscription.destination for view in store.subscription_views()]


def test_a_flight_that_does_not_leave_as_planned_is_not_said_to(flait: CommandLine, source: FakeFlightSource) -> None:
    source.board = [replace(TO_AUSTIN, cancelled=True)]

    said = flait("subscribe", "WN123", ANN, "--date", "today").err

    assert "follows WN123 of Fri 8 Mar DAL-AUS: CANCELLED. " in said


@pytest.mark.parametrize("date", [(), ("--date", "today"), ("--date", "2013-03-08", "--from", "DAL")])
def test_several_routes_are_listed_and_each_can_be_chosen(
    flait: CommandLine, store: Store, source: FakeFlightSource, date: tuple[str, ...]
) -> None:
    assert flait("subscribe", "WN123", ANN, *date).refused(2) == LISTED
    assert followed(store) == []

    to_austin = flait("subscribe", "WN123", ANN, *date, "--to", "aus")
    to_houston = flait("subscribe", "WN123", ANN, *date, "--at", "9:00")

    assert (to_austin.code, to_houston.code) == (0, 0)
    assert "follows WN123 of Fri 8 Mar DAL-AUS, leaves 14:00 CST." in to_austin.err
    assert "follows WN123 of Fri 8 Mar DAL-HOU, leaves 09:00 CST." in to_houston.err
    assert followed(store) == ["AUS", "HOU"]


def test_one_route_at_two_times_is_chosen_by_the_time(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    source.board = [TO_HOUSTON, southwest(HOU, 8 * HOUR)]
    refusal = flait("subscribe", "WN123", ANN).refused(2)
    assert refusal.endswith("say which with --at, like --at 09:00")

    for listed in re.findall(r"\d\d:\d\d(?= CST)", refusal):
        assert f"leaves {listed} CST" in flait("subscribe", "WN123", ANN, "--at", listed).err
    assert len(store.flight_views()) == 2


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (("--at", "25:00"), "'25:00' is not a time; --at takes the scheduled departure there, like 09:05"),
        (("--at", "9.05"), "'9.05' is not a time"),
        (("--at", ""), "'' is not a time"),
        (("--at", "\uff122:00"), "is not a time"),
        (("--at", "9:5\n"), "is not a time"),
        (("--to", "Houston"), "'Houston' is not an airport code; --to takes one like SFO or KSFO"),
        (("--to", ""), "is not an airport code; --to takes"),
        (("--from", "D!L"), "is not an airport code; --from takes"),
    ],
)
def test_a_time_or_airport_that_is_none_is_refused_before_anything_is_asked(
    flait: CommandLine, source: FakeFlightSource, typed: tuple[str, ...], why: str
) -> None:
    flait("user", "add", "Ann", ANN)
    for command in ("subscribe", "unsubscribe"):
        assert why in flait(command, "WN123", ANN, *typed).refused(2)
    assert source.calls == []


def test_a_time_or_route_it_does_not_fly_is_said_with_those_it_does(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    for typed in (("--to", "SFO"), ("--at", "10:00")):
        said = flait("subscribe", "WN123", ANN, "--date", "2013-03-08", *typed).refused(7)
        assert "(it leaves on 2013-03-08 DAL-HOU 09:00 CST, 2013-03-08 DAL-AUS 14:00 CST)" in said
    assert store.users() == []


def test_a_route_days_ahead_is_saved_as_that_route(flait: CommandLine, store: Store, source: FakeFlightSource) -> None:
    source.board = []
    source.timetable = [
        ScheduledFlight(ident="SWA123", origin=DAL, destination=to, scheduled_out=NOW + 7 * DAY + out)
        for to, out in ((HOU, 3 * HOUR), (AUS, 8 * HOUR))
    ]
    done = flait("subscribe", "WN123", ANN, "--date", "2013-03-15", "--to", "AUS")

    assert (done.code, "follows WN123 of Fri 15 Mar DAL-AUS. Live tracking" in done.err) == (0, True)
    [row] = flait("subscriptions").table
    assert row[1:4] == ["WN123", "2013-03-15", "DAL-AUS"]
    [known] = flait("subscriptions", "--json").json["subscriptions"]
    assert (known["origin"], known["destination"], known["leaves_at"]) == ("DAL", "AUS", "15:00")  # summer time begins


def test_what_waits_for_an_answer_keeps_the_route_and_time_that_were_typed(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    source.fault = FlightSourceError("AeroAPI did not answer in 15 s")
    assert flait("subscribe", "WN123", ANN, "--to", "AUS", "--at", "9:05").code == 3
    [waiting] = [view.subscription for view in store.subscription_views()]
    assert (waiting.destination, waiting.leaves_at) == ("AUS", "09:05")
    [row] = flait("subscriptions").table
    assert row[1:4] == ["WN123", "next", "?-AUS"]


def test_of_two_routes_that_are_followed_one_is_ended(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    for to in ("HOU", "AUS"):
        flait("subscribe", "WN123", ANN, "--to", to)

    refusal = flait("unsubscribe", "WN123", ANN, "--date", "2013-03-08").refused(2)
    assert refusal == (
        "WN123 is followed more than once: 2013-03-08 DAL HOU 09:00; 2013-03-08 DAL AUS 14:00; "
        "say which with --to, like --to HOU"
    )
    assert "does not follow WN123 to SFO at 09:00" in flait(
        "unsubscribe", "WN123", ANN, "--to", "SFO", "--at", "09:00"
    ).refused(7)
    assert "no more texts about WN123 of Fri 8 Mar DAL-HOU." in flait("unsubscribe", "WN123", ANN, "--to", "HOU").err
    assert followed(store) == ["AUS"]
    assert flait("unsubscribe", "WN123", ANN, "--at", "14:00").code == 0


def test_a_question_that_aeroapi_refuses_is_refused_and_not_kept(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    source.fault = NotUnderstood("AeroAPI does not understand the question (HTTP 400: bad ident)", "check the number")
    assert "HTTP 400: bad ident" in flait("subscribe", "WN123", ANN).refused(6)
    assert store.users() == []


def test_yesterdays_flight_can_be_ended_by_its_date(flait: CommandLine, store: Store, source: FakeFlightSource) -> None:
    source.board = [southwest(HOU, -9 * HOUR)]
    source.board = [replace(source.board[0], out=replace(source.board[0].out, estimated=NOW))]
    assert flait("subscribe", "WN123", ANN, "--date", "2013-03-07").code == 0
    assert "no more texts about WN123 of Thu 7 Mar" in flait("unsubscribe", "WN123", ANN, "--date", "2013-03-07").err


# What comes next


SENDER = {"FLAIT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "FLAIT_TWILIO_FROM_NUMBER": "+15555550199"}


def last_pass(flait: CommandLine, at: timedelta, *, lasting: bool = False) -> None:
    flait.home.joinpath("run").mkdir(mode=0o700, exist_ok=True)
    Pulse(flait.home / "run", lasting=lasting).say(NOW - at, [])


def test_a_confirmation_is_on_its_way_only_where_somebody_sends_it(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    flait.env |= SENDER
    source.board = [TO_HOUSTON]
    number = iter(range(10))

    def said() -> str:
        return flait("subscribe", "WN123", f"+1555555010{next(number)}").err.partition("CST. ")[2].partition("\n")[0]

    assert said() == "A confirmation text waits: no daemon runs, and `flait daemon start` sends it."
    last_pass(flait, timedelta(minutes=1))
    assert said() == "A confirmation text goes out with the next `flait tick`."
    for at, lasting in ((timedelta(hours=1), False), (timedelta(minutes=1), True)):  # cron is off; a daemon was killed
        last_pass(flait, at, lasting=lasting)
        assert "no daemon runs" in said()
    with sole(flait.database):
        assert said() == "A confirmation text is on its way."
        flait.env.pop("FLAIT_TWILIO_ACCOUNT_SID")
        assert "is on its way. Nothing can be sent yet: twilio.account_sid is not set; run" in said()


def test_a_wish_that_waits_is_not_called_followed_when_it_is_asked_for_again(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    source.fault = FlightSourceError("AeroAPI did not answer")
    first, second = flait("subscribe", "WN123", ANN), flait("subscribe", "WN123", ANN)

    assert (first.code, second.code) == (3, 3)
    assert first.err.startswith("Saved, not finished: WN123 for +15555550100 is pending: AeroAPI did not answer.")
    assert second.err.startswith("Saved before, and not finished yet: WN123 for +15555550100 is pending:")
    assert second.err.endswith("no daemon runs, and `flait daemon start` carries it on.\n")


@pytest.mark.parametrize(
    "wishes",
    [
        ((), ("--date", "tomorrow")),
        (("--date", "today"), ("--date", "in 3 days")),
        ((), ("--from", "DAL")),
        ((), ("--to", "HOU"), ("--to", "AUS", "--from", "DAL")),
        (("--date", "next"), ("--date", "fri"), ("--date", "10 mar", "--at", "9:00")),
    ],
)
def test_wishes_that_wait_are_ended_one_by_one_as_the_error_says(
    flait: CommandLine, store: Store, source: FakeFlightSource, wishes: Sequence[tuple[str, ...]]
) -> None:
    source.fault = FlightSourceError("AeroAPI did not answer")
    for wish in wishes:
        assert flait("subscribe", "WN123", ANN, *wish).code == 3

    for left in range(len(wishes), 1, -1):
        example = flait("unsubscribe", "WN123", ANN).refused(2).rpartition(", like ")[2]
        assert flait("unsubscribe", "WN123", ANN, *shlex.split(example)).code == 0
        assert len(flait("subscriptions").table) == left - 1


def test_the_example_for_a_saved_wish_is_the_day_of_no_other(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    source.fault = FlightSourceError("AeroAPI did not answer")
    flait("subscribe", "WN123", ANN, "--date", "today")
    source.fault, source.board = None, [TO_HOUSTON]
    assert flait("subscribe", "WN123", ANN, "--date", "2013-03-08").code == 0

    for typed in ((), ("--date", "today")):
        assert flait("unsubscribe", "WN123", ANN, *typed).refused(2).endswith("like --date 2013-03-08")
    assert flait("unsubscribe", "WN123", ANN, "--date", "2013-03-08").code == 0


def test_next_is_the_day_that_is_meant_without_one(flait: CommandLine, store: Store, source: FakeFlightSource) -> None:
    source.board = [TO_HOUSTON]
    assert "follows WN123 of Fri 8 Mar" in flait("subscribe", "WN123", ANN, "--date", "next").err
    assert "on Next;" in flait("unsubscribe", "WN123", ANN, "--date", "Next").refused(7)


def test_who_waits_for_aeroapi_is_told(
    flait: CommandLine, store: Store, source: FakeFlightSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Event()
    monkeypatch.setattr(asking, "A_MOMENT", 0.0)
    monkeypatch.setattr(asking, "say", lambda text: said.set() if "has not answered yet" in text else None)
    source.board, source.meanwhile = [TO_HOUSTON], lambda: said.wait(30)

    assert flait("subscribe", "WN123", ANN).code == 0
    assert said.is_set()


def test_who_waits_for_the_turn_to_ask_is_told_that_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(asking, "A_MOMENT", 0.1)
    monkeypatch.setattr(asking, "say", said.append)
    with asking.patience() as patience:
        assert not patience.turn(0.05)
        assert not patience.turn(0.3)
        assert not patience.turn(0.3)

    assert said == ["Flait waits for its turn to ask AeroAPI, 1 s: other look-ups come first."]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("WN123 28 nov", "'WN123 28 nov' is a flight number and a day; write WN123 and --date '28 nov'"),
        ("wn 123 tomorrow", "'wn 123 tomorrow' is a flight number and a day; write WN123 and --date tomorrow"),
        ("WN123 28 smarch", "'WN123 28 smarch' is not a flight number"),
    ],
)
@pytest.mark.usefixtures("source")
def test_a_day_beside_the_number_is_said_to_have_its_own_option(
    flait: CommandLine, store: Store, typed: str, why: str
) -> None:
    store.add_user(user(name="Ann"))
    assert flait("subscribe", typed, "Ann").refused(2).startswith(why)
    assert flait("unsubscribe", typed, "Ann").refused(2).startswith(why)
    assert flait("alternatives", typed).refused(2).startswith(why)
    assert followed(store) == []


def test_another_name_for_a_known_number_is_said_not_to_be_taken(
    flait: CommandLine, source: FakeFlightSource, store: Store
) -> None:
    store.add_user(user(name="Ann"))
    said = "They were known before, as Ann. `flait user set +15555550100 name 'Foo'` renames them."

    assert said in flait("subscribe", "WN123", ANN, "--to", "AUS", "--name", "Foo").err
    assert said not in flait("subscribe", "WN123", ANN, "--to", "AUS", "--name", "Ann").err
    assert "is not a name" in flait("subscribe", "WN123", ANN, "--name", "").refused(2)
    assert [one.name for one in store.users()] == ["Ann"]


def test_who_cannot_be_texted_by_any_way_is_named_with_what_helps(flait: CommandLine, source: FakeFlightSource) -> None:
    source.board = [TO_AUSTIN]
    flait.env["FLAIT_TWILIO_WHATSAPP_FROM"] = "+15555550199"

    said = flait("subscribe", "WN123", ANN, "--name", "Wa", "--channel", "whatsapp").err
    assert "confirmation text" not in said
    assert said.partition("\nAbout")[0].endswith(
        "Nothing can be sent to Wa: the person has not written for 24 hours, and there is no template for tracked; the "
        "person has not agreed to SMS. What helps: a WhatsApp text from Wa; `flait user set WHO channel sms` once they "
        "agree to that, or set up templates (`flait help whatsapp`)."
    )


def test_who_agreed_to_sms_as_well_gets_that(flait: CommandLine, source: FakeFlightSource, store: Store) -> None:
    source.board = [TO_AUSTIN]
    flait.env["FLAIT_TWILIO_WHATSAPP_FROM"] = "+15555550199"
    store.add_user(user(phone=ANN, addresses=addresses(ANN, "asked for it")))

    assert "A confirmation text" in flait("subscribe", "WN123", ANN, "--channel", "whatsapp").err
