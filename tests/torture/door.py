"""Flait's routes without a socket under them: a request goes in, and out comes what it would be answered.

All but the listener is the product's: the routes and their two worker threads, the forms, the flows, the database.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from flait.web.listener import Request, Response
from flait.web.webhook import Webhook
from tests.adapters.twilio_posts import BASE, Post
from tests.doors.webhook_talk import Site
from tests.end_to_end.rig import AUTH_TOKEN

HOST = urlsplit(BASE).netloc
AnySite = TypeVar("AnySite", bound=Site)


class Door:
    """The routes of one site; `site.woken` counts how often somebody's text has woken what answers it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        site.store()
        self._webhook = Webhook(site, woken=site.wake)
        self._webhook._forms = site.forms()  # as its start() does, which also listens
        self._loop = asyncio.new_event_loop()

    def ask(self, *requests: Request) -> list[Response]:
        """What each is answered; they come at the same time. What a route lets through is raised."""
        return self._loop.run_until_complete(self._all(requests))

    def post(self, *posts: Post) -> list[int]:
        """Forms as Twilio posts them; the statuses of the answers."""
        return [answer.status for answer in self.ask(*(as_request(post) for post in posts))]

    async def _all(self, requests: tuple[Request, ...]) -> list[Response]:
        return await asyncio.gather(*(self._webhook._answer(request) for request in requests))

    def close(self) -> None:
        """Its threads end."""
        self._webhook._workers.shutdown()
        self._loop.close()


def site_below(folder: Path, kind: type[AnySite]) -> AnySite:
    """A home there, and the secrets' own folder beside it."""
    credentials = folder / "credentials"
    credentials.mkdir(parents=True, mode=0o700)
    return kind(folder, credentials, AUTH_TOKEN)


@contextmanager
def door_of(site: Site) -> Iterator[Door]:
    """Open as long as it is used."""
    door = Door(site)
    try:
        yield door
    finally:
        door.close()


def as_request(post: Post) -> Request:
    """As the listener hands it on."""
    return Request(method="POST", target=post.target, headers=post.headers | {"host": HOST}, body=post.body)
