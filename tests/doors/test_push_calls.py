"""FlightAware calls: the token in the address is all that counts, and all it can do is bring a poll forward."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from flait.adapters.aeroapi.alerts import AeroAPIAlerts
from flait.core.flights import Airport, Flight, Times
from flait.daemon import Daemon
from flait.flows import push
from flait.sandbox.run import Sandbox
from flait.store import TrackedFlight
from tests.adapters.aeroapi_talk import KEY, TIER, RecordingMeter
from tests.adapters.provider import Provider, answer
from tests.doors.webhook_talk import Site, SteppingClock, Talk
from tests.http_talk import exchange, request
from tests.http_talk import status as status_of
from tests.store.samples import HOUR, MINUTE, NOW, active, follower, user

TOKEN = "t" * 43
PATH = f"/flightaware/alert/{TOKEN}"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def talk(site: Site) -> Iterator[Talk]:
    """Somebody follows a flight that has an alert and is polled in an hour."""
    store = site.store()
    _, subscription = follower(store)
    assert subscription.flight_id is not None
    store._change("UPDATE flights SET next_poll_at = :at", at=NOW + HOUR)
    store.want_push(subscription.flight_id, TOKEN, NOW)
    with site.listening() as talk:
        yield talk


def call(talk: Talk, target: str = PATH, body: bytes = b"{}") -> int:
    headers = {"Content-Type": "application/json", "User-Agent": "AeroAPI/4.0"}
    return status_of(exchange(talk.port, request("POST", target, body=body, headers=headers)))


def tracked(site: Site) -> TrackedFlight:
    found = site.store().tracked(1)
    assert found
    return found


@pytest.mark.parametrize(
    "body", [b"{}", b"", b"\x00\xff not JSON", b'{"flight": {"fa_flight_id": "x"}}', b"[" * 60_000]
)
def test_whatever_a_known_call_says_the_poll_is_due_and_the_delivery_booked(
    site: Site, talk: Talk, body: bytes
) -> None:
    assert call(talk, body=body) == 200
    assert tracked(site).next_poll_at == NOW
    (booked,) = site.store().usage_rows("2013-03")
    assert (booked.operation, booked.result_sets, booked.micro_usd) == ("delivery", 1, 20_000)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (f"{PATH}x", 404),
        (PATH[:-1], 404),
        ("/flightaware/alert/", 404),
        ("/flightaware/alert", 404),
        (f"{PATH}/", 404),
        (f"/flightaware/alert/{'%74' * 43}", 404),
    ],
)
def test_a_forged_call_changes_nothing(site: Site, talk: Talk, target: str, status: int) -> None:
    before = site.everything()
    assert call(talk, target) == status
    assert site.everything() == before


def test_only_a_post_of_a_sensible_size_is_a_call(site: Site, talk: Talk) -> None:
    before = site.everything()
    assert talk.ask("GET", PATH) == 404
    assert call(talk, body=b"x" * 70_000) == 413
    assert site.everything() == before


def test_a_token_never_stands_in_the_log(site: Site, talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        call(talk)
        call(talk, f"{PATH}x")
    assert TOKEN not in caplog.text


def test_an_alert_ordered_at_the_sandbox_calls_when_the_flight_changes(site: Site, tmp_path: Path) -> None:
    clock, store = SteppingClock(), site.store()
    with Sandbox(clock=clock) as sandbox, site.listening() as talk:
        plan = {"ident": "UA7777", "origin": "SFO", "destination": "LHR", "scheduled_out": "2013-03-08T20:00:00Z"}
        fa_flight_id = sandbox.put_flights([plan])[0]
        flight = Flight(
            fa_flight_id=fa_flight_id,
            ident="UAL7777",
            origin=Airport(code="KSFO", code_iata="SFO", timezone="America/Los_Angeles"),
            destination=Airport(code="EGLL", code_iata="LHR", timezone="Europe/London"),
            out=Times(scheduled=NOW + 8 * HOUR),
        )
        watched = store.track(flight, next_poll_at=NOW + HOUR, now=NOW)
        store.add_subscription(active(store.add_user(user()).id, watched, ident="UA7777"))
        base_url = sandbox.flightaware_base_url
        desk = AeroAPIAlerts(base_url=base_url, key=lambda _: "any", meter=RecordingMeter(), clock=clock)
        office = push.Office(desk=desk, public_url=talk.url, token=lambda: TOKEN)
        while push.step(store, office, clock):
            pass
        (listed,) = desk.listed()
        assert listed.target_url == f"{talk.url}{PATH}"

        sandbox.put_flights([{"fa_flight_id": fa_flight_id, "cancelled": True}])
        clock.moment += MINUTE
        assert sandbox.settled()
        assert tracked(site).next_poll_at == site.clock.now()

        store.close_flight(watched.id, clock.now())
        clock.moment += timedelta(minutes=5)
        while push.step(store, office, clock):
            pass
        assert desk.listed() == []


PUSH = {"FLAIT_FLIGHTAWARE_PUSH": "true", "FLAIT_FLIGHTAWARE_TIER": "standard"}


def ticks(site: Site) -> list[str]:
    return [tick.name for tick in Daemon(site, Event()).ticks()]


@pytest.mark.parametrize(
    ("settings", "pushes"),
    [
        ({}, False),
        (PUSH, True),
        (PUSH | {"FLAIT_FLIGHTAWARE_TIER": "personal"}, False),
        (PUSH | {"FLAIT_WEBHOOK_PUBLIC_URL": ""}, False),
        (PUSH | {"FLAIT_WEBHOOK_ENABLED": "false"}, False),
    ],
)
def test_push_alerts_are_looked_after_where_they_are_wanted_and_can_be_had(
    tmp_path: Path, settings: dict[str, str], pushes: bool
) -> None:
    site = Site(tmp_path, **settings)
    assert ("push" in ticks(site)) is pushes
    assert ("push" in site.store().providers()) is (bool(settings) and not pushes)


def test_alerts_left_over_are_looked_after_though_none_are_wanted(site: Site, talk: Talk) -> None:
    assert "push" in ticks(site)
    assert not site.office(lambda _: False).wanted


def test_an_account_without_alerts_is_asked_once_in_a_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Provider(answer(401, TIER)) as provider:
        (tmp_path / "flightaware-api-key").write_text(KEY)
        site = Site(tmp_path, **PUSH, FLAIT_FLIGHTAWARE_BASE_URL=provider.url)
        follower(site.store())
        daemon = Daemon(site, Event())
        tick = next(tick for tick in daemon.ticks() if tick.name == "push")
        for _ in range(3):
            daemon.run(tick)
    assert len(provider.asked) == 1
    assert caplog.text.count("push alerts are off until the daemon starts again") == 1
    assert "Standard and Premium" in str(site.store().providers()["push"].last_error)
