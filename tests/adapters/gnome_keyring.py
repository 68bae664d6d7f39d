"""A real keyring for a test: D-Bus and gnome-keyring, with a home of their own; nothing of the machine's is touched."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from jeepney import DBusAddress, Properties, new_method_call
from jeepney.bus_messages import DBus
from jeepney.io.blocking import open_dbus_connection

PROGRAMS: Final = ("dbus-run-session", "dbus-daemon", "gnome-keyring-daemon")


def _runs(program: str) -> bool:
    """It has a capability, which some containers keep it from: then it is there and does not start."""
    try:
        return subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except OSError:
        return False


MISSING: Final = [program for program in PROGRAMS if not _runs(program)]
PASSWORD: Final = "invented"
SERVICE: Final = "org.freedesktop.secrets"
PATIENCE: Final = 60.0  # seconds, real


class GnomeKeyring:
    """A session bus with a secret service on it; `env` leads a process there. `at_runtime_dir`: as a user's bus is."""

    def __init__(self, home: Path, *, at_runtime_dir: bool = False) -> None:
        self._runtime_dir = Path(tempfile.mkdtemp(prefix="flait-"))  # a socket's path is short
        self.env = {"HOME": str(home), "XDG_RUNTIME_DIR": str(self._runtime_dir), "LC_ALL": "C.UTF-8"}
        self._bus = self._started_bus(at_runtime_dir)
        assert self._bus.stdout
        self._address = self._bus.stdout.readline().strip()
        if not at_runtime_dir:
            self.env["DBUS_SESSION_BUS_ADDRESS"] = self._address
        self._daemon: subprocess.Popen[str] | None = None

    def _started_bus(self, at_runtime_dir: bool) -> subprocess.Popen[str]:
        """Says its address first, and ends with its standard input, or by a signal."""
        if at_runtime_dir:
            command = ["dbus-daemon", "--session", "--nofork", "--print-address"]
            command.append(f"--address=unix:path={self._runtime_dir}/bus")
        else:
            command = ["dbus-run-session", "--", "sh", "-c", 'echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat']
        return subprocess.Popen(
            command,
            env=self._whole_env(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # of its limits
            text=True,
        )

    def _whole_env(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), **self.env}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if "DBUS_SESSION_BUS_ADDRESS" not in self.env:
            self._bus.terminate()
        self._bus.communicate(timeout=PATIENCE)
        shutil.rmtree(self._runtime_dir, ignore_errors=True)

    def start(self, *, unlocked: bool) -> None:
        """Until it answers. Without `unlocked` nobody has given its password."""
        command = ["gnome-keyring-daemon", "--foreground", "--components=secrets", *(["--unlock"] * unlocked)]
        self._daemon = subprocess.Popen(
            command,
            env={**self._whole_env(), "DBUS_SESSION_BUS_ADDRESS": self._address},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # of prompts that it has nobody to show to
            text=True,
        )
        assert self._daemon.stdin
        self._daemon.stdin.write(PASSWORD if unlocked else "")
        self._daemon.stdin.close()
        self._wait_for_service()

    def lock(self) -> None:
        """What is kept can be had only with the password again, as when the screen locks."""
        with open_dbus_connection(self._address) as bus:
            service = DBusAddress("/org/freedesktop/secrets", SERVICE, "org.freedesktop.Secret.Service")
            collections = bus.send_and_get_reply(Properties(service).get("Collections")).body[0][1]
            bus.send_and_get_reply(new_method_call(service, "Lock", "ao", (collections,)))

    def stop(self) -> None:
        """It answers nobody any more."""
        assert self._daemon
        self._daemon.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """It answers again."""
        assert self._daemon
        self._daemon.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """It is gone."""
        if self._daemon:
            self._daemon.kill()
            self._daemon.wait(PATIENCE)
            self._daemon = None

    def _wait_for_service(self) -> None:
        deadline = time.monotonic() + PATIENCE
        with open_dbus_connection(self._address) as bus:
            while not bus.send_and_get_reply(DBus().NameHasOwner(SERVICE)).body[0]:
                assert time.monotonic() < deadline, "gnome-keyring-daemon does not come up"
                threading.Event().wait(0.01)
