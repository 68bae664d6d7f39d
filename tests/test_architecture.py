"""The laws of the house, read off the source: who may import whom, how long a thing may be, what nobody may write."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from scripts import house
from scripts.steps import steps

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "flait").rglob("*.py"))
CORE = [path for path in SOURCES if path.is_relative_to(ROOT / "flait" / "core")]


def named(path: Path) -> str:
    """`flait.core.flights`; a package goes by its own name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {named(path): path for path in SOURCES}
every_module = pytest.mark.parametrize("path", SOURCES, ids=named)
every_core_module = pytest.mark.parametrize("path", CORE, ids=named)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(node: ast.AST) -> list[str]:
    """The modules one statement imports; `from flait import settings` is flait.settings."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports name their module in full"
        inside = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in MODULES else str(node.module) for name in inside]
    return []


@cache
def imports(path: Path) -> set[str]:
    """Every module imported anywhere in the file."""
    return {name for node in ast.walk(tree(path)) for name in imported(node)}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


# Rooms


DOORS = {"cli", "daemon", "running", "web", "commands", "__main__"}
STORE = {"store", "schema"}
ROOMS = {"core", "flows", "adapters", "sandbox", "app"}


def room(module: str) -> str:
    """Which room a module stands in; what carries the house (errors, clock, settings …) is the ground."""
    first = module.removeprefix("flait").removeprefix(".").split(".")[0]
    if first in ROOMS:
        return first
    return "doors" if first in DOORS else "store" if first in STORE else "ground"


MAY_IMPORT = {
    "ground": {"ground", "core"},
    "core": {"core", "ground"},
    "store": {"store", "core", "ground"},
    "flows": {"flows", "store", "core", "ground"},
    "adapters": {"adapters", "core", "ground", "flows"},
    "app": {"adapters", "flows", "store", "core", "ground"},
    "doors": {"doors", "app", "flows", "store", "core", "ground", "adapters", "sandbox"},
    "sandbox": {"sandbox", "core", "ground"},
}
NARROWER = {  # of that room, this alone
    ("core", "ground"): {"flait.errors"},
    ("adapters", "flows"): {"flait.flows.ports"},
    ("doors", "adapters"): {"flait.adapters.secrets.credentials"},
    ("doors", "sandbox"): {"flait.sandbox.run"},
}


@every_module
def test_a_room_is_entered_only_by_those_who_may(path: Path) -> None:
    here = room(named(path))
    for module in sorted(name for name in imports(path) if name.split(".")[0] == "flait"):
        there = room(module)
        assert there in MAY_IMPORT[here], f"{here} may not import {module}"
        assert module in NARROWER.get((here, there), {module}), f"{here} may not import {module}"


def test_the_store_is_handed_the_time() -> None:
    assert not [path for path in SOURCES if room(named(path)) == "store" and "flait.clock" in imports(path)]


VENDORS = {
    "sqlite3": ("flait.store", "flait.schema"),
    "pysqlite3": ("flait.store", "flait.schema"),
    "sqlite_utils": ("flait.store", "flait.schema"),
    "httpx": ("flait.adapters",),
    "twilio": ("flait.adapters.twilio",),
    "keyring": ("flait.adapters.secrets",),
    "apscheduler": ("flait.running.runs", "flait.running.metronome"),
    "typer": ("flait.cli", "flait.commands"),
    "rich": ("flait.cli", "flait.commands"),
}


@every_module
def test_every_vendor_is_talked_to_in_one_place(path: Path) -> None:
    for vendor in VENDORS.keys() & {name.split(".")[0] for name in imports(path)}:
        assert named(path).startswith(VENDORS[vendor]), f"{vendor} is not for {named(path)}"


@every_module
def test_one_provider_knows_nothing_of_the_other(path: Path) -> None:
    providers = ("flait.adapters.aeroapi", "flait.adapters.twilio", "flait.adapters.secrets")
    mine = next((provider for provider in providers if named(path).startswith(provider)), None)
    if mine:
        others = tuple(provider for provider in providers if provider != mine)
        assert not [module for module in imports(path) if module.startswith(others)]


PLAYGROUND = {"flait.commands.demo", "flait.commands.playing"}
ON_DEMAND = "flait.commands.demo"  # itself imported by `flait demo` alone, and only when it runs


@every_module
def test_the_sandbox_is_entered_by_its_commands_alone_and_on_demand(path: Path) -> None:
    if room(named(path)) == "sandbox":
        return
    entering = {module for module in imports(path) if room(module) == "sandbox"}
    assert not entering or named(path) in PLAYGROUND
    at_once = {name for node in tree(path).body for name in imported(node)}
    assert ON_DEMAND not in at_once
    assert not at_once & entering or named(path) == ON_DEMAND


# The drawing


DRAWN = re.compile(r"([a-z_]+)(\.py|/)")


def drawn() -> set[str]:
    """The modules in the tree of docs/architecture.md, in full; a folder stands before what is in it."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("```\nflait/\n")[2]
    found, folders = set(), {0: "flait"}
    for line in text.partition("```")[0].splitlines():
        depth = len(line) - len(line.lstrip("│├└─ "))
        at = max(place for place in folders if place < depth)
        for name, end in DRAWN.findall(line):
            if end == "/":
                folders = {place: each for place, each in folders.items() if place < depth} | {
                    depth: f"{folders[at]}.{name}"
                }
                at = depth
            else:
                found.add(f"{folders[at]}.{name}")
    return found


