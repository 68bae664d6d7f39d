"""A question and its answer, as both pretended parties and the server between them see it. No sockets here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, read to its end. When a field is given twice, the last counts. Header names are lower case."""

    method: str
    path: str
    target: str  # path and query exactly as sent
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)  # they carry secrets
    body: bytes
    form: Mapping[str, str]
    at: datetime  # virtual


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to send back; `result_sets` is what AeroAPI would bill."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    result_sets: int = 0


def json_answer(status: int, content: Any, *, content_type: str = JSON, result_sets: int = 0) -> Answer:
    """An answer in JSON."""
    return Answer(status=status, body=json.dumps(content).encode(), content_type=content_type, result_sets=result_sets)
