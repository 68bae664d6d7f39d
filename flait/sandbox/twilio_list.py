"""Twilio's list of messages: its filters, its pages, and the links between them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flait.sandbox.exchange import Request
from flait.sandbox.twilio_messages import Text

PAGE_SIZES = (50, 1000)  # usual, largest
FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


class BadQuery(Exception):
    """The query makes no sense to Twilio; the message says why."""


def listed(request: Request, texts: Sequence[Text]) -> dict[str, Any]:
    """The page asked for of those texts that pass the filters. Raises BadQuery.

    `DateSent` is a day or a second; `DateSent>` (from then on) and `DateSent<` (up to then) take either. None of them
    finds a text that has not been sent yet.
    """
    asked = request.query
    size, page = asked.get("PageSize", str(PAGE_SIZES[0])), asked.get("Page", "0")
    if not size.isdigit() or not page.isdigit() or not 1 <= int(size) <= PAGE_SIZES[1]:
        raise BadQuery("Page or PageSize is out of range.")
    dates = {name: _date(value) for name, value in asked.items() if name in PASSES}
    found = [text for text in texts if _is_between(text, asked, request.at) and _is_of(text, dates, request.at)]
    start = int(page) * int(size)
    part = [text.resource(request.at) for text in found[start : start + int(size)]]
    return _envelope(request, part, int(page), int(size), more=len(found) > start + int(size))


def _is_between(text: Text, asked: Mapping[str, str], now: datetime) -> bool:
    return asked.get("To") in (None, "", text.to) and asked.get("From") in (None, "", text.sender(now))


def _is_of(text: Text, dates: Mapping[str, tuple[datetime, timedelta]], now: datetime) -> bool:
    sent_at = text.sent_at(now)
    if sent_at is None:
        return not dates
    second = sent_at.replace(microsecond=0)
    return all(PASSES[name](second, *date) for name, date in dates.items())


PASSES: Mapping[str, Callable[[datetime, datetime, timedelta], bool]] = {
    "DateSent": lambda sent_at, moment, span: moment <= sent_at < moment + span,
    "DateSent<": lambda sent_at, moment, _: sent_at <= moment,
    "DateSent>": lambda sent_at, moment, _: sent_at >= moment,
}


def _date(value: str) -> tuple[datetime, timedelta]:
    """When it begins, and how long it lasts: a day or a second."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as problem:
        raise BadQuery("DateSent is not a date.") from problem
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware, SECOND if "T" in value or ":" in value else DAY


def _envelope(request: Request, messages: list[dict[str, Any]], page: int, size: int, *, more: bool) -> dict[str, Any]:
    filters = {name: value for name, value in request.query.items() if name in FILTERS}

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
