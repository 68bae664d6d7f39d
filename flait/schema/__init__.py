"""The tables, as migrations: each is a module of history, never edited once released; a change is a new one.

Only flait.store reads and writes these tables. Moments are TEXT of 24 characters, UTC with milliseconds
(`2013-03-08T12:00:00.000Z`), so that they compare as text; dates are ISO; values that SQL never looks into are JSON,
checked by their brackets only: older SQLites let no schema that they do not trust call json_valid().
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from flait.schema.m001_initial import APPLICATION_ID, m001_initial
from flait.schema.m002_words_back import m002_words_back
from flait.schema.m003_route_and_time import m003_route_and_time
from flait.schema.m004_alert_of_text import m004_alert_of_text
from flait.schema.m005_one_person import m005_one_person
from flait.schema.m006_structure import m006_structure
from flait.schema.m007_identity import m007_identity
from flait.schema.m008_moments import m008_moments
from flait.schema.m009_addresses import m009_addresses
from flait.schema.m010_preferences import m010_preferences
from flait.schema.m011_history import m011_history
from flait.schema.m012_routes import m012_routes
from flait.schema.m013_timetable import m013_timetable
from flait.schema.m014_planes import m014_planes

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

__all__ = [
    "APPLICATION_ID",
    "MIGRATIONS",
    "NAMES",
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
    "migrations",
]

MIGRATIONS: Final[tuple[Callable[["Database"], None], ...]] = (
    m001_initial,
    m002_words_back,
    m003_route_and_time,
    m004_alert_of_text,
    m005_one_person,
    m006_structure,
    m007_identity,
    m008_moments,
    m009_addresses,
    m010_preferences,
    m011_history,
    m012_routes,
    m013_timetable,
    m014_planes,
)
NAMES: Final = frozenset(migration.__name__ for migration in MIGRATIONS)


def migrations() -> "Migrations":
    """The steps, as sqlite-utils applies them. Imported late: an up-to-date database needs none."""
    from sqlite_utils import Migrations

    steps = Migrations("flait")
    for step in MIGRATIONS:
        steps()(step)
    return steps
