"""What Twilio posts to us: is it Twilio's, is it for us, and what does it say. Nothing else reads those forms.

A signature proves the characters, not where one field ends and the next begins: `Body=STOP` cut up as `Bod=ySTOP`
verifies too. So the fields that matter must be there, each once and well-formed, and no name may stand inside another
field. Twilio adds fields without notice: a form with a name that is not known here is whole or cut up anew, nobody can
tell, and comes back as unproven. A request that cannot be read is Malformed; one that is not proven to be ours, or
proven to be cut up, is Forged, an unsigned one before it is read.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import parse_qsl

from flait.adapters.twilio.statuses import TWILIO_STATUSES
from flait.core.inbound import Inbound, UnprovenReceipt, UnprovenText
from flait.core.receipts import Receipt
from flait.errors import Forged, Malformed

OLD_TOKEN = timedelta(hours=24)  # a rotated token still signs what was under way
MOST_FIELDS = 64  # ten pictures and every field about places and channels are fewer

_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{27}=", re.ASCII)  # SHA-1 in base64
_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}", re.ASCII)
_PERSON = re.compile(r"(whatsapp:|rcs:)?\+[1-9][0-9]{6,14}", re.ASCII)
_OURS = re.compile(r"(whatsapp:|rcs:)?\+[1-9][0-9]{6,14}|[0-9]{3,8}|rcs:[A-Za-z0-9_]{1,64}", re.ASCII)
_OWN_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
_NAME = re.compile(r"[A-Z][A-Za-z0-9_.-]{0,63}", re.ASCII)
_MEDIA = re.compile(r"Media(Url|ContentType)[0-9]", re.ASCII)

_NOBODY = re.compile(r"(whatsapp:|rcs:)?([0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 +_&.-]{1,11})", re.ASCII)
"""A short code or a name: nobody here has one, and nobody is answered there."""

# From Twilio's documentation of its requests, and from what people have published of them.
_COMMON = frozenset(
    "MessageSid SmsSid AccountSid MessagingServiceSid From To ApiVersion SmsStatus NumSegments Price PriceUnit".split()  # noqa: SIM905  # a list of Twilio's names reads best as words
)
_STATUS_FIELDS = _COMMON | frozenset(
    "MessageStatus ErrorCode ErrorMessage RawDlrDoneDate ChannelInstallSid ChannelPrefix ChannelStatusMessage "  # noqa: SIM905  # as above
    "ChannelToAddress EventType StructuredMessage Timestamp".split()
)
_SMS_FIELDS = _COMMON | frozenset(
    "SmsMessageSid Body NumMedia FromCity FromState FromZip FromCountry ToCity ToState ToZip ToCountry "  # noqa: SIM905  # as above
    "OptOutType AddOns ReferralNumMedia".split()
)
_CHANNEL_FIELDS = _SMS_FIELDS | frozenset(
    "ProfileName WaId Forwarded FrequentlyForwarded ButtonText ButtonPayload ButtonType Latitude Longitude Address "  # noqa: SIM905  # as above
    "Label ChannelMetadata InteractiveData FlowData ReferralBody ReferralHeadline ReferralMediaContentType "
    "ReferralMediaUrl ReferralSourceId ReferralSourceType ReferralSourceUrl ReferralUrl "
    "ReferralMediaId ReferralCtwaClid OriginalRepliedMessageSender OriginalRepliedMessageSid MessageType "
    "ExternalUserId ParentExternalUserId ProfileUsername".split()
)
_SELDOM = frozenset("Price PriceUnit Timestamp AddOns MessagingServiceSid StructuredMessage".split())  # noqa: SIM905  # as above
_OPT_OUT_TYPES = ("", "STOP", "START", "HELP")
_CHANNELS = ("whatsapp:", "rcs:")

# Whoever has the signed request of a text of their own (`STOPFrom+1…FromCity`) could speak for another number, if
# what really stood in these fields could be hidden inside another.
_SWALLOWED = re.compile(r"(From|To)((whatsapp|rcs):)?\+[1-9]|MessageSid(SM|MM)[0-9a-fA-F]{32}|AccountSidAC", re.ASCII)

_A_SENDER = re.compile(r"From((whatsapp|rcs):)?\+[1-9]", re.ASCII)

Form = Mapping[str, str]


class _Fields(dict[str, list[str]]):
    """The fields in the form that the SDK's validator wants, repeated ones too."""

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

    def receipt(self, url: str, body: bytes, headers: Form, *, now: datetime) -> tuple[Receipt, str] | UnprovenReceipt:
        """A status callback, and Twilio's own word for the status. Raises Forged, Malformed, MissingCredential.

        `url` is what Twilio called: our public address and the raw request target. `headers` are by lower-case name.
        """
        form = self._form(url, body, headers, now)
        known = _is_known(form, _STATUS_FIELDS)
        if known:
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
        return (receipt, word) if known else UnprovenReceipt(seems=receipt, word=word)

    def inbound(self, url: str, body: bytes, headers: Form, *, now: datetime) -> Inbound | UnprovenText | None:
        """A person's text, its Body untouched; None: from a short code or a name, which nobody here has.

        Arguments and errors are those of `receipt`.
        """
        form = self._form(url, body, headers, now)
        sender, to = form.get("From", ""), form.get("To", "")
        on_a_channel, from_a_person = sender.startswith(_CHANNELS), _PERSON.fullmatch(sender) is not None
        known = _is_known(form, _CHANNEL_FIELDS if on_a_channel else _SMS_FIELDS)
        if known and not on_a_channel:
            _require_whole(form, _SMS_FIELDS)
        _require(from_a_person or (_NOBODY.fullmatch(sender) is not None and not _senders(form)))
        _require(_OURS.fullmatch(to) is not None and ("Body" in form or _has_pictures(form)))
        is_theirs = from_a_person and _senders(form) == 1
        if not known or (on_a_channel and not (is_theirs and "Body" in form)):
            return UnprovenText(sid=form["MessageSid"], seems=_inbound(form) if is_theirs else None)
        return _inbound(form) if from_a_person else None

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


