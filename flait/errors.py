"""Everything that can go wrong, split by what the catcher does next.

    FlaitError                      one sentence: what; and a hint: what to do
    ├── UserError          exit 2   the person mends it
    │   ├── InvalidIdent
    │   ├── InvalidPhone
    │   ├── InvalidDate
    │   │   └── TooLate             what was meant has left or landed since it was asked for
    │   └── AmbiguousFlight         several flights answer the description: list them, never guess
    ├── NotFound           exit 7   nothing here by that name
    │   └── NoSuchFlight
    ├── ConfigError        exit 5   config.toml or a setting
    │   └── MissingCredential       a secret is not stored, or the keyring cannot be used
    ├── DaemonNotRunning   exit 4
    ├── Locked             exit 9   another daemon owns this database
    ├── BudgetExhausted    exit 8   the month's look-ups are spent
    │   └── ShareSpent              those of one person: nobody else's
    ├── StoreError         exit 1   the database cannot be read or written: disk full, read-only, failing
    │   ├── NotOurs        exit 5   a foreign, damaged or newer file stands in its place
    │   │   └── Gone                nothing does: it was deleted, moved or replaced
    │   └── Busy           exit 9   somebody else is writing for too long
    └── OutsideError                another party's fault
        ├── Forged                  a request not signed by Twilio for this account: 403, nothing changes
        ├── Malformed               a request that is no form: 400
        ├── FlightSourceError       AeroAPI did not answer usefully: try again later
        │   ├── RateLimited         … and says when
        │   ├── NotUnderstood exit 6 the question itself is refused: the same one gets the same answer for ever
        │   ├── AlertInDoubt        an alert may have been made: look at FlightAware's list before trying again
        │   └── Refused    exit 6   the key or the account is refused: trying again does not help
        │       └── AboveTier       … for this kind of call only: the account's tier does not have it
        └── SendError               a text was not accepted
            ├── NotSent             certainly not sent: safe to try again
            ├── InDoubt             may have been sent: never retry blindly
            └── Rejected            refused for good, with Twilio's code

Doors print `error: {message}; {hint}` and leave with `exit_code`; nobody formats these sentences again.
"""

from datetime import timedelta


class FlaitError(Exception):
    """A fault in one sentence for a person, with the next step in `hint`."""

    exit_code = 1
    code = "failure"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class UserError(FlaitError):
    """The person who typed it can mend it."""

    exit_code = 2
    code = "bad_input"


class InvalidIdent(UserError):
    """Not a flight number."""

    code = "invalid_ident"


class InvalidPhone(UserError):
    """Not a telephone number."""

    code = "invalid_phone"


class InvalidDate(UserError):
    """Not a date, or not one that can be watched."""

    code = "invalid_date"


class TooLate(InvalidDate):
    """The flight that was meant when it was asked for has left or landed since; the message says when."""


class AmbiguousFlight(UserError):
    """More than one flight answers the description; the message lists them."""

    code = "ambiguous_flight"


class NotFound(FlaitError):
    """Nothing here by that name."""

    exit_code = 7
    code = "not_found"


class NoSuchFlight(NotFound):
    """AeroAPI answered, and knows no such flight."""

    code = "no_such_flight"


class ConfigError(FlaitError):
    """A setting is wrong; the message names key, file, line and what is allowed."""

    exit_code = 5
    code = "configuration"


class MissingCredential(ConfigError):
    """A secret is not stored, or the keyring cannot be used."""

    code = "missing_credential"


class DaemonNotRunning(FlaitError):
    """There is no daemon to talk to."""

    exit_code = 4
    code = "daemon_not_running"


class Locked(FlaitError):
    """Another daemon owns this database."""

    exit_code = 9
    code = "locked"


class BudgetExhausted(FlaitError):
    """The month's AeroAPI budget is spent; no call was made."""

    exit_code = 8
    code = "budget"


class ShareSpent(BudgetExhausted):
    """What one person may have of the month's AeroAPI budget is spent; no call was made for them."""

    code = "share"


class StoreError(FlaitError):
    """The database cannot be opened, read or written; nothing was changed."""

    code = "database"


class NotOurs(StoreError):
    """The file is another program's, damaged, or a newer Flait's; not a byte of it was changed."""

    exit_code = 5
    code = "not_our_database"


class Gone(NotOurs):
    """The database was deleted, moved or replaced; what is written into what was opened would be seen by nobody."""

    code = "database_gone"


class Busy(StoreError):
    """Somebody else has been writing for longer than a caller should wait."""

    exit_code = 9
    code = "busy"


class OutsideError(FlaitError):
    """Another party's fault."""

    code = "outside"


class Forged(OutsideError):
    """A request that is not Twilio's, or not for this account; it changes nothing."""

    code = "forged"


class Malformed(OutsideError):
    """A request that cannot be read as a form."""

    code = "malformed"


class FlightSourceError(OutsideError):
    """AeroAPI did not answer usefully: no observation, try again later."""

    code = "flightaware_unreachable"


class RateLimited(FlightSourceError):
    """AeroAPI asks for a pause of `retry_after`."""

    code = "rate_limited"

    def __init__(self, message: str, hint: str = "", *, retry_after: timedelta) -> None:
        super().__init__(message, hint)
        self.retry_after = retry_after


class Refused(FlightSourceError):
    """AeroAPI refuses the key or the account; only the operator can mend it."""

    exit_code = 6
    code = "refused"


class NotUnderstood(FlightSourceError):
    """AeroAPI refuses the question itself: asking it again does not help."""

    exit_code = 6
    code = "refused"


class AlertInDoubt(FlightSourceError):
    """AeroAPI may have made the alert: only its own list of alerts can tell."""


class AboveTier(Refused):
    """The account's tier does not include this call; the rest of AeroAPI still answers."""


class SendError(OutsideError):
    """A text was not accepted. `error_code` is Twilio's, where there is one."""

    code = "send_failed"

    def __init__(self, message: str, hint: str = "", *, error_code: int | None = None) -> None:
        super().__init__(message, hint)
        self.error_code = error_code


class NotSent(SendError):
    """Certainly not sent: safe to try again, not before `retry_after` where Twilio named one.

    `account` is set when the fault is the account's (bad token, suspended): every message waits.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        error_code: int | None = None,
        retry_after: timedelta | None = None,
        account: bool = False,
    ) -> None:
        super().__init__(message, hint, error_code=error_code)
        self.retry_after = retry_after
        self.account = account


class InDoubt(SendError):
    """May have been sent: ask Twilio's own record before doing anything else."""


class Rejected(SendError):
    """Refused for good. `opted_out` is set when the recipient said STOP (21610)."""

    def __init__(self, message: str, hint: str = "", *, error_code: int | None = None, opted_out: bool = False) -> None:
        super().__init__(message, hint, error_code=error_code)
        self.opted_out = opted_out
