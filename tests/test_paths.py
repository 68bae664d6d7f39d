"""Where things are kept, and that nobody else may read them."""

import os
import stat
import warnings
from contextlib import nullcontext
from pathlib import Path

import platformdirs
import pytest

from flait.errors import ConfigError
from flait.system.paths import (
    close_database,
    close_to_others,
    make_private,
    open_private,
    paths_from,
    refuse_written_by_others,
    write_private,
)


def mode(path: Path) -> int:
    """The permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_lives_under_flait_home(tmp_path: Path) -> None:
    paths = paths_from({"FLAIT_HOME": str(tmp_path)})

    assert paths.config_file == tmp_path / "config.toml"
    assert (paths.data_dir, paths.database) == (tmp_path, tmp_path / "flait.db")
    assert (paths.backups_dir, paths.log_dir, paths.run_dir) == tuple(tmp_path / x for x in ("backups", "log", "run"))


def test_a_relative_home_and_a_tilde_become_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert paths_from({"FLAIT_HOME": "here"}).data_dir == tmp_path / "here"
    assert paths_from({"FLAIT_HOME": "~/there"}).data_dir == tmp_path / "there"


def test_a_tilde_of_nobody_is_refused() -> None:
    with pytest.raises(ConfigError, match="~"):
        paths_from({"FLAIT_HOME": "~no-such-user-at-all/flait"})


@pytest.mark.parametrize("env", [{}, {"FLAIT_HOME": ""}])
def test_without_a_home_the_platform_decides(
    env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))

    paths = paths_from(env)

    assert paths.config_file == tmp_path / "CONFIG/flait/config.toml"
    assert paths.database == tmp_path / "DATA/flait/flait.db"
    assert paths.backups_dir == tmp_path / "DATA/flait/backups"
    assert paths.log_dir == tmp_path / "STATE/flait/log"


def test_a_missing_runtime_directory_is_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)

    with warnings.catch_warnings(action="error"):
        assert paths_from({}).run_dir.name == "flait"


def test_a_runtime_directory_of_somebody_else_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: object) -> Path:
        raise PermissionError(1, "Operation not permitted", "/tmp/runtime-1000")

    monkeypatch.setattr(platformdirs.PlatformDirs, "user_runtime_path", property(refused))
    with pytest.raises(ConfigError, match="run-time files /tmp/runtime-1000 cannot be used"):
        paths_from({})


def test_asking_for_the_places_makes_nothing(tmp_path: Path) -> None:
    paths_from({"FLAIT_HOME": str(tmp_path / "home")})

    assert not (tmp_path / "home").exists()


def test_new_folders_are_private_with_their_parents(tmp_path: Path) -> None:
    folder = make_private(tmp_path / "a" / "b")

    assert (mode(folder), mode(folder.parent)) == (0o700, 0o700)


@pytest.mark.parametrize("before", [0o755, 0o777, 0o750])
def test_a_folder_open_to_others_is_closed(tmp_path: Path, before: int) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    folder.chmod(before)

    assert mode(make_private(folder)) == 0o700


def test_a_folder_shared_by_all_users_is_refused_and_left_alone(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)

    with pytest.raises(ConfigError, match="shared with other users; set FLAIT_HOME"):
        make_private(shared)
    assert mode(shared) == 0o1777


def test_the_root_is_never_taken_over() -> None:
    before = mode(Path("/"))

    with pytest.raises(ConfigError, match="folder /"):
        make_private(Path("/"))
    assert mode(Path("/")) == before


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with pytest.raises(ConfigError, match="belongs to another user"):
        make_private(tmp_path)


def test_a_file_in_the_place_of_a_folder_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")

    for folder in (tmp_path / "home", tmp_path / "home" / "log"):
        with pytest.raises(ConfigError, match=r"cannot be used: .*set FLAIT_HOME"):
            make_private(folder)


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root, who runs tests in containers, may do anything

    with pytest.raises(ConfigError, match="cannot be written"):
        make_private(tmp_path)


def test_files_are_made_private_and_kept_so(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    opened(file)
    assert mode(file) == 0o600

    file.write_text("kept")
    file.chmod(0o644)

    opened(file)
    assert (mode(file), file.read_text()) == (0o600, "kept")


def opened(file: Path) -> None:
    os.close(open_private(file, os.O_WRONLY))


def test_a_link_is_not_followed_and_what_it_leads_to_keeps_every_byte(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (tmp_path / "link").symlink_to(precious)
    (tmp_path / "dead").symlink_to(tmp_path / "nowhere")

    for name in ("link", "dead"):
        with pytest.raises(ConfigError, match=rf"{name} is a link; look where it leads, and delete it"):
            opened(tmp_path / name)
    assert precious.read_text() == "kept"
    assert not (tmp_path / "nowhere").exists()


def test_a_pipe_or_a_folder_in_the_place_of_a_file_is_one_clear_error_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()

    for name in ("pipe", "folder"):
        with pytest.raises(ConfigError, match=name):
            opened(tmp_path / name)


def test_a_folder_in_the_place_of_a_file_is_one_clear_error(tmp_path: Path) -> None:
    for write in (opened, lambda file: write_private(file, "text")):
        with pytest.raises(ConfigError, match="cannot be used"):
            write(tmp_path)


def test_a_file_is_replaced_whole_and_no_draft_stays(tmp_path: Path) -> None:
    file = tmp_path / "webhook.json"

    write_private(file, "one")
    write_private(file, "two")

    assert (file.read_text(), mode(file)) == ("two", 0o600)
    assert list(tmp_path.iterdir()) == [file]


def test_a_failed_write_leaves_the_old_text_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.toml"
    write_private(file, "old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        write_private(file, "new")
    assert (file.read_text(), list(tmp_path.iterdir())) == ("old", [file])


def test_a_link_is_replaced_and_what_it_leads_to_keeps_every_byte(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "webhook.json").symlink_to(tmp_path / "precious")

    write_private(tmp_path / "webhook.json", "text")

    assert (tmp_path / "precious").read_text() == "kept"
    assert (tmp_path / "webhook.json").read_text() == "text"


def test_what_came_open_to_all_is_closed(tmp_path: Path) -> None:
    paths = paths_from({"FLAIT_HOME": str(tmp_path)})
    files = [
        *(paths.database.with_name(f"flait.db{suffix}") for suffix in ("", "-wal", "-shm", "-journal")),
        paths.backups_dir / "flait-daily-20130308-030000Z.db",
        paths.log_dir / "flait.log",
        paths.run_dir / "webhook.json",
    ]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.parent.chmod(0o755)
        file.write_text("")
        file.chmod(0o664)
    (paths.log_dir / "elsewhere").symlink_to(files[0])

    close_to_others(paths)

    assert {mode(file) for file in files} == {0o600}
    assert {mode(file.parent) for file in files[4:]} == {0o700}


def test_what_is_not_there_yet_needs_no_closing_and_is_not_made(tmp_path: Path) -> None:
    close_to_others(paths_from({"FLAIT_HOME": str(tmp_path)}))

    assert list(tmp_path.iterdir()) == []


def test_a_database_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flait.db").write_text("")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with pytest.raises(ConfigError, match=r"flait\.db belongs to another user"):
        close_database(tmp_path / "flait.db")


@pytest.mark.parametrize(
    ("of_folder", "of_file", "refused"),
    [
        (0o700, 0o600, ""),
        (0o755, 0o644, ""),
        (0o1777, 0o644, ""),  # with the sticky bit nobody else can put another in its place
        (0o755, 0o664, r"config\.toml can be written by other users of this machine; .*`chmod 600 "),
        (0o755, 0o646, r"config\.toml can be written"),
        (0o775, 0o600, "`chmod 700 "),
        (0o777, 0o600, "`chmod 700 "),
    ],
)
def test_a_file_that_others_can_change_is_refused_and_left_as_it_is(
    tmp_path: Path, of_folder: int, of_file: int, refused: str
) -> None:
    file = tmp_path / "home" / "config.toml"
    file.parent.mkdir()
    file.write_text("")
    file.chmod(of_file)
    file.parent.chmod(of_folder)

    with pytest.raises(ConfigError, match=refused) if refused else nullcontext():
        refuse_written_by_others(file, file.stat())
    assert (mode(file.parent), mode(file)) == (of_folder, of_file)


def test_behind_a_link_it_is_the_file_itself_that_counts(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    (tmp_path / "shared" / "dotfiles.toml").write_text("")
    (tmp_path / "config.toml").symlink_to(tmp_path / "shared" / "dotfiles.toml")

    with pytest.raises(ConfigError, match="shared can be written by other users"):
        refuse_written_by_others(tmp_path / "config.toml", (tmp_path / "config.toml").stat())


def test_a_file_of_root_may_decide_and_one_of_another_user_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    if os.getuid() == 0:
        refuse_written_by_others(file, file.stat())
        os.chown(file, 65534, 65534)
    with pytest.raises(ConfigError, match=r"config\.toml belongs to another user"):
        refuse_written_by_others(file, file.stat())
