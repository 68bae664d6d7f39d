"""Secrets that systemd hands over as files (`LoadCredential=`), which Flait can only read."""

from collections.abc import Mapping
from pathlib import Path

from flait.adapters.secrets.names import LONGEST, SecretName
from flait.errors import MissingCredential
from flait.system.paths import read_regular


def file_of(env: Mapping[str, str], name: SecretName) -> Path | None:
    """Where systemd has put it, if anything of that name is there: what cannot be looked at is told when it is read."""
    folder = env.get("CREDENTIALS_DIRECTORY", "")
    file = Path(folder, name)
    if not folder:
        return None
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return file
    return file


def credential(env: Mapping[str, str], name: SecretName) -> str | None:
    """What that file holds; None where there is none. Raises MissingCredential: it cannot be read."""
    file = file_of(env, name)
    if file is None:
        return None
    hint = "mend the unit's LoadCredential= lines"
    try:
        return read_regular(file, LONGEST + 3)[0].decode(errors="replace")  # with room for a line's end
    except OSError as problem:
        raise MissingCredential(f"the systemd credential {name} cannot be read: {problem.strerror}", hint) from None
