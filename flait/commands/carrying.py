"""Who sends what was queued, and carries on what waits: said as it is, so that nobody waits for a text in vain."""

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from flait.commands import session
from flait.errors import ConfigError

if TYPE_CHECKING:
    from flait.app import App

FROM_CRON = timedelta(minutes=5)  # after a pass so long ago at most the next one is expected


class Carrier(StrEnum):
    """Who does the work."""

    DAEMON = "the daemon"
    CRON = "the next `flait tick`"
    NOBODY = "nobody"


_SENDS = {
    Carrier.DAEMON: "is on its way",
    Carrier.CRON: "goes out with the next `flait tick`",
    Carrier.NOBODY: "waits: no daemon runs, and `flait daemon start` sends it",
}
_CARRIES = {
    Carrier.DAEMON: "the daemon carries it on",
    Carrier.CRON: "the next `flait tick` after that carries it on",
    Carrier.NOBODY: "no daemon runs, and `flait daemon start` carries it on",
}


def carrier() -> Carrier:
    """Who does it as things stand: the daemon's lock says, or a pass that was made a short while ago."""
    from flait.running.pulse import word
    from flait.system.lock import daemon_of

    app = session.app()
    if daemon_of(app.paths.database):
        return Carrier.DAEMON
    said = word(app.paths.run_dir)
    by_pass = said is not None and not said.lasting
    return Carrier.CRON if said and by_pass and app.clock.now() - said.at <= FROM_CRON else Carrier.NOBODY


def sends() -> str:
    """What becomes of a text that was just queued, to follow `A text`; and why it cannot be sent, if so."""
    problem = _no_sender(session.app())
    return _SENDS[carrier()] + (f". Nothing can be sent yet: {problem}" if problem else "")


def carries() -> str:
    """Who carries a wish on, as a sentence."""
    return _CARRIES[carrier()]


def _no_sender(app: "App") -> str:
    try:
        app.require_sender()
    except ConfigError as problem:
        return str(problem)
    return ""


def missing(app: "App") -> Iterator[str]:
    """What a daemon wants for its work and has not: a sentence for each cause."""
    causes: dict[str, list[str]] = {}
    for what, cause in _missing(app):
        causes.setdefault(cause, []).append(what)
    yield from (f"{', and '.join(whats)}: {cause}" for cause, whats in causes.items())


def _missing(app: "App") -> Iterator[tuple[str, str]]:
    """What cannot be done, and why."""
    from flait.adapters.secrets.credentials import SecretName

    problem = _no_sender(app)
    if problem:
        yield "no text can be sent", problem
    stored = {each.name: each for each in app.credentials.stored()}
    sending = SecretName.TWILIO_API_KEY_SECRET if app.settings.twilio.api_key_sid else SecretName.TWILIO_AUTH_TOKEN
    for name, what in (
        (SecretName.FLIGHTAWARE_API_KEY, "no flight can be looked up"),
        (sending, "no text can be sent"),
    ):
        secret = stored[name]
        if secret.problem:
            yield what, secret.problem.partition("; then run")[0]
        elif not secret.stored:
            yield what, f"{name} is not stored; run `flait secrets set {name}`"
