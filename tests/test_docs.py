"""The documentation agrees with the program: commands, options, settings, alerts, exit codes, links and examples."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any, get_args

import pytest
import typer

from flait.app import App
from flait.cli import INTERRUPTED, application
from flait.core import polling
from flait.core.changes import ChangeKind
from flait.core.flights import Flight, ScheduledFlight, Times
from flait.core.holds import CAPS, CONFIRM_BIG, CONFIRM_SMALL, COOLDOWN, PLANES
from flait.core.messages import Message, MessageKind, MessageStatus
from flait.core.milestones import MILESTONES
from flait.core.preferences import NO_WISHES, Wishes
from flait.core.priorities import RULES
from flait.core.replies.understanding import Reply, understand
from flait.core.subscriptions import Role
from flait.core.texts.confirmations import pending_text, tracked_text
from flait.core.texts.formats import Reader
from flait.core.texts.wording import failed_text
from flait.core.values import replace
from flait.core.whatsapp import variables
from flait.daemon import Daemon
from flait.errors import FlaitError
from flait.settings import AT_START, TABLE
from tests.core.flights_for_tests import (
    F12,
    IN,
    LAX,
    NOON,
    OFF,
    ON,
    OUT,
    PIT,
    Heard,
    Listener,
    at_gate,
    diverted,
    hours,
    inbound_flight,
    late,
    leaving,
    left_gate,
    minutes,
    onward,
    plane,
    planned,
    rescheduled,
    took_off,
    touched_down,
    utc,
    with_plane,
)

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
SAVED_NOT_FINISHED = 3
DONE = 0
ANSWERED_BY_HTTP = {"forged", "malformed"}  # codes that no command ends with


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def table_rows(text: str) -> list[list[str]]:
    """The cells of every table row, headings and rules left out."""
    rows = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if not set("".join(row)) <= set("- ")]


# --- commands ---------------------------------------------------------------------------------------------------


def walk(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that can be run, with its full name."""
    children = getattr(command, "commands", {})
    if words and (not children or command.invoke_without_command):
        yield " ".join(words), command
    for name, child in children.items():
        yield from walk(child, (*words, name))


COMMANDS: Mapping[str, Any] = dict(walk(typer.main.get_command(application())))
GROUPS = {" ".join(name.split()[:-1]) for name in COMMANDS if " " in name}


def command_sections() -> dict[str, str]:
    """What docs/commands.md says of each command, by the words in lower case of its heading."""
    sections: dict[str, str] = {}
    for section in re.split(r"^#{2,3} ", page("docs/commands.md"), flags=re.MULTILINE)[1:]:
        heading = re.match(r"`flait ((?:[a-z]+ ?)+)", section)
        if heading:
            sections[heading[1].strip()] = section
    return sections


def option_names(command: Any) -> list[str]:
    return [name for option in command.params for name in option.opts if name.startswith("--") and name != "--help"]


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    assert set(command_sections()) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    assert COMMANDS[name].help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_documented_and_every_documented_option_exists(name: str) -> None:
    rows = table_rows(command_sections()[name])
    documented = [option for row in rows for option in re.findall(r"`(--[a-z-]+)`", row[0])]

    assert sorted(documented) == sorted(option_names(COMMANDS[name]))


