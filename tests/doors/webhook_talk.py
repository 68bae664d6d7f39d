"""A listener with a home of its own, and what its database holds."""

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from flait.adapters.secrets.credentials import Credentials
from flait.app import App
from flait.core.inbound import Unproven
from flait.store.connection import sqlite3
from flait.web.listener import USUAL, Limits
from flait.web.webhook import Webhook
from tests.adapters.twilio_posts import ACCOUNT, BASE, OURS, TOKEN, Post
from tests.http_talk import exchange, request, status
from tests.store.samples import NOW

Rows = list[dict[str, Any]]


class SteppingClock:
    """Stands still until it is moved on."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()


class Site(App):
    """Flait's wiring at BASE, with a clock of the test's and secrets that are read anew each time.

    The token lies in `credentials`, or beside the home.
    """

    def __init__(self, folder: Path, credentials: Path | None = None, token: str = TOKEN, /, **settings: str) -> None:
        self.home = folder / "home"
        self.token_file = (credentials or folder) / "twilio-auth-token"
        self.token_file.write_text(token)
        self.woken = 0
        self.unsure: list[Unproven] = []
        self.home.mkdir(mode=0o700)
        super().__init__(
            {
                "FLAIT_HOME": str(self.home),
                "CREDENTIALS_DIRECTORY": str(credentials or folder),
                "FLAIT_WEBHOOK_LISTEN": "127.0.0.1:0",
                "FLAIT_WEBHOOK_PUBLIC_URL": BASE,
                "FLAIT_TWILIO_ACCOUNT_SID": ACCOUNT,
                "FLAIT_TWILIO_FROM_NUMBER": OURS,
                **settings,
            }
        )

    @cached_property
    def clock(self) -> SteppingClock:
        return SteppingClock()

    @cached_property
    def credentials(self) -> Credentials:
        return Credentials(self.env, allow_insecure=False, remembered_for=timedelta())

    @property
    def address_file(self) -> Path:
        return self.home / "run" / "webhook.json"

    def wake(self) -> None:
        self.woken += 1

    @contextmanager
    def listening(self, limits: Limits = USUAL) -> Iterator["Talk"]:
        """The webhook, running."""
        self.store()
        webhook = Webhook(self, woken=self.wake, unsure=self.unsure.append, limits=limits)
        webhook.start()
        try:
            yield Talk(webhook)
        finally:
            webhook.stop()

    def rows(self, sql: str) -> Rows:
        """Read the database."""
        with closing(sqlite3.connect(self.paths.database)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]

    def everything(self) -> str:
        """A hash of all that the database holds."""
        tables = [
            row["name"]
            for row in self.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'changes'")
        ]
        return hashlib.sha256(repr([self.rows(f'SELECT * FROM "{table}"') for table in tables]).encode()).hexdigest()


class Talk:
    """The other end of the line."""

    def __init__(self, webhook: Webhook) -> None:
        self.url = webhook.url
        self.port = int(webhook.url.rpartition(":")[2])

    def post(self, post: Post) -> bytes:
        """Send a form as Twilio does."""
        headers = {"Content-Type": post.content_type, "X-Twilio-Signature": post.signature}
        return exchange(self.port, request("POST", post.target, body=post.body, headers=headers))

    def ask(self, method: str, target: str, **headers: str) -> int:
        """Send a request without a body; the status of the answer."""
        return status(exchange(self.port, request(method, target, headers=headers)))
