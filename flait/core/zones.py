"""Which time zone an abbreviation means: EST is New York's, with its summer time; IST is asked about.

The letters are those of the tz database (its `asia`, `australasia`, `europe` and other files; the tests compare them),
and for clocks that it writes as numbers (+08) those of https://www.timeanddate.com/time/zones/. Where several places
use the same letters, the person's own zone decides, then their telephone's country; else they are asked. A telephone
begins with its country's code: ITU-T E.164, and for +1 the areas of https://nanpa.com. Pure.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo


class Meant(NamedTuple):
    """The zone that is meant, or several that are asked about; and by the telephone's first digits another."""

    zones: tuple[str, ...]
    by_phone: Mapping[str, str]


# The whole year as in winter: no summer time there.
_CARIBBEAN: Final = dict.fromkeys(
    ("+1246", "+1264", "+1268", "+1284", "+1340", "+1473", "+1664", "+1721", "+1758", "+1767", "+1784", "+1787",
     "+1809", "+1829", "+1849", "+1868", "+1869", "+1939"), "America/Puerto_Rico",
)  # fmt: skip
_CENTRAL_AMERICA: Final = {
    "+501": "America/Belize", "+502": "America/Guatemala", "+503": "America/El_Salvador",
    "+504": "America/Tegucigalpa", "+505": "America/Managua", "+506": "America/Costa_Rica",
}  # fmt: skip
_ARABIA: Final = dict.fromkeys(("+965", "+966", "+967", "+973", "+974"), "Asia/Riyadh")

_ROWS: Final[tuple[tuple[str, str, Mapping[str, str]], ...]] = (
    # what people write               the zone, or those that are asked about    where a telephone begins so, another
    ("est",                           "America/New_York",
     {"+507": "America/Panama", "+1876": "America/Jamaica", "+1658": "America/Jamaica", "+1345": "America/Cayman",
      "+61": "Australia/Sydney"}),
    ("edt, et, eastern",              "America/New_York",                        {"+61": "Australia/Sydney"}),
    ("cst",                           "America/Chicago, Asia/Shanghai, America/Havana",
     {"+1": "America/Chicago", "+52": "America/Mexico_City", "+53": "America/Havana", "+86": "Asia/Shanghai",
      "+886": "Asia/Taipei", **_CENTRAL_AMERICA}),
    ("cdt",                           "America/Chicago",                         {"+53": "America/Havana"}),
    ("ct, central",                   "America/Chicago",
     {"+52": "America/Mexico_City", "+61": "Australia/Adelaide", **_CENTRAL_AMERICA}),
    ("mst",                           "America/Denver",
     {"+52": "America/Hermosillo", "+60": "Asia/Kuala_Lumpur", "+95": "Asia/Yangon"}),
    ("mdt, mt, mountain",             "America/Denver",                          {}),
    ("arizona",                       "America/Phoenix",                         {}),
    ("pst",                           "America/Los_Angeles",                     {"+63": "Asia/Manila"}),
    ("pdt, pt, pacific",              "America/Los_Angeles",                     {}),
    ("akst, akdt, akt, alaska",       "America/Anchorage",                       {}),
    ("hst, hawaii, hawaiian",         "Pacific/Honolulu",                        {}),
    ("hdt",                           "America/Adak",                            {}),
    ("ast",                           "America/Halifax, America/Puerto_Rico, Asia/Riyadh",
     {"+1782": "America/Halifax", "+1902": "America/Halifax", "+1506": "America/Moncton",
      "+1441": "Atlantic/Bermuda", **_CARIBBEAN, **_ARABIA}),
    ("adt, atlantic",                 "America/Halifax",                         {"+1441": "Atlantic/Bermuda"}),
    ("nst, ndt, newfoundland",        "America/St_Johns",                        {}),
    ("brt, brst, brasilia",           "America/Sao_Paulo",                       {}),
    ("art, argentina",                "America/Argentina/Buenos_Aires",          {}),
    ("clt, clst, chile",              "America/Santiago",                        {}),
    ("cot, colombia",                 "America/Bogota",                          {}),
    ("pet, peru",                     "America/Lima",                            {}),
    ("ect, ecuador",                  "America/Guayaquil",                       {}),
    ("vet, venezuela",                "America/Caracas",                         {}),
    ("bot, bolivia",                  "America/La_Paz",                          {}),
    ("pyt, pyst, paraguay",           "America/Asuncion",                        {}),
    ("uyt, uruguay",                  "America/Montevideo",                      {}),
    ("utc, z, zulu",                  "UTC",                                     {}),
    ("gmt",                           "Europe/London",
     {"+353": "Europe/Dublin", "+354": "Atlantic/Reykjavik", "+233": "Africa/Accra", "+221": "Africa/Dakar",
      "+225": "Africa/Abidjan", "+220": "Africa/Banjul", "+224": "Africa/Conakry", "+231": "Africa/Monrovia",
      "+232": "Africa/Freetown"}),
    ("bst",                           "Europe/London",                           {"+880": "Asia/Dhaka"}),
    ("british, uk",                   "Europe/London",                           {}),
    ("irish, ireland",                "Europe/Dublin",                           {}),
    ("wet, west, western european","Europe/Lisbon",                           {}),
    ("cet",                           "Europe/Paris",
     {"+213": "Africa/Algiers", "+216": "Africa/Tunis", **dict.fromkeys(("+43", "+49"), "Europe/Berlin"),
      "+34": "Europe/Madrid", "+39": "Europe/Rome"}),
    ("cest, central european",        "Europe/Paris",
     {**dict.fromkeys(("+43", "+49"), "Europe/Berlin"), "+34": "Europe/Madrid", "+39": "Europe/Rome"}),
    ("eet",                           "Europe/Athens",
     {"+20": "Africa/Cairo", "+218": "Africa/Tripoli", "+380": "Europe/Kyiv", "+961": "Asia/Beirut"}),
    ("eest, eastern european",        "Europe/Athens",
     {"+20": "Africa/Cairo", "+380": "Europe/Kyiv", "+961": "Asia/Beirut"}),
    ("msk",                           "Europe/Moscow",                           {}),
    ("trt, turkey",                   "Europe/Istanbul",                         {}),
    ("wat, west africa",              "Africa/Lagos",                            {}),
    ("cat, central africa",           "Africa/Maputo",                           {}),
    ("eat, east africa",              "Africa/Nairobi",                          {}),
    ("sast, south africa",            "Africa/Johannesburg",                     {}),
    ("ist",                           "Asia/Kolkata, Europe/Dublin, Asia/Jerusalem",
     {"+91": "Asia/Kolkata", "+353": "Europe/Dublin", "+972": "Asia/Jerusalem"}),
    ("india, indian, delhi, new delhi, mumbai", "Asia/Kolkata",                  {}),
    ("idt, israel",                   "Asia/Jerusalem",                          {}),
    ("gst, gulf",                     "Asia/Dubai",                              {}),
    ("irst, iran",                    "Asia/Tehran",                             {}),
    ("azt",                           "Asia/Baku",                               {}),
    ("amt",                           "America/Manaus, Asia/Yerevan",
     {"+55": "America/Manaus", "+374": "Asia/Yerevan"}),
    ("aft",                           "Asia/Kabul",                              {}),
    ("pkt, pakistan",                 "Asia/Karachi",                            {}),
    ("uzt",                           "Asia/Tashkent",                           {}),
    ("npt, nepal",                    "Asia/Kathmandu",                          {}),
    ("mmt, myanmar",                  "Asia/Yangon",                             {}),
    ("ict, indochina",                "Asia/Bangkok",                            {"+84": "Asia/Ho_Chi_Minh"}),
    ("wib",                           "Asia/Jakarta",                            {}),
    ("wita",                          "Asia/Makassar",                           {}),
    ("wit",                           "Asia/Jayapura",                           {}),
    ("sgt",                           "Asia/Singapore",                          {}),
    ("sst",                           "Pacific/Pago_Pago, Asia/Singapore",
     {"+1684": "Pacific/Pago_Pago", "+65": "Asia/Singapore"}),
    ("myt, malaysia",                 "Asia/Kuala_Lumpur",                       {}),
    ("pht, philippine, philippines",  "Asia/Manila",                             {}),
    ("hkt",                           "Asia/Hong_Kong",                          {}),
    ("china, beijing",                "Asia/Shanghai",                           {}),
    ("kst, korea, korean",            "Asia/Seoul",                              {}),
    ("jst, japan",                    "Asia/Tokyo",                              {}),
    ("chst, chamorro",                "Pacific/Guam",                            {}),
    ("awst, australian western",      "Australia/Perth",                         {}),
    ("acst, acdt, australian central", "Australia/Adelaide",                     {}),
    ("aest, aedt, aet, australian eastern", "Australia/Sydney",                  {}),
    ("nzst, nzdt, nzt, new zealand",  "Pacific/Auckland",                        {}),
    ("fjt, fiji",                     "Pacific/Fiji",                            {}),
)  # fmt: skip
TABLE: Final[Mapping[str, Meant]] = {
    name: Meant(tuple(zones.split(", ")), by_phone) for names, zones, by_phone in _ROWS for name in names.split(", ")
}
_BESIDES: Final = frozenset({"time", "standard", "daylight", "summer", "mean", "the", "us", "zone"})


