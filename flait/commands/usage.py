"""`flait usage`: what a month has cost, flight by flight and person by person."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import session
from flait.commands.options import AsJson
from flait.commands.output import print_json, print_table, say, worded
from flait.commands.tables import Column
from flait.core.prices import dollars
from flait.core.shares import divided
from flait.errors import InvalidIdent, UserError

if TYPE_CHECKING:
    from flait.core.flights import Flight
    from flait.store import SmsRow, Store, UsageRow

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
BAR = 20  # characters
COLUMNS = (
    Column(name="what", rank=3),
    Column(name="of", breaks=True),
    Column(name="result sets", rank=2, named=True),
    Column(name="usd", named=True),
    Column(name="messages", named=True),
    Column(name="segments", rank=1, named=True),
)

Row = tuple[object, ...]


def add_to(root: typer.Typer) -> None:
    """Register the command."""
    root.command()(usage)


def usage(
    month: Annotated[str | None, typer.Option("--month", help="Like 2026-11, in UTC; default: this month.")] = None,
    as_json: AsJson = False,
) -> None:
    """What a month has cost: AeroAPI result sets and dollars per flight, texts and segments per person."""
    app = session.app()
    if month is None:
        month = f"{app.clock.now():%Y-%m}"
    if not MONTH.fullmatch(month):
        from flait.core.idents import shown

        raise UserError(f"{shown(month)} is not a month", "write it like 2026-11")
    bill = _bill(app.store(), month)
    if as_json:
        print_json(bill)
        return
    if bill["budget"]:
        say(_bar(bill["aeroapi"]["usd"], **bill["budget"]))
    print_table(COLUMNS, _rows(bill))


def _bill(store: "Store", month: str) -> dict[str, Any]:
    asked, texts = store.usage_rows(month), store.sms_rows(month)
    shares = _shares(store, asked)
    names = dict.fromkeys([*(row.user for row in texts), *shares])
    by_name = {row.user: row for row in texts}
    return {
        "month": month,
        "aeroapi": {
            "result_sets": sum(row.result_sets for row in asked),
            "usd": dollars(sum(row.micro_usd for row in asked)),
        },
        "sms": {"messages": sum(row.messages for row in texts), "segments": sum(row.segments for row in texts)},
        "flights": _per_flight(store, asked),
        "people": [_person(name, by_name.get(name), shares[name]) for name in names],
        "budget": _budget(store, month),
    }


def _budget(store: "Store", month: str) -> dict[str, float] | None:
    """The month's budget, and what it comes to if all that is followed goes to plan; None: no limit, or not this one.

    A month that is over is what it was.
    """
    from flait.core.forecast import ends
    from flait.flows.money import of_all

    app = session.app()
    now, limit = app.clock.now(), app.settings.flightaware.monthly_budget_usd
    if not limit or month != f"{now:%Y-%m}":
        return None
    expected = store.spent(month) + of_all(store, now, until=ends(now)).micro
    return {"usd": limit, "expected_usd": dollars(expected)}


def _bar(spent: float, *, usd: float, expected_usd: float) -> str:
    """`[######..............] $1.50 of $5.00; about $3.10 by the end of the month, if all goes to plan`"""
    full = min(round(spent / usd * BAR), BAR)
    return (
        f"[{'#' * full}{'.' * (BAR - full)}] ${spent:.2f} of ${usd:.2f}; about ${expected_usd:.2f} by the end of the "
        "month, if all goes to plan"
    )


def _shares(store: "Store", rows: "Iterable[UsageRow]") -> Counter[str | None]:
    """What the looks at each person's flights cost, in micro-dollars: a flight's, shared by its followers."""
    followers: dict[str, dict[str, None]] = {}
    for view in store.subscription_views(include_ended=True):
        if view.fa_flight_id:
            followers.setdefault(view.fa_flight_id, {})[view.user.name] = None
    shares: Counter[str | None] = Counter()
    for row in rows:
        shares.update(divided(row.micro_usd, tuple(followers.get(row.flight or "", ()))))
    return shares


def _per_flight(store: "Store", rows: "Iterable[UsageRow]") -> list[dict[str, Any]]:
    """Each flight once, however it was asked about: by an id it has, or had, or by its number to find it.

    A number that is several flights of ours is its own entry; None is what was asked about no one flight.
    """
    known = {view.tracked.fa_flight_id: view.tracked.flight for view in store.flight_views(include_closed=True)}
    asked = {row.flight: known[row.flight] for row in rows if row.flight in known}
    sets: Counter[str | None] = Counter()
    micro: Counter[str | None] = Counter()
    for row in rows:
        label = _named(row.flight, asked, known) if row.flight else None
        sets[label] += row.result_sets
        micro[label] += row.micro_usd
    return [{"flight": label, "result_sets": sets[label], "usd": dollars(micro[label])} for label in sets]


def _named(label: str, *flights: "Mapping[str, Flight]") -> str:
    """`UA123 2026-11-25`; the number alone where it is no flight of ours, or several."""
    number = label.partition("-")[0]  # an id begins with it
    for known in flights:
        found = [known[label]] if label in known else [each for each in known.values() if _is(each, number)]
        if len(found) == 1:
            return f"{found[0].number} {found[0].departure_date}"
        if found:
            break
    return number


def _is(flight: "Flight", number: str) -> bool:
    from flait.core.flights import answers
    from flait.core.idents import parse_ident

    try:
        return answers(flight, parse_ident(number))
    except InvalidIdent:  # a registration, say
        return flight.ident == number


def _person(name: str | None, texts: "SmsRow | None", micro: int) -> dict[str, Any]:
    said = {"messages": texts.messages if texts else 0, "segments": texts.segments if texts else 0}
    return {"user": name, **said, "usd": dollars(micro)}


def _rows(bill: Mapping[str, Any]) -> Iterator[Row]:
    asked, texts = bill["aeroapi"], bill["sms"]
    yield "month", bill["month"], asked["result_sets"], _amount(asked["usd"]), texts["messages"], texts["segments"]
    for each in bill["flights"]:
        what, of = ("flight", _of_flight(each["flight"])) if each["flight"] else ("other", "account, push alerts")
        yield what, of, each["result_sets"], _amount(each["usd"]), "", ""
    for each in bill["people"]:
        who, cost = each["user"] or "people since removed", _amount(each["usd"]) if each["usd"] else ""
        yield "person", who, "", cost, each["messages"], each["segments"]


def _of_flight(label: str) -> object:
    number, _, on = label.partition(" ")
    return (number, worded(date.fromisoformat(on))) if on else number


def _amount(usd: float) -> str:
    return f"{usd:.4f}"
