"""Playing a person's phone by hand: text a running sandbox from another process, and see what comes back."""

import json
from collections.abc import Mapping
from http.client import HTTPException
from threading import Event
from time import monotonic
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from flait.errors import OutsideError, UserError
from flait.sandbox.control import PREFIX

LOOK_EVERY = 0.1  # seconds, real
QUIET = 0.5  # seconds, real: after a text, how long another may follow it
TIME_OUT = 20.0  # seconds, real

_DIRECT = build_opener(ProxyHandler({}))  # whatever proxy is set up, the sandbox is on this machine


def text_back(url: str, reply: Mapping[str, Any], *, wait: float) -> list[dict[str, Any]]:
    """Send a person's reply; the texts they get within `wait` real seconds of it, as soon as no more follow.

    Raises UserError when the sandbox refuses, OutsideError when there is none.
    """
    person = reply["from"]
    before = len(_texts_to(url, person))
    _ask(url, "/reply", reply)
    until = monotonic() + wait
    got: list[dict[str, Any]] = []
    while monotonic() < until:
        Event().wait(LOOK_EVERY)
        now_got = _texts_to(url, person)[before:]
        if len(now_got) > len(got):
            got, until = now_got, monotonic() + QUIET
    return got


def _texts_to(url: str, person: str) -> list[dict[str, Any]]:
    addresses = (person, f"whatsapp:{person}")
    return [text for text in _ask(url, "/texts", None) if text["to"] in addresses]


def _ask(url: str, name: str, content: Mapping[str, Any] | None) -> Any:
    body = None if content is None else json.dumps(content).encode()
    request = Request(f"{url}{PREFIX}{name}", data=body, headers={"Content-Type": "application/json"})  # noqa: S310  # checked below
    if not url.startswith(("http://", "https://")):
        raise UserError("That is no address of a sandbox", "give the url that `flait sandbox` printed")
    try:
        with _DIRECT.open(request, timeout=TIME_OUT) as answer:
            return json.load(answer)
    except HTTPError as refusal:
        raise _refused(refusal) from refusal
    except (OSError, HTTPException, ValueError) as problem:
        raise OutsideError("No sandbox answers there", "start one with `flait sandbox`, or give --url") from problem


def _refused(refusal: HTTPError) -> OutsideError | UserError:
    with refusal:
        try:
            error = json.load(refusal)["error"]
            return UserError(error["message"], error["hint"])
        except (ValueError, KeyError, TypeError):
            return OutsideError("What answers there is no sandbox", "give the url that `flait sandbox` printed")
