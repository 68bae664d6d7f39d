"""On PYTHONPATH, makes a process careless: asking outside and taking a text in fail, with all they were given told."""

from typing import Any, NoReturn

import httpx

from flait.flows import intake


def _http(_: Any, request: Any) -> NoReturn:
    raise RuntimeError(f"{request.url} {dict(request.headers)} {request.read()!r}")


def _take_in(*given: object, **named: object) -> NoReturn:
    raise RuntimeError(f"{given!r} {named!r}")


setattr(httpx.HTTPTransport, "handle_request", _http)  # noqa: B010  # mypy would have both keep their types
setattr(intake, "take_in", _take_in)  # noqa: B010
