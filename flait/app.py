"""WIRING: settings and secrets become a clock, a database, a flight source and a gateway; adapters are chosen here."""

import os
import threading
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flait.clock import Clock, clock_from
from flait.errors import ConfigError, Gone
from flait.store import Behind, Store
from flait.system.paths import Paths, close_database, close_to_others, make_private, paths_from, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from flait.adapters.secrets.credentials import Credentials, SecretName
    from flait.adapters.twilio.forms import TwilioForms
    from flait.core.messages import Message
    from flait.core.whatsapp import Setup
    from flait.flows.answering.desk import AnswerRules
    from flait.flows.backup import Backup
    from flait.flows.meter import Pace, StoreMeter
    from flait.flows.ports import FlightSource, Gateway
    from flait.flows.push import Office
    from flait.flows.telling import AlertRules
    from flait.flows.timekeeping import Witness
    from flait.settings import Flags, Settings
    from flait.settings.rules import Value


SHOWN = ("flightaware.monthly_budget_usd", "flightaware.push", "webhook.enabled", "webhook.public_url")


class App:
    """Everything a door needs, made when first asked for: reading commands pay for no network library."""

    def __init__(self, env: Mapping[str, str] = os.environ, flags: "Flags | None" = None) -> None:
        self.env = env
        self._flags = dict(flags or {})
        self._mine = threading.local()
        self._first: Store | None = None  # what the first thread opened
        self._config_was_empty = False

    @cached_property
    def paths(self) -> Paths:
        """Where everything lives."""
        return paths_from(self.env)

    @cached_property
    def settings(self) -> "Settings":
        """What holds. Raises ConfigError."""
        from flait import settings

        return settings.load(self.paths, self.env, self._flags)

    def take_up_settings(self) -> "list[str]":
        """Read the settings again, and let those hold from now on that may change; the keys that want a restart.

        A file that is away or empty may be one that is being written: it counts the second time. Raises ConfigError,
        and then nothing changes.
        """
        from flait import settings

        state = state_of(self.paths.config_file)
        empty = state is None or state.st_size == 0
        if empty and not self._config_was_empty:
            self._config_was_empty = True
            return settings.taken_up(self.settings, self.settings)[1]
        self._config_was_empty = empty
        self.settings, waiting = settings.taken_up(self.settings, settings.load(self.paths, self.env, self._flags))
        return waiting

    @cached_property
    def clock(self) -> Clock:
        """The system's clock, or the one FLAIT_CLOCK names."""
        return clock_from(self.env.get("FLAIT_CLOCK", ""))

    def store(self) -> Store:
        """The calling thread's own connection to the database, opened once."""
        store: Store | None = getattr(self._mine, "store", None)
        if store is None:
            if self._first is None:
                make_private(self.paths.data_dir)
                close_database(self.paths.database)
                self._refuse_what_is_lost(self.paths.database)
                store = self._first = self._opened(self.paths.database)
            else:  # what the first one opened must still be there: nothing is made in its place
                self._first.refuse_elsewhere()
                store = Store.open(self.paths.database, create=False)
                self._first.refuse_elsewhere()
            self._mine.store = store
        return store

    def _refuse_what_is_lost(self, database: Path) -> None:
        """No file, or one without a byte, is how a database begins.

        A missing database beside backups, or under a daemon, was lost.

        So was one whose log is gone and the index of the log is not, while a daemon has it open.
        """
        empty, torn = _is_missing(database), _is_torn(database)
        lost = empty or torn
        if not lost:
            return
        from flait.flows.backup import found
        from flait.system import lock

        other, backups = lock.holder(database), found(self.paths.backups_dir)
        if other and other.what != lock.DAEMON:
            raise lock.refusal(other)
        if other and torn and not backups:
            raise Gone(f"{lost}, and {other.named} had it open", "try again: the daemon saves what it has open")
        if other:
            raise Gone(f"{lost}, and {other.named} had it open", way_back(backups, stop=True))
        if empty and backups:
            raise Gone(f"{lost}, and there are backups of it", way_back(backups, stop=False))

    def _opened(self, database: Path) -> Store:
        """The database, made or brought up to date. Raises Gone with what helps where it has lost its log."""
        try:
            return Store.open(database, first=self._back_up_first)
        except Behind as loss:
            from flait.flows.backup import Before, found

            newest = next(iter(found(self.paths.backups_dir)), None)  # an older one holds less than what is left
            saved = newest and newest.before == Before.LOSS
            restore = f"run `flait backup restore {newest.path.name}`, or " if newest and saved else ""
            raise Gone(loss.message, f"{restore}put the log back; {loss.hint}") from loss

    def _back_up_first(self, database: Path) -> None:
        """Copy an earlier Flait's database before it is brought up to date."""
        from flait.flows.backup import before_migration

        before_migration(database, self.clock, self.paths.backups_dir, keep=self.settings.backup.keep_daily)

    @cached_property
    def witness(self) -> "Witness":
        """Who hears what time it is outside, from every answer."""
        from flait.flows.timekeeping import Witness

        return Witness(self.clock)

    def shut_in(self) -> None:
        """Keep others from looking into this process and what Flait keeps, and open the store.

        It is for a process that stays longer than a command. Raises ConfigError, StoreError.
        """
        from flait.system import hardening

        hardening.conceal()
        close_to_others(self.paths)
        self.store()

    @cached_property
    def credentials(self) -> "Credentials":
        """The secrets, from the OS keyring or from systemd. The process is closed to others first."""
        from flait.adapters.secrets.credentials import Credentials
        from flait.system import hardening

        hardening.conceal()
        return Credentials(self.env, allow_insecure=self.settings.secrets.allow_insecure)

    def source(
        self,
        *,
        attempts: int = 1,
        pace: "Pace | None" = None,
        wait: "Callable[[float], object] | None" = None,
    ) -> "FlightSource":
        """AeroAPI, metered and paced.

        `attempts` above 1 is for a person who waits for the answer; `wait` waits for a turn, and says when to stop.
        """
        from flait.adapters.aeroapi.client import AeroAPI
        from flait.adapters.secrets.credentials import SecretName

        return AeroAPI(
            base_url=self.settings.flightaware.base_url,
            key=self._secret(SecretName.FLIGHTAWARE_API_KEY),
            meter=self._meter(pace),
            clock=self.clock,
            attempts=attempts,
            wait=wait,
            witness=self.witness.hear,
        )

    def office(self, wait: "Callable[[float], object]") -> "Office":
        """Where push alerts are ordered; only ended ones are looked after while something speaks against new ones."""
        from secrets import token_urlsafe

        from flait.adapters.aeroapi.alerts import AeroAPIAlerts
        from flait.adapters.secrets.credentials import SecretName
        from flait.flows.push import Office

        desk = AeroAPIAlerts(
            base_url=self.settings.flightaware.base_url,
            key=self._secret(SecretName.FLIGHTAWARE_API_KEY),
            meter=self._meter(),
            clock=self.clock,
            wait=wait,
            witness=self.witness.hear,
        )
        wanted = self.settings.flightaware.push and not self.push_problem
        return Office(desk=desk, public_url=self.settings.webhook.public_url, token=token_urlsafe, wanted=wanted)

    @property
    def push_problem(self) -> str:
        """Why push alerts, though asked for, cannot be had; empty: nothing speaks against them, or nobody asked."""
        if not self.settings.flightaware.push:
            return ""
        if self.settings.flightaware.tier == "personal":
            return "flightaware.push needs a Standard or Premium account, and flightaware.tier is personal"
        return "" if self.is_called_back else "flightaware.push needs webhook.public_url, where FlightAware can call"

    @property
    def in_force(self) -> "dict[str, Value]":
        """The settings that whoever looks on from outside is shown, as they hold here."""
        from flait.settings import values

        held = values(self.settings)
        return {key: held[key] for key in SHOWN}

    def zone_of(self, airport: str) -> "ZoneInfo | None":
        """The zone of an airport by its IATA or ICAO code, as far as it is known here."""
        from zoneinfo import ZoneInfo

        from flait.adapters.airports import UNKNOWN, zone_name

        name = zone_name(None, iata=airport, icao=airport)
        return None if name == UNKNOWN else ZoneInfo(name)

    def share_of(self, phone: str) -> tuple[int, int | None]:
        """Micro-dollars looked up for that person this month, and the most there may be; None: no limit."""
        month = f"{self.clock.now():%Y-%m}"
        return self.store().share_spent(month, phone), self._meter().limit_of(phone, month)

    def _meter(self, pace: "Pace | None" = None) -> "StoreMeter":
        from flait.flows.meter import PACES, StoreMeter

        return StoreMeter(
            self.store,
            self.clock,
            pace=pace or PACES[self.settings.flightaware.tier],
            monthly_budget_usd=lambda: self.settings.flightaware.monthly_budget_usd,
            per_person_usd=lambda: self.settings.budget.per_person,
        )

    def gateway(self) -> "Gateway":
        """Twilio. Raises ConfigError when the account or the sender is not set."""
        from flait.adapters.secrets.credentials import SecretName
        from flait.adapters.twilio.gateway import TwilioGateway

        self._require_account()
        twilio = self.settings.twilio
        return TwilioGateway(
            base_url=twilio.base_url,
            account_sid=twilio.account_sid,
            token=self._secret(SecretName.TWILIO_AUTH_TOKEN),
            api_key_sid=twilio.api_key_sid or None,
            api_key_secret=self._secret(SecretName.TWILIO_API_KEY_SECRET),
            from_number=twilio.from_number or None,
            messaging_service_sid=twilio.messaging_service_sid or None,
            whatsapp_from=twilio.whatsapp_from or None,
            clock=self.clock,
            status_callback=self._status_callback if self.is_called_back else None,
            witness=self.witness.hear,
        )

    def _require_account(self) -> None:
        """Raise ConfigError when account or sender is not set; it names what is missing of the secrets, too."""
        from flait.adapters.secrets.credentials import SecretName

        try:
            self.require_sender()
        except ConfigError as problem:
            try:
                self._secret(SecretName.TWILIO_AUTH_TOKEN)(False)
            except ConfigError as other:
                both = f"{problem.message}, and {other.message}"
                raise type(other)(both, f"{problem.hint}; {other.hint}") from None
            raise

    def require_sender(self) -> None:
        """Raise ConfigError when the account or the sender is not set."""
        twilio = self.settings.twilio
        _require("twilio.account_sid", twilio.account_sid)
        if not twilio.from_number and not twilio.messaging_service_sid:
            raise ConfigError(
                "neither twilio.from_number nor twilio.messaging_service_sid is set",
                "run `flait config set twilio.from_number +1…`",
            )

    @property
    def whatsapp(self) -> "Setup":
        """Whether texts can go by WhatsApp, the templates for when they may not be free text, and who can reply."""
        from flait.core.whatsapp import Setup

        twilio = self.settings.twilio
        return Setup(
            sender=bool(twilio.whatsapp_from),
            templates=twilio.whatsapp_templates,
            one_way=self.is_one_way,
            contact=self.settings.operator.contact,
        )

    @property
    def is_one_way(self) -> bool:
        """Whether SMS come from a name, to which nobody can reply."""
        from flait.core.senders import is_one_way

        twilio = self.settings.twilio
        return not twilio.messaging_service_sid and is_one_way(twilio.from_number)

    def forms(self) -> "TwilioForms":
        """Twilio's requests to us, checked. Raises ConfigError when the account is not set or its token not stored."""
        from flait.adapters.secrets.credentials import SecretName
        from flait.adapters.twilio.forms import TwilioForms

        _require("twilio.account_sid", self.settings.twilio.account_sid)
        token = self._secret(SecretName.TWILIO_AUTH_TOKEN)
        token(False)
        return TwilioForms(account_sid=self.settings.twilio.account_sid, token=lambda: token(False))

    @property
    def is_called_back(self) -> bool:
        """Whether Twilio can call us; where it cannot, its record is read instead."""
        return self.settings.webhook.enabled and bool(self.settings.webhook.public_url)

    def _status_callback(self, message: "Message") -> str:
        """Where Twilio reports on a text: the query says which, the fragment that it tries again after any fault."""
        public_url = self.settings.webhook.public_url.rstrip("/")
        return f"{public_url}/twilio/status?m={message.id}&a={message.attempts}#rc=5&rp=all"

    @property
    def rules(self) -> "AlertRules":
        """The settings that decide what is told and kept."""
        from flait.flows.telling import AlertRules

        return AlertRules(
            delay=timedelta(minutes=self.settings.alerts.delay_minutes),
            defaults=self.settings.defaults,
            least=self.settings.trips.least,
            keep_raw=self.settings.retention.raw_hours > 0,
            contact=self.settings.operator.contact,
            skew=lambda: self.witness.skew,
            affords=lambda phone: self._meter().covers("schedules", phone),
        )

    @property
    def answer_rules(self) -> "AnswerRules":
        """The settings that decide what people are answered."""
        from flait.adapters.airports import zones_in
        from flait.flows.answering.desk import AnswerRules

        return AnswerRules(
            contact=self.settings.operator.contact,
            region=self.settings.phone.default_region,
            allow=self.settings.phone.allowed,
            own=self.settings.twilio.own_numbers,
            whatsapp=self.whatsapp,
            polls=self.rules,
            zone_of=self.zone_of,
            zones_in=zones_in,
            budget_usd=self.settings.flightaware.monthly_budget_usd,
        )

    def _secret(self, name: "SecretName") -> "Callable[[bool], str]":
        return lambda fresh: self.credentials.get(name, fresh=fresh).reveal()


def _is_missing(database: Path) -> str:
    """How there is no database; empty: there is one."""
    state = state_of(database)
    if state is None:
        return f"there is no database {database}"
    return "" if state.st_size else f"the database {database} is empty"


def _is_torn(database: Path) -> str:
    """Whether of the two files that stand beside an open database one is gone; empty: no."""
    log, index = (state_of(Path(f"{database}{end}")) for end in ("-wal", "-shm"))
    return "" if (log is None) == (index is None) else f"a file that belongs to the database {database} is gone"


def way_back(backups: "Sequence[Backup]", *, stop: bool) -> str:
    """What helps when the database is lost; `backups` newest first, `stop` where the daemon must be stopped first."""
    first = "run `flait daemon stop`, then " if stop else "run "
    if not backups:
        return f"{first}any command that adds something, which makes a new one; or put the file back"
    anew = "" if stop else f"; to begin anew, move {backups[0].path.parent} away"
    return f"{first}`flait backup restore {backups[0].path.name}`, or put the file back{anew}"


def _require(key: str, value: str) -> None:
    if not value:
        raise ConfigError(f"{key} is not set", f"run `flait config set {key} …`")
