"""Twilio Programmable Messaging's questions and answers: send, fetch, list; and the account itself.

It sends nothing to anyone. What happens to a text afterwards is decided in fates.py and told by twilio_callbacks.py.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from flait.sandbox.exchange import Answer, Request, json_answer
from flait.sandbox.fates import fate
from flait.sandbox.keywords import Keywords
from flait.sandbox.signing import Tokens
from flait.sandbox.twilio_callbacks import StatusCallbacks
from flait.sandbox.twilio_list import BadQuery, listed
from flait.sandbox.twilio_messages import API_VERSION, Text, Texts, new_sid

PREFIX = f"/{API_VERSION}"
PHONE = re.compile(r"(whatsapp:)?\+[1-9]\d{6,14}")
SENDER = re.compile(r"(whatsapp:)?\+[1-9]\d{6,14}|\d{3,6}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
CONTENT = re.compile(r"HX[0-9a-fA-F]{32}")
NO_CONTENT = f"HX{'0' * 32}"
LONGEST_BODY = 1600  # UTF-16 units


def error(status: int, code: int, message: str) -> Answer:
    """An error as Twilio words it."""
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    return json_answer(status, {"code": code, "message": message, "more_info": more_info, "status": status})


FAULTS: Mapping[str, Answer] = {
    "401": error(401, 20003, "Authenticate"),
    "429": error(429, 20429, "Too Many Requests"),
    "500": error(500, 20500, "An internal server error has occurred"),
    "503": error(503, 20503, "Service is unavailable. Please try again."),
    "21211": error(400, 21211, "The 'To' number is not a valid phone number."),
    "21610": error(400, 21610, "Attempt to send to unsubscribed recipient"),
}

Form = Mapping[str, str]

# What Twilio refuses, in the order in which it looks: when, code, words.
RULES: tuple[tuple[Callable[[Form], bool], int, str], ...] = (
    (lambda form: not form.get("To"), 21604, "A 'To' phone number is required."),
    (lambda form: not _sender(form), 21603, "A 'From' phone number is required."),
    (lambda form: not (form.get("Body") or _attached(form)), 21602, "Message body is required."),
    (lambda form: _units(form.get("Body", "")) > LONGEST_BODY, 21617,
     "The concatenated message body exceeds the 1600 character limit."),
    (lambda form: not PHONE.fullmatch(form["To"]), 21211, "The 'To' number is not a valid phone number."),
    (lambda form: "From" in form and not SENDER.fullmatch(form["From"]), 21212,
     "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID."),
    (lambda form: form["To"] == form.get("From"), 21266, "'To' and 'From' number cannot be the same"),
    (lambda form: "From" in form and _is_whatsapp(form["To"]) != _is_whatsapp(form["From"]), 21910,
     "Invalid From and To pair. From and To should be of the same channel"),
    (lambda form: not _is_callback(form.get("StatusCallback", "http://unset")), 21609,
     "The 'StatusCallback' URL is not a valid URL."),
    (lambda form: not CONTENT.fullmatch(form.get("ContentSid") or NO_CONTENT), 21655, "The ContentSid is Invalid"),
    (lambda form: not _is_object(form.get("ContentVariables") or "{}"), 21656,
     "The ContentVariables Parameter is invalid"),
    (lambda form: not _is_validity(form.get("ValidityPeriod", "36000")), 21624,
     "The validity period must be a whole number of seconds from 1 to 36000."),
)  # fmt: skip


class TwilioServer:
    """Answers as Twilio would; keeps the texts it has accepted."""

    name = "twilio"
    faults = FAULTS

    def __init__(
        self, *, auth_token: str | None, tokens: Tokens, keywords: Keywords, texts: Texts, callbacks: StatusCallbacks
    ) -> None:
        self._auth_token = auth_token
        self._tokens = tokens
        self._keywords = keywords
        self._callbacks = callbacks
        self.texts = texts

    def answer(self, request: Request) -> Answer:
        """What Twilio says to this request."""
        user = self._user(request.headers.get("authorization", ""))
        if user is None:
            return FAULTS["401"]
        parts = request.path.removeprefix(PREFIX).strip("/").split("/")
        account = parts[1].removesuffix(".json") if len(parts) > 1 else ""
        if parts[0] != "Accounts" or not ACCOUNT.fullmatch(account) or not user[0].startswith(("SK", account)):
            return _not_found(request)
        self._tokens.learn(account, *user)
        return self._account_answer(request, account, parts[2:])

    def empty(self, request: Request) -> Answer:
        """An answer with nothing in it: no messages yet, or a 201 that says nothing."""
        if request.method == "POST":
            return json_answer(201, {})
        return _page(request, [])

    def _user(self, authorization: str) -> tuple[str, str] | None:
        """Who is asking, and the password when it is right."""
        kind, _, encoded = authorization.partition(" ")
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        right = password == self._auth_token if self._auth_token is not None else bool(password)
        return (user, password) if kind.lower() == "basic" and colon and right else None

    def _account_answer(self, request: Request, account: str, rest: list[str]) -> Answer:
        match (request.method, rest):
            case ("GET", []):
                return json_answer(200, _account(account, request.at))
            case ("POST", ["Messages.json"]):
                return self._create(request, account)
            case ("GET", ["Messages.json"]):
                return self._list(request, account)
            case ("GET", ["Messages", sid]):
                return self._fetch(request, account, sid.removesuffix(".json"))
        return _not_found(request)

    def _create(self, request: Request, account: str) -> Answer:
        form = request.form
        for broken, code, words in RULES:
            if broken(form):
                return error(400, code, words)
        unsubscribed = self._keywords.refuses(_sender(form) or "", form["To"])
        if unsubscribed and self._keywords.kind == "twilio":
            return FAULTS["21610"]
        text = self._accepted(form, account, request.at, unsubscribed=unsubscribed)
        self.texts.keep(text)
        self._callbacks.follow(text)
        return json_answer(201, text.resource(request.at))

    def _accepted(self, form: Form, account: str, now: datetime, *, unsubscribed: bool) -> Text:
        asked = self._callbacks.plans.behaviour
        stages, error_code = fate(form, asked, self.texts, unsubscribed=unsubscribed, now=now)
        return Text(
            sid=new_sid(),
            account_sid=account,
            to=form["To"],
            from_=form.get("From") or None,
            service_sid=form.get("MessagingServiceSid") or None,
            body=form.get("Body", ""),
            accepted_at=now,
            stages=stages,
            error_code=error_code,
            status_callback=form.get("StatusCallback") or None,
            content_sid=form.get("ContentSid") or None,
            content_variables=form.get("ContentVariables") or None,
        )

    def _fetch(self, request: Request, account: str, sid: str) -> Answer:
        text = self.texts.find(sid)
        if text is None or text.account_sid != account:
            return _not_found(request)
        return json_answer(200, text.resource(request.at))

    def _list(self, request: Request, account: str) -> Answer:
        """Newest first, both directions."""
        return _page(request, [text for text in reversed(self.texts.all()) if text.account_sid == account])


def _page(request: Request, texts: Sequence[Text]) -> Answer:
    try:
        return json_answer(200, listed(request, texts))
    except BadQuery as problem:
        return error(400, 20001, str(problem))


def _account(sid: str, now: datetime) -> dict[str, Any]:
    uri = f"{PREFIX}/Accounts/{sid}"
    return {
        "date_created": format_datetime(now), "date_updated": format_datetime(now), "friendly_name": "Sandbox",
        "owner_account_sid": sid, "sid": sid, "status": "active",
        "subresource_uris": {"messages": f"{uri}/Messages.json"}, "type": "Full", "uri": f"{uri}.json",
    }  # fmt: skip


def _not_found(request: Request) -> Answer:
    return error(404, 20404, f"The requested resource {request.path} was not found")


def _sender(form: Form) -> str | None:
    return form.get("From") or form.get("MessagingServiceSid")


def _attached(form: Form) -> str | None:
    return form.get("MediaUrl") or form.get("ContentSid")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _is_whatsapp(address: str) -> bool:
    return address.startswith("whatsapp:")


def _is_callback(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme in ("http", "https") and bool(host) and "_" not in host and len(url) <= 4000


def _is_validity(seconds: str) -> bool:
    return seconds.isdigit() and 1 <= int(seconds) <= 36000


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
