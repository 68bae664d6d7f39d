"""What Twilio posts to us: is it Twilio's, is it for us, and what does it say. Nothing else reads those forms.

A signature proves the characters, not where one field ends and the next begins: `Body=STOP` cut up as `Bod=ySTOP`
verifies too. So after it the names must be Twilio's own, each once, and the values that matter well-formed. A request
that cannot be read is Malformed; one that is not proven whole and ours is Forged, an unsigned one before it is read.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import parse_qsl

from flait.core.receipts import TWILIO_STATUSES, Inbound, Receipt
from flait.errors import Forged, Malformed

OLD_TOKEN = timedelta(hours=24)  # a rotated token still signs what was under way
MOST_FIELDS = 64  # ten pictures and every field about places and channels are fewer

_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{27}=", re.ASCII)  # SHA-1 in base64
_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}", re.ASCII)
_PERSON = re.compile(r"(whatsapp:|rcs:)?\+[1-9][0-9]{6,14}", re.ASCII)
_OURS = re.compile(r"(whatsapp:|rcs:)?\+[1-9][0-9]{6,14}|[0-9]{3,8}|rcs:[A-Za-z0-9_]{1,64}", re.ASCII)
_OWN_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
_MEDIA = re.compile(r"Media(Url|ContentType)[0-9]", re.ASCII)

_COMMON = frozenset("MessageSid SmsSid AccountSid MessagingServiceSid From To ApiVersion SmsStatus".split())  # noqa: SIM905  # a list of Twilio's names reads best as words
_STATUS_FIELDS = _COMMON | frozenset(
    "MessageStatus ErrorCode ErrorMessage RawDlrDoneDate ChannelInstallSid ChannelPrefix ChannelStatusMessage "  # noqa: SIM905  # as above
    "ChannelToAddress EventType StructuredMessage".split()
)
_SMS_FIELDS = _COMMON | frozenset(
    "SmsMessageSid Body NumMedia NumSegments FromCity FromState FromZip FromCountry ToCity ToState ToZip ToCountry "  # noqa: SIM905  # as above
    "OptOutType AddOns".split()
)
_CHANNEL_FIELDS = _SMS_FIELDS | frozenset(
    "ProfileName WaId Forwarded FrequentlyForwarded ButtonText ButtonPayload ButtonType Latitude Longitude Address "  # noqa: SIM905  # as above
    "Label ChannelMetadata InteractiveData FlowData ReferralBody ReferralHeadline ReferralMediaContentType "
    "ReferralMediaUrl ReferralNumMedia ReferralSourceId ReferralSourceType ReferralSourceUrl ReferralUrl "
    "ReferralMediaId ReferralCtwaClid OriginalRepliedMessageSender OriginalRepliedMessageSid MessageType "
    "ExternalUserId ParentExternalUserId ProfileUsername".split()
)
_CHANNELS = ("whatsapp:", "rcs:")

# Whoever has the signed request of a text of their own (`STOPFrom+1…FromCity`) could speak for another number, if
# what really stood in these fields could be hidden inside another.
_SWALLOWED = re.compile(r"(From|To)((whatsapp|rcs):)?\+[1-9]|MessageSid(SM|MM)[0-9a-fA-F]{32}|AccountSidAC", re.ASCII)

Form = Mapping[str, str]


class _Fields(dict[str, list[str]]):
    """As the SDK's validator reads repeated fields."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


class _Tokens:
    """The auth token that holds, and those that held within the last day."""

    def __init__(self, current: Callable[[], str]) -> None:
        self._current = current
        self._held: dict[str, datetime] = {}  # token → when it was last the current one
        self._lock = Lock()

    def at(self, now: datetime) -> tuple[str, ...]:
        """Every token that may have signed what comes in now. Raises MissingCredential."""
        current = self._current()
        with self._lock:
            self._held = {token: seen for token, seen in self._held.items() if now - seen < OLD_TOKEN} | {current: now}
            return tuple(self._held)


