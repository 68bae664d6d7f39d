"""The operating system's keyring, through the library keyring, which reads PYTHON_KEYRING_BACKEND and keyringrc.cfg.

Which keyring counts is decided in `_backends`. Nothing of what a backend says is repeated: it may be a secret.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from flait.adapters.secrets.names import SERVICE, SecretName
from flait.errors import MissingCredential, NotFound
from flait.system.terminal import left_as_it_was

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

NO_BACKEND = "none"
# Backends that encrypt, and ask the system or a person for the key; a class named Plaintext never counts.
ENCRYPTED = (
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
    "keyrings.cryptfile",
    "keyring_pass",
)
EMPTY = ("keyring.backends.fail", "keyring.backends.null")
REMEDIES = (
    "unlock or install a system keyring (gnome-keyring with lingering enabled), or hand the secret over as a systemd "
    "credential (`flait help operating` shows how), or choose a backend with PYTHON_KEYRING_BACKEND; "
    "then run `flait secrets set {name}`"
)

CHOOSE_ENCRYPTED = (
    "choose one that encrypts, or allow it with --allow-insecure-keyring or `flait config set secrets.allow_insecure "
    "true`; then run `flait secrets set {name}`"
)


class KeyringFault(MissingCredential):
    """The keyring gave no answer, which is not the answer that there is no such secret."""


class Keyring:
    """The operating system's keyring: every call in a thread of its own, for an unlocking prompt may never end."""

    def __init__(self, env: Mapping[str, str], *, allow_insecure: bool, patience: timedelta) -> None:
        self._env = env
        self._allow_insecure = allow_insecure
        self._patience = patience.total_seconds()
        self._last: Future[Any] | None = None
        self.asked = NO_BACKEND

    def read(self, name: SecretName) -> str | None:
        """The stored text of the first backend that has one."""

        def first(backends: "list[KeyringBackend]") -> str | None:
            for backend in backends:
                self.asked = _name(backend)
                if (text := backend.get_password(SERVICE, name.value)) is not None:
                    return text
            self.asked = _name(backends[0])
            return None

        return self._ask(name, first)

    def write(self, name: SecretName, value: str) -> None:
        """Store in the best backend."""
        self._ask(name, lambda backends: backends[0].set_password(SERVICE, name.value, value))

    def delete(self, name: SecretName) -> None:
        """Delete wherever it is; raises NotFound when that is nowhere."""

        def everywhere(backends: "list[KeyringBackend]") -> int:
            having = [backend for backend in backends if backend.get_password(SERVICE, name.value) is not None]
            for backend in having:
                backend.delete_password(SERVICE, name.value)
            return len(having)

        if not self._ask(name, everywhere):
            raise NotFound(f"the secret {name} is not stored", "`flait secrets list` shows what is")

    def _ask(self, name: SecretName, question: "Callable[[list[KeyringBackend]], T]") -> T:
        """The answer; or one error that names the backend, and repeats nothing of what the backend said."""
        _find_session_bus(self._env)
        import keyring.core  # noqa: F401 — here, so that its quarter of a second is not taken from the patience

        with left_as_it_was():  # cryptfile, for one, asks on the terminal for its password
            future = self._started(lambda: question(self._backends()))
            problem = _problem(future, self._patience)
        if problem is None:
            return future.result()
        # Raised out here, where no `except` makes the backend's own exception the context of ours.
        raise self._explained(problem, name)

    def _started(self, call: Callable[[], T]) -> "Future[T]":
        """The call, under way; behind one that hangs none is made, or each retry would leave a thread behind."""
        future: Future[T] = Future()
        if self._last and not self._last.done():
            future.set_exception(TimeoutError())
            return future
        self._last, self.asked = future, NO_BACKEND
        Thread(target=_run, args=(call, future), name="keyring", daemon=True).start()
        return future

    def _backends(self) -> "list[KeyringBackend]":
        """What the operator chose, else the system's own that encrypt, best first. Raises KeyringFault for none."""
        from keyring.backends.chainer import ChainerBackend

        chosen = _chosen()
        if chosen is None:
            found = _of_the_system()
        else:
            self.asked = _name(chosen)
            found = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
        found = [backend for backend in found if not _name(backend).startswith(EMPTY)]
        usable = [backend for backend in found if self._allow_insecure or not _is_plaintext(type(backend))]
        if found and not usable:
            raise KeyringFault(f"the keyring backend {_name(found[0])} stores plain text", CHOOSE_ENCRYPTED)
        if not usable:
            raise KeyringFault("there is no usable keyring", REMEDIES)
        self.asked = _name(usable[0])
        return usable

    def _explained(self, problem: BaseException, name: SecretName) -> MissingCredential:
        from keyring.errors import KeyringLocked, NoKeyringError

        which = "the keyring" if self.asked == NO_BACKEND else f"the keyring {self.asked}"
        unlock = f"unlock it and try again; `flait secrets set {name}` stores the secret"
        if isinstance(problem, KeyringFault):
            return KeyringFault(problem.message, problem.hint.format(name=name))
        if isinstance(problem, TimeoutError):
            return KeyringFault(f"{which} did not answer within {self._patience:g} s", unlock)
        if isinstance(problem, KeyringLocked):
            return KeyringFault(f"{which} is locked", unlock)
        if isinstance(problem, NoKeyringError):
            return KeyringFault("there is no usable keyring", REMEDIES.format(name=name))
        return KeyringFault(
            f"{which} failed with {type(problem).__name__}", f"mend it, then run `flait secrets set {name}`"
        )


