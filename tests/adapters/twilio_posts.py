"""Requests as Twilio makes them, signed by its own library, and ways to forge them."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, urlencode

from twilio.request_validator import RequestValidator

from flait.adapters.twilio.forms import _SMS_FIELDS
from flait.core.values import replace

ACCOUNT = "AC" + "0" * 32
TOKEN = "canary-token-8Hq3"
BASE = "https://flait.example"
SID = "SM" + "a1" * 16
ANN = "+15555550100"
OURS = "+15555550199"
FORM = "application/x-www-form-urlencoded"
PLACES = tuple(f"{end}{place}" for end in ("From", "To") for place in ("City", "State", "Zip", "Country"))

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One POST; `url` is what Twilio called, `signature` what it put under it."""

    url: str
    body: bytes
    signature: str
    content_type: str = FORM

    @property
    def headers(self) -> dict[str, str]:
        return {"content-type": self.content_type, "x-twilio-signature": self.signature}

    @property
    def target(self) -> str:
        return "/" + self.url.split("/", 3)[3]


def signature(url: str, fields: Fields, token: str = TOKEN) -> str:
    """As Twilio signs, over every field."""
    signed: str = RequestValidator(token).compute_signature(url, dict(fields))
    return signed


def signed(path: str, fields: Fields, *, base: str = BASE, token: str = TOKEN) -> Post:
    """A whole request."""
    return Post(url=base + path, body=urlencode(fields).encode(), signature=signature(base + path, fields, token))


def text_fields(body: str = "STOP", **changes: str | None) -> list[tuple[str, str]]:
    """What Twilio sends of a person's SMS; None leaves a field out."""
    fields: dict[str, str | None] = {
        "ToCountry": "US", "ToState": "CA", "SmsMessageSid": SID, "NumMedia": "0", "ToCity": "", "FromZip": "94105",
        "SmsSid": SID, "FromState": "CA", "SmsStatus": "received", "FromCity": "SAN FRANCISCO", "Body": body,
        "FromCountry": "US", "To": OURS, "ToZip": "", "NumSegments": "1", "MessageSid": SID, "AccountSid": ACCOUNT,
        "From": ANN, "ApiVersion": "2010-04-01", **changes,
    }  # fmt: skip
    return [(name, value) for name, value in fields.items() if value is not None]


def status_fields(status: str = "delivered", **changes: str | None) -> list[tuple[str, str]]:
    """What Twilio reports of a text of ours."""
    fields: dict[str, str | None] = {
        "SmsSid": SID, "SmsStatus": status, "MessageStatus": status, "To": ANN, "MessageSid": SID,
        "AccountSid": ACCOUNT, "From": OURS, "ApiVersion": "2010-04-01", "RawDlrDoneDate": "2603011205",
        **changes,
    }  # fmt: skip
    return [(name, value) for name, value in fields.items() if value is not None]


def text(body: str = "STOP", *, base: str = BASE, token: str = TOKEN, **changes: str | None) -> Post:
    return signed("/twilio/message", text_fields(body, **changes), base=base, token=token)


def status(
    word: str = "delivered",
    *,
    query: str = "m=1&a=1",
    base: str = BASE,
    token: str = TOKEN,
    **changes: str | None,
) -> Post:
    return signed(f"/twilio/status?{query}".rstrip("?"), status_fields(word, **changes), base=base, token=token)


# Forgeries: each takes a genuine request, and returns one that Twilio did not make.


def _flip_a_bit(post: Post, chance: random.Random) -> Post:
    body = bytearray(post.body)
    body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return replace(post, body=bytes(body))


def _spoil_signature(post: Post, chance: random.Random) -> Post:
    place = chance.randrange(len(post.signature))
    spoilt = post.signature[:place] + chance.choice("AZaz09+/=\xe9 ") + post.signature[place + 1 :]
    cut = post.signature[: chance.randrange(len(post.signature))]
    return replace(post, signature=chance.choice([spoilt, cut, post.signature * 2, post.signature.swapcase(), ""]))


def _call_elsewhere(post: Post, chance: random.Random) -> Post:
    """Not to another port: Twilio signs with the port or without it, and its library takes either."""
    other = chance.choice(["http://flait.example", "https://evil.example", BASE + "/x"])
    query = chance.choice(["?x=1", "&m=2", "/", "%20", ";a", "?"])
    changed = chance.choice([post.url.replace(BASE, other), post.url + query, post.url.replace("/twilio", "/Twilio")])
    return replace(post, url=changed)


