"""Three ways to break Flait, for tests only: a campaign that does not see them sees nothing.

Each is a patch that holds inside a `with`, and in every process forked meanwhile.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from flait.adapters.twilio_forms import TwilioForms
from flait.clock import Clock
from flait.core.messages import Message
from flait.core.whatsapp import Setup
from flait.flows import deliver
from flait.flows.deliver import Progress
from flait.flows.ports import Gateway
from flait.store import Store

_send_next, _send = deliver.send_next, deliver._send


@contextmanager
def sends_before_it_commits() -> Iterator[None]:
    """The claim is committed together with what came of it: whoever dies between has sent what still looks unsent."""

    def send_next(store: Store, *others: Any, **more: Any) -> Progress:
        with store.transaction():
            return _send_next(store, *others, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliver, "send_next", send_next)
        yield


@contextmanager
def commits_and_forgets() -> Iterator[None]:
    """A text counts as accepted before Twilio has been asked: whoever dies between never sends it."""

    def send(store: Store, gateway: Gateway, clock: Clock, message: Message, whatsapp: Setup) -> Progress:
        now = clock.now()
        deliver._accepted(store, message, f"SM{message.id:032x}", now, "accepted")
        gateway.send(message, now=now)
        return Progress(more=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliver, "_send", send)
        yield


@contextmanager
def checks_no_signature() -> Iterator[None]:
    """Whatever stands where the signature should, the request counts as Twilio's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TwilioForms, "_genuine", lambda *_: True)
        yield