def _is_known(form: Form, known: frozenset[str]) -> bool:
    """Whether it has only names that Twilio uses here. Raises Forged where it is seen to be cut up anew.

    What belongs to a name that matters must stand in no value but a person's words; and no name that Twilio always
    sends may be missing and begin a strange one, as in `FromCit=ySAN FRANCISCO` and `FromCityS=AN FRANCISCO`.
    """
    strange = {name: form[name] for name in form if name not in known and not _MEDIA.fullmatch(name)}
    _require(not any(_SWALLOWED.search(value) for name, value in form.items() if name not in {*strange, "Body"}))
    _require(all(_NAME.fullmatch(name) for name in strange))
    missing = tuple(known - _SELDOM - form.keys())
    begun = [f"{name}{value}" for name, value in strange.items()]
    _require(not any(written.startswith(missing) or _MEDIA.match(written) for written in begun))
    _require(not strange or form.get("OptOutType", "") in _OPT_OUT_TYPES)
    return not strange


def _senders(form: Form) -> int:
    """How many people's numbers are named as the sender, however it is cut up: in a person's words too."""
    return len(_A_SENDER.findall("".join(name + value for name, value in sorted(form.items()))))


def _has_pictures(form: Form) -> bool:
    return (_number(form.get("NumMedia", "")) or 0) > 0


def _inbound(form: Form) -> Inbound:
    sender = form["From"]
    return Inbound(
        sid=form["MessageSid"],
        sender=_without_channel(sender),
        to=_without_channel(form["To"]),
        whatsapp=sender.startswith("whatsapp:"),
        body=form.get("Body", ""),
        opt_out_type=form.get("OptOutType") or None,
        wa_id=_wa_id(form) if sender.startswith("whatsapp:") else None,
    )


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
