"""How soon a receipt from Twilio is answered, with and without a crowd of slow clients at the same address.

A real `flait daemon run` on a disk checks, merges and commits each. Receipts set out when their time has come, whether
or not those before are answered; how long one took counts from then.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

from flait.app import App
from flait.clock import SystemClock
from flait.core.messages import Message, MessageKind
from flait.core.subscriptions import User
from flait.store.connection import sqlite3
from scripts.bench_home import Home, home
from scripts.bench_report import Line

RATE = 200  # receipts a second
SECONDS = 10
SLOW = 300  # clients that begin a request and never end it; one that is dropped comes back
COMES_BACK = 0.5  # seconds
MOST_MS = 250
WORDS = ("sent", "delivered", "read")  # of each text, in turn
PERSON, SENDER = "+15555550100", "+15555550199"
NOWHERE = "http://127.0.0.1:9"
UP_WITHIN = 20.0  # seconds

Request = bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Milliseconds from the moment a request was due to its whole answer; `failed` had none, or another than 200."""

    milliseconds: Sequence[float]
    failed: int

    @property
    def p99(self) -> float:
        """99 of 100 took no longer; the others do not vanish from the count."""
        return quantiles([*self.milliseconds, *[SECONDS * 1000.0] * self.failed], n=100)[98]


def measure() -> Iterator[Line]:
    """The 99th percentile of receipts: alone, then in the crowd. The reference is /healthz."""
    many = RATE * SECONDS
    with home() as place:
        env = place.env(provider=NOWHERE, FLAIT_WEBHOOK_LISTEN="127.0.0.1:0")
        texts = _texts(App(env), many * 2 // len(WORDS) + 1)
        with _daemon(env, place) as url:
            requests = _receipts(url, texts, env["FLAIT_TWILIO_ACCOUNT_SID"])
            health = asyncio.run(_sent(url, [_get(url)] * many))
            alone = asyncio.run(_sent(url, requests[:many]))
            crowded = asyncio.run(_in_a_crowd(url, requests[many : 2 * many]))
        with closing(sqlite3.connect(place.database)) as database:
            assert database.execute("SELECT count(*) FROM receipts").fetchone() == (
                2 * many - alone.failed - crowded.failed,
            )
    how = f"{RATE} signed receipts a second for {SECONDS} s, each checked and committed on a disk by a real daemon"
    yield _line("webhook: receipts", alone, "GET /healthz", health, f"{how}; from when each was due to its answer.")
    crowd = f"webhook: receipts, {SLOW} slow clients"
    yield _line(crowd, crowded, "without them", alone, f"the same, with clients that never end a request and return "
                f"{COMES_BACK:g} s after they were dropped, all of one address.")  # fmt: skip


def _line(name: str, taken: Taken, against: str, reference: Taken, how: str) -> Line:
    lost = f", {taken.failed} lost" if taken.failed else ""
    return Line(
        measure=name,
        figure=f"p99 {taken.p99:.1f} ms{lost}",
        reference=f"{against}: {reference.p99:.1f} ms",
        ratio=taken.p99 / reference.p99,
        goal=f"p99 < {MOST_MS} ms, none lost",
        met=taken.p99 < MOST_MS and not taken.failed,
        how=how,
    )


def _texts(app: App, many: int) -> Mapping[int, str]:
    """Texts that Twilio has taken: sid by our number."""
    store, now = app.store(), SystemClock().now()
    sids: dict[int, str] = {}
    with store.transaction():
        person = store.add_user(User(name="Bench", phone=PERSON, created_at=now))
        for number in range(many):
            kind, key, until = MessageKind.DELAY_FIRST, str(number), now + timedelta(hours=1)
            store.enqueue(Message(user_id=person.id, to=PERSON, kind=kind, body="a text", dedup_key=key,
                                  created_at=now, not_before=now, expires_at=until))  # fmt: skip
            claimed = store.claim_due_message(now, "bench")
            assert claimed is not None
            sids[claimed.id] = f"SM{number:032x}"
            store.mark_accepted(claimed.id, attempt=1, sid=sids[claimed.id], now=now)
    return sids


@contextmanager
def _daemon(env: Mapping[str, str], place: Home) -> Iterator[str]:
    """Where a daemon listens."""
    command = [sys.executable, "-m", "flait", "daemon", "run", "--quiet"]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield _address(place.folder / "run" / "webhook.json")
            process.terminate()
            process.wait(20)
        finally:
            process.kill()


def _address(file: Path) -> str:
    ends = time.monotonic() + UP_WITHIN
    while not file.exists():
        assert time.monotonic() < ends, "the daemon does not listen"
        time.sleep(0.05)
    url: str = json.loads(file.read_text())["url"]
    return url


def _receipts(url: str, texts: Mapping[int, str], account: str) -> list[Request]:
    validator = RequestValidator("not-a-secret")
    requests: list[Request] = []
    for number, sid in texts.items():
        target = f"/twilio/status?m={number}&a=1"
        for word in WORDS:
            form = {"MessageSid": sid, "MessageStatus": word, "AccountSid": account, "From": SENDER, "To": PERSON,
                    "ApiVersion": "2010-04-01", "SmsSid": sid, "SmsStatus": word}  # fmt: skip
            requests.append(_post(url, target, urlencode(form), validator.compute_signature(url + target, form)))
    return requests


def _post(url: str, target: str, body: str, signature: str) -> Request:
    return (
        f"POST {target} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nX-Twilio-Signature: {signature}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _get(url: str) -> Request:
    return f"GET /healthz HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode()


async def _sent(url: str, requests: Sequence[Request]) -> Taken:
    """Each at its own time, whatever became of those before."""
    begins = time.perf_counter() + 0.1
    answers = await asyncio.gather(
        *(_one(url, request, begins + place / RATE) for place, request in enumerate(requests))
    )
    good = [milliseconds for milliseconds in answers if milliseconds is not None]
    return Taken(milliseconds=good, failed=len(answers) - len(good))


async def _one(url: str, request: Request, due: float) -> float | None:
    await asyncio.sleep(due - time.perf_counter())
    try:
        async with _connection(url) as (reader, writer):
            writer.write(request)
            answer = await reader.read()
    except OSError:
        return None
    return (time.perf_counter() - due) * 1000 if answer.startswith(b"HTTP/1.1 200") else None


async def _in_a_crowd(url: str, requests: Sequence[Request]) -> Taken:
    crowd = [asyncio.create_task(_slow(url)) for _ in range(SLOW)]
    try:
        return await _sent(url, requests)
    finally:
        for one in crowd:
            one.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)


async def _slow(url: str) -> None:
    while True:
        try:
            async with _connection(url) as (reader, writer):
                writer.write(b"POST /twilio/status HTTP/1.1\r\n")
                await reader.read()
        except OSError:
            pass
        await asyncio.sleep(COMES_BACK)


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
    try:
        yield reader, writer
    finally:
        writer.close()
