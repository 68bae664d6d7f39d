"""Where Flait keeps things, and that nobody else may read them: folders 0700, files 0600.

Decides the places (everything under FLAIT_HOME, else the platform's own folders) and makes them private.
Asking for the places makes nothing; what a file says is its owner's business.
"""

import errno
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from flait.errors import ConfigError

CHOOSE_A_HOME = "set FLAIT_HOME to a folder that is yours, or mend its owner and mode"
FOR_OTHERS = 0o077
WRITTEN_BY_OTHERS = 0o022
A_LINK = (errno.ELOOP, errno.EMLINK)  # what O_NOFOLLOW says of one
MARK = "-mark"  # how far the file had come: see store/mark.py
BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file, and takes for that file's


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """The places. `data_dir` holds the database and the backups."""

    config_file: Path
    data_dir: Path
    database: Path
    backups_dir: Path
    log_dir: Path
    run_dir: Path


def paths_from(env: Mapping[str, str]) -> Paths:
    """The places that FLAIT_HOME names, else the platform's (which reads XDG_* from the process's own environment)."""
    home = env.get("FLAIT_HOME", "")
    return _under(_absolute(home)) if home else _of_the_platform()


def make_private(folder: Path) -> Path:
    """Make `folder` with its parents, 0700, or tighten it to that; raises ConfigError when it cannot be Flait's own."""
    try:
        _make_folder(folder)
        _refuse_shared(folder)
        _tighten(folder, 0o700)
    except OSError as problem:
        raise _unusable("folder", folder, problem) from problem
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise ConfigError(f"the folder {folder} cannot be written", CHOOSE_A_HOME)
    return folder


def state_of(path: Path) -> os.stat_result | None:
    """What stands there, asked once: `exists()` and then anything else meets what others did in between. None: nothing.

    A link that leads nowhere is nothing. Raises OSError where it cannot be told.
    """
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def is_same(one: Path, other: Path) -> bool:
    """Whether both are there, and one file."""
    found = state_of(one), state_of(other)
    return found[0] is not None and found[1] is not None and os.path.samestat(found[0], found[1])


def read_regular(file: Path, most: int) -> tuple[bytes, os.stat_result]:
    """The first bytes of a file, and what it is, of one and the same. Raises OSError: at once, also for a pipe."""
    handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is not a file")
        with os.fdopen(handle, "rb", closefd=False) as content:
            return content.read(most), found
    finally:
        os.close(handle)


