"""What every command of one run shares: the App, the global options, and where output goes."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flait.app import App


@dataclass
class Session:
    """The global options of one run of `flait`."""

    verbose: int = 0
    quiet: bool = False
    no_color: bool = False
    yes: bool = False
    allow_insecure_keyring: bool = False
    argv: list[str] = field(default_factory=list)

    @cached_property
    def app(self) -> "App":
        """The wiring, made when first asked for."""
        from flait.app import App

        return App(flags={"secrets.allow_insecure": True if self.allow_insecure_keyring else None})


current = Session()
"""The session of this process; `flait.cli.run` replaces its options before a command runs."""


def begin(session: Session) -> None:
    """Make `session` the one that commands see."""
    global current  # noqa: PLW0603  # one run per process; Typer's callbacks have no other way to share it
    current = session


def app() -> "App":
    """The running command's wiring."""
    return current.app
