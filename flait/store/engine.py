"""Which SQLite is used: pysqlite3's where it is installed, else Python's. One per process: two would lose locks.

The same choice as sqlite-utils makes, without importing it: its import is longer than most commands.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
else:
    try:
        import pysqlite3 as sqlite3
    except ImportError:  # no wheel for this machine
        import sqlite3

__all__ = ["sqlite3"]