def test_the_tree_in_the_documentation_is_the_house() -> None:
    apart = ("flait.schema.", "flait.sandbox.")  # migrations have numbers; the sandbox draws itself
    there = {named(path) for path in SOURCES if path.name != "__init__.py"}
    assert drawn() == {module for module in there if not module.startswith(apart)}


def test_what_track_crosses_is_as_the_record_says(tmp_path: Path) -> None:
    way, called = steps(tmp_path)
    record = (ROOT / "docs/decisions/0036-what-track-crosses.md").read_text(encoding="utf-8")

    for what, found in (("between the claimed text and the stored subscription", way), ("called in all", called)):
        assert f"| {what} | {len(found)} | {len({file for file, _ in found})} |" in record


def test_the_figures_in_the_documentation_are_those_of_the_house() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    figures = house.figures()
    assert [
        f"| {what} | {value} | {most} |"
        for what, value, most in figures
        if f"| {what} | {value} | {most} |" not in text
    ] == []
    assert [what for what, value, most in figures if float(value) > float(most)] == []


@every_module
def test_no_import_comes_back_to_its_beginning(path: Path) -> None:
    reached: set[str] = set()
    ahead = imports(path) & MODULES.keys()
    while ahead:
        reached |= ahead
        ahead = {module for here in ahead for module in imports(MODULES[here])} & MODULES.keys() - reached
    assert named(path) not in reached


# Core


STANDARD = {
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "itertools",
    "math",
    "re",
    "shlex",
    "typing",
    "unicodedata",
    "zoneinfo",
}
ORDER = (
    {"idents", "messages", "numbers", "prices"},
    {"flights", "dates", "receipts"},
    {"polling", "subscriptions", "told"},
    {"changes"},
    {"alerts", "texts.formats"},
    {"texts.wording"},
    {"texts.alerts"},
)
"""Imports inside core go from a later row to an earlier one, never within a row; modules not named come last."""


@every_core_module
def test_core_imports_nothing_that_acts(path: Path) -> None:
    outside = {module for module in imports(path) if not module.startswith("flait.")}

    assert {module.split(".")[0] for module in outside} <= STANDARD | {"msgspec"}  # what values are made of


@every_core_module
def test_imports_inside_core_point_one_way(path: Path) -> None:
    rank = {f"flait.core.{name}": index for index, row in enumerate(ORDER) for name in row}
    mine = rank.get(named(path), len(ORDER))
    later = [module for module in imports(path) if rank.get(module, -1) >= mine]

    assert not later, f"{named(path)} comes before {later}"


# Sizes


@every_module
def test_a_module_is_at_most_four_hundred_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@every_module
def test_a_function_is_at_most_forty_lines(path: Path) -> None:
    long = [node.name for node in functions(path) if (node.end_lineno or node.lineno) - node.lineno + 1 > 40]

    assert not long


# Words that nobody may write


WALL_CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.sleep",
}  # fmt: skip


READS_THEM = {
    "flait.clock",
    "flait.running.metronome",  # APScheduler keeps the machine's time, and is woken in it
}


