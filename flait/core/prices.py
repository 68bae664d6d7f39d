"""What an AeroAPI result set costs: FlightAware's list price, the same in every tier.

A result set is up to 15 records, one page. Prices are whole micro-dollars, so that sums of thousands stay exact.
"""

from collections.abc import Mapping

MICRODOLLARS = 1_000_000  # in a dollar

PRICES: Mapping[str, int] = {
    "flights": 5_000,  # GET /flights/{ident}: price list of 2026, and invoices (342 pages for $1.71)
    "schedules": 20_000,  # GET /schedules/{start}/{end}: price list of 2026, and invoices (26 for $0.52)
    "usage": 0,  # GET /account/usage: free by the price list
    "alerts": 0,  # every call under /alerts: free by the price list
    "delivery": 20_000,  # one push alert delivered to us: price list of 2026
}
"""Micro-dollars per result set, by the operation's name."""


def dollars(micro: int) -> float:
    """Micro-dollars as dollars, to a hundredth of a cent."""
    return round(micro / MICRODOLLARS, 4)
