"""One afternoon at JFK: four people, three flights, what AeroAPI shows step by step, and what each of them must read.

A step's change is made when everybody has had the texts of the step before, and not before what it reports has
happened: the story is the same at any pace.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.end_to_end.rig import ANA, BEN, CLEO, DAN, World, at

FOR = "Flait flight alerts for"
FOOTER = "Msg rates may apply. STOP to end."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What AeroAPI shows from now on, no sooner than `since`, and the one text that each of these people gets of it."""

    texts: Mapping[str, str]
    shows: Mapping[str, object] = field(default_factory=dict)
    since: str = "00:00"


STORY: Mapping[str, Sequence[Step]] = {
    "UA8101": (  # late, later, and less late
        Step(texts={ANA: f"{FOR} Ana: UA8101 JFK-LAX Fri 8 Mar, dep 12:40 EST, arr 15:10 PST. Gate later. {FOOTER}"}),
        Step(
            shows={"estimated_out": "18:20", "estimated_in": "23:40"},
            texts={
                ANA: "UA8101 JFK-LAX delayed 40m: dep 12:40->13:20 EST, arr 15:10->15:40 PST."
                " It may still leave earlier: stay near."
            },
        ),
        Step(
            shows={"estimated_out": "19:30"},
            texts={ANA: "UA8101 now 1h50 late: dep 13:20->14:30 EST."},
        ),
        Step(
            shows={"estimated_out": "18:00", "estimated_in": "23:20"},
            texts={ANA: "UA8101 delay cut to 20m: dep 14:30->13:00 EST, arr 15:20 PST. Be at the gate by 12:25."},
        ),
    ),
    "UA8102": (  # a gate, another gate, and never mind
        Step(texts={BEN: f"{FOR} Ben: UA8102 JFK-ORD Fri 8 Mar, dep 13:00 EST, arr 14:30 CST. Gate later. {FOOTER}"}),
        Step(
            shows={"gate_origin": "B22", "terminal_origin": "7"},
            texts={BEN: "UA8102 gate assigned: B22, Terminal 7, JFK. Dep 13:00 EST, boards about 12:25."},
        ),
        Step(
            shows={"gate_origin": "B30"},
            texts={BEN: "UA8102 GATE CHANGE B22->B30 JFK. Dep 13:00 EST, boards about 12:25."},
        ),
        Step(
            shows={"cancelled": True},
            texts={
                BEN: "UA8102 JFK-ORD Fri 8 Mar 13:00 EST is CANCELLED. Ask the airline now to rebook you."
                " Reply ALT for other flights."
            },
        ),
    ),
    "UA8103": (  # off, on, in, and the bags
        Step(
            texts=dict.fromkeys(
                (CLEO, DAN),
                "Flait flight alerts: UA8103 JFK-BOS Fri 8 Mar, dep 10:20 EST, arr 11:05 EST."
                f" We text when it takes off and lands. {FOOTER}",
            )
        ),
        Step(
            since="15:30",
            shows={"actual_out": "15:20", "actual_off": "15:28", "estimated_on": "15:55", "estimated_in": "16:15"},
            texts=dict.fromkeys((CLEO, DAN), "UA8103 took off JFK 10:28 EST. Arrives BOS about 11:15 EST (10m late)."),
        ),
        Step(
            since="15:57",
            shows={"actual_on": "15:57"},
            texts=dict.fromkeys((CLEO, DAN), "UA8103 landed BOS 10:57 EST."),
        ),
        Step(
            since="16:16",
            shows={"actual_in": "16:16", "gate_destination": "C19", "terminal_destination": "C", "baggage_claim": "4"},
            texts={CLEO: "UA8103 is at the gate BOS 11:16 EST (11m late). Gate C19, Terminal C. Bags: belt 4."},
        ),
        Step(shows={"baggage_claim": "5"}, texts={CLEO: "UA8103 bags at BOS: belt 4->5, Terminal C."}),
    ),
}


def expected(to: str) -> list[str]:
    """All that one person reads, in this order: each of them follows one flight."""
    return [step.texts[to] for steps in STORY.values() for step in steps if to in step.texts]


def subscribe_everybody(world: World) -> None:
    """The flights as scheduled, the people, and what they follow."""
    world.flight("UA8101", scheduled_out="17:40", scheduled_in="23:10")
    world.flight("UA8102", scheduled_out="18:00", scheduled_in="20:30", destination="ORD")
    world.flight("UA8103", scheduled_out="15:20", scheduled_in="16:05", destination="BOS")
    world.flait("user", "add", "Ana", ANA).done()
    subscriptions = [
        ("subscribe", "UA8101", "ana"),
        ("subscribe", "UA8102", BEN, "--name", "Ben"),
        ("subscribe", "UA8103", CLEO, "--as", "meeter"),
        ("subscribe", "UA8103", DAN, "--as", "watcher"),
    ]
    for ran in world.all_at_once(subscriptions):
        ran.done()
    for who in (ANA, BEN, CLEO, DAN):  # the story is of what changes; reminders come with time, at whatever pace
        world.flait("user", "set", who, "kinds", "-checkin,-leave,-boarding,-meet").done()


class Telling:
    """The story as it is told: a change of a flight may come when everybody concerned has read of the last one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._shown = dict.fromkeys(STORY, 0)

    def go_on(self) -> bool:
        """Make the next change of each flight that may come now; whether everything has been told."""
        over = [self._goes_on(ident) for ident in STORY]  # every flight has its turn
        return all(over)

    def _goes_on(self, ident: str) -> bool:
        steps = STORY[ident]
        while self._read(steps[self._shown[ident]]):
            following = self._shown[ident] + 1
            if following == len(steps):
                return True
            if self._world.clock.now() < at(steps[following].since):
                break
            self._world.flight(ident, **steps[following].shows)
            self._shown[ident] = following
        return False

    def _read(self, step: Step) -> bool:
        return all(text in self._world.texts(to) for to, text in step.texts.items())
