"""Tries to make Flait act on what neither Twilio nor FlightAware sent, or to make it pay for refusing that.

Requests are spoilt in every way that is known and go to the real routes; some go over real sockets, together with what
two parsers could read differently and with clients that never end. The database must stay as it was to the last byte,
every answer must be a refusal, and neither threads, descriptors nor memory may pile up. Replays of what was genuine
are believed, and must change nothing either.
"""

import logging
import os
import random
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import parse_qsl, urlencode

import psutil

from flait.core.values import replace
from flait.sandbox import forgeries as sandbox
from flait.sandbox.signing import HEADER
from flait.web.listener import USUAL, Request
from tests.adapters import twilio_posts
from tests.adapters.twilio_posts import BASE, SID, Post, cut_anywhere, signature
from tests.doors.test_webhook import travels
from tests.doors.webhook_talk import Site, Talk
from tests.end_to_end.rig import AUTH_TOKEN
from tests.http_talk import Crowd, exchange, request, wait_for
from tests.http_talk import status as status_of
from tests.store.samples import NOW, follower, message
from tests.test_listener import REFUSED
from tests.torture.door import HOST, Door, door_of, site_below
from tests.torture.score import Score, Size

TOGETHER: Final = 50  # requests that are under way at once
LOOK_AFTER: Final = 1_000  # requests, then the database is compared: it shows which of them changed it
REMARKS: Final = 10
SLOW: Final = 48  # clients that never end
MOST_GROWN: Final = 40_000_000  # bytes
TOKEN: Final = "alert-" + "t" * 37
ALERT: Final = "/flightaware/alert/"
FORM: Final = twilio_posts.FORM

Asked = TypeVar("Asked", Post, Request)

text = partial(twilio_posts.text, token=AUTH_TOKEN)
status = partial(twilio_posts.status, token=AUTH_TOKEN)


@dataclass
class Tally:
    """What came of it so far."""

    site: Site
    asked: int = 0
    refused: int = 0
    believed: int = 0
    wrong: int = 0
    remarks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._before = (self.site.everything(), self.site.woken)

    def answer(self, given: int, expected: Iterable[int], what: object) -> None:
        """One request's answer; `what` is shown where it is none of those expected."""
        self.asked += 1
        if given in expected:
            self.refused += 1
            return
        if 200 <= given < 300:
            self.believed += 1
        else:
            self.wrong += 1
        self._remark(f"{given} for {what!r}")

    def look(self, what: str) -> None:
        """The database must be as before; after a change what it is now counts."""
        after = (self.site.everything(), self.site.woken)
        if after != self._before:
            self.believed += 1
            self._remark(f"the database has changed: {what}")
        self._before = after

    def require(self, holds: bool, what: str) -> None:
        """Anything else that must be."""
        if not holds:
            self.wrong += 1
            self._remark(what)

    def _remark(self, what: str) -> None:
        if len(self.remarks) < REMARKS:
            self.remarks.append(what[:400])


def run(folder: Path, size: Size) -> Score:
    """In process, then on the wire; the same home for both."""
    logging.getLogger("flait").addHandler(logging.NullHandler())  # refusals are what is wanted here
    site = site_below(folder, Site)
    with door_of(site) as door:
        _furnish(site)
        honest = [text("STATUS"), status("sent"), status("delivered")]
        taken = door.post(*honest)
        tally = Tally(site)
        tally.require(taken == [200, 200, 200], f"what is genuine was answered with {taken}")
        _through_the_door(door, tally, honest, size)
    _on_the_wire(site, tally, size)
    return Score(
        campaign="forged",
        expected=tally.asked,
        ok=tally.refused,
        forged_accepted=tally.believed,
        unexpected=tally.wrong,
        remarks=tuple(tally.remarks),
    )


def _furnish(site: Site) -> None:
    """Somebody follows a flight that has a push alert, and has had a text."""
    store = site.store()
    person, subscription = follower(store)
    assert subscription.flight_id is not None
    store.want_push(subscription.flight_id, TOKEN, NOW)
    store.enqueue(message(person.id, "a text", subscription_id=subscription.id, flight_id=subscription.flight_id))
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed
    store.mark_accepted(claimed.id, attempt=1, sid=SID, now=NOW)


