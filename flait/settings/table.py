"""The table of settings: every key, its type, default, rule and meaning. Nothing is read or decided here.

The classes are the table: parsing, checking, `config show` and the documentation follow from them.
None of the settings is a secret; those live in the keyring.

The sections have no slots: making each class twice would cost every command 3 ms.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, cast

from flait.core.senders import own_numbers
from flait.errors import ConfigError
from flait.settings import rules
from flait.settings.rules import Rule, Value

if TYPE_CHECKING:
    from flait.core.preferences import Defaults

NONE: Mapping[str, Any] = MappingProxyType({})


class Family(NamedTuple):
    """A key that stands for one of each name: what a name looks like, in which case it is kept, and the default."""

    key: str
    name: str
    case: Callable[[str], str]
    default: Value

    @property
    def stem(self) -> str:
        """The key before the name, without its dot."""
        return self.key.rpartition(".")[0]


FAMILIES: Mapping[str, Family] = {
    family.key: family
    for family in (
        Family("twilio.whatsapp_templates.<kind>", "[a-z][a-z0-9_]*", str.lower, ""),
        Family("trips.minimum.<airport>", "[A-Z]{3}", str.upper, 0),
    )
}

# What a daemon makes something of when it starts; all else it takes up while it runs.
AT_START = (
    "flightaware.base_url", "flightaware.tier", "flightaware.push",
    "twilio.base_url", "twilio.account_sid", "twilio.api_key_sid", "twilio.from_number",
    "twilio.messaging_service_sid", "twilio.whatsapp_from",
    "webhook.listen", "webhook.public_url", "webhook.enabled", "secrets.allow_insecure",
)  # fmt: skip

# What people look for in config.toml and must not find there: where it belongs.
SECRETS = {
    "flightaware.api_key": "flightaware-api-key",
    "twilio.auth_token": "twilio-auth-token",
    "twilio.api_key_secret": "twilio-api-key-secret",
}


@dataclass(frozen=True, kw_only=True)
class FlightAware:
    """Where flights are looked up, and at what cost."""

    base_url: Annotated[str, rules.provider_url(), "Where AeroAPI answers; also a mock server or proxy."] = (
        "https://aeroapi.flightaware.com/aeroapi"
    )
    tier: Annotated[
        str,
        rules.one_of("personal", "standard", "premium"),
        "The account's tier, so the rate limit Flait keeps to: 10 result sets a minute, 5 a second or 100 a second.",
    ] = "personal"
    push: Annotated[
        bool, rules.switch(), "Whether AeroAPI alerts hasten the next poll (Standard and Premium accounts only)."
    ] = False
    monthly_budget_usd: Annotated[
        float, rules.not_negative(), "Polling and look-ups stop when a month has cost this many dollars; 0 is no limit."
    ] = 5.0


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Who may have how much of the month's look-ups."""

    per_person: Annotated[
        float,
        rules.not_negative(),
        "What look-ups for one person may cost a month; 0: a third of what is left, for whom you did not add yourself.",
    ] = 0.0


@dataclass(frozen=True, kw_only=True)
class Twilio:
    """How texts go out."""

    base_url: Annotated[str, rules.provider_url(), "Where Twilio answers; also a mock server or proxy."] = (
        "https://api.twilio.com"
    )
    account_sid: Annotated[str, rules.optional(rules.sid("AC")), "The Twilio account."] = ""
    api_key_sid: Annotated[
        str, rules.optional(rules.sid("SK")), "The API key to send with, if any; signatures still use the auth token."
    ] = ""
    from_number: Annotated[
        str, rules.optional(rules.sender()), "Whom SMS come from. To a name nobody can reply, not even STOP."
    ] = ""
    messaging_service_sid: Annotated[
        str, rules.optional(rules.sid("MG")), "The messaging service that sends SMS, in place of a number."
    ] = ""
    whatsapp_from: Annotated[str, rules.optional(rules.phone()), "The number of the WhatsApp sender."] = ""
    whatsapp_templates: Annotated[
        Mapping[str, str],
        rules.optional(rules.sid("HX")),
        "The content sid of the WhatsApp template for this kind of message, used outside the 24 h window.",
    ] = field(default_factory=lambda: NONE)
    keyword_owner: Annotated[
        str,
        rules.one_of("twilio", "flait"),
        "Who answers STOP, START and HELP on SMS: with twilio, Flait stays silent.",
    ] = "twilio"

    @property
    def own_numbers(self) -> frozenset[str]:
        """Flait's own: nobody has them, and nothing is sent there."""
        return own_numbers(self.from_number, self.whatsapp_from)


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """How replies and receipts come in."""

    listen: Annotated[
        str, rules.listen_address(), "Where the listener binds; run/webhook.json tells which port 0 became."
    ] = "127.0.0.1:8787"
    public_url: Annotated[
        str,
        rules.optional(rules.public_url()),
        "What Twilio calls; when empty, replies and receipts are fetched from Twilio instead.",
    ] = ""
    enabled: Annotated[bool, rules.switch(), "Whether the listener runs."] = True

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to bind."""
        return rules.host_and_port(self.listen)


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """When people are told."""

    delay_minutes: Annotated[int, rules.whole(1, 1440), "The delay that is worth a first message."] = 15
    leave_hours: Annotated[
        int, rules.whole(1, 24), "How long before departure the leave-for-the-airport message comes."
    ] = 3
    checkin_hours: Annotated[
        int, rules.whole(13, 48), "How long before the scheduled departure the check-in message comes."
    ] = 24
    schedule_checks: Annotated[
        str,
        rules.optional(rules.days_ahead(3, 365)),
        "So many days ahead a saved flight is compared with its timetable; off: never.",
    ] = "30,14,7,3"


@dataclass(frozen=True, kw_only=True)
class Trips:
    """When two flights of one person connect."""

    minimum: Annotated[
        Mapping[str, int],
        rules.whole(0, 600),
        "The least minutes between two flights at this airport; 0: as Flait reckons it.",
    ] = field(default_factory=lambda: NONE)

    @property
    def least(self) -> Mapping[str, timedelta]:
        """The least time between two flights, by airport."""
        return {airport: timedelta(minutes=least) for airport, least in self.minimum.items() if least}


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """When people are left alone."""

    default: Annotated[
        str, rules.optional(rules.quiet_hours()), "Quiet hours of people who set none, in their own zone."
    ] = ""


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long things are kept."""

    flight_data_days: Annotated[
        int, rules.whole(1, 3650), "How many days the flight log, receipts and the journal are kept."
    ] = 60
    raw_hours: Annotated[
        int, rules.whole(0, 720), "How many hours AeroAPI's raw answers are kept for debugging; 0 keeps none."
    ] = 24


