"""`flait help`: the pages of documentation that come with Flait, and what they say of one command."""

import re
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flait.commands.output import console, laid, print_table, say, screen_width
from flait.commands.tables import Column

if TYPE_CHECKING:
    from rich.text import Text

Topic = Annotated[list[str] | None, typer.Argument(help="A page, like operating, or a command, like daemon start.")]
COMMANDS = "commands"
DECISIONS = "decisions"
BESIDE = ("README.md", "CHANGELOG.md")
CELLS = re.compile(r"(?<!\\)\|")
LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
HEADING = re.compile(r"^### `flait ([^`]+)`$", re.MULTILINE)


def add_to(root: typer.Typer) -> None:
    """Register the command."""
    root.command("help")(show)


def show(topic: Topic = None) -> None:
    """Read the documentation: one page, what it says of one command, or a list of the pages. `flait help operating`"""
    pages = _pages()
    if not topic:
        rows = [(name, _title(page)) for name, page in pages.items() if page.parent.name != DECISIONS]
        print_table((Column(name="page"), Column(name="about", under=True)), rows)
        say("`flait help operating` shows that page, `flait help daemon start` what stands there of a command,")
        say("`flait help 7` a decision and what it costs.")
        return
    words = [word.lower().removesuffix(".md") for word in " ".join(topic).split()]
    _print(_page(pages, words) or _of_command(pages, words))


def _pages() -> dict[str, Path]:
    """The pages by name. Installed, they stand in the package; in a checkout, beside it."""
    here = Path(__file__).parents[1]
    folder = here / "docs"
    if not folder.is_dir():
        folder = here.parent / "docs"
    beside = [page for name in BESIDE if (page := folder.parent / name).is_file()]  # in the package they stand in docs
    found = {
        page.stem.lower(): page for page in sorted([*folder.glob("*.md"), *beside], key=lambda page: page.stem.lower())
    }
    return found | {page.stem: page for page in sorted((folder / DECISIONS).glob("*.md"))}


def _title(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")


def _page(pages: dict[str, Path], words: Sequence[str]) -> str | None:
    """The page of that name; a decision by its number will do."""
    name = "-".join(words).removeprefix("docs/").removeprefix("decisions/").partition("#")[0]
    by_number = [page for stem, page in pages.items() if name.isdigit() and stem.startswith(f"{int(name):04}-")]
    page = pages.get(name) or next(iter(by_number), None)
    return page.read_text(encoding="utf-8") if page else None


def _of_command(pages: dict[str, Path], words: Sequence[str]) -> str:
    """What the page of commands says of it. Raises NotFound."""
    from flait.core.idents import shown
    from flait.errors import NotFound

    text = pages[COMMANDS].read_text(encoding="utf-8") if COMMANDS in pages else ""
    asked = [word for word in words if word != "flait"]
    sections = re.split(r"^(?=#{2,3} )", text, flags=re.MULTILINE)
    of_it = [section for section in sections if asked and _names(section)[: len(asked)] == asked]
    if not of_it:
        hint = _meant(" ".join(asked), [*pages, *(" ".join(_names(section)) for section in sections)])
        raise NotFound(f"there is no page or command {shown(' '.join(words))}", f"{hint}`flait help` lists the pages")
    return "\n".join(of_it)


def _meant(asked: str, known: Sequence[str]) -> str:
    """`did you mean …? `, where something is near to it; else nothing."""
    from difflib import get_close_matches

    near = get_close_matches(asked, [name for name in known if name], n=1)
    return f"did you mean `flait help {near[0]}`? " if near else ""


def _names(section: str) -> list[str]:
    """The words of the command that a section is about."""
    heading = HEADING.match(section)
    return re.findall(r"(?<![A-Z\[])\b[a-z]+\b", heading[1]) if heading else []


def _print(text: str) -> None:
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        return
    from rich.markdown import Markdown

    for is_table, lines in groupby(text.splitlines(), lambda line: line.startswith("|")):
        if is_table:
            console().print("\n", _table(list(lines)), sep="", soft_wrap=True)
        else:
            console().print(Markdown("\n".join(lines)))


def _table(lines: Sequence[str]) -> "Text":
    """A table of the page on this screen: whole, the last column under each row where there is no room beside it."""
    heading, _, *rows = [[_bare(cell) for cell in CELLS.split(line.strip().strip("|"))] for line in lines]
    *names, last = heading
    columns = [
        *(Column(name=name, breaks=number > 0) for number, name in enumerate(names)),
        Column(name=last, under=True),
    ]
    return laid(columns, rows, screen_width())


def _bare(cell: str) -> str:
    """Without the marks of Markdown."""
    return LINK.sub(r"\1", cell.strip()).replace("`", "").replace("**", "").replace("\\|", "|")
