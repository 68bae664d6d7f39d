"""Which SendError each of Twilio's answers to a sending becomes, by the table of its error codes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flait.adapters.exchange import Fault, Response, retry_after
from flait.core.twilio_errors import OPTED_OUT, ErrorKind, known
from flait.errors import InDoubt, NotSent, Rejected, SendError


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No usable answer: a fault of the line, a refusal (`reply` and Twilio's `code`), or an answer that is none."""

    words: str
    fault: Fault | None = None
    reply: Response | None = None
    code: int | None = None

    @property
    def refused(self) -> Response | None:
        """Twilio's reply where it was no success."""
        return self.reply if self.reply and not 200 <= self.reply.status < 300 else None


def send_error(failed: Failed, now: datetime) -> SendError:
    """What became of a text: certainly not sent, refused for good, or in doubt (5xx too: Twilio may have it)."""
    if failed.fault is Fault.UNREACHED:
        return NotSent(failed.words, "Flait tries again")
    reply = failed.refused
    if reply is None or not 400 <= reply.status < 500:
        return InDoubt(f"{failed.words}, and may have the text", _LOOKED_UP, error_code=failed.code)
    return _refusal(reply.status, failed.code, retry_after(reply, now))


def _refusal(status: int, code: int | None, pause: timedelta | None) -> SendError:
    found = known(status, code)
    words = f"Twilio did not take the text: {found.words} ({'HTTP' if code is None else 'error'} {code or status})"
    if found.kind is ErrorKind.LATER:
        return NotSent(words, "Flait tries again", error_code=code, retry_after=pause)
    if found.kind is ErrorKind.ACCOUNT:
        return NotSent(
            words,
            "see `flait secrets test` and the account in Twilio's Console",
            error_code=code,
            retry_after=pause,
            account=True,
        )
    return Rejected(words, _HINTS[found.kind], error_code=code, opted_out=code == OPTED_OUT)


_LOOKED_UP = "Flait looks it up in Twilio's record"
_HINTS = {
    ErrorKind.RECIPIENT: "check the person's number and channel",
    ErrorKind.MESSAGE: "it is not sent again",
    ErrorKind.DELIVERY: "it is not sent again",
}
