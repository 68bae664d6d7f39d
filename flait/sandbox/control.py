"""`/_sandbox/…`: how a person or a test drives the sandbox. None of this exists at the real parties."""

import json
from typing import Any

from flait.errors import UserError
from flait.sandbox.exchange import Answer, Request, json_answer
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
            return json_answer(200, texts(site, request))
        case ("POST", "/flights"):
            return json_answer(200, {"fa_flight_ids": site.world.by_hand.put(_list(request))})
        case ("POST", "/faults"):
            site.faults.post(_json(request))
        case ("DELETE", "/faults"):
            site.faults.clear()
        case ("POST", "/reset"):
            site.reset()
        case _:
            return json_answer(404, {"error": {"code": "not_found", "message": f"No {request.method} {request.path}"}})
    return json_answer(200, {})


def texts(site: Site, request: Request) -> list[dict[str, Any]]:
    """The accepted texts, oldest first, as they stand now."""
    return [text.summary(request.at) for text in site.twilio.texts.all()]


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