@every_module
def test_only_the_clock_reads_the_machines_time(path: Path) -> None:
    if named(path) in READS_THEM:
        return
    read = {ast.unparse(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    taken = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert not [text for text in read | taken if ".".join(text.split(".")[-2:]) in WALL_CLOCKS]


@every_module
def test_transactions_begin_immediate(path: Path) -> None:
    """sqlite-utils' own atomic() begins deferred: a reader that then writes fails at once, whatever the time-out."""
    assert not [call for call in calls(path) if isinstance(call.func, ast.Attribute) and call.func.attr == "atomic"]


@every_module
def test_no_shell_and_no_unchecked_certificate(path: Path) -> None:
    for call in calls(path):
        given = {word.arg: word.value for word in call.keywords}
        assert not _is(given.get("shell"), True), f"shell=True in line {call.lineno}"
        assert not _is(given.get("verify"), False), f"verify=False in line {call.lineno}"


def _is(value: ast.expr | None, constant: bool) -> bool:
    return isinstance(value, ast.Constant) and value.value is constant


DELETES_FOLDERS = {"rmtree", "removedirs", "rmdir"}
DELETES_FILES = {"unlink", "os.remove", "os.truncate"}
MAY_DELETE = {  # module → what it deletes: files that it made itself, and that nobody can mistake for the database
    "flait.system.paths": "the draft of a file that is replaced whole",
    "flait.web.webhook": "run/webhook.json",
    "flait.sandbox.run": "the sandbox's address",
    "flait.flows.backup": "its own backups, when there are enough",
    "flait.store.backup": "drafts of backups",
    "flait.store.mark": "the mark of a database that begins, or is set aside",
    "flait.store.filesystem": "the draft on which a file system is tried",
}
SETS_ASIDE = "Path(f'{database}{suffix}').unlink()"
"""What SQLite left beside a database: it goes only after it was given a second name, and never the file itself."""


def deletions(path: Path, names: set[str]) -> list[str]:
    """The calls of these, by their last word or in full."""
    heads = {ast.unparse(call): ast.unparse(call.func) for call in calls(path)}
    return [text for text, head in heads.items() if {head, head.rsplit(".", 1)[-1]} & names]


@every_module
def test_nothing_deletes_a_folder(path: Path) -> None:
    """Not the data folder, nor any other. (`flait demo` plays in a temporary one, which Python takes away.)"""
    assert not deletions(path, DELETES_FOLDERS)
    assert "shutil" not in imports(path)
    assert "TemporaryDirectory" not in path.read_text(encoding="utf-8") or named(path) == ON_DEMAND


@every_module
def test_a_file_is_deleted_by_whom_it_belongs_to_and_never_the_database(path: Path) -> None:
    found = deletions(path, DELETES_FILES)
    assert not found or named(path) in MAY_DELETE
    assert not [text for text in found if "database" in text and text != SETS_ASIDE]


def test_the_law_would_notice_a_deletion(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text("Path(f'{x}').unlink(missing_ok=True)\nos.remove(a(b.c))\nnames.remove(x)\nshutil.rmtree(y)\n")
    assert len(deletions(file, DELETES_FILES)) == 2
    assert len(deletions(file, DELETES_FOLDERS)) == 1


RUNS_SQL = {"execute", "executemany", "executescript", "query", "rows_where", "count_where", "delete_where", "pks_and_rows_where"}  # fmt: skip


@every_module
def test_sql_is_never_put_together_with_values(path: Path) -> None:
    """Values go in as parameters; an upper-case constant of ours may stand in the text, and pragmas take no others."""
    for call in calls(path):
        if isinstance(call.func, ast.Attribute) and call.func.attr in RUNS_SQL and call.args:
            assert _is_fixed(call.args[0]), f"SQL is put together in line {call.lineno}"
    for text in ast.walk(tree(path)):
        if isinstance(text, ast.JoinedStr) and room(named(path)) == "store" and SQL.match(ast.unparse(text)):
            assert _is_fixed(text), f"SQL is put together in line {text.lineno}"


SQL = re.compile(r"""f['"]+\s*(select|insert|update|delete|create|alter|drop|replace|with)\s""", re.IGNORECASE)


def _is_fixed(text: ast.expr) -> bool:
    if isinstance(text, ast.JoinedStr):
        if isinstance(text.values[0], ast.Constant) and str(text.values[0].value).startswith("PRAGMA "):
            return True
        filled_in = [part.value for part in text.values if isinstance(part, ast.FormattedValue)]
        return all(isinstance(value, ast.Name) and value.id.isupper() for value in filled_in)
    return not isinstance(text, ast.BinOp) and not (isinstance(text, ast.Call) and _formats(text))


def _formats(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in {"format", "format_map", "join", "replace"}
