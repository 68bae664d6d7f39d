"""Twilio Programmable Messaging's questions and answers: send, fetch, list; and the account itself.

It sends nothing to anyone, and calls nobody back.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from flait.sandbox.exchange import Answer, Request, json_answer
from flait.sandbox.twilio_messages import API_VERSION, Text, Texts

PREFIX = f"/{API_VERSION}"
PHONE = re.compile(r"(whatsapp:)?\+[1-9]\d{6,14}")
SENDER = re.compile(r"(whatsapp:)?\+[1-9]\d{6,14}|\d{3,6}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
LONGEST_BODY = 1600  # UTF-16 units
PAGE_SIZES = (50, 1000)  # usual, largest


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
    (lambda form: not _is_validity(form.get("ValidityPeriod", "36000")), 21624,
     "The validity period must be a whole number of seconds from 1 to 36000."),
)  # fmt: skip


class TwilioServer:
    """Answers as Twilio would; keeps the texts it has accepted."""

    name = "twilio"
    faults = FAULTS

    def __init__(self, *, auth_token: str | None) -> None:
        self._auth_token = auth_token
        self.texts = Texts()

    def clear(self) -> None:
        """Forget the texts."""
        self.texts.clear()

    def answer(self, request: Request) -> Answer:
        """What Twilio says to this request."""
        user = self._user(request.headers.get("authorization", ""))
        if user is None:
            return FAULTS["401"]
        parts = request.path.removeprefix(PREFIX).strip("/").split("/")
        account = parts[1].removesuffix(".json") if len(parts) > 1 else ""
        if parts[0] != "Accounts" or not ACCOUNT.fullmatch(account) or not user.startswith(("SK", account)):
            return _not_found(request)
        return self._account_answer(request, account, parts[2:])

    def empty(self, request: Request) -> Answer:
        """An answer with nothing in it: no messages yet, or a 201 that says nothing."""
        if request.method == "POST":
            return json_answer(201, {})
        return json_answer(200, _envelope(request, [], 0, PAGE_SIZES[0], more=False))

    def _user(self, authorization: str) -> str | None:
        """Who is asking, when the password is right."""
        kind, _, encoded = authorization.partition(" ")
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        right = password == self._auth_token if self._auth_token is not None else bool(password)
        return user if kind.lower() == "basic" and colon and right else None

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
        for broken, code, words in RULES:
            if broken(request.form):
                return error(400, code, words)
        text = self.texts.accept(account, request.form, request.at)
        return json_answer(201, text.resource(request.at))

    def _fetch(self, request: Request, account: str, sid: str) -> Answer:
        text = self.texts.find(sid)
        if text is None or text.account_sid != account:
            return _not_found(request)
        return json_answer(200, text.resource(request.at))

    def _list(self, request: Request, account: str) -> Answer:
        """Newest first, filtered by To and From. Filtering by DateSent is refused rather than ignored."""
        asked = request.query
        if any(name.startswith("DateSent") for name in asked):
            return error(400, 20001, "The sandbox does not filter by DateSent.")
        size, page = asked.get("PageSize", str(PAGE_SIZES[0])), asked.get("Page", "0")
        if not size.isdigit() or not page.isdigit() or not 1 <= int(size) <= PAGE_SIZES[1]:
            return error(400, 20001, "Page or PageSize is out of range.")
        found = [text for text in reversed(self.texts.all()) if _matches(text, account, asked, request.at)]
        start = int(page) * int(size)
        part = [text.resource(request.at) for text in found[start : start + int(size)]]
        more = len(found) > start + int(size)
        return json_answer(200, _envelope(request, part, int(page), int(size), more=more))


def _matches(text: Text, account: str, asked: Mapping[str, str], now: datetime) -> bool:
    return (
        text.account_sid == account
        and asked.get("To") in (None, "", text.to)
        and asked.get("From") in (None, "", text.sender(now))
    )


def _envelope(request: Request, messages: list[dict[str, Any]], page: int, size: int, *, more: bool) -> dict[str, Any]:
    filters = {name: value for name, value in request.query.items() if name in ("To", "From")}

    def uri(number: int) -> str:
        token = {"PageToken": f"PASM{messages[-1]['sid'][2:]}"} if number > page else {}
        return f"{request.path}?{urlencode({**filters, 'PageSize': size, 'Page': number, **token})}"

    return {
        "end": page * size + max(0, len(messages) - 1),
        "first_page_uri": uri(0),
        "messages": messages,
        "next_page_uri": uri(page + 1) if more else None,
        "page": page,
        "page_size": size,
        "previous_page_uri": uri(page - 1) if page else None,
        "start": page * size,
        "uri": uri(page),
    }


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
