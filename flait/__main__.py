"""`flait` and `python -m flait`. The version is answered before anything heavy is imported."""

import gc
import sys
from contextlib import suppress

from flait import __version__
from flait.errors import FlaitError
from flait.system import streams


def main() -> None:
    """Run the command line and leave with its documented exit code."""
    streams.begin()
    if sys.argv[1:] == ["--version"]:
        with suppress(streams.ReaderLeft, FlaitError):  # what speaks against it is told below
            print(f"flait {__version__}", flush=True)
            return
    from flait.system import hardening

    hardening.begin()
    from flait.cli import run

    code = run(sys.argv[1:])
    gc.freeze()  # what is left is the system's to take back: collecting it takes as long as a short command
    sys.exit(code)


if __name__ == "__main__":
    main()
