"""AeroAPI's bodies as flights: what each fact becomes, and that no bytes do worse than FlightSourceError."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flait.adapters.aeroapi.client import parse_flights
from flait.adapters.aeroapi.records import cleaned, detail, moment, schedule_rows
from flait.core.flights import Flight, Phase, phase
from flait.core.idents import parse_ident
from flait.errors import FlightSourceError
from tests.adapters.aeroapi_bodies import ALBANY, airport, flights, record, row, scheduled


def parsed(*records: Any) -> list[Flight]:
    return parse_flights(json.dumps(flights(*records)).encode())


def only(**changed: Any) -> Flight:
    (flight,) = parsed(record(**changed))
    return flight


def test_a_record_becomes_a_flight() -> None:
    flight = only()
    assert (flight.ident, flight.ident_iata) == ("ZZZ123", "ZZ123")
    assert flight.out.scheduled == datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    assert (flight.origin.code, flight.origin.short, flight.origin.city) == ("KORD", "ORD", "Chicago")
    assert flight.destination is not None
    assert flight.destination.timezone == "America/New_York"
    assert (flight.gate_origin, flight.gate_destination) == ("B12", None)


def test_the_date_is_the_origins_own() -> None:
    assert only().departure_date == date(2026, 3, 1)


def test_codeshares_are_both_lists_together() -> None:
    assert only().codeshares == ("YYY9123", "YY9123")
    assert only(codeshares=None, codeshares_iata=["YY9123", None, " YY9123 "]).codeshares == ("YY9123",)


def test_a_diversion_is_one_flight_that_lands_elsewhere() -> None:
    planned = record(diverted=True, actual_out="2026-03-02T01:30:00Z", actual_off="2026-03-02T01:45:00Z")
    leg = record(destination=ALBANY, actual_on="2026-03-02T04:10:00Z", actual_off="2026-03-02T01:45:00Z")
    (flight,) = parsed(leg, planned)
    assert flight.destination is not None
    assert flight.diverted_to is not None
    assert (flight.destination.short, flight.diverted_to.short) == ("BOS", "ALB")
    assert phase(flight) is Phase.ON


def test_a_false_landing_has_not_landed() -> None:
    off = "2026-03-02T01:45:00Z"
    assert phase(only(status="result unknown", actual_off=off, actual_on=off, progress_percent=100)) is Phase.OFF


def test_a_localised_status_changes_nothing() -> None:
    assert only(status="已到达 / 到达停机位") == only()


def test_trailing_spaces_go() -> None:
    assert only(gate_origin="B12 ", baggage_claim="  ").gate_origin == "B12"
    assert only(gate_origin="B12 ", baggage_claim="  ").baggage_claim is None


def test_a_gate_may_be_a_number() -> None:
    assert only(gate_origin=12).gate_origin == "12"


def test_nulls_and_missing_keys_are_no_fault() -> None:
    bare = dict.fromkeys(record()) | {
        "fa_flight_id": "X-1",
        "ident": "ZZZ1",
        "origin": {"code": "KORD"},
        "scheduled_off": "2026-03-02T01:45:00Z",
    }
    (flight,) = parsed({key: value for key, value in bare.items() if value is not None})
    assert parsed(bare) == [flight]
    assert (flight.destination, flight.cancelled, flight.out.best) == (None, False, None)


def test_unknown_keys_are_ignored() -> None:
    assert only(brand_new={"deep": [1]}) == only()


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        (airport("KORD", "ORD", None), "America/Chicago"),
        (airport("RJTT", "HND", "Nowhere/Nothing"), "Asia/Tokyo"),
        (airport("KORD", None, "../../etc/passwd"), "America/Chicago"),
        (airport("KORD", "", "America"), "America/Chicago"),
        (airport("EGLL", None, "x" * 5000), "Europe/London"),
        (airport("Q??", None, None), "UTC"),
    ],
)
def test_an_airport_without_a_usable_zone_gets_its_own(place: dict[str, Any], zone: str) -> None:
    assert only(origin=place).origin.timezone == zone


@pytest.mark.parametrize(
    "changed",
    [
        {"position_only": True},
        {"type": "General_Aviation"},
        {"fa_flight_id": None},
        {"fa_flight_id": "X-1\x1b[2J"},
        {"fa_flight_id": "X" * 101},
        {"ident": None, "ident_icao": None, "ident_iata": ""},
        {"origin": None},
        {"origin": {"code": " ", "city": "Chicago"}},
        {name: None for name in record() if name.endswith(("_out", "_off"))},
    ],
)
def test_a_record_that_is_no_airline_flight_is_dropped(changed: dict[str, Any]) -> None:
    assert parsed(record(**changed), record()) == parsed(record())
    assert parsed(record(**changed)) == []


@pytest.mark.parametrize(
    "bad",
    [None, 7, "text", [], record(cancelled="yes"), record(ident=5), record(origin="KORD"), record(gate_origin=-1)],
)
def test_a_record_of_the_wrong_type_costs_only_itself(bad: Any) -> None:
    assert parsed(bad, record(), bad) == parsed(record())


def test_nothing_readable_is_not_no_flights() -> None:
    with pytest.raises(FlightSourceError):
        parsed(record(ident=5))


HOSTILE = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'{"flights": null}',
    b'{"flights": {}}',
    b'{"flights": [NaN]}',
    b'{"flights": [',
    b"<html>maintenance</html>",
    b"\xff\xfe\x00",
    b"[" * 200_000,
    b'{"flights":' + b"[" * 200_000,
    b'{"flights": [{"x":' + b"[" * 200_000 + b"}]}",
    b'{"flights": [{"gate_origin": ' + b"9" * 5000 + b"}]}",
    b'{"flights": [{"ident": "\xff"}]}',
    b'{"flights": [{"ident": "\\ud800"}]}',
]


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body[:24]))
def test_hostile_json_is_one_kind_of_error(body: bytes) -> None:
    with pytest.raises(FlightSourceError) as caught:
        parse_flights(body)
    assert caught.value.hint == "Flait tries again"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
times = st.sampled_from(["2026-03-02T01:30:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z", "soon", ""])
mutated = st.dictionaries(st.sampled_from(sorted(record())), json_values | times, max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(mutated.map(lambda changed: record(**changed)) | json_values, max_size=4))
def test_no_record_does_worse_than_an_error(records: list[Any]) -> None:
    try:
        found = parsed(*records)
    except FlightSourceError:
        return
    for flight in found:
        assert 1999 <= flight.departure_date.year <= 2100
        repr(flight).encode()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_do_worse_than_an_error(body: bytes) -> None:
    try:
        found: object = parse_flights(body)
    except FlightSourceError as problem:
        found = problem
    assert isinstance(found, list | FlightSourceError)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_cleaned_text_is_short_and_can_be_shown(text: str) -> None:
    tidy = cleaned(text)
    assert tidy is None or (tidy.isprintable() and 0 < len(tidy) <= 64 and tidy == tidy.strip())


def test_escapes_and_bidi_marks_do_not_reach_a_terminal() -> None:
    assert cleaned("A\x1b[31m1\u202e2\n3\x00 ") == "A[31m12 3"


@pytest.mark.parametrize(
    "text",
    [
        "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+23:59",
        "later",
        "",
        None,
    ],
)
def test_a_moment_of_another_century_is_none(text: str | None) -> None:
    assert moment(text) is None


def test_a_moment_is_utc_whatever_its_offset() -> None:
    assert moment("2026-03-02T01:30:00+02:00") == datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert moment("2026-03-02T01:30:00") == datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def test_schedule_rows_are_the_wanted_flights_with_its_origins_zone() -> None:
    body = json.dumps(scheduled(row(), row(ident="ZZZ123A", ident_icao="ZZZ123A", ident_iata="ZZ123A"))).encode()
    (plain,) = schedule_rows(body, parse_ident("ZZ123"))
    (suffixed,) = schedule_rows(body, parse_ident("ZZZ123A"))
    assert (plain.ident, suffixed.ident) == ("ZZZ123", "ZZZ123A")
    assert plain.departure_date == date(2026, 4, 1)
    assert plain.destination is not None
    assert plain.destination.short == "BOS"


def test_a_codeshares_row_is_the_operating_flight() -> None:
    body = json.dumps(
        scheduled(row(ident="YYY9123", ident_icao="YYY9123", ident_iata="YY9123", actual_ident="ZZZ123"))
    ).encode()
    (flight,) = schedule_rows(body, parse_ident("YY9123"))
    assert flight.ident == "ZZZ123"


@pytest.mark.parametrize(
    "changed",
    [{"origin": None, "origin_icao": None, "origin_iata": None}, {"scheduled_out": None}, {"scheduled_out": 5}],
)
def test_a_schedule_row_without_place_or_time_is_dropped(changed: dict[str, Any]) -> None:
    body = json.dumps(scheduled(row(**changed), row())).encode()
    assert len(schedule_rows(body, parse_ident("ZZ123"))) == 1


def test_an_errors_detail_is_short_and_clean() -> None:
    assert detail(json.dumps({"title": "T", "detail": "bad\x1b start" + "x" * 500}).encode()).startswith("bad startx")
    assert len(detail(json.dumps({"detail": "x" * 500}).encode())) == 200
    assert detail(b"<html>") == ""
    assert detail(b'{"title": "Invalid"}') == "Invalid"


@pytest.mark.parametrize("name", ["C3\nSTOP", "</Message>", "登机口", "A" * 40, "-1", "[red]", "é1234", "Z", "zz 123"])
def test_what_cannot_be_a_number_is_none(name: str) -> None:
    flight = only(ident_iata=name, ident_icao=name, codeshares=[name, "YY9123"], codeshares_iata=None)
    assert (flight.ident, flight.ident_iata, flight.ident_icao, flight.codeshares) == (
        "ZZZ123",
        None,
        None,
        ("YY9123",),
    )
    assert parsed(record(ident=name, ident_iata=name, ident_icao=name)) == []


def test_a_registration_may_stand_for_a_number() -> None:
    assert only(ident="LV-HUM", ident_icao=None, ident_iata=None).ident == "LV-HUM"


@pytest.mark.parametrize("code", ["KORD", "Q??", "L -31.48081 -60.84069", "US-0042"])
def test_a_place_has_a_code_or_is_a_point(code: str) -> None:
    assert only(origin=airport(code, None, "UTC")).origin.code == code


@pytest.mark.parametrize("code", ["<b>", "KO RD", "L 1", "登", "K" * 20, "K\nRD!"])
def test_what_cannot_be_a_code_is_none(code: str) -> None:
    assert only(destination=airport(code, "BOSX", "UTC")).destination is None
    assert parsed(record(origin=airport(code, None, "UTC"))) == []
    assert only(destination=airport(code, "BOS", "UTC")).destination is not None


@pytest.mark.parametrize("gate", ["登机口", "\u200b", "???", "é", "-", "€€"])
def test_a_gate_that_nobody_can_find_is_none(gate: str) -> None:
    flight = only(gate_origin=gate, terminal_origin=gate, gate_destination=gate, baggage_claim=gate)
    assert (flight.gate_origin, flight.terminal_origin, flight.gate_destination, flight.baggage_claim) == (None,) * 4


@pytest.mark.parametrize("year", ["2099-12-31T23:59:59Z", "2000-01-02T00:00:00Z", "2027-03-02T01:30:00Z"])
@pytest.mark.parametrize("field", ["scheduled_out", "estimated_out", "actual_off", "estimated_in"])
def test_a_year_that_is_wrong_is_no_delay(field: str, year: str) -> None:
    event, kind = field.rsplit("_", 1)[1], field.rsplit("_", 1)[0]
    flight = only(**{field: year})
    assert getattr({"out": flight.out, "off": flight.off, "in": flight.in_}[event], kind) is None
    assert flight.departure_date == date(2026, 3, 1)


def test_a_flight_that_is_days_late_is_that_late() -> None:
    assert only(estimated_out="2026-03-05T01:30:00Z").out.late.days == 3