def _run(call: Callable[[], T], future: "Future[T]") -> None:
    try:
        future.set_result(call())
    except BaseException as problem:  # noqa: BLE001 — a backend may raise anything; the asking thread translates it
        future.set_exception(problem)


def _problem(future: "Future[T]", patience: float) -> BaseException | None:
    try:
        return future.exception(timeout=patience)
    except TimeoutError as late:
        return late


def _chosen() -> "KeyringBackend | None":
    """The backend that PYTHON_KEYRING_BACKEND or keyringrc.cfg names."""
    from keyring import core

    try:
        return core.load_env() or core.load_config()
    except Exception as problem:  # noqa: BLE001 — any module can be named there, and may raise anything
        raise KeyringFault(
            f"the keyring backend that PYTHON_KEYRING_BACKEND or keyringrc.cfg names cannot be used here "
            f"({type(problem).__name__})",
            "correct or unset it; {name} is still to be stored with `flait secrets set {name}`",
        ) from None


def _of_the_system() -> "list[KeyringBackend]":
    from keyring.backend import KeyringBackend, by_priority, get_all_keyring

    get_all_keyring()  # for its loading of plug-ins; what it says is from its first call, and keyrings start later
    viable = [cls for cls in KeyringBackend.get_viable_backends() if _encrypts(cls)]
    return sorted((cls() for cls in viable), key=by_priority, reverse=True)


def _encrypts(cls: type[object]) -> bool:
    return cls.__module__.startswith(ENCRYPTED) and not _is_plaintext(cls)


def _is_plaintext(cls: type[object]) -> bool:
    """Whether its name or a parent's says so. A backend of keyrings.alt is one unless it claims to encrypt."""
    if cls.__module__.startswith("keyrings.alt") and "Encrypted" not in cls.__name__:
        return True
    return any("plain" in each.__name__.lower() for each in cls.__mro__)


def _name(backend: object) -> str:
    """The name that PYTHON_KEYRING_BACKEND takes."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _find_session_bus(env: Mapping[str, str]) -> None:
    """Under cron the user's bus runs, but the variable is not set, and keyring looks nowhere else."""
    if os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return
    bus = Path(env.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}", "bus")
    with suppress(OSError):
        if bus.is_socket():
            os.environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={quote(str(bus))}"
