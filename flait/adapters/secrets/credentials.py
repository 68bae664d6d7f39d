"""Secrets: read from systemd credentials, else from the operating system's keyring; written to the keyring.

Never from an environment variable, an argument or any other file; never into a log, an error or a repr.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

from flait.adapters.secrets.keyrings import Keyring, KeyringFault
from flait.adapters.secrets.names import LONGEST, SecretName
from flait.adapters.secrets.systemd import credential, file_of
from flait.errors import ConfigError, MissingCredential, UserError
from flait.system import redaction
from flait.system.redaction import Secret

__all__ = ["Credentials", "KeyringFault", "Secret", "SecretName", "Stored"]

log = logging.getLogger(__name__)

SYSTEMD = "systemd credentials"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What `flait secrets list` may say of a secret; `problem` is why that could not be found out."""

    name: SecretName
    stored: bool
    backend: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    secret: Secret
    until: float  # monotonic seconds


class Credentials:
    """The secrets, remembered for a while so that neither every text nor every poll asks the keyring."""

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        allow_insecure: bool,
        remembered_for: timedelta = timedelta(seconds=15),
        patience: timedelta = timedelta(seconds=5),
    ) -> None:
        """`remembered_for`: a rotated secret is seen after it; `patience`: the keyring's time. Both in real time."""
        self._env = env
        self._keyring = Keyring(env, allow_insecure=allow_insecure, patience=patience)
        self._remembered_for = remembered_for.total_seconds()
        self._held: dict[SecretName, _Held] = {}
        self.trouble = ""  # why the secrets in use are those read before; empty: they are not
        self._lock = Lock()

    def get(self, name: SecretName, *, fresh: bool = False) -> Secret:
        """The secret; `fresh` asks anew, for one that was refused. Raises MissingCredential.

        A keyring that fails later (locked with the screen, say) leaves the value read before in use.
        """
        with self._lock:
            held = self._held.get(name)
            if held and not fresh and time.monotonic() < held.until:
                return held.secret
            secret = self._read_or_keep(name, None if fresh else held)
            self._held[name] = _Held(secret=secret, until=time.monotonic() + self._remembered_for)
            return secret

    def set(self, name: SecretName, text: str) -> None:
        """Store a secret in the keyring. Raises UserError for a text that is none, ConfigError where it cannot be."""
        try:
            value = _cleaned(text)
        except ValueError as problem:
            raise UserError(f"that is no {name}: it {problem}", "paste the value alone, on one line") from None
        self._refuse_systemd(name)
        redaction.seen.remember(value)
        with self._lock:
            self._keyring.write(name, value)
            self._held.pop(name, None)

    def delete(self, name: SecretName) -> None:
        """Take a secret out of the keyring. Raises NotFound when it is not there, ConfigError where it cannot be."""
        self._refuse_systemd(name)
        with self._lock:
            self._held.pop(name, None)
            self._keyring.delete(name)

    def stored(self) -> list[Stored]:
        """Which secrets are there, and where; a keyring that cannot be used is told, not raised."""
        return [self._whether_stored(name) for name in SecretName]

    def _read_or_keep(self, name: SecretName, held: _Held | None) -> Secret:
        try:
            secret = self._read(name)
        except KeyringFault as problem:
            if held is None:
                raise
            self._tell(f"{problem.message}; the secrets read before stay in use", failing=True)
            return held.secret
        except MissingCredential:
            self._held.pop(name, None)  # it was deleted: no later failure may bring it back
            raise
        self._tell("the keyring answers again", failing=False)
        return secret

    def _tell(self, message: str, *, failing: bool) -> None:
        """Once when the keyring begins to fail, once when it is back."""
        if failing != bool(self.trouble):
            log.log(logging.WARNING if failing else logging.INFO, "%s", message)
        self.trouble = message if failing else ""

    def _read(self, name: SecretName) -> Secret:
        text = credential(self._env, name)
        if text is None:
            text = self._keyring.read(name)
        if text is None:
            raise MissingCredential(f"the secret {name} is not stored", f"run `flait secrets set {name}`")
        try:
            value = _cleaned(text)
        except ValueError as problem:
            raise MissingCredential(f"the stored {name} {problem}", f"run `flait secrets set {name}`") from None
        redaction.seen.remember(value)
        return Secret(value)

    def _refuse_systemd(self, name: SecretName) -> None:
        if file_of(self._env, name):
            raise ConfigError(
                f"{name} is a systemd credential, which Flait can only read",
                "change it in the unit (LoadCredentialEncrypted=) and restart the service",
            )

    def _whether_stored(self, name: SecretName) -> Stored:
        if file_of(self._env, name):
            return self._whether_handed_over(name)
        try:
            return Stored(name=name, stored=self._keyring.read(name) is not None, backend=self._keyring.asked)
        except MissingCredential as problem:
            return Stored(name=name, stored=False, backend=self._keyring.asked, problem=str(problem))

    def _whether_handed_over(self, name: SecretName) -> Stored:
        try:
            self._read(name)
        except MissingCredential as problem:
            return Stored(name=name, stored=False, backend=SYSTEMD, problem=str(problem))
        return Stored(name=name, stored=True, backend=SYSTEMD)


def _cleaned(text: str) -> str:
    """The value without the line's end. ValueError says what is wrong with it, to follow its name."""
    value = text.strip()
    if not value:
        raise ValueError("is empty")
    if len(value) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    if not (value.isascii() and value.isprintable()):
        raise ValueError("holds something else than printable ASCII characters")
    return value