def open_private(file: Path, flags: int) -> int:
    """A descriptor of `file`, which is made (empty, 0600) unless it is there, and is Flait's own from then on.

    What is asked is asked of the open file, so nobody can put another in its place meanwhile. Raises ConfigError: a
    link (whoever made it chose what Flait writes over), a pipe, another user's file, or no folder.
    """
    try:
        handle = os.open(file, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as problem:
        if problem.errno in A_LINK:
            raise ConfigError(f"the file {file} is a link", "look where it leads, and delete it") from problem
        raise _unusable("file", file, problem) from problem
    try:
        _refuse_foreign(file, os.fstat(handle))
        if os.fstat(handle).st_mode & FOR_OTHERS:
            os.fchmod(handle, 0o600)
    except OSError as problem:
        os.close(handle)
        raise _unusable("file", file, problem) from problem
    except ConfigError:
        os.close(handle)
        raise
    return handle


def close_to_others(paths: Paths) -> None:
    """Tighten what is there of Flait's own to 0700 and 0600: copied or unpacked, it may have come open to all.

    Raises ConfigError for what belongs to another user, who could open it again.
    """
    for folder in (paths.backups_dir, paths.log_dir, paths.run_dir):
        if folder.is_dir():
            make_private(folder)
            _close(_files_in(folder))
    close_database(paths.database)


def close_database(database: Path) -> None:
    """The same for the database and what is kept beside it. Raises ConfigError."""
    _close(database.with_name(database.name + suffix) for suffix in ("", *BESIDE, MARK))


def refuse_written_by_others(file: Path, state: os.stat_result) -> None:
    """Raise ConfigError for a file that decides where secrets are sent, and that somebody else can change.

    Never mended: whoever could write there may have done so already. Root may own it. `state` is the open file's.
    """
    folder = file.resolve().parent
    for place, found in ((file, state), (folder, folder.stat())):
        if found.st_uid not in (os.geteuid(), 0):
            raise ConfigError(f"{place} belongs to another user", "look at what it says, and make it your own")
        is_folder = stat.S_ISDIR(found.st_mode)
        if found.st_mode & WRITTEN_BY_OTHERS and not (is_folder and found.st_mode & stat.S_ISVTX):
            mode = "700" if is_folder else "600"
            raise ConfigError(
                f"{place} can be written by other users of this machine",
                f"look at what {file.name} says, then run `chmod {mode} '{place}'`",
            )


def write_private(file: Path, text: str) -> None:
    """Replace `file` whole, 0600: a reader, or a crash, sees the old text or the new. Raises ConfigError.

    A link is replaced, not followed.
    """
    make_private(file.parent)
    try:
        _replace(file, text.encode())
    except OSError as problem:
        raise _unusable("file", file, problem) from problem


def _under(home: Path) -> Paths:
    return Paths(
        config_file=home / "config.toml",
        data_dir=home,
        database=home / "flait.db",
        backups_dir=home / "backups",
        log_dir=home / "log",
        run_dir=home / "run",
    )


def _of_the_platform() -> Paths:
    import warnings

    from platformdirs import PlatformDirs

    places = PlatformDirs("flait", appauthor=False)
    try:
        with warnings.catch_warnings(action="ignore"):  # under cron it warns that XDG_RUNTIME_DIR is not set
            run_dir = places.user_runtime_path
    except OSError as problem:
        raise _unusable("folder for run-time files", Path(str(problem.filename or "")), problem) from problem
    return Paths(
        config_file=places.user_config_path / "config.toml",
        data_dir=places.user_data_path,
        database=places.user_data_path / "flait.db",
        backups_dir=places.user_data_path / "backups",
        log_dir=places.user_state_path / "log",
        run_dir=run_dir,
    )


def _absolute(home: str) -> Path:
    try:
        return Path(home).expanduser().absolute()
    except RuntimeError as problem:
        raise ConfigError("FLAIT_HOME starts with a ~ that stands for no one", "write the whole path") from problem


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _refuse_shared(folder: Path) -> None:
    """A folder of another user, /tmp or / can never be tightened to be Flait's own."""
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise ConfigError(f"the folder {folder} belongs to another user", CHOOSE_A_HOME)
    if found.st_mode & stat.S_ISVTX or folder.parent == folder:
        raise ConfigError(f"the folder {folder} is shared with other users", CHOOSE_A_HOME)


def _refuse_foreign(file: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{file} is not a file", CHOOSE_A_HOME)
    if found.st_uid != os.geteuid():
        raise ConfigError(f"the file {file} belongs to another user", CHOOSE_A_HOME)


def _tighten(path: Path, mode: int) -> None:
    if path.stat().st_mode & FOR_OTHERS:
        path.chmod(mode)


def _files_in(folder: Path) -> list[Path]:
    try:
        return [file for file in folder.iterdir() if file.is_file() and not file.is_symlink()]
    except OSError as problem:
        raise _unusable("folder", folder, problem) from problem


def _close(files: Iterable[Path]) -> None:
    for file in files:
        try:
            if file.stat().st_uid != os.geteuid():
                raise ConfigError(f"the file {file} belongs to another user", CHOOSE_A_HOME)
            _tighten(file, 0o600)
        except FileNotFoundError:  # not made yet; or SQLite has just taken it away
            continue
        except OSError as problem:
            raise _unusable("file", file, problem) from problem


def _replace(target: Path, content: bytes) -> None:
    import tempfile

    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as draft:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Without it a power cut may undo the renaming."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unusable(what: str, path: Path, problem: OSError) -> ConfigError:
    return ConfigError(f"the {what} {path} cannot be used: {problem.strerror or 'refused'}", CHOOSE_A_HOME)
