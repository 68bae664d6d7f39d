"""How urgent each kind of news is, who hears it, and how long it is of use: the table behind docs/alerts.md."""

from collections.abc import Mapping
from datetime import timedelta
from enum import IntEnum

from flait.core.changes import ChangeKind
from flait.core.subscriptions import Role

K = ChangeKind


class Priority(IntEnum):
    """P0 changes what the person does now; P3 is nice to know."""

    P0 = 0
    P1 = 1
    P2 = 2
    P3 = 3


ALL = frozenset(Role)
GOES = frozenset({Role.TRAVELER})
MEETS = frozenset({Role.MEETER})

RULES: Mapping[ChangeKind, tuple[Priority, frozenset[Role], timedelta]] = {
    # kind              priority      who hears it         useful for: later it is worse than none
    K.CANCELLED:       (Priority.P0, ALL,                  timedelta(hours=6)),
    K.REINSTATED:      (Priority.P0, ALL,                  timedelta(hours=3)),
    K.ONWARD:          (Priority.P1, ALL,                  timedelta(hours=3)),
    K.DIVERTED:        (Priority.P0, ALL,                  timedelta(hours=3)),
    K.UNDIVERTED:      (Priority.P0, ALL,                  timedelta(hours=3)),
    K.REROUTED:        (Priority.P0, ALL,                  timedelta(hours=6)),
    K.ENDS:            (Priority.P1, ALL,                  timedelta(hours=6)),
    K.CONN_MISSED:     (Priority.P0, GOES,                 timedelta(hours=3)),
    K.WITHDRAWN:       (Priority.P1, ALL,                  timedelta(hours=2)),
    K.ARRIVED:         (Priority.P2, ALL,                  timedelta(hours=1)),
    K.LANDED:          (Priority.P2, ALL,                  timedelta(hours=1)),
    K.DEPARTED:        (Priority.P2, ALL - GOES,           timedelta(hours=2)),
    K.RETURNED:        (Priority.P1, ALL,                  timedelta(hours=1)),
    K.CONN_TIGHT:      (Priority.P1, GOES,                 timedelta(hours=2)),
    K.EARLIER:         (Priority.P0, ALL,                  timedelta(hours=1)),
    K.SCHEDULE_CHANGE: (Priority.P1, ALL,                  timedelta(hours=6)),
    K.DELAY_FIRST:     (Priority.P1, ALL,                  timedelta(hours=1)),
    K.DELAY_MORE:      (Priority.P1, ALL,                  timedelta(hours=1)),
    K.DELAY_LESS:      (Priority.P1, ALL,                  timedelta(hours=1)),
    K.ON_TIME:         (Priority.P1, ALL,                  timedelta(hours=1)),
    K.CONN_OK:         (Priority.P1, GOES,                 timedelta(hours=2)),
    K.INBOUND_LATE:    (Priority.P1, GOES,                 timedelta(hours=1)),
    K.INBOUND_SWAP:    (Priority.P1, GOES,                 timedelta(hours=1)),
    K.INBOUND_HERE:    (Priority.P1, GOES,                 timedelta(hours=1)),
    K.GATE_CHANGE:     (Priority.P1, GOES,                 timedelta(minutes=30)),
    K.TERMINAL_CHANGE: (Priority.P1, GOES,                 timedelta(minutes=30)),
    K.LEAVE:           (Priority.P2, GOES,                 timedelta(minutes=45)),
    K.BOARDING:        (Priority.P2, GOES,                 timedelta(minutes=45)),
    K.MEET:            (Priority.P2, MEETS,                timedelta(hours=1)),
    K.CHECKIN:         (Priority.P2, GOES,                 timedelta(hours=12)),
    K.GATE_FIRST:      (Priority.P2, GOES,                 timedelta(minutes=30)),
    K.TERMINAL_FIRST:  (Priority.P2, GOES,                 timedelta(minutes=30)),
    K.ARRIVAL_GATE:    (Priority.P2, ALL,                  timedelta(minutes=45)),
    K.BELT:            (Priority.P3, GOES,                 timedelta(minutes=45)),
    K.CORRECTED:       (Priority.P2, ALL,                  timedelta(hours=2)),
    K.TAXIING:         (Priority.P2, ALL - GOES,           timedelta(hours=1)),
    K.STALE:           (Priority.P1, ALL,                  timedelta(hours=2)),
    K.FRESH:           (Priority.P1, ALL,                  timedelta(hours=1)),
}  # fmt: skip

TAKE_BACK = frozenset({K.CORRECTED, K.ARRIVAL_GATE})  # what is not P1, and yet takes back what was told
OPTIONAL = frozenset(kind for kind, (level, *_) in RULES.items() if level > Priority.P1) - TAKE_BACK
"""What may be turned off: what is P0 and P1 always comes, and so does what takes back what a person was told."""
