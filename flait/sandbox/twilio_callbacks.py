"""Twilio's status callbacks: their fields, and that they are posted, signed, when their time has come.

Which there are is decided in receipts.py. One text's callbacks never overtake each other, whoever is slow.
"""

from functools import partial
from urllib.parse import urlsplit

from flait.sandbox.courier import Courier, Letter, twilio_retries
from flait.sandbox.errands import Errands
from flait.sandbox.receipts import Callback, Plans
from flait.sandbox.signing import Fields, Tokens, form_body, signed_headers
from flait.sandbox.twilio_messages import API_VERSION, ERRORS, FAILURES, WHATSAPP, Text

PARTY = "twilio-callback"
CHANNEL = f"XE{'0' * 32}"


class StatusCallbacks:
    """Tells the program behind a text what has become of it."""

    def __init__(self, errands: Errands, courier: Courier, tokens: Tokens) -> None:
        self._errands = errands
        self._courier = courier
        self._tokens = tokens
        self.plans = Plans()

    def follow(self, text: Text) -> None:
        """Post each callback when it is due; the first of them right now where that was asked for.

        Without the account's token nothing can be signed, and nothing is posted.
        """
        token = self._tokens.of(text.account_sid)
        if not text.status_callback or not token:
            return
        callbacks = self.plans.callbacks(text)
        if self.plans.behaviour.before_answer and callbacks:
            self._courier.take(_letter(text, callbacks.pop(0), token))
        for callback in callbacks:
            deliver = partial(self._courier.take, _letter(text, callback, token))
            self._errands.add(deliver, at=callback.due, lane=text.sid)


def signed_letter(url: str, fields: Fields, token: str, *, fault: str | None = None) -> Letter:
    """A POST of these fields as Twilio makes it."""
    return Letter(
        party=PARTY,
        url=url,
        headers=signed_headers(token, url, fields),
        body=form_body(fields),
        path=urlsplit(url).path,
        form=dict(fields),
        retries=twilio_retries(url),
        fault=fault,
    )


def _letter(text: Text, callback: Callback, token: str) -> Letter:
    key = f"not {token}" if callback.fault == "forged" else token
    return signed_letter(text.status_callback or "", status_fields(text, callback), key, fault=callback.fault)


def status_fields(text: Text, callback: Callback) -> Fields:
    """The form of one callback."""
    fields = {
        "MessageSid": text.sid, "MessageStatus": callback.status, "AccountSid": text.account_sid,
        "From": text.sender(callback.reached_at) or "", "To": text.to, "ApiVersion": API_VERSION,
        "SmsSid": text.sid, "SmsStatus": callback.status,
    }  # fmt: skip
    if text.service_sid:
        fields["MessagingServiceSid"] = text.service_sid
    if callback.status in FAILURES and text.error_code:
        fields["ErrorCode"] = str(text.error_code)
    if text.is_whatsapp:
        fields |= _whatsapp_fields(text, callback.status)
    elif callback.status in ("delivered", "undelivered"):
        fields["RawDlrDoneDate"] = f"{callback.reached_at:%y%m%d%H%M}"
    return list(fields.items())


def _whatsapp_fields(text: Text, status: str) -> dict[str, str]:
    fields = {"ChannelPrefix": WHATSAPP.rstrip(":"), "ChannelInstallSid": CHANNEL}
    if status == "read":
        fields["EventType"] = "READ"
    if status in FAILURES and text.error_code:
        fields["ChannelStatusMessage"] = ERRORS.get(text.error_code, "Unknown error")
    return fields
