"""Bad usage of the command line, in Flait's own words: what is wrong, then what to do."""

import re
from collections.abc import Sequence

from typer import _click as click  # Typer's own copy: its errors are how bad usage is told

from flait.errors import UserError

_WORDS = tuple(
    (re.compile(pattern), what, hint)
    for pattern, what, hint in (
        # what Typer says                                        what is said              and what to do
        (r"No such command '(.+?)'\. Did you mean (.+)\?", "there is no command '{0}'", "did you mean {1}?"),
        (r"No such command '(.+?)'", "there is no command '{0}'", ""),
        (r"No such option: (\S+) \(Possible options: (.+)\)", "there is no option {0}", "did you mean {1}?"),
        (r"No such option: (\S+)", "there is no option {0}", ""),
        (r"Option '(.+)' requires an argument", "{0} wants a value", ""),
        (r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)", "too many words: {0}", "quote what has blanks"),
        (r"Invalid value for '(.+?)': '(.+)' is not a valid \w+(?: range)?", "'{1}' is no number", "{0} takes one"),
        (r"Invalid value for '(.+?)': (\S+) is not in the range x>=(.+)", "{0} {1} is too little", "{2} is the least"),
        (r"Invalid value for '(.+?)': (\S+) is not in the range (.+)<=x<=(.+)", "{0} cannot be {1}", "{2} to {3} can"),
        (r"Invalid value for '.+?': (.+)", "{0}", ""),
        (r"Missing argument '(.+)'", "an argument is missing: {0}", ""),
    )
)  # fmt: skip

SHORT_NAME = re.compile(r"'-\w' / '")  # as Typer names an option that has two: '-n' / '--lines'


def misused(problem: click.exceptions.ClickException, argv: Sequence[str], groups: Sequence[str]) -> UserError:
    """The error to tell. Its hint ends with where the usage is told: of the command meant, else of all."""
    said = SHORT_NAME.sub("'", " ".join(problem.format_message().split()).rstrip("."))
    where = _where(problem, argv, groups)
    for pattern, what, hint in _WORDS:
        found = pattern.fullmatch(said)
        if found:
            return UserError(what.format(*found.groups()), _joined(hint.format(*found.groups()), where))
    return UserError(said, where)


def _joined(hint: str, where: str) -> str:
    if hint.endswith("?"):
        return f"{hint.replace(', ', ' or ')} {where[0].upper()}{where[1:]}"
    return f"{hint}; {where}" if hint else where


def _where(problem: click.exceptions.ClickException, argv: Sequence[str], groups: Sequence[str]) -> str:
    context = getattr(problem, "ctx", None)
    command = context.command_path if context is not None else ""
    if command in ("", "flait"):
        asked = next((word for word in argv if not word.startswith("-")), "")
        command = f"flait {asked}" if asked in groups else ""
    return f"see `{command} --help`" if command else "`flait --help` lists the commands"
