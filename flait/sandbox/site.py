"""Everything behind the sandbox's one address, without sockets: who is asked, what goes wrong, what is written down."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from flait.clock import Clock
from flait.core.values import replace
from flait.sandbox import aeroapi_server, twilio_server
from flait.sandbox.aeroapi_server import AeroApiServer
from flait.sandbox.courier import Courier
from flait.sandbox.errands import Errands
from flait.sandbox.exchange import Answer, Request
from flait.sandbox.faults import TRICKS, Fault, Faults, Trick, Wire
from flait.sandbox.keywords import Keywords
from flait.sandbox.ledger import Ledger
from flait.sandbox.replies import Replies
from flait.sandbox.signing import Tokens
from flait.sandbox.timetable import Recorded
from flait.sandbox.twilio_callbacks import StatusCallbacks
from flait.sandbox.twilio_messages import Texts
from flait.sandbox.twilio_server import TwilioServer
from flait.sandbox.watch import Watch
from flait.sandbox.world import World

NOBODY = Answer(status=404, body=b"nobody lives here\n", content_type="text/plain")


class Party(Protocol):
    """AeroAPI or Twilio, pretended."""

    name: str
    faults: Mapping[str, Answer]

    def answer(self, request: Request) -> Answer:
        """What it says."""

    def empty(self, request: Request) -> Answer:
        """What it says when it has nothing."""


@dataclass(frozen=True, slots=True)
class Output:
    """What goes out on the wire: an answer, or a trick played with it."""

    answer: Answer
    trick: Trick | None = None

    def send(self, wire: Wire) -> None:
        """Put it on the wire."""
        if self.trick:
            self.trick.play(wire, self.answer)
        else:
            wire.answer(self.answer)


class Site:
    """The two parties, the world they tell of, the faults between, and the ledger."""

    def __init__(
        self,
        *,
        clock: Clock,
        storm_day: date,
        daily: Sequence[Recorded],
        api_key: str | None,
        auth_token: str | None,
        ledger: Path | None,
        tier: str | None,
        webhooks: Mapping[str, str | None],
    ) -> None:
        self.world = World(storm_day, daily)
        self.faults = Faults()
        self.ledger = Ledger(ledger)
        self.errands = Errands(clock)
        self.courier = Courier(self.ledger, clock)
        self.watch = Watch(self.world, self.errands, self.courier, clock)
        self.aeroapi = AeroApiServer(self.world, self.watch, api_key=api_key, tier=tier)
        self.tokens, self.keywords, texts = Tokens(auth_token), Keywords("twilio"), Texts()
        self.callbacks = StatusCallbacks(self.errands, self.courier, self.tokens)
        self.twilio = TwilioServer(
            auth_token=auth_token, tokens=self.tokens, keywords=self.keywords, texts=texts, callbacks=self.callbacks
        )
        self.replies = Replies(
            texts=texts,
            keywords=self.keywords,
            tokens=self.tokens,
            errands=self.errands,
            courier=self.courier,
            clock=clock,
        )
        self._webhooks = dict(webhooks)
        self._elsewhere = ""
        self.replies.set_up(self._webhooks)

    def open_at(self, url: str) -> None:
        """Learn the own address: a redirect leads to the same place under another name."""
        self._elsewhere = url.replace("127.0.0.1", "localhost") + "/elsewhere"

    def reset(self) -> None:
        """As if just started; the storm stays where it is, and an auth token once learned is still known."""
        self.errands.clear()
        self.watch.clear()
        self.world.by_hand.clear()
        self.faults.clear()
        self.aeroapi.clear()
        self.twilio.texts.clear()
        self.keywords.clear()
        self.callbacks.plans.clear()
        self.replies.set_up(self._webhooks)
        self.ledger.clear()

    def put_flights(self, flights: Iterable[object]) -> list[str]:
        """Make flights or change them, and push what that means; their ids. Raises UserError."""
        self.watch.look()
        made = self.world.by_hand.put(flights)
        self.watch.look()
        return made

    def close(self) -> None:
        """End what is under way, and close the ledger's file."""
        self.courier.stop()
        self.errands.stop()
        self.ledger.close()

    def reply(self, request: Request) -> Output:
        """What the party that is asked answers, and writes it down before anything is sent."""
        party = self._party(request.path)
        if party is None:
            self.ledger.add("nobody", request, status=NOBODY.status, fault=None, result_sets=0)
            return Output(NOBODY)
        fault = self.faults.take(party.name, request)
        reply = self._faulty(party, fault, request) if fault else Output(party.answer(request))
        silent = reply.trick is not None and reply.trick.silent
        self.ledger.add(
            party.name,
            request,
            status=None if silent else reply.answer.status,
            fault=fault.fault if fault else None,
            result_sets=reply.answer.result_sets,
        )
        return reply

    def _party(self, path: str) -> Party | None:
        homes: dict[str, Party] = {aeroapi_server.PREFIX: self.aeroapi, twilio_server.PREFIX: self.twilio}
        return next((party for home, party in homes.items() if path.startswith(f"{home}/")), None)

    def _faulty(self, party: Party, fault: Fault, request: Request) -> Output:
        if trick := TRICKS.get(fault.fault):
            return Output(party.answer(request) if trick.acts else NOBODY, trick)
        if fault.fault == "empty":
            return Output(party.empty(request))
        if fault.fault == "redirect":
            return Output(Answer(status=302, body=b"", headers=(("Location", self._elsewhere),)))
        answer = party.faults[fault.fault]
        if fault.retry_after is not None:
            answer = replace(answer, headers=(("Retry-After", str(fault.retry_after)),))
        return Output(answer)