def _fresh() -> list[Post]:
    """What Twilio might send next, and never does: each would change something if a spoilt copy were believed."""
    sids = [f"SM{number:032x}" for number in range(0xF0, 0xFA)]

    def said(number: int, body: str, **changes: str) -> Post:
        sid = sids[number]
        return text(body, **{"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, **changes})

    return [
        said(0, "STOP"),
        said(1, "START", FromCity=""),
        said(2, "STOP", From="+15555550101"),
        said(3, "Where is UA123? + & = %20 😀", ToCity="Sacramento"),
        said(4, "basta", OptOutType="STOP"),
        said(5, "", NumMedia="1", MediaUrl0="https://media.example/0", MediaContentType0="image/png"),
        status("read"),
        status("failed", ErrorCode="21610"),
        status("undelivered", ErrorCode="30003", query="a=1&m=1"),
        status("canceled", query=""),
    ]


# --- in process -----------------------------------------------------------------------------------------------------


def _through_the_door(door: Door, tally: Tally, honest: Sequence[Post], size: Size) -> None:
    _posts(door, tally, _spoilt(size), {400, 403, 404})
    _posts(door, tally, (replay for _ in range(size.of(cut=5, full=150)) for replay in honest), {200})
    _asks(door, tally, _elsewhere(size), {404, 421})


def _posts(door: Door, tally: Tally, posts: Iterable[Post], expected: set[int]) -> None:
    many = 0
    for some in _together(posts):
        for post, given in zip(some, _answers(door, tally, some), strict=True):
            tally.answer(given, expected, post)
        many += len(some)
        if many % LOOK_AFTER < TOGETHER:
            tally.look(f"by one of the {LOOK_AFTER} posts before {some[-1]!r}")
    tally.look("by the last posts")


def _answers(door: Door, tally: Tally, posts: Sequence[Post]) -> Sequence[int]:
    try:
        return door.post(*posts)
    except Exception as fault:  # noqa: BLE001 - on the wire it would be a 500: none must come of any input
        tally.require(False, f"{fault!r} of one of {posts!r}")
        return [0] * len(posts)


def _spoilt(size: Size) -> Iterator[Post]:
    """Forgeries of every kind."""
    fresh = _fresh()
    for post in twilio_posts.forgeries(fresh, size.of(cut=1_200, full=14_000), seed=8, token=AUTH_TOKEN):
        yield post if post.url.startswith(BASE) else _signed_for_elsewhere(post)
    yield from islice(_sandboxed(fresh), size.of(cut=400, full=4_000))
    yield from _cut_up(size.of(cut=400, full=4_000))


def _signed_for_elsewhere(post: Post) -> Post:
    """Whoever posts to us posts to us: only the signature can be about another place."""
    fields = parse_qsl(post.body.decode(), keep_blank_values=True)
    return replace(post, url=BASE + post.target, signature=signature(post.url, fields, AUTH_TOKEN))


def _sandboxed(fresh: Sequence[Post]) -> Iterator[Post]:
    """The sandbox's own forgeries, in turn of each, and of as many more texts as are asked for."""
    for round_ in range(1_000):
        for post in fresh:
            fields = [
                (name, value + f" {round_}" if name == "Body" and round_ else value)
                for name, value in parse_qsl(post.body.decode(), keep_blank_values=True)
            ]
            for path, headers, body in sandbox.forgeries(AUTH_TOKEN, post.url, fields):
                kind, signed = headers["Content-Type"], headers.get(HEADER, "")
                yield Post(url=BASE + path, body=body, signature=signed, content_type=kind)


def _cut_up(many: int) -> Iterator[Post]:
    """What a person wrote, full of the names of fields, and cut up at those."""
    chance = random.Random(9)
    words = (
        "From",
        "+15555550123",
        "To",
        "Body",
        "STOP",
        "MessageSid",
        "SM" + "b2" * 16,
        "FromCity",
        " ",
        "OptOutType",
    )
    while many:
        body = "".join(chance.choices(words, k=chance.randrange(1, 7)))
        honest = text(body, FromCity=chance.choice(["", "ToBody", "San From"]), SmsStatus=None)
        fields = cut_anywhere(honest, chance)
        if fields != dict(parse_qsl(honest.body.decode(), keep_blank_values=True)):
            many -= 1
            yield replace(honest, body=urlencode(fields).encode())


def _together(many: Iterable[Asked]) -> Iterator[list[Asked]]:
    rest = iter(many)
    while some := list(islice(rest, TOGETHER)):
        yield some


def _asks(door: Door, tally: Tally, requests: Iterable[Request], expected: set[int]) -> None:
    for some in _together(requests):
        for asked, answer in zip(some, door.ask(*some), strict=True):
            tally.answer(answer.status, expected, asked)
    tally.look("by a request for something else")


def _elsewhere(size: Size) -> Iterator[Request]:
    """Guessed tokens of push alerts, and genuine forms under other methods, paths and names of ours."""
    for token in _guesses(size.of(cut=200, full=1_500)):
        yield Request(method="POST", target=ALERT + token, headers={"host": HOST}, body=b"{}")
    post = _fresh()[0]
    headers = post.headers | {"host": HOST}
    for method in ("GET", "PUT", "HEAD", "DELETE", "post"):
        yield Request(method=method, target=post.target, headers=headers, body=post.body)
    for target in ("/twilio/message/", "//twilio/message", "/Twilio/message", "/twilio/message%3f", "/twilio"):
        yield Request(method="POST", target=target, headers=headers, body=post.body)
    for host in ("evil.example", "flait.example.evil.example", "", "a[b", "127.0.0.1.evil.example"):
        yield Request(method="POST", target=post.target, headers=headers | {"host": host}, body=post.body)


def _guesses(many: int) -> Iterator[str]:
    """Tokens that are nearly right."""
    chance = random.Random(10)
    for number in range(many):
        place = number % len(TOKEN)
        letter = chance.choice("abcdefghijklmnopqrsuvwxyz_-0123456789")  # no t, which most of it is made of
        changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
        yield (changed if letter != TOKEN[place] else TOKEN + letter, TOKEN[:place], TOKEN + "/", TOKEN + letter)[
            number % 4
        ]


# --- on the wire ----------------------------------------------------------------------------------------------------


def _on_the_wire(site: Site, tally: Tally, size: Size) -> None:
    process = psutil.Process(os.getpid())
    before = (process.num_fds(), threading.active_count(), process.memory_info().rss)
    with site.listening() as talk, Crowd(talk.port, SLOW) as crowd:
        with ThreadPoolExecutor(4) as senders:
            for kind in (_smuggled, _forged_on_the_wire, _guessed_on_the_wire):
                for what, given, expected in senders.map(partial(_exchanged, talk.port), kind(size)):
                    tally.answer(given, expected, what)
        _outlast(crowd, tally)
        _serves(talk, tally)
    tally.look("by something on the wire")
    try:
        wait_for(lambda: threading.active_count() <= before[1], "the listener's threads to end")
        wait_for(lambda: process.num_fds() <= before[0], "the listener's descriptors to be closed")
    except AssertionError as held:
        tally.require(False, str(held))
    grown = process.memory_info().rss - before[2]
    tally.require(grown < MOST_GROWN, f"{grown / 1e6:.0f} MB more after a listener has refused everything")


Sending = tuple[str, bytes, set[int]]


def _exchanged(port: int, sending: Sending) -> tuple[str, int, set[int]]:
    what, sent, expected = sending
    answer = exchange(port, sent)
    more = answer.count(b"HTTP/1.1 ") - answer.count(b"HTTP/1.1 100 ")
    return what, status_of(answer) if more <= 1 else 299, expected


def _outlast(crowd: Crowd, tally: Tally) -> None:
    try:
        wait_for(lambda: crowd.held <= USUAL.waiting_per_peer, "the slow clients to be dropped")
    except AssertionError as held:
        tally.require(False, str(held))


def _serves(talk: Talk, tally: Tally) -> None:
    tally.require(talk.ask("GET", "/healthz") == 200, "after all that the listener no longer answers")


def _smuggled(size: Size) -> Iterator[Sending]:
    """Heads that are no heads; and a genuine text, never sent by Twilio itself, hidden behind another request."""
    for name, (sent, refusal) in REFUSED.items():
        yield name, sent, {refusal}
    rounds = size.of(cut=1, full=4)
    for passenger in _fresh()[:rounds]:
        hidden = _raw(passenger)
        for name, head, expected in _CARRIERS:
            yield f"a passenger behind {name}", head.replace(b"%LENGTH%", b"%d" % len(hidden)) + hidden, expected
    for number in range(size.of(cut=4, full=40)):
        lines = {f"X-{line}": "a" * (number * 97) for line in range(400)}
        yield "a bomb of headers", request(headers=lines), {404, 431}


def _head(first: str, *lines: str) -> bytes:
    return "\r\n".join([first, "Host: localhost", *lines, "", ""]).encode()


_POST: Final = "POST /twilio/message HTTP/1.1"
_CARRIERS: Final[Sequence[tuple[str, bytes, set[int]]]] = (
    ("a whole one", _head("GET /nothing HTTP/1.1"), {404}),
    ("one without a body", _head(_POST, "Content-Length: 0"), {403}),
    ("one whose body it is", _head(_POST, f"Content-Type: {FORM}", "Content-Length: %LENGTH%"), {403}),
    ("one whose body it begins", _head(_POST, f"Content-Type: {FORM}", "Content-Length: 9"), {403}),
    ("an old one", _head("GET /nothing HTTP/1.0", "Connection: keep-alive"), {404}),
    ("one that stays", _head("GET /nothing HTTP/1.1", "Connection: keep-alive", "Keep-Alive: timeout=60"), {404}),
    ("one that changes sides", _head("GET /nothing HTTP/1.1", "Connection: Upgrade", "Upgrade: h2c"), {404}),
    ("a length and chunks", _head(_POST, "Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n", {400}),
    ("chunks and a length", _head(_POST, "Transfer-Encoding: chunked", "Content-Length: 5") + b"0\r\n\r\n", {400}),
    ("chunks", _head(_POST, "Transfer-Encoding: chunked") + b"0\r\n\r\n", {411}),
    ("chunks hidden from some", _head(_POST, "Content-Length: 5", "Transfer-Encoding : chunked") + b"0\r\n\r\n", {400}),
    ("chunks under another name", _head(_POST, "Content-Length: 0", "Transfer_Encoding: chunked"), {403}),
    (
        "chunks, perhaps",
        _head(_POST, "Content-Length: 5", "Transfer-Encoding: identity, chunked") + b"0\r\n\r\n",
        {400},
    ),
    ("two lengths", _head(_POST, "Content-Length: 0", "Content-Length: %LENGTH%"), {400}),
    ("the same length twice", _head(_POST, "Content-Length: 0", "Content-Length: 0"), {400}),
    ("a list of lengths", _head(_POST, "Content-Length: 0, %LENGTH%"), {400}),
    ("a length below nothing", _head(_POST, "Content-Length: -1"), {400}),
    ("a length in other figures", _head(_POST, "Content-Length: 0x0"), {400}),
    ("a length on the next line", _head(_POST, "Content-Length:", " 0"), {400}),
    ("a whole URL", _head(f"POST {BASE}/twilio/message HTTP/1.1", "Content-Length: 0"), {400}),
    ("another's URL", _head("GET http://evil.example/ HTTP/1.1"), {400}),
    ("a tunnel", _head(f"CONNECT {HOST}:443 HTTP/1.1"), {400}),
    ("an empty line", b"\r\n", {400}),
    ("a line feed alone", b"GET /nothing HTTP/1.1\nHost: localhost\n\n", {400}),
)


def _raw(post: Post) -> bytes:
    headers = {"Host": HOST, "Content-Type": post.content_type, "X-Twilio-Signature": post.signature}
    return request("POST", post.target, body=post.body, headers=headers)


def _forged_on_the_wire(size: Size) -> Iterator[Sending]:
    spoilt = twilio_posts.forgeries(_fresh(), 10_000, seed=11, token=AUTH_TOKEN)
    on_the_wire = (post for post in spoilt if travels(post) and "\xe9" not in post.signature)
    for post in islice(on_the_wire, size.of(cut=60, full=400)):
        yield f"{post!r}", _raw(post), {400, 403, 404}


def _guessed_on_the_wire(size: Size) -> Iterator[Sending]:
    for token in _guesses(size.of(cut=12, full=100)):
        yield f"alert token {token}", request("POST", ALERT + token, body=b"{}"), {404}