class TwilioForms:
    """Reads signed requests. `token` reads the auth token that holds. Safe across threads.

    After a rotation the token before is accepted for a day, by this object and no later one.
    """

    def __init__(self, *, account_sid: str, token: Callable[[], str]) -> None:
        from twilio.request_validator import RequestValidator

        self._validator = RequestValidator
        self._account_sid = account_sid
        self._tokens = _Tokens(token)

    def receipt(self, url: str, body: bytes, headers: Form, *, now: datetime) -> tuple[Receipt, str]:
        """A status callback, and Twilio's own word for the status. Raises Forged, Malformed, MissingCredential.

        `url` is what Twilio called: our public address and the raw request target. `headers` are by lower-case name.
        """
        form = self._form(url, body, headers, now)
        _require_known(form, _STATUS_FIELDS)
        _require_whole(form, _STATUS_FIELDS)
        word = form.get("MessageStatus", "")
        _require(word in TWILIO_STATUSES and _PERSON.fullmatch(form.get("To", "")) is not None)
        query = dict(parse_qsl(url.partition("?")[2]))
        receipt = Receipt(
            sid=form["MessageSid"],
            status=TWILIO_STATUSES[word],
            message_id=_number(query.get("m", "")),
            attempt=_number(query.get("a", "")),
            error_code=_number(form.get("ErrorCode", "")),
        )
        return receipt, word

    def inbound(self, url: str, body: bytes, headers: Form, *, now: datetime) -> Inbound:
        """A person's text, its Body untouched. Arguments and errors are those of `receipt`."""
        form = self._form(url, body, headers, now)
        sender, to = form.get("From", ""), form.get("To", "")
        if sender.startswith(_CHANNELS):
            _require_known(form, _CHANNEL_FIELDS)
        else:
            _require_known(form, _SMS_FIELDS)
            _require_whole(form, _SMS_FIELDS)
        _require("Body" in form and _PERSON.fullmatch(sender) is not None and _OURS.fullmatch(to) is not None)
        return Inbound(
            sid=form["MessageSid"],
            sender=_without_channel(sender),
            to=_without_channel(to),
            whatsapp=sender.startswith("whatsapp:"),
            body=form["Body"],
            opt_out_type=form.get("OptOutType") or None,
            wa_id=_wa_id(form) if sender.startswith("whatsapp:") else None,
        )

    def _form(self, url: str, body: bytes, headers: Form, now: datetime) -> Form:
        signature = headers.get("x-twilio-signature", "")
        if not _SIGNATURE.fullmatch(signature):
            raise Forged("not signed")
        fields = _parsed(body, headers)
        if not self._genuine(url, fields, signature, now):
            raise Forged("signed otherwise")
        _require(all(len(values) == 1 for values in fields.values()))
        form = {name: values[0] for name, values in fields.items()}
        if form.get("AccountSid") != self._account_sid:
            raise Forged("of another account")
        _require(_SID.fullmatch(form.get("MessageSid", "")) is not None)
        return form

    def _genuine(self, url: str, fields: _Fields, signature: str, now: datetime) -> bool:
        return any(self._validator(token).validate(url, fields, signature) for token in self._tokens.at(now))


def _parsed(body: bytes, headers: Form) -> _Fields:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Malformed("no form")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as problem:
        raise Malformed("an unreadable form") from problem
    fields = _Fields()
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def _require(whole: bool) -> None:
    if not whole:
        raise Forged("signed, and cut up anew")


def _require_known(form: Form, known: frozenset[str]) -> None:
    """Only names that Twilio uses here, and what belongs to a name that matters in no value but a person's words."""
    if not all(name in known or _MEDIA.fullmatch(name) for name in form):
        raise Forged("signed, with a field that is not known here")
    _require(not any(_SWALLOWED.search(value) for name, value in form.items() if name != "Body"))


def _require_whole(form: Form, known: frozenset[str]) -> None:
    """No other name inside a value, where Twilio may have put a field; with this, no other cut passes.

    The next field's own name counts too: of `XBodySTOP` only the last four letters could be made the Body.
    A person's Body may say anything: in an SMS, no field comes between it and From. In the texts of other channels
    some may, and JSON full of names stands beside them; there, only who wrote and which text it is are certain.
    """
    names = sorted(form)
    for name, following in zip(names, [*names[1:], "~"], strict=True):
        pictures = {found[0] for found in _MEDIA.finditer(form[name])}
        others = (other for other in known | pictures if name < other <= following and name != "Body")
        _require(not any(other in form[name] for other in others))


def _wa_id(form: Form) -> str | None:
    number = f"+{form.get('WaId', '')}"
    return number if _PERSON.fullmatch(number) and number != _without_channel(form["From"]) else None


def _without_channel(address: str) -> str:
    return address.rpartition(":")[2]


def _number(text: str) -> int | None:
    return int(text) if _OWN_ID.fullmatch(text) else None