@dataclass(frozen=True, kw_only=True)
class Backup:
    """The automatic online backups."""

    keep_daily: Annotated[int, rules.whole(1, 365), "How many daily backups are kept."] = 7


@dataclass(frozen=True, kw_only=True)
class Phone:
    """How typed numbers are read."""

    default_region: Annotated[str, rules.region(), "The country of numbers typed without +."] = "US"
    allow: Annotated[
        str,
        rules.optional(rules.prefixes()),
        "Beginnings of costly numbers (premium-rate, satellite …) that may be texted all the same.",
    ] = ""

    @property
    def allowed(self) -> tuple[str, ...]:
        """The beginnings, each by itself."""
        return tuple(filter(None, self.allow.split(",")))


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Who runs this Flait."""

    contact: Annotated[
        str,
        rules.optional(rules.one_line(40)),
        "Whom people can ask, as the answer to HELP and the first text to a number name it.",
    ] = ""
    phone: Annotated[
        str,
        rules.optional(rules.phone()),
        "Who is texted when 50, 80 and 100 % of the month's look-ups are spent; empty: the log alone says so.",
    ] = ""


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Where secrets may lie; never a secret itself."""

    allow_insecure: Annotated[bool, rules.switch(), "Whether a keyring backend that stores plain text may be used."] = (
        False
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The values that hold, by section."""

    flightaware: FlightAware = field(default_factory=FlightAware)
    budget: Budget = field(default_factory=Budget)
    twilio: Twilio = field(default_factory=Twilio)
    webhook: Webhook = field(default_factory=Webhook)
    alerts: Alerts = field(default_factory=Alerts)
    trips: Trips = field(default_factory=Trips)
    quiet: Quiet = field(default_factory=Quiet)
    retention: Retention = field(default_factory=Retention)
    backup: Backup = field(default_factory=Backup)
    phone: Phone = field(default_factory=Phone)
    operator: Operator = field(default_factory=Operator)
    secrets: Secrets = field(default_factory=Secrets)

    @property
    def defaults(self) -> "Defaults":
        """What holds for people who set nothing."""
        from flait.core.preferences import defaults

        return defaults(self.quiet.default, self.alerts.leave_hours, self.alerts.checkin_hours)


class Setting(NamedTuple):
    """A row of the table. A family's key ends in `.<…>`: it stands for one key of each name."""

    key: str
    default: Value
    rule: Rule
    meaning: str

    @property
    def variable(self) -> str:
        """The environment variable that overrides it."""
        return "FLAIT_" + self.key.upper().replace(".", "_")


def setting_for(key: str) -> Setting:
    """The row for a key; raises ConfigError with the likeliest key meant."""
    stem, _, name = key.rpartition(".")
    if key in TABLE and key not in FAMILIES:
        return TABLE[key]
    family = next((family for family in FAMILIES.values() if family.stem == stem), None)
    if family and rules.matches(family.name, name):
        return TABLE[family.key]._replace(key=key)
    raise unknown(key)


def unknown(key: str, place: str = "") -> ConfigError:
    """The error for a key that is none; `place` says where it stands, like ` in config.toml, line 3`."""
    if key in SECRETS:
        return ConfigError(
            f"{key} is a secret and is not kept in config.toml{place}",
            f"run `flait secrets set {SECRETS[key]}` instead",
        )
    likely = _in_its_case(key) or meant(key, [*TABLE, *SECTIONS]) or "`flait config show` lists the settings"
    return ConfigError(f"there is no setting {key}{place}", likely)


def _in_its_case(key: str) -> str:
    """`trips.minimum.lhr` is trips.minimum.LHR; nothing for what is none in any case."""
    stem, _, name = key.rpartition(".")
    family = next((family for family in FAMILIES.values() if family.stem == stem), None)
    cased = family.case(name) if family else ""
    return f"write it as {stem}.{cased}" if family and rules.matches(family.name, cased) else ""


def meant(word: str, known: Iterable[str]) -> str:
    """`did you mean …?`, or nothing when no known word is close."""
    import difflib

    close = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]}?" if close else ""


def _rows() -> Iterator[Setting]:
    for section, cls in SECTIONS.items():
        for entry in fields(cls):
            key = f"{section}.{entry.name}"
            rule, meaning = cast("Any", entry.type).__metadata__
            family = next((family for family in FAMILIES.values() if family.stem == key), None)
            if family:
                yield Setting(key=family.key, default=family.default, rule=rule, meaning=meaning)
            else:
                yield Setting(key=key, default=cast("Value", entry.default), rule=rule, meaning=meaning)


SECTIONS: Mapping[str, type[Any]] = {section.name: cast("type[Any]", section.type) for section in fields(Settings)}
TABLE: Mapping[str, Setting] = MappingProxyType({row.key: row for row in _rows()})
