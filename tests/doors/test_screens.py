"""What people see: every table at 80, 40 and 20 columns, with what the next command needs; local time, and words."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flait.commands.tables import wide_of
from flait.core.flights import Airport, Times
from flait.core.subscriptions import Role
from flait.core.values import replace
from flait.store import Step, Store
from tests.doors.command_line import ROOT, CommandLine
from tests.store.samples import DAY, HOUR, MINUTE, NOW, active, flight, message, pending, user

NAME = "Ana María Fernández-Whittaker"
LAST_NAME = "Fernández-Whittaker"
PHONE = "+447700900123"
BOS = Airport(code="KBOS", code_iata="BOS", city="Boston", timezone="America/New_York")
LIST = "1 UA123 Fri8 SFO-JFK 10:45 late 45m\n2 US2116 Fri8 BOS-JFK 07:00 on time\nReply STATUS 1, UNTRACK 2 or MUTE 1."
SID = "SM15872d53b95c4d758db59bae69f8b0ad"


@pytest.fixture
def busy(flait: CommandLine, store: Store) -> CommandLine:
    """A day like any: people with real names, flights late and over, texts, a backup."""
    ana = store.add_user(user(1, name=NAME, phone=PHONE, timezone="Europe/London", role=Role.MEETER))
    ben = store.add_user(user(2, name="Ben O'Connor"))
    leaves, lands = NOW + 6 * HOUR, NOW + 12 * HOUR
    late = store.track(
        flight(
            out=Times(scheduled=leaves, estimated=leaves + 45 * MINUTE),
            in_=Times(scheduled=lands, estimated=lands + 45 * MINUTE),
            gate_origin="F12",
            terminal_origin="3",
        ),
        next_poll_at=NOW + 15 * MINUTE,
        now=NOW,
    )
    airborne = flight(
        2116,
        fa_flight_id="AWE2116-1362600000-schedule-0001",
        ident="AWE2116",
        ident_icao="AWE2116",
        ident_iata="US2116",
        origin=BOS,
        out=Times(scheduled=NOW - 3 * HOUR, actual=NOW - 3 * HOUR),
        off=Times(actual=NOW - 170 * MINUTE),
        on=Times(actual=NOW - 10 * MINUTE),
        in_=Times(scheduled=NOW),
    )
    landed = store.track(airborne, next_poll_at=NOW + 10 * MINUTE, now=NOW)
    for person, row in ((ana, late), (ben, late), (ben, landed)):
        store.add_subscription(active(person.id, row, ident=row.flight.number, role=person.role))
    store.add_subscription(
        replace(
            pending(ana.id, ident="BA286", departure_date=(NOW + 20 * DAY).date(), origin="SFO", destination="LHR"),
            reason="waits for live data, 2 days before departure",
        )
    )
    store.enqueue(message(ben.id, "list", kind="reply", body=LIST, to=ben.phone))
    store.enqueue(message(ben.id, "took off", flight_id=landed.id, subscription_id=3, to=ben.phone))
    store.enqueue(message(ana.id, "late", flight_id=late.id, subscription_id=1, to=PHONE, kind="delay_first"))
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed
    store.mark_accepted(claimed.id, attempt=1, sid=SID, now=NOW)
    store.record(
        Step(at=NOW, flight_id=landed.id, step="poll", outcome="seen", duration_ms=120, detail="changed, told arrived"),
        Step(at=NOW, message_id=claimed.id, step="send", outcome="accepted", attempt=1, detail=SID),
    )
    store.book("2013-03", "flights", flight=late.fa_flight_id, result_sets=3, micro_usd=15_000, now=NOW)
    store.book("2013-03", "flights", flight="UA123", result_sets=1, micro_usd=5_000, now=NOW)
    store.book("2013-03", "usage", result_sets=1, micro_usd=0, now=NOW)
    flait("backup", "create")
    return flait


TABLES = {  # the command → what the next one needs, or what one came for
    "messages": ["3", "1", LAST_NAME, "Ben", "accepted", "queued", "12:00:00 UTC", "UNTRACK"],
    "flights": ["UA123", "US2116", "Fri 8 Mar", "10:45 PST", "DELAYED", "LANDED"],
    "board": ["UA123", "US2116", "10:45 PST", "JFK", "LANDED"],
    "user list": [LAST_NAME, PHONE, "Ben O'Connor", "+15555550102"],
    "subscriptions": ["1", "4", "UA123", "BA286", "Thu 28 Mar", LAST_NAME, "pending"],
    "trace msg:1": ["12:00:00 UTC", "msg:1", "send", "accepted", SID],
    "trace US2116": ["12:00:00 UTC", "US2116", "poll", "told"],
    "backup list": ["flait-20130308-120000Z.db"],
    "status": ["start`", "$0.0200"],
    "status US2116": ["US2116 Fri 8 Mar", "landed", "BOS-JFK"],
    "usage": ["UA123", "Fri 8 Mar", "0.0200", "usd", "messages"],
    f"user show {PHONE}": [PHONE, LAST_NAME],
    "messages show 1": [SID, "UNTRACK"],
    "secrets list": ["flightaware-api-key", "missing"],
    "config show": ["flightaware.monthly_budget_usd", "5.0", "https://aeroapi.flightaware.com/aeroapi"],
    "config show --origin": ["flightaware.monthly_budget_usd", "5.0", "default"],
    "paths": ["database"],
    "prune --dry-run": ["sightings"],
    "help": ["operating"],
    "sandbox flights --day 2013-03-09": ["EST", "cancelled"],
}


@pytest.mark.parametrize("line", TABLES)
def test_a_table_holds_what_is_needed_at_80_40_and_20_columns(busy: CommandLine, line: str) -> None:
    for width in (80, 40, 20):
        busy.env |= {"COLUMNS": str(width), "TERM": "dumb"}
        done = busy(*line.split(), *(["--once"] if line == "board" else []), on_terminal=True)

        assert done.code == (4 if line == "status" else 0)
        assert not [needed for needed in TABLES[line] if needed not in " ".join(done.out.split())], done.out
        for shown in done.out.splitlines():
            unbroken = len(shown.split()) == 1 or line == "paths"  # a folder's name may have blanks
            assert unbroken or wide_of(shown.rstrip()) <= width, done.out


def test_line_breaks_are_line_breaks_on_a_screen_and_slashes_in_a_pipe(busy: CommandLine) -> None:
    busy.env["TERM"] = "dumb"

    assert [line for line in busy("messages", on_terminal=True).out.splitlines() if "Reply STATUS" in line]
    assert busy("messages").table[-1][-1] == LIST.replace("\n", " / ")
    assert busy("messages", "--json").json["messages"][-1]["body"] == LIST


def test_a_flight_is_called_by_the_number_on_the_booking(busy: CommandLine) -> None:
    for line in ("messages", "trace US2116", "flights", "subscriptions", "board", "usage", "messages show 2"):
        assert "AWE" not in busy(*line.split()).out, line
    assert [row[3] for row in busy("messages").table] == ["UA123", "US2116", ""]


def test_a_flight_found_by_its_number_and_then_watched_is_one_row_of_the_bill(busy: CommandLine) -> None:
    assert busy("usage").table[1:3] == [
        ["flight", "UA123 2013-03-08", "4", "0.0200", "", ""],
        ["other", "account, push alerts", "1", "0.0000", "", ""],
    ]


def test_a_number_that_is_several_flights_stands_by_itself_in_the_bill(busy: CommandLine, store: Store) -> None:
    later = replace(flight(), fa_flight_id="UAL123-9", out=Times(scheduled=NOW + 30 * HOUR))
    store.track(later, next_poll_at=NOW, now=NOW)
    store.book("2013-03", "flights", flight="UAL123-9", result_sets=1, micro_usd=5_000, now=NOW)
    store.book("2013-03", "flights", flight="UAL123-an-earlier-id", result_sets=1, micro_usd=5_000, now=NOW)

    rows = {row[1]: row[2] for row in busy("usage").table if row[0] == "flight"}
    assert rows == {"UA123 2013-03-08": "3", "UA123 2013-03-09": "1", "UA123": "1", "UAL123": "1"}


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch, flait: CommandLine) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    flait.env |= {"TZ": "Europe/Berlin", "TERM": "dumb"}
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
def test_people_read_their_own_clock_and_scripts_iso(busy: CommandLine, store: Store) -> None:
    store.enqueue(message(1, "old", created_at=NOW - 100 * DAY, expires_at=NOW - 99 * DAY))

    seen = busy("messages", on_terminal=True).out
    assert "8 Mar 13:00:00 CET" in seen
    assert "28 Nov 2012 13:00:00 CET" in seen
    assert busy("messages").table[0][1] == "2012-11-28T12:00:00Z"
    assert "8 Mar 13:15:00 CET" in busy("status", "UA123", on_terminal=True).out
    assert "13:00:00" in busy("backup", "list", on_terminal=True).out
    assert busy("backup", "list").table[0][1] == "2013-03-08T12:00:00Z"
    assert "Fri 8 Mar" in busy("flights", on_terminal=True).out
    assert busy("flights").table[0][2] == "2013-03-08"


def test_people_read_words_and_scripts_aeroapis_phases(busy: CommandLine) -> None:
    busy.env["TERM"] = "dumb"

    assert ["phase", "landed"] in map(str.split, busy("status", "US2116", on_terminal=True).out.splitlines())
    facts = {what: state for _flight, what, state in busy("status", "US2116").table}
    assert facts["phase"] == "on"
    assert busy("status", "US2116", "--json").json["flights"][0]["phase"] == "on"


def test_what_is_not_known_is_left_out_for_people_and_empty_for_scripts(busy: CommandLine) -> None:
    assert "baggage" not in busy("status", "US2116", on_terminal=True).out
    assert ["US2116 2013-03-08", "baggage belt", ""] in busy("status", "US2116").table


DOCS = sorted((ROOT / "docs").glob("*.md"))
FIRST_CELL = re.compile(r"^\| `([a-z][a-z_.-]+)` \|", re.MULTILINE)


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.stem)
def test_a_page_of_the_documentation_is_read_whole_on_any_screen(flait: CommandLine, page: Path) -> None:
    keys = FIRST_CELL.findall(page.read_text(encoding="utf-8"))
    for width in (80, 40, 20):
        flait.env |= {"COLUMNS": str(width), "TERM": "dumb"}
        done = flait("help", page.stem, on_terminal=True)

        assert (done.code, done.err) == (0, "")
        assert not [key for key in keys if key not in done.out]