def abbreviated(typed: str, *, phone: str, own: str | None, now: datetime) -> tuple[str, ...]:
    """The zones that these letters or this name may mean: one where that is sure, none where it is no abbreviation.

    `phone` is the person's number in E.164, `own` the zone that they have now: it stays where its clocks are called so.
    """
    words = typed.lower().split()
    meant = TABLE.get(" ".join(words)) or TABLE.get(" ".join(word for word in words if word not in _BESIDES))
    if meant is None:
        return ()
    if own and (own in meant.zones or typed.upper() in labels(own, now)):
        return (own,)
    country = max((code for code in meant.by_phone if phone.startswith(code)), key=len, default=None)
    return (meant.by_phone[country],) if country else meant.zones


def labels(zone: str, now: datetime) -> tuple[str, ...]:
    """What its clocks are called this year, by the tz database: now, and at the other end of the year."""
    months = (now + timedelta(days=days) for days in range(0, 366, 30))
    return tuple(dict.fromkeys(moment.astimezone(ZoneInfo(zone)).tzname() or "" for moment in months))


_CALLED: Final = {"Asia/Kolkata": "Delhi", "Asia/Jerusalem": "Tel Aviv", "America/Puerto_Rico": "Puerto Rico"}


def folded(name: str) -> str:
    """A zone's or a city's name in small letters, without accents and points: `st louis`, `zurich`, `tel aviv`."""
    letters = (char for char in normalize("NFKD", name.casefold()) if not combining(char))
    return " ".join("".join(" " if char in "_/-" else char for char in letters if char not in ".'\u2019").split())


def town(zone: str) -> str:
    """A town of it that people know, and may type: `New York`."""
    return _CALLED.get(zone) or zone.rpartition("/")[2].replace("_", " ")
