"""The wiring: what the settings make of how Twilio's words come back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from flait.app import App
from flait.daemon import Daemon
from flait.errors import BudgetExhausted, ConfigError, FlightSourceError, Gone, StoreError
from flait.flows import meter, track
from flait.flows.meter import SPENT
from flait.running.pulse import Trouble, word
from flait.running.whereabouts import SAVE_EVERY
from flait.store import Store, TrackedFlight
from tests.adapters.twilio_talk import message
from tests.core.flights_for_tests import F12, NOON
from tests.flows.world import FixedClock, World
from tests.store.samples import user

CALLED_BACK = {"FLAIT_WEBHOOK_PUBLIC_URL": "https://flait.example.com/"}
TWILIO = {"FLAIT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "FLAIT_TWILIO_FROM_NUMBER": "+15555550199"}


def app(home: Path, **variables: str) -> App:
    return App({"FLAIT_HOME": str(home), **TWILIO, **variables})


def test_twilio_is_told_where_to_report_on_which_text(tmp_path: Path) -> None:
    gateway = app(tmp_path, **CALLED_BACK).gateway()
    fields = gateway._fields(message(id=40, attempts=2), message().created_at)  # type: ignore[attr-defined]  # the gateway's own
    assert fields["status_callback"] == "https://flait.example.com/twilio/status?m=40&a=2#rc=5&rp=all"


def test_the_numbers_that_flait_writes_from_are_nobodys_as_people_would_write_them(tmp_path: Path) -> None:
    wired = app(tmp_path, FLAIT_TWILIO_WHATSAPP_FROM="+5215555550198")
    assert wired.answer_rules.own == {"+15555550199", "+525555550198"}
    assert app(tmp_path, FLAIT_TWILIO_FROM_NUMBER="Flait").answer_rules.own == set()


@pytest.mark.parametrize(
    "variables", [{}, {"FLAIT_WEBHOOK_ENABLED": "false", **CALLED_BACK}], ids=["no address", "no listener"]
)
def test_where_twilio_cannot_call_its_record_is_read(tmp_path: Path, variables: dict[str, str]) -> None:
    unreached = app(tmp_path, **variables)
    fields = unreached.gateway()._fields(message(), message().created_at)  # type: ignore[attr-defined]  # the gateway's own
    assert "status_callback" not in fields
    assert "fetch" in {tick.name for tick in Daemon(unreached, Event()).ticks()}


def test_where_twilio_can_call_its_list_is_read_hourly_all_the_same(tmp_path: Path) -> None:
    every = {tick.name: tick.every for tick in Daemon(app(tmp_path, **CALLED_BACK), Event()).ticks()}
    assert "receipts" in every
    assert every["fetch"] == timedelta(hours=1)


def test_a_flight_whose_poll_could_not_be_stored_is_polled_again_at_once_and_then_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "flait.db"
    with Store.open(path) as store:
        World(path=path, store=store).follow(F12, 0)
        store.hasten(1, NOON)
    polled: list[int] = []

    def on_a_full_disk(_store: Store, _source: object, _clock: object, tracked: TrackedFlight, **_: object) -> None:
        polled.append(tracked.id)
        raise StoreError("the disk is full", "make room")

    monkeypatch.setattr(track, "poll", on_a_full_disk)
    daemon = Daemon(app(tmp_path), Event())
    for times in (1, 2, 2):
        daemon.poll_all()
        assert polled == [1] * times
    assert "UA1234 could not be stored: the disk is full" in daemon._pollers.trouble


def test_a_fault_of_our_own_in_a_poll_is_a_trouble_until_that_flight_has_been_polled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "flait.db"
    with Store.open(path) as store:
        World(path=path, store=store).follow(F12, 0)
        faults = [ZeroDivisionError()]

        def poll(*_: object, **__: object) -> None:
            if faults:
                raise faults.pop()

        monkeypatch.setattr(track, "poll", poll)
        daemon = Daemon(app(tmp_path), Event())
        for told in ("a poll of UA1234 failed: an unexpected ZeroDivisionError; `flait daemon logs` shows it", ""):
            store.hasten(1, NOON)
            daemon.poll_all()
            assert daemon._pollers.trouble == told


@pytest.mark.parametrize(
    ("airport", "zone"), [("SFO", "America/Los_Angeles"), ("NZAA", "Pacific/Auckland"), ("QQQ", None), ("", None)]
)
def test_the_zone_of_an_airport_is_known_by_its_code(tmp_path: Path, airport: str, zone: str | None) -> None:
    found = app(tmp_path).zone_of(airport)
    assert (found.key if found else None) == zone


def test_the_daemon_ends_a_wish_when_its_day_is_over_where_it_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "flait.db"
    with Store.open(path) as store:
        world = World(path=path, store=store)
        world.source.fault = FlightSourceError("AeroAPI did not answer")
        world.subscribe(on="2025-11-25", origin="SFO")
        clock = FixedClock(datetime(2025, 11, 26, 8, tzinfo=UTC))  # midnight in San Francisco
        monkeypatch.setattr(App, "clock", clock)
        monkeypatch.setattr(App, "source", lambda _self, **_options: world.source)
        assert Daemon(app(tmp_path), Event()).activate()
        assert world.kinds == ["failed"]


class SetBack(FixedClock):
    """Set back by an hour once it has been read so many times."""

    def __init__(self, readings: int) -> None:
        super().__init__(NOON)
        self.readings = readings

    def now(self) -> datetime:
        self.readings -= 1
        return self.moment if self.readings >= 0 else self.moment - timedelta(hours=1)


@pytest.mark.parametrize("readings", range(1, 12))
def test_a_clock_that_is_set_back_between_any_two_readings_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, readings: int
) -> None:
    site = app(tmp_path)
    monkeypatch.setattr(App, "clock", SetBack(1000))
    daemon = Daemon(site, Event())
    daemon.beat()
    monkeypatch.setattr(App, "clock", SetBack(readings))
    for _ in range(12):
        daemon.beat()
    assert caplog.text.count("the clock was set back by 1 hour") == 1


def config(home: Path, text: str) -> None:
    (home / "config.toml").write_text(text)


def test_changed_settings_are_taken_up_and_a_mistake_leaves_the_earlier_ones(tmp_path: Path) -> None:
    site = app(tmp_path)
    purse = site._meter()
    config(tmp_path, "[flightaware]\nmonthly_budget_usd = 50\ntier = 'premium'\n")
    assert site.take_up_settings() == ["flightaware.tier"]
    assert (site.settings.flightaware.monthly_budget_usd, site.settings.flightaware.tier) == (50.0, "personal")
    assert purse._budget() == 50.0

    config(tmp_path, "[flightaware]\nmonthly_budget_usd = 'much'\n")
    with pytest.raises(ConfigError, match="monthly_budget_usd"):
        site.take_up_settings()
    assert site.settings.flightaware.monthly_budget_usd == 50.0


@pytest.mark.parametrize("saving", ["away", "empty"])
def test_a_file_that_is_being_saved_is_not_taken_for_no_settings(tmp_path: Path, saving: str) -> None:
    config(tmp_path, "[flightaware]\nmonthly_budget_usd = 50\n")
    site = app(tmp_path)
    site.take_up_settings()
    (tmp_path / "config.toml").unlink() if saving == "away" else config(tmp_path, "")

    site.take_up_settings()
    assert site.settings.flightaware.monthly_budget_usd == 50.0
    site.take_up_settings()
    assert site.settings.flightaware.monthly_budget_usd == 5.0


def test_what_waits_for_money_goes_on_when_there_is_some(tmp_path: Path) -> None:
    path = tmp_path / "flait.db"
    with Store.open(path) as store:
        world = World(path=path, store=store)
        world.follow(F12, 0)
        world.source.fault = FlightSourceError("AeroAPI did not answer")
        world.subscribe(1, "UA77")
        world.clock.advance(timedelta(hours=1))
        world.source.fault = BudgetExhausted(f"{SPENT} of $5.00 for 2025-11 is spent")
        world.poll()
        world.activate()
        store.book("2025-11", "flights", result_sets=1000, micro_usd=5_000_000, now=world.clock.now())
        assert world.due() > world.clock.now()

        assert meter.resume(store, world.clock, 5.0) == 0
        assert meter.resume(store, world.clock, 5.01) == 0  # too little for the dearest question
        assert meter.resume(store, world.clock, 6.0) == 2
        assert world.due() == world.clock.now()
        assert meter.resume(store, world.clock, 0) == 0

        world.source.fault = FlightSourceError("AeroAPI did not answer")
        world.poll()
        assert meter.resume(store, world.clock, 0) == 0


def test_what_is_open_of_a_lost_database_is_saved_as_soon_as_there_is_room(tmp_path: Path) -> None:
    site = app(tmp_path)
    site.store().add_user(user())
    daemon = Daemon(site, Event())
    in_the_way = tmp_path / "backups"
    in_the_way.write_text("a file")
    site.paths.database.rename(tmp_path / "elsewhere.db")

    daemon.look_around()
    assert [trouble.what for trouble in daemon.troubles] == ["database"]
    assert "is saved" not in daemon.troubles[0].cause
    in_the_way.unlink()
    for _ in range(SAVE_EVERY):
        daemon.look_around()

    [saved] = in_the_way.iterdir()
    assert f"flait backup restore {saved.name}" in daemon.troubles[0].cause
    for _ in range(SAVE_EVERY):
        daemon.look_around()
    assert len(list(in_the_way.iterdir())) == 1


def test_that_the_database_is_back_is_said_at_once(tmp_path: Path) -> None:
    site = app(tmp_path)
    site.store()
    daemon = Daemon(site, Event())
    daemon.speak()
    elsewhere = tmp_path / "elsewhere.db"
    site.paths.database.rename(elsewhere)
    daemon.look_around()
    assert [trouble.what for trouble in said(site)] == ["database"]

    elsewhere.rename(site.paths.database)
    daemon.look_around()
    assert said(site) == []


def said(site: App) -> list[Trouble]:
    heard = word(site.paths.run_dir)
    assert heard
    return list(heard.troubles)


def test_a_lost_database_is_lost_for_every_thread_and_nothing_is_made_in_its_place(tmp_path: Path) -> None:
    site = app(tmp_path)
    site.store()
    site.paths.database.rename(tmp_path / "elsewhere.db")

    with pytest.raises(Gone, match="is gone"), site.store().transaction():
        pass
    with ThreadPoolExecutor(1) as other, pytest.raises(Gone, match="is gone"):
        other.submit(site.store).result()
    Store.open(site.paths.database).close()
    with ThreadPoolExecutor(1) as other, pytest.raises(Gone, match="another file stands in the place"):
        other.submit(site.store).result()