def code_of(text: str) -> Iterator[str]:
    """What is set as code: spans, fenced and indented blocks."""
    yield from re.findall(r"^ {4,}\S.*$", text, flags=re.MULTILINE)
    blocks = re.split(r"^```.*$", text, flags=re.MULTILINE)
    yield from (line for block in blocks[1::2] for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", "".join(blocks[::2]))


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_page_shows_a_command_that_does_not_exist(file: Path) -> None:
    shown = [
        found for code in code_of(file.read_text(encoding="utf-8")) for found in re.findall(r"^ *flait (.+)", code)
    ]

    for line in shown:
        group, *rest = line.split()
        name = f"{group} {rest[0]}" if group in GROUPS and rest and rest[0].isalpha() else group
        assert name.startswith("-") or name == "COMMAND" or name in COMMANDS or name in GROUPS, line


# --- exit codes -------------------------------------------------------------------------------------------------


def error_classes(base: type[FlaitError] = FlaitError) -> Iterator[type[FlaitError]]:
    yield base
    for child in base.__subclasses__():
        if child.__module__ == "flait.errors":
            yield from error_classes(child)


def test_the_exit_codes_agree_with_the_errors() -> None:
    rows = table_rows(page("docs/commands.md").partition("## Exit codes")[2].partition("\n## ")[0])
    documented = {int(row[0]): set(re.findall(r"`([a-z_]+)`", row[2])) for row in rows[1:]}
    expected: dict[int, set[str]] = {DONE: set(), SAVED_NOT_FINISHED: set(), INTERRUPTED: set()}
    for error in error_classes():
        expected.setdefault(error.exit_code, set()).update({error.code} - ANSWERED_BY_HTTP)

    assert documented == expected


# --- settings ---------------------------------------------------------------------------------------------------


NOTHING = "\N{EN DASH}"


def written(default: object) -> str:
    if default == "":
        return NOTHING
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_every_setting_is_documented_with_its_default_and_what_is_allowed() -> None:
    rows = [row for row in table_rows(page("docs/settings.md")) if len(row) == 4 and row[0] != "key"]

    documented = {row[0]: (row[1], row[2]) for row in rows}

    assert documented == {f"`{key}`": (written(row.default), row.rule.allowed) for key, row in TABLE.items()}


def test_the_settings_that_want_a_restart_are_named() -> None:
    line = next(line for line in page("docs/settings.md").splitlines() if line.startswith("- A running daemon"))

    assert re.findall(r"`([a-z]+\.[a-z_]+)`", line) == list(AT_START)


# --- ticks ------------------------------------------------------------------------------------------------------


def test_the_ticks_are_listed_in_one_place_as_they_are(tmp_path: Path) -> None:
    rows = table_rows(page("docs/architecture.md").partition("## The ticks")[2].partition("\n## ")[0])[1:]
    documented = {name: row[1] for row in rows for name in re.findall(r"\*([a-z0-9-]+)\*", row[0])}
    app = App(env={"FLAIT_HOME": str(tmp_path), "FLAIT_FLIGHTAWARE_PUSH": "true"})
    ticks = Daemon(app, Event()).ticks()

    assert documented == {tick.name: _every(tick.every.total_seconds()) for tick in ticks} | {"push": "1 min"}


def _every(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else span(seconds / 60)


# --- how soon one is told ---------------------------------------------------------------------------------------

LOOKS = [
    *(every for _, every in polling.BEFORE_DEPARTURE),
    polling.TAXIING_OUT,
    *(every for _, every in polling.IN_THE_AIR),
    polling.TAXIING_IN,
    polling.AT_THE_GATE,
]


def test_how_soon_one_is_told_is_what_the_looks_come_to() -> None:
    rows = table_rows(page("docs/timing.md"))[1:]

    for row, every in zip(rows, LOOKS, strict=True):
        looked = every * 11 / 10 + minutes(1)  # a tenth late at most, and a minute until it is at Twilio
        assert row[1:] == [told(every), told(looked + CONFIRM_BIG, 5), told(looked + CONFIRM_SMALL, 5)], row[0]


def told(after: timedelta, step: int = 1) -> str:
    """`3 h 20`, rounded up to whole steps of minutes."""
    whole = -(-after // minutes(step)) * step
    if whole < 60:
        return f"{whole} min"
    return f"{whole // 60} h" + (f" {whole % 60:02}" if whole % 60 else "")


# --- alerts -----------------------------------------------------------------------------------------------------

INBOUND = replace(F12, gate_destination="C91", terminal_destination="C", baggage_claim="6")
FLYING = took_off(replace(INBOUND, baggage_claim=None), OFF + minutes(6))
MOVED = replace(F12, gate_origin="C3", terminal_origin="1")
CANCELLED = replace(F12, cancelled=True)
ELSEWHERE = at_gate(diverted(PIT))
ONWARD = replace(late(hours(7), planned()), origin=PIT, via=("PIT",))
K = ChangeKind

# kind → what was told, what two polls then show, when, and to whom
EXAMPLES: Mapping[ChangeKind, tuple[Flight, Flight, Any, Role]] = {
    K.CANCELLED: (F12, CANCELLED, NOON, Role.TRAVELER),
    K.REINSTATED: (CANCELLED, F12, NOON, Role.TRAVELER),
    K.CONN_MISSED: (F12, late(minutes(110)), NOON, Role.TRAVELER),
    K.ONWARD: (ELSEWHERE, ONWARD, ON - hours(2), Role.TRAVELER),
    K.DIVERTED: (F12, diverted(), ON - minutes(20), Role.TRAVELER),
    K.UNDIVERTED: (diverted(), took_off(), ON - minutes(20), Role.MEETER),
    K.REROUTED: (F12, replace(F12, destination=PIT), NOON, Role.TRAVELER),
    K.ENDS: (ELSEWHERE, ELSEWHERE, IN + hours(8), Role.TRAVELER),
    K.WITHDRAWN: (took_off(), late(minutes(45)), OFF + minutes(5), Role.MEETER),
    K.ARRIVED: (touched_down(), at_gate(INBOUND), ON + minutes(8), Role.MEETER),
    K.LANDED: (took_off(), touched_down(INBOUND), ON + minutes(2), Role.TRAVELER),
    K.DEPARTED: (F12, FLYING, OFF + minutes(15), Role.WATCHER),
    K.RETURNED: (left_gate(), replace(late(minutes(150)), returned=OUT), OUT + minutes(20), Role.TRAVELER),
    K.CONN_TIGHT: (F12, late(minutes(45)), NOON, Role.TRAVELER),
    K.EARLIER: (F12, leaving(minutes(-20)), NOON, Role.TRAVELER),
    K.SCHEDULE_CHANGE: (F12, rescheduled(hours(-2)), OUT - hours(30), Role.TRAVELER),
    K.DELAY_MORE: (late(minutes(45)), late(minutes(110)), NOON, Role.TRAVELER),
    K.DELAY_FIRST: (F12, late(minutes(45)), NOON, Role.TRAVELER),
    K.DELAY_LESS: (late(minutes(110)), late(minutes(20)), NOON, Role.TRAVELER),
    K.ON_TIME: (late(minutes(45)), late(minutes(0)), NOON, Role.TRAVELER),
    K.CONN_OK: (F12, F12, NOON, Role.TRAVELER),
    K.INBOUND_LATE: (with_plane(F12), with_plane(F12), NOON, Role.TRAVELER),
    K.INBOUND_SWAP: (with_plane(F12), replace(F12, inbound_fa_flight_id="UAL812"), NOON, Role.TRAVELER),
    K.INBOUND_HERE: (with_plane(F12), with_plane(F12), OUT - minutes(60), Role.TRAVELER),
    K.GATE_CHANGE: (F12, MOVED, NOON, Role.TRAVELER),
    K.TERMINAL_CHANGE: (planned(terminal_origin="3"), planned(terminal_origin="1"), NOON, Role.TRAVELER),
    K.LEAVE: (F12, F12, OUT - hours(3), Role.TRAVELER),
    K.BOARDING: (F12, F12, OUT - minutes(45), Role.TRAVELER),
    K.MEET: (FLYING, FLYING, IN - minutes(45), Role.MEETER),
    K.CHECKIN: (F12, F12, OUT - hours(24), Role.TRAVELER),
    K.GATE_FIRST: (planned(), F12, NOON, Role.TRAVELER),
    K.TERMINAL_FIRST: (planned(), planned(terminal_origin="3"), NOON, Role.TRAVELER),
    K.ARRIVAL_GATE: (FLYING, replace(FLYING, gate_destination="C95"), ON - minutes(30), Role.MEETER),
    K.BELT: (
        touched_down(INBOUND), touched_down(replace(INBOUND, baggage_claim="4")), ON + minutes(9), Role.TRAVELER,
    ),
    K.CORRECTED: (took_off(), took_off(at=OFF + minutes(25)), OFF + minutes(30), Role.MEETER),
    K.TAXIING: (F12, left_gate(), OUT + hours(1), Role.MEETER),
    K.STALE: (F12, F12, OUT + hours(2), Role.TRAVELER),
    K.FRESH: (F12, left_gate(at=OUT + hours(2)), OUT + hours(2) + minutes(15), Role.TRAVELER),
}  # fmt: skip


def alert_rows() -> dict[str, list[str]]:
    return {row[0].strip("`"): row for row in table_rows(page("docs/alerts.md")) if re.fullmatch("P[0-3]", row[1])}


def span(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes < 60 else f"{minutes / 60:.0f} h"


def test_every_kind_of_alert_has_its_row_and_no_other() -> None:
    assert list(alert_rows()) == [kind.value for kind in ChangeKind]


@pytest.mark.parametrize("kind", ChangeKind)
def test_the_row_of_an_alert_says_its_priority_who_hears_it_and_how_long_it_is_useful(kind: ChangeKind) -> None:
    priority, roles, useful = RULES[kind]
    hears = ", ".join(role for role in Role if role in roles)

    assert alert_rows()[kind][1:4] == [priority.name, hears, span(useful.total_seconds() / 60)]


BRINGS = {
    K.INBOUND_LATE: inbound_flight(minutes(70)),
    K.INBOUND_SWAP: inbound_flight(
        fa_flight_id="UAL812", ident="UAL812", ident_iata="UA812", origin=LAX, in_=Times(scheduled=OUT - minutes(90))
    ),
    K.INBOUND_HERE: touched_down(inbound_flight(), OUT - minutes(68)),
}


def example(kind: ChangeKind) -> Heard:
    told, seen, now, role = EXAMPLES[kind]
    wishes = Wishes(since=now - hours(3)) if kind in MILESTONES else NO_WISHES
    listener = Listener(role=role, wishes=wishes).subscribed(told, now - hours(3))
    if kind in (K.CONN_MISSED, K.CONN_TIGHT, K.CONN_OK):
        listener.onward = onward(minutes(95) if kind is K.CONN_OK else minutes(88))
    if kind is K.CONN_OK:  # they were told that it was at risk
        listener.texts[0].tells = {**listener.texts[0].tells, "connection": "2 at_risk"}
    if kind in PLANES:
        listener.plane = plane(flight=BRINGS[kind])
    if kind in (K.INBOUND_SWAP, K.INBOUND_HERE):  # they were told that it was late
        late_one, expected = inbound_flight(), OUT + minutes(45)
        said = f"{late_one.ident} {late_one.fa_flight_id} {expected.isoformat()}"
        listener.texts[0].tells = {**listener.texts[0].tells, "plane": said}
    if kind is K.FRESH:
        listener.polled(told, now - minutes(15))  # there was no report for two hours, and that was said
    listener.seen = seen

    heard = listener.polled(seen, now)

    assert heard is not None
    return heard


@pytest.mark.parametrize("kind", ChangeKind)
def test_the_example_of_an_alert_is_what_flait_says(kind: ChangeKind) -> None:
    heard = example(kind)

    assert (heard.kind, heard.body) == (kind, alert_rows()[kind][4])


SUNDAY = ScheduledFlight(
    ident="UA1234", origin=F12.origin, destination=F12.destination, scheduled_out=utc("2026-06-14 21:10")
)
READER = Reader(ident="UA1234", now=NOON)
CONFIRMATIONS = {
    "tracked": tracked_text(F12, READER),
    "pending": pending_text(SUNDAY, "UA1234"),
    "failed": failed_text("UA1234", "Sun 14 Jun", "no UA1234 is scheduled to leave on Sun 14 Jun"),
}


def test_the_rules_that_make_news_wait_are_told_with_their_numbers() -> None:
    [calm] = re.findall(r"^\*\*Calm\.\*\* (.*)", page("docs/alerts.md"), flags=re.MULTILINE)
    (_, gates), (_, times), (_, connections), (_, planes) = COOLDOWN
    (hour, in_an_hour, _), (day, in_a_day, rest) = CAPS

    assert (
        f"next about gates waits {told(gates)}; about times, {told(times)}; about a connection, {told(connections)};"
        f" about a late plane, {told(planes)}." in calm
    )
    assert f"At most {in_an_hour} texts an hour for each flight and person; after {in_a_day} within a day" in calm
    assert "within a day, one in two hours." in calm
    assert (hour, day, rest) == (hours(1), timedelta(days=1), hours(2))
    assert f"does not count towards the {in_a_day}." in calm


@pytest.mark.parametrize("kind", [*ChangeKind, *CONFIRMATIONS])
def test_the_guide_to_templates_shows_what_is_new_in_every_kind_of_text(kind: str) -> None:
    text = CONFIRMATIONS[kind] if kind in CONFIRMATIONS else example(ChangeKind(kind)).text
    samples, guide = (
        {row[0].strip("`"): row[-1] for row in reversed(table_rows(page(name)))}  # a kind's first row
        for name in ("docs/alerts.md", "docs/whatsapp.md")
    )
    assert text is not None
    message = Message(
        user_id=1, to="+15555550100", kind=MessageKind(kind), body=text.body, structure=text.structure, dedup_key="x",
        created_at=NOON, not_before=NOON, expires_at=NOON,
    )  # fmt: skip

    assert text.body == samples[kind]
    assert variables(message, None, READER).what == guide[kind]


# --- when no text came, and what people are asked ---------------------------------------------------------------


def test_every_status_of_a_text_is_explained_where_none_came() -> None:
    rows = table_rows(page("docs/no-text.md"))
    explained = {status for row in rows[1:] for status in re.findall(r"`([a-z_]+)`", row[0])}

    assert explained == set(MessageStatus)


def test_the_samples_for_carriers_are_texts_that_flait_sends() -> None:
    samples = [
        row[1]
        for row in table_rows(page("docs/consent.md"))
        if row[0] in ("opt-in confirmation", "sample 1", "sample 2")
    ]

    assert len(samples) == 3
    assert all(sample in page("docs/alerts.md") for sample in samples)


# --- answers ----------------------------------------------------------------------------------------------------


def meant_by(spans: str) -> set[type]:
    return {type(understand(text)) for text in re.findall(r"`([^`]+)`", spans)}


def test_every_kind_of_reply_has_its_row_or_is_listed_as_never_answered() -> None:
    replies = page("docs/replies.md")
    answered = meant_by("".join(row[0] for row in table_rows(replies)))
    never = meant_by(replies.partition("## Never answered")[2].partition("\n## ")[0])

    assert answered | never == set(get_args(Reply))


# --- the repository ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_readme_names_the_two_commands_and_the_makefile_has_them(target: str) -> None:
    assert f"make {target}" in page("README.md")
    assert re.search(rf"^{target}:", page("Makefile"), flags=re.MULTILINE)


def test_the_makefile_is_short() -> None:
    assert len(page("Makefile").splitlines()) <= 36


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_relative_link_resolves(file: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]

    assert [target for target in targets if target and not (file.parent / target).exists()] == []


WRITTEN_HERE = ("flait", "tests", "docs", "scripts", ".ci")
SUFFIXES = frozenset({".py", ".md", ".toml", ".csv", ".txt", ""})
A_MACHINE = re.compile(rb"(?<![\w.~])/(?:work|shared|home|Users|root)/\w")


def files_of_the_repository() -> Iterator[Path]:
    for place in (ROOT.glob("*"), *((ROOT / folder).rglob("*") for folder in WRITTEN_HERE)):
        yield from (file for file in place if file.is_file() and file.suffix in SUFFIXES)


def test_every_file_that_contributing_names_is_there() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Looking to add")[2].partition("## ")[0]
    names = re.findall(r"`([a-z_/]+(?:\.(?:py|md|tsv)|/))`", table)
    assert len(names) > 20
    assert [name for name in names if not (ROOT / name).exists() and not (ROOT / "flait" / name).exists()] == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    assert [file for file in files_of_the_repository() if A_MACHINE.search(file.read_bytes())] == []
