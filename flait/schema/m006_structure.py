"""The parts of a text beside its words. Released: never edited again."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def m006_structure(db: "Database") -> None:
    """Headline, times and sentences of a text, as JSON, for every channel to lay out; none for those written before."""
    db.executescript("ALTER TABLE messages ADD COLUMN structure TEXT CHECK (structure GLOB '{*}')")
