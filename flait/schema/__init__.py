"""The tables, as migrations: each is a module of history, never edited once released; a change is a new one.

Only flait.store reads and writes these tables. Moments are TEXT of 24 characters, UTC with milliseconds
(`2013-03-08T12:00:00.000Z`), so that they compare as text; dates are ISO; values that SQL never looks into are JSON,
checked by their brackets only: older SQLites let no schema that they do not trust call json_valid().
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

__all__ = ["APPLICATION_ID", "NAMES", "migrations", "steps"]

APPLICATION_ID: Final = 0x464C4149  # "FLAI" in the file's header: whose database this is

_IN_ORDER: Final = (  # each is a module of that name with a function of that name
    "m001_initial",
    "m002_words_back",
    "m003_route_and_time",
    "m004_alert_of_text",
    "m005_one_person",
    "m006_structure",
    "m007_identity",
    "m008_moments",
    "m009_addresses",
    "m010_preferences",
    "m011_history",
    "m012_routes",
    "m013_timetable",
    "m014_planes",
    "m015_counted",
    "m016_reckonings",
)
NAMES: Final = frozenset(_IN_ORDER)


def steps() -> "tuple[Callable[[Database], None], ...]":
    """Every migration, in order. Imported late, as sqlite-utils is: an up-to-date database needs none."""
    return tuple(getattr(import_module(f"{__name__}.{name}"), name) for name in _IN_ORDER)


def migrations() -> "Migrations":
    """The steps, as sqlite-utils applies them."""
    from sqlite_utils import Migrations

    found = Migrations("flait")
    for step in steps():
        found()(step)
    return found
