"""REMEMBERS: SQLite, and the only SQL. Rows in, values of core out; never decides, never reads the clock.

    connection.py  transactions, faults         opening.py  whose file is it, is it up to date
    filesystem.py  what the disk under it can do
    people.py  subscriptions.py  flights.py     who follows what, and when to ask again
    watching.py  planes.py                      why a flight is watched; which plane it waits for
    timetable.py                                when a saved flight's timetable is looked at
    outbox.py  messages.py  journal.py          what is to be said, what was, and why
    receipts.py  inbound.py                     what became of it, and what people say back
    dialogues.py  invitations.py  windows.py    which questions are open, who was invited, who wrote over WhatsApp
    consent.py  askings.py  pushes.py           who may be texted, who was asked; who calls us
    usage.py  shares.py                         what it costs, and for whom
    routes.py                                   what leaves from one airport for another
    heartbeats.py  providers.py  upkeep.py      who is alive, who is well, what is forgotten
    values.py  rows.py                          what the store hands out, and how rows are read
    timeshift.py                                what a clock that was set back leaves behind
    backup.py  takeover.py                      copies of it all, and what outlives putting one back

Every write is a transaction of its own, or joins the one that `Store.transaction()` opened.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

from flait.store.askings import Askings
from flait.store.backup import Backups, back_up_file, copy_to_restore, put_in_place, sweep, verified
from flait.store.consent import Consent
from flait.store.dialogues import Dialogues
from flait.store.flights import Flights
from flait.store.heartbeats import Heartbeats
from flait.store.history import History
from flait.store.inbound import InboundTexts
from flait.store.invitations import Invitations
from flait.store.journal import Journal
from flait.store.mark import Behind
from flait.store.messages import Messages
from flait.store.opening import First, opened
from flait.store.outbox import Outbox
from flait.store.people import People
from flait.store.planes import Planes
from flait.store.providers import Providers
from flait.store.pushes import PushAlerts
from flait.store.receipts import Receipts
from flait.store.routes import Routes
from flait.store.shares import Shares
from flait.store.subscriptions import Subscriptions
from flait.store.takeover import Salvaged, TakenOver, Takeover, salvaged
from flait.store.timeshift import Timeshift
from flait.store.timetable import Timetable
from flait.store.upkeep import Upkeep
from flait.store.usage import Usage
from flait.store.values import (
    ConsentChange,
    ConsentKind,
    Doubt,
    FlightView,
    Heard,
    Heartbeat,
    Invitation,
    InvitationState,
    LoggedFacts,
    MessageView,
    PlannedFlight,
    Provider,
    Pruned,
    PushAlert,
    PushState,
    Reckoning,
    Report,
    Reported,
    Sighting,
    SmsRow,
    Step,
    Subscriber,
    SubscriptionView,
    TellRow,
    TrackedFlight,
    UsageRow,
    WantedPlane,
    WatchReason,
)
from flait.store.watching import Watching
from flait.store.windows import WhatsAppWindows

__all__ = [
    "Store",
    "Behind",
    "TrackedFlight",
    "FlightView",
    "Sighting",
    "LoggedFacts",
    "Subscriber",
    "SubscriptionView",
    "MessageView",
    "Doubt",
    "Report",
    "Reported",
    "TellRow",
    "Heard",
    "ConsentKind",
    "ConsentChange",
    "Invitation",
    "InvitationState",
    "PushAlert",
    "PushState",
    "Step",
    "UsageRow",
    "WantedPlane",
    "WatchReason",
    "PlannedFlight",
    "Reckoning",
    "SmsRow",
    "Heartbeat",
    "Provider",
    "Pruned",
    "Salvaged",
    "TakenOver",
    "back_up_file",
    "copy_to_restore",
    "put_in_place",
    "salvaged",
    "sweep",
    "verified",
]


class Store(
    People,
    Consent,
    Subscriptions,
    Flights,
    Watching,
    Planes,
    Timetable,
    Outbox,
    Messages,
    Receipts,
    InboundTexts,
    Dialogues,
    Invitations,
    WhatsAppWindows,
    Askings,
    PushAlerts,
    History,
    Journal,
    Usage,
    Shares,
    Routes,
    Heartbeats,
    Providers,
    Timeshift,
    Upkeep,
    Backups,
    Takeover,
):
    """One connection to Flait's database. It belongs to the thread that opened it: open one for each.

    Every method may raise StoreError: busy for 30 s, disk full, damaged. Nothing was changed then.
    """

    @classmethod
    def open(cls, path: Path, *, create: bool = True, first: First | None = None) -> Self:
        """Open the file, make it if need be, and bring its tables up to date.

        An earlier Flait's is handed to `first`, which may read it, before anything of it is changed: nobody else writes
        meanwhile, and whatever it raises leaves the file as it was.
        Raises StoreError, before anything is changed: not a file of Flait's, a newer Flait's, damaged, not writable,
        or, without `create`, not there. The folder must exist.
        """
        return cls(opened(path, create=create, first=first), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
