"""`flait tick` from cron: passes that know of each other only what the database says keep what a daemon promises."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from flait.app import App
from flait.core.flights import Airport, ScheduledFlight
from flait.core.idents import Ident
from flait.daemon import SENDERS, Daemon
from flait.errors import ConfigError, FlightSourceError, Gone
from flait.flows import push
from flait.flows.ports import Answer, Inbox
from flait.flows.timekeeping import is_in_doubt
from flait.running import runs
from flait.running.pulse import word
from flait.store import PushState, Store
from tests.core.flights_for_tests import F12, hours, minutes, rescheduled, touched_down
from tests.flows.test_push import FakeDesk
from tests.flows.world import FakeFlightSource, World, not_sent

DAY = timedelta(days=1)
GAP = hours(30)
MINUTE = minutes(1)
SETTINGS = {"FLAIT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "FLAIT_TWILIO_FROM_NUMBER": "+15555550199"}


@dataclass
class Dated:
    """AeroAPI, whose every answer has a Date."""

    source: FakeFlightSource
    hear: Callable[[datetime], None]
    outside: Callable[[], datetime]

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "Dated":
        return self

    def flight(self, fa_flight_id: str) -> Answer:
        return self._heard(lambda: self.source.flight(fa_flight_id))

    def departures(self, ident: Ident, start: datetime, end: datetime, *, past: bool = False) -> Answer:
        return self._heard(lambda: self.source.departures(ident, start, end, past=past))

    def schedules(self, ident: Ident, start: date, end: date) -> Sequence[ScheduledFlight]:
        self.hear(self.outside())
        return self.source.schedules(ident, start, end)

    def spent(self, since: datetime) -> int | None:
        return None

    def route(self, origin: Airport, destination: Airport, start: datetime, end: datetime) -> Sequence[ScheduledFlight]:
        self.hear(self.outside())
        return self.source.route(origin, destination, start, end)

    def check(self) -> bool:
        self.source.calls.append(("check",))
        if self.source.fault:
            raise self.source.fault
        self.hear(self.outside())
        return True

    def _heard(self, ask: Callable[[], Answer]) -> Answer:
        answer = ask()
        self.hear(self.outside())
        return answer


@dataclass
class Cron:
    """A home in which a pass is made now and then; each pass is as new as a process."""

    home: Path
    world: World
    settings: dict[str, str] = field(default_factory=lambda: dict(SETTINGS))
    ahead: timedelta = timedelta()  # of the outside

    @property
    def store(self) -> Store:
        return self.world.store

    def passes(self, times: int = 1, every: timedelta = MINUTE) -> None:
        for _ in range(times):
            runs.tick(App({"FLAIT_HOME": str(self.home), **self.settings}))
            self.world.clock.advance(every)

    def doubted(self) -> bool:
        return is_in_doubt(self.store, self.world.clock)


@pytest.fixture
def cron(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cron:
    path = tmp_path / "flait.db"
    tmp_path.chmod(0o700)
    world = World(path=path, store=Store.open(path))
    cron = Cron(tmp_path, world)
    monkeypatch.setattr(App, "clock", world.clock)
    monkeypatch.setattr(App, "gateway", lambda _app: world.gateway)
    monkeypatch.setattr(
        App,
        "source",
        lambda app, **_: Dated(world.source, app.witness.hear, lambda: world.clock.now() - cron.ahead),
    )
    return cron


def test_a_pass_does_all_that_a_daemon_does_but_listen_and_watch_the_settings(tmp_path: Path) -> None:
    app = App({"FLAIT_HOME": str(tmp_path), **SETTINGS, "FLAIT_FLIGHTAWARE_PUSH": "true",
               "FLAIT_FLIGHTAWARE_TIER": "standard", "FLAIT_WEBHOOK_PUBLIC_URL": "https://flait.example"})  # fmt: skip
    daemon = Daemon(app, Event())
    lasting = {tick.name for tick in daemon.ticks()}
    senders = {f"deliver-{number}" for number in range(1, SENDERS)}

    passed = {tick.name for tick in daemon.in_one_pass()} - {
        "looks"
    }  # a daemon looks as it answers, and waits for none
    assert passed | senders | {"listen", "confirm", "settings"} == lasting


def test_after_a_long_gap_the_first_pass_asks_what_time_it_is_and_believes_the_clock(cron: Cron) -> None:
    cron.passes()
    cron.world.clock.advance(GAP)
    assert cron.doubted()
    cron.passes()
    assert cron.world.source.calls == [("check",)]
    assert not cron.doubted()
    cron.passes(5)
    assert cron.world.source.calls == [("check",)]


def test_a_wish_that_waits_is_tried_in_the_first_pass_after_a_gap(cron: Cron) -> None:
    cron.passes()
    cron.world.clock.advance(GAP)
    cron.world.source.fault = FlightSourceError("AeroAPI did not answer")
    cron.world.subscribe()
    cron.world.source.fault = None
    cron.world.source.board = [rescheduled(GAP + hours(4))]
    cron.world.clock.advance(minutes(10))

    cron.passes()

    assert [view.subscription.state for view in cron.store.subscription_views()] == ["active"]


def test_a_landed_flight_ends_and_old_rows_go_after_a_gap(cron: Cron) -> None:
    cron.world.follow(F12)
    cron.passes()
    cron.world.clock.advance(GAP)
    cron.world.source.board = [touched_down()]

    cron.passes(30, every=minutes(10))
    looks = len([call for call in cron.world.source.calls if call[0] == "flight"])
    cron.world.clock.advance(70 * DAY)
    cron.passes(2)

    assert looks < 10
    assert cron.store.flight_views(include_closed=True) == []


def test_a_clock_that_the_outside_contradicts_stays_in_doubt_and_is_said_once(
    cron: Cron, caplog: pytest.LogCaptureFixture
) -> None:
    cron.passes()
    cron.ahead = 400 * DAY
    cron.world.clock.advance(400 * DAY)

    cron.passes(5)

    assert cron.doubted()
    assert caplog.text.count("ahead of what the providers say; set it right") == 1


def test_while_nobody_outside_answers_nothing_ends(cron: Cron) -> None:
    cron.world.follow(F12)
    cron.passes()
    cron.world.clock.advance(GAP)
    cron.world.source.fault = FlightSourceError("AeroAPI did not answer")

    cron.passes(3)

    assert cron.doubted()
    assert cron.world.flight().closed_at is None


@pytest.mark.parametrize(("ahead", "doubted"), [(timedelta(), False), (3 * DAY, True)])
def test_twilios_answer_ends_the_doubt_within_the_pass_when_aeroapi_gives_none(
    cron: Cron, monkeypatch: pytest.MonkeyPatch, ahead: timedelta, doubted: bool
) -> None:
    received = cron.world.gateway.received
    pruned: list[bool] = []
    cron.world.source.fault = FlightSourceError("AeroAPI did not answer")
    cron.passes()
    cron.world.clock.advance(3 * DAY)
    app = App({"FLAIT_HOME": str(cron.home), **SETTINGS})

    def dated(since: datetime, cursor: str | None = None) -> Inbox:
        app.witness.hear(cron.world.clock.now() - ahead)
        return received(since, cursor)

    monkeypatch.setattr(cron.world.gateway, "received", dated)
    monkeypatch.setattr(Daemon, "upkeep", lambda _: pruned.append(not cron.doubted()))
    runs.tick(app)

    assert (pruned, cron.doubted()) == ([not doubted], doubted)


def test_a_push_alert_that_nobody_hears_any_more_is_deleted(cron: Cron, monkeypatch: pytest.MonkeyPatch) -> None:
    cron.settings |= {"FLAIT_FLIGHTAWARE_PUSH": "true", "FLAIT_FLIGHTAWARE_TIER": "standard",
                      "FLAIT_WEBHOOK_PUBLIC_URL": "https://flait.example"}  # fmt: skip
    desk = FakeDesk()
    office = push.Office(desk=desk, public_url="https://flait.example", token=lambda: "t" * 43)
    cron.world.follow(F12)
    while push.step(cron.store, office, cron.world.clock):
        pass
    assert len(desk.alerts) == 1
    monkeypatch.setattr(App, "office", lambda *_: office)

    cron.passes(2)

    assert desk.alerts == {}
    assert [alert.state for alert in cron.store.push_alerts(frozenset(PushState))] == [PushState.ENDED]


def test_after_twilio_refused_the_account_one_pass_in_five_minutes_tries_again(cron: Cron) -> None:
    cron.world.source.board = [F12]
    for number in range(3):
        cron.world.subscribe(number)
    cron.world.gateway.fails(*[not_sent(account=True)] * 3)

    cron.passes(5)
    assert len(cron.world.gateway.posts) == 1
    cron.passes(2)
    assert len(cron.world.gateway.posts) == 2
    cron.world.gateway.recovers()
    cron.passes(6)
    assert len(cron.world.gateway.arrivals) == 3


def test_what_a_clock_that_was_ahead_wrote_silences_nobody(cron: Cron) -> None:
    cron.world.source.board = [F12]
    cron.world.subscribe()
    cron.world.clock.advance(300 * DAY)
    cron.world.gateway.fails(not_sent(account=True))
    cron.world.deliver()
    cron.world.clock.advance(-300 * DAY)
    cron.passes(2)
    assert len(cron.world.gateway.arrivals) <= 1


def test_the_same_fault_is_said_once_and_once_when_it_is_over(
    cron: Cron, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    gateway = App.gateway

    def unset(_app: App) -> None:
        raise ConfigError("twilio.account_sid is not set", "run `flait config set twilio.account_sid …`")

    monkeypatch.setattr(App, "gateway", unset)
    cron.passes(4)
    said = word(cron.home / "run")
    assert said
    assert {trouble.cause.partition(";")[0] for trouble in said.troubles} == {"twilio.account_sid is not set"}
    assert caplog.text.count("fetch: twilio.account_sid is not set") == 1

    monkeypatch.setattr(App, "gateway", gateway)
    cron.passes(2)
    assert caplog.text.count("fetch works again") == 1


def test_a_database_that_goes_away_during_a_pass_is_told(cron: Cron, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(_daemon: Daemon) -> bool:
        cron.world.path.rename(cron.home / "elsewhere.db")
        return False

    monkeypatch.setattr(Daemon, "fetch", lose)
    with pytest.raises(Gone, match="is gone: it was moved or deleted"):
        cron.passes()
