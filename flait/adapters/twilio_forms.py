"""What Twilio posts to us: is it Twilio's, is it for us, and what does it say. Nothing else reads those forms.

A signature proves the characters, not where one field ends and the next begins: `Body=STOP` re-split as `Bod=ySTOP`
verifies too. So after it the names must be Twilio's own, each once, and the values that matter well-formed.
"""

import logging
import re
import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from flait.core.messages import MessageStatus
from flait.core.receipts import TWILIO_STATUSES, Inbound, Receipt
from flait.errors import Forged, Malformed

log = logging.getLogger("flait.webhook")

OLD_TOKEN_HOURS = 24  # a rotated token still signs what was under way
LOOK_AGAIN_SECONDS = 10.0  # how often a wrong signature may make us read the keyring afresh
MOST_FIELDS = 200

_SID = re.compile(r"(SM|MM)[0-9a-f]{32}", re.ASCII)
_NUMBER = re.compile(r"(whatsapp:)?\+[1-9][0-9]{6,14}", re.ASCII)
_SENDER = re.compile(r"(whatsapp:)?\+?[A-Za-z0-9 ]{3,20}|MG[0-9a-f]{32}", re.ASCII)  # short codes and names too
_OWN_ID = re.compile(r"[0-9]{1,18}", re.ASCII)

_COMMON = frozenset("MessageSid SmsSid AccountSid MessagingServiceSid From To ApiVersion SmsStatus".split())  # noqa: SIM905  # a list of Twilio's names reads best as words
_STATUS_FIELDS = _COMMON | frozenset(
    "MessageStatus ErrorCode ErrorMessage RawDlrDoneDate ChannelInstallSid ChannelPrefix ChannelStatusMessage "  # noqa: SIM905  # as above
    "ChannelToAddress EventType StructuredMessage".split()
)
_MESSAGE_FIELDS = _COMMON | frozenset(
    "SmsMessageSid Body NumMedia NumSegments FromCity FromState FromZip FromCountry ToCity ToState ToZip ToCountry "  # noqa: SIM905  # as above
    "OptOutType AddOns ProfileName WaId Forwarded FrequentlyForwarded ButtonText ButtonPayload ButtonType Latitude "
    "Longitude Address Label ChannelMetadata ReferralBody ReferralHeadline ReferralMediaContentType "
    "ReferralMediaUrl ReferralNumMedia ReferralSourceId ReferralSourceType ReferralSourceUrl ReferralMediaId "
    "ReferralCtwaClid OriginalRepliedMessageSender OriginalRepliedMessageSid MessageType "
    "ExternalUserId ParentExternalUserId ProfileUsername".split()
)
_MEDIA = re.compile(r"Media(Url|ContentType)[0-9]", re.ASCII)

Form = Mapping[str, str]


class _Fields(dict[str, list[str]]):
    """As the SDK's validator reads repeated fields."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


class TwilioForms:
    """Reads signed requests. `base_url` is what Twilio was told to call; `token` reads the auth token, True afresh.

    After a rotation the token before is accepted for a day.
    """

    def __init__(self, *, base_url: str, account_sid: str, token: Callable[[bool], str]) -> None:
        self._base_url = base_url.rstrip("/")
        self._account_sid = account_sid
        self._token = token
        self._known: dict[str, float] = {}  # token → when it was last the current one
        self._read_afresh = -LOOK_AGAIN_SECONDS

    def receipt(self, target: str, query: Form, body: bytes, headers: Form) -> tuple[Receipt, str]:
        """A status callback and Twilio's own word for the status. Raises Forged, Malformed."""
        form = self._form(target, body, headers, _STATUS_FIELDS)
        status = form.get("MessageStatus", "")
        if status not in TWILIO_STATUSES or not _well_formed(form, sender="From", person="To"):
            raise Forged("fields")
        receipt = Receipt(
            sid=form["MessageSid"],
            status=MessageStatus(TWILIO_STATUSES[status]),
            message_id=_number(query.get("m", "")),
            attempt=_number(query.get("a", "")),
            error_code=_number(form.get("ErrorCode", "")),
        )
        return receipt, status

    def inbound(self, target: str, body: bytes, headers: Form) -> Inbound:
        """A person's text. Raises Forged, Malformed."""
        form = self._form(target, body, headers, _MESSAGE_FIELDS)
        if "Body" not in form or not _well_formed(form, sender="To", person="From"):
            raise Forged("fields")
        return Inbound(
            sid=form["MessageSid"],
            sender=form["From"].removeprefix("whatsapp:"),
            to=form["To"].removeprefix("whatsapp:"),
            whatsapp=form["From"].startswith("whatsapp:"),
            body=form["Body"],
            opt_out_type=form.get("OptOutType") or None,
        )

    def _form(self, target: str, body: bytes, headers: Form, allowed: frozenset[str]) -> Form:
        fields = _parsed(body, headers)
        signature = headers.get("x-twilio-signature", "")
        if not signature or not signature.isascii() or not self._genuine(target, fields, signature):
            raise Forged("signature")
        strange = next((name for name in fields if name not in allowed and not _MEDIA.fullmatch(name)), None)
        if strange is not None:
            log.warning("a signed request was refused for its field %.40r", strange)
            raise Forged("names")
        if any(len(values) > 1 for values in fields.values()):
            raise Forged("repeated")
        form = {name: values[0] for name, values in fields.items()}
        if form.get("AccountSid") != self._account_sid or not _SID.fullmatch(form.get("MessageSid", "")):
            raise Forged("account")
        return form

    def _genuine(self, target: str, fields: _Fields, signature: str) -> bool:
        now = time.monotonic()
        self._known[self._token(False)] = now
        if self._signed(target, fields, signature, now):
            return True
        if now - self._read_afresh < LOOK_AGAIN_SECONDS:
            return False
        self._read_afresh = now
        self._known[self._token(True)] = now
        return self._signed(target, fields, signature, now)

    def _signed(self, target: str, fields: _Fields, signature: str, now: float) -> bool:
        from twilio.request_validator import RequestValidator

        self._known = {token: seen for token, seen in self._known.items() if now - seen < OLD_TOKEN_HOURS * 3600}
        url = self._base_url + target
        try:
            return any(RequestValidator(token).validate(url, fields, signature) for token in self._known)
        except (TypeError, ValueError):  # lone surrogates, odd ports: nothing that Twilio sends
            return False


def _parsed(body: bytes, headers: Form) -> _Fields:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Malformed("content type")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as problem:
        raise Malformed("not a form") from problem
    fields = _Fields()
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def _well_formed(form: Form, *, sender: str, person: str) -> bool:
    return bool(_NUMBER.fullmatch(form.get(person, ""))) and bool(_SENDER.fullmatch(form.get(sender, "")))


def _number(text: str) -> int | None:
    return int(text) if _OWN_ID.fullmatch(text) else None