def _change_a_field(post: Post, chance: random.Random) -> Post:
    fields = parse_qsl(post.body.decode(), keep_blank_values=True)
    place = chance.randrange(len(fields))
    name, value = fields[place]
    changed = chance.choice([
        [], [(name, value), (name, value)], [(name, value), (name, "x")], [(name, value + " ")], [(name.lower(), value)],
        [(value, name)], [(name, value), ("Extra", "1")], [(name, value), ("", "")], [(name, value.swapcase() + "1")],
    ])  # fmt: skip
    return replace(post, body=urlencode(fields[:place] + changed + fields[place + 1 :]).encode())


def _cut_anew(post: Post, chance: random.Random) -> Post:
    """The same characters, the same signature, other fields."""
    fields = sorted(parse_qsl(post.body.decode(), keep_blank_values=True))
    place = chance.randrange(len(fields) - 1)
    (name, value), (next_name, next_value) = fields[place : place + 2]
    inside = chance.randint(0, len(value))
    merged = (name, value + next_name + next_value)
    moved = (name + value[:inside], value[inside:])
    split = [(name, value[:inside]), (value[inside:] or "x", "")]
    changed = chance.choice([[merged], [moved, (next_name, next_value)], [*split, (next_name, next_value)]])
    return replace(post, body=urlencode([*fields[:place], *changed, *fields[place + 2 :]]).encode())


def _send_another_kind(post: Post, chance: random.Random) -> Post:
    kind = chance.choice(["application/json", "text/plain", "", "multipart/form-data; boundary=x", FORM + "ed"])
    return replace(post, content_type=kind)


def _sign_otherwise(post: Post, chance: random.Random, token: str = TOKEN) -> Post:
    """Another account: with its own token, or, as a subaccount may, with ours."""
    fields = dict(parse_qsl(post.body.decode(), keep_blank_values=True))
    fields["AccountSid"] = "AC" + "".join(chance.choices("0123456789abcdef", k=32))
    signed_with = chance.choice([token, token + "x", token[:-1], "", token.upper()])
    signed_fields = list(fields.items())
    return Post(
        url=post.url, body=urlencode(fields).encode(), signature=signature(post.url, signed_fields, signed_with)
    )


FORGE: Sequence[Callable[[Post, random.Random], Post]] = (
    _flip_a_bit,
    _spoil_signature,
    _call_elsewhere,
    _change_a_field,
    _cut_anew,
    _send_another_kind,
)


def forgeries(genuine: Sequence[Post], many: int, seed: int, token: str = TOKEN) -> Iterator[Post]:
    """So many forgeries, of every kind in turn; what happens to say the same as the genuine request is none.

    `token` is the one that the genuine requests are signed with.
    """
    chance = random.Random(seed)
    forge: list[Callable[[Post, random.Random], Post]] = [*FORGE, partial(_sign_otherwise, token=token)]
    made = 0
    while made < many:
        post = chance.choice(genuine)
        forged = forge[made % len(forge)](post, chance)
        if _meaning(forged) != _meaning(post):
            made += 1
            yield forged


def cut_anywhere(post: Post, chance: random.Random) -> dict[str, str]:
    """Some other way to read the signed characters, with Twilio's own names, each once and in their order."""
    whole = "".join(name + value for name, value in sorted(parse_qsl(post.body.decode(), keep_blank_values=True)))
    fields: dict[str, str] = {}
    name, begins = "AccountSid", len("AccountSid")
    for other in sorted(_SMS_FIELDS - {"AccountSid"}):
        places = [found.start() for found in re.finditer(other, whole[begins:])]
        if places and chance.random() < 0.9:
            place = begins + chance.choice(places)
            fields[name], name, begins = whole[begins:place], other, place + len(other)
    fields[name] = whole[begins:]
    return fields


def cut_with_strange_names(post: Post, chance: random.Random) -> dict[str, str]:
    """Some other way to read the signed characters, some of the names being none of Twilio's; in their order."""
    whole = "".join(name + value for name, value in sorted(parse_qsl(post.body.decode(), keep_blank_values=True)))
    fields = cut_anywhere(post, chance)
    for _ in range(chance.randrange(3)):
        name = chance.choice(list(fields))
        value, place = fields[name], chance.randrange(len(fields[name]) + 1)
        rest = value[place:]
        size = chance.randrange(len(rest) + 1)
        fields = {**fields, name: value[:place], rest[:size]: rest[size:]} if rest[:size] not in fields else fields
    return (
        fields
        if "".join(name + value for name, value in sorted(fields.items())) == whole
        else cut_anywhere(post, chance)
    )


def _meaning(post: Post) -> object:
    """What a request says, in whatever order and spelling."""
    fields = parse_qsl(post.body.decode(errors="surrogateescape"), keep_blank_values=True, errors="surrogateescape")
    return (post.url.removesuffix("?"), sorted(fields), post.signature, post.content_type)
