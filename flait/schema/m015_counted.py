"""How many changes the database has seen, in a row of its own. Released: never edited again."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database


def m015_counted(db: "Database") -> None:
    """The count goes on from SQLite's `user_version`; texts that tell of other flights are found by an index."""
    db.executescript(_COUNTED)


# A number in `user_version` is part of the statement, and each connection keeps the statements that it has prepared:
# thousands of them, some 20 MB in a daemon. A row is counted on by one statement.
_COUNTED: Final = """
CREATE TABLE changes (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    count INTEGER NOT NULL CHECK (count >= 0)
) STRICT;
INSERT INTO changes (id, count) SELECT 1, user_version FROM pragma_user_version();
CREATE INDEX messages_beside ON messages (user_id, id) WHERE tells GLOB '*"[0-9]*.[a-z]*":*';
"""
