"""`/_sandbox/…`: how a person or a test drives the sandbox. None of this exists at the real parties."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flait.errors import UserError
from flait.sandbox.exchange import Answer, Request, json_answer
from flait.sandbox.knobs import FLAG, Rule, read
from flait.sandbox.receipts import receipts_from
from flait.sandbox.replies import reply_from
from flait.sandbox.site import Site

PREFIX = "/_sandbox"


def control(site: Site, request: Request) -> Answer:
    """Do what the request says; 400 with the reason when it cannot be done."""
    try:
        return _done(site, request)
    except UserError as problem:
        return json_answer(400, {"error": {"code": problem.code, "message": problem.message, "hint": problem.hint}})


def _done(site: Site, request: Request) -> Answer:
    match (request.method, request.path.removeprefix(PREFIX)):
        case ("GET", "/ledger"):
            return json_answer(200, site.ledger.entries())
        case ("GET", "/texts"):
            return json_answer(200, texts(site, request.at))
        case ("POST", "/flights"):
            return json_answer(200, {"fa_flight_ids": site.put_flights(_list(request))})
        case ("POST", "/reply"):
            return json_answer(200, {"sid": site.replies.take(reply_from(_json(request)), request.at)})
        case (method, name) if change := CHANGES.get((method, name)):
            change(site, request)
            return json_answer(200, {})
    return json_answer(404, {"error": {"code": "not_found", "message": f"No {request.method} {request.path}"}})


def texts(site: Site, now: datetime) -> list[dict[str, Any]]:
    """The texts that people got, oldest first, as they stand now."""
    return [text.summary(now) for text in site.twilio.texts.sent()]


def set_receipts(site: Site, description: object) -> None:
    """How receipts behave from now on. Raises UserError."""
    site.callbacks.plans.behaviour = receipts_from(description)


def set_alerts(site: Site, description: object) -> None:
    """How pushes look from now on. Raises UserError."""
    site.watch.minimal = read(description, ALERTS).get("minimal", False)


ALERTS: Mapping[str, Rule] = {"minimal": FLAG}

# What changes something and has nothing to say.
CHANGES: Mapping[tuple[str, str], Callable[[Site, Request], object]] = {
    ("POST", "/faults"): lambda site, request: site.faults.post(_json(request)),
    ("DELETE", "/faults"): lambda site, _: site.faults.clear(),
    ("POST", "/receipts"): lambda site, request: set_receipts(site, _json(request)),
    ("POST", "/webhooks"): lambda site, request: site.replies.set_up(_json(request)),
    ("POST", "/alerts"): lambda site, request: set_alerts(site, _json(request)),
    ("POST", "/reset"): lambda site, _: site.reset(),
}


def _json(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError as problem:
        raise UserError("The body is not JSON", "send JSON in UTF-8") from problem


def _list(request: Request) -> list[Any]:
    content = _json(request)
    if not isinstance(content, list):
        raise UserError("Flights come as a JSON list", "put the record into square brackets")
    return content
