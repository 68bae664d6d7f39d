"""Requests that look like Twilio's and must not be believed: what a webhook is tried with.

Some carry a wrong signature. The others carry a right one, for the signature does not say where a field's name ends,
nor how often a field was given: they verify, and say something that Twilio never said.
"""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from flait.sandbox.signing import FORM, HEADER, Fields, called, form_body, signature, signed_headers, target

# With the next field drawn into one of these, the request says something else or nothing.
TELLING = ("AccountSid", "Body", "From", "MessageSid", "MessageStatus", "To")
OTHER_ACCOUNT = f"AC{'f' * 32}"


class Signed(NamedTuple):
    """A POST, ready to be sent: the path with its query, the headers, the body."""

    path: str
    headers: dict[str, str]
    body: bytes


def genuine(token: str, url: str, fields: Fields) -> Signed:
    """The request as Twilio would make it."""
    return Signed(target(url), signed_headers(token, url, fields), form_body(fields))


def forgeries(token: str, url: str, fields: Fields) -> Iterator[Signed]:
    """Every way to spoil that request which we know of."""
    honest = genuine(token, url, fields)
    yield from _without_signature(honest)
    yield from _flipped(honest)
    yield genuine(f"not {token}", url, fields)  # another account's token
    yield from _signed_for_another_url(token, url, honest)
    yield from _other_fields(honest, fields)
    yield from _of_another_account(token, url, fields)
    yield from resplit(token, url, fields)
    yield from _repeated(token, url, fields)


def resplit(token: str, url: str, fields: Fields) -> Iterator[Signed]:
    """The same signed characters, cut into fields elsewhere: `Body=STOP` as `Bod=ySTOP`."""
    honest = genuine(token, url, fields)
    for changed in (*_shifted(fields), *_merged(fields)):
        if signature(token, url, changed) == honest.headers[HEADER]:
            yield honest._replace(body=form_body(changed))


def _without_signature(honest: Signed) -> Iterator[Signed]:
    others = {name: value for name, value in honest.headers.items() if name != HEADER}
    yield honest._replace(headers=others)
    for nonsense in ("", "=", "A" * 28, "not base64 at all"):
        yield honest._replace(headers={**others, HEADER: nonsense})


def _flipped(honest: Signed) -> Iterator[Signed]:
    """One bit of the signature, of the body, of the query."""
    signed = honest.headers[HEADER]
    for place in (0, len(signed) // 2):
        changed = signed[:place] + ("A" if signed[place] != "A" else "B") + signed[place + 1 :]
        yield honest._replace(headers={**honest.headers, HEADER: changed})
    body = honest.body
    for place in (place for place in range(len(body)) if chr(body[place]).isdigit()):
        yield honest._replace(body=body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :])
    joint = "&" if "?" in honest.path else "?"
    yield honest._replace(path=f"{honest.path}{joint}m=1")


def _signed_for_another_url(token: str, url: str, honest: Signed) -> Iterator[Signed]:
    right, fields = called(url), parse_qsl(honest.body.decode(), keep_blank_values=True)
    parts = urlsplit(right)
    other_scheme = "http" if parts.scheme == "https" else "https"
    for other in (
        f"{other_scheme}{right.removeprefix(parts.scheme)}",
        right.replace(parts.netloc, "example.net", 1),
        f"{right}/",
        f"{right}{'&' if parts.query else '?'}m=1",
    ):
        yield honest._replace(headers={**honest.headers, HEADER: signature(token, other, fields)})


def _other_fields(honest: Signed, fields: Fields) -> Iterator[Signed]:
    """One more than was signed, one fewer, one emptied; and all of them in another kind of body."""
    yield honest._replace(body=form_body([*fields, ("OptOutType", "STOP")]))
    for place, (name, value) in enumerate(fields):
        yield honest._replace(body=form_body([*fields[:place], *fields[place + 1 :]]))
        if value:
            yield honest._replace(body=form_body([*fields[:place], (name, ""), *fields[place + 1 :]]))
    yield honest._replace(headers={**honest.headers, "Content-Type": FORM.replace("www-form-urlencoded", "json")})


def _of_another_account(token: str, url: str, fields: Fields) -> Iterator[Signed]:
    """Rightly signed, but not about us."""
    yield genuine(token, url, [(name, OTHER_ACCOUNT if name == "AccountSid" else value) for name, value in fields])
    yield genuine(token, url, [field for field in fields if field[0] != "AccountSid"])


def _shifted(fields: Fields) -> Iterator[Fields]:
    """The last letter of a name moved into its value, or the first of the value into the name."""
    for place, (name, value) in enumerate(fields):
        for changed in ((name[:-1], name[-1] + value), (name + value[:1], value[1:])):
            if changed != (name, value):
                yield [*fields[:place], changed, *fields[place + 1 :]]


def _merged(fields: Fields) -> Iterator[Fields]:
    """A telling field that swallows the one after it."""
    ordered = sorted(fields)
    for place, (name, value) in enumerate(ordered[:-1]):
        if name in TELLING:
            swallowed = "".join(ordered[place + 1])
            yield [*ordered[:place], (name, value + swallowed), *ordered[place + 2 :]]


def _repeated(token: str, url: str, fields: Fields) -> Iterator[Signed]:
    """A field given twice: the same twice leaves the signature as it was, another value is signed with it."""
    for name, value in fields:
        if name in TELLING:
            yield genuine(token, url, [*fields, (name, value)])
            yield genuine(token, url, [*fields, (name, f"{value}0")])
