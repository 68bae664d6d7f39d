"""One afternoon at JFK: four people, three flights, what AeroAPI shows step by step, and what each of them must read.

A step's change is made when everybody has had the texts of the step before: the story is the same at any pace.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.end_to_end.rig import ANA, BEN, CLEO, DAN, World

FOR = "Flait flight alerts for"
FOOTER = "Msg rates may apply. STOP to end."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What AeroAPI shows from now on, and the one text that each of these people gets of it."""

    texts: Mapping[str, str]
    shows: Mapping[str, object] = field(default_factory=dict)


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
            texts={ANA: "UA8101 now 1h50 late: dep 13:20->14:30 EST, arr 15:40 PST. Was told 40m."},
        ),
        Step(
            shows={"estimated_out": "18:00", "estimated_in": "23:20"},
            texts={
                ANA: "UA8101 delay cut to 20m: dep 14:30->13:00 EST, arr 15:20 PST. Be at the gate by 12:25. Was 1h50."
            },
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
            texts={BEN: "UA8102 JFK-ORD Fri 8 Mar 13:00 EST is CANCELLED. Ask the airline now to rebook you."},
        ),
    ),
    "UA8103": (  # off, on, in, and the bags
        Step(
            texts=dict.fromkeys(
                (CLEO, DAN),
                "Flait flight alerts: UA8103 JFK-BOS Fri 8 Mar, dep 10:40 EST, arr 12:00 EST."
                f" We text when it takes off and lands. {FOOTER}",
            )
        ),
        Step(
            shows={"actual_out": "15:42", "actual_off": "15:50", "estimated_on": "16:30", "estimated_in": "16:40"},
            texts=dict.fromkeys(
                (CLEO, DAN), "UA8103 took off JFK 10:50 EST. Lands BOS about 11:30 EST. Next text when it lands."
            ),
        ),
        Step(
            shows={"actual_on": "16:31"},
            texts=dict.fromkeys((CLEO, DAN), "UA8103 landed BOS 11:31 EST (19m early)."),
        ),
        Step(
            shows={"actual_in": "17:10", "gate_destination": "C19", "terminal_destination": "C"},
            texts={CLEO: "UA8103 is at the gate BOS 12:10 EST (10m late). Gate C19, Terminal C."},
        ),
        Step(shows={"baggage_claim": "5"}, texts={CLEO: "UA8103 bags at BOS: belt 5, Terminal C."}),
    ),
}


def expected(to: str) -> list[str]:
    """All that one person reads, in this order: each of them follows one flight."""
    return [step.texts[to] for steps in STORY.values() for step in steps if to in step.texts]


def subscribe_everybody(world: World) -> None:
    """The flights as scheduled, the people, and what they follow."""
    world.flight("UA8101", scheduled_out="17:40", scheduled_in="23:10")
    world.flight("UA8102", scheduled_out="18:00", scheduled_in="20:30", destination="ORD")
    world.flight("UA8103", scheduled_out="15:40", scheduled_in="17:00", destination="BOS")
    world.flait("user", "add", "Ana", ANA).done()
    subscriptions = [
        ("subscribe", "UA8101", "ana"),
        ("subscribe", "UA8102", BEN, "--name", "Ben"),
        ("subscribe", "UA8103", CLEO, "--as", "meeter"),
        ("subscribe", "UA8103", DAN, "--as", "watcher"),
    ]
    for ran in world.all_at_once(subscriptions):
        ran.done()


class Telling:
    """The story as it is told: `go_on` makes the changes whose time has come, and says whether it is over."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._told = dict.fromkeys(STORY, 0)

    def go_on(self) -> bool:
        """Make the next change of each flight whose last one everybody concerned has read of."""
        over = [self._goes_on(ident) for ident in STORY]  # every flight has its turn
        return all(over)

    def _goes_on(self, ident: str) -> bool:
        steps, here = STORY[ident], self._told[ident]
        while here < len(steps) and self._read(steps[here]):
            here += 1
            if here < len(steps):
                self._world.flight(ident, **steps[here].shows)
        self._told[ident] = here
        return here == len(steps)

    def _read(self, step: Step) -> bool:
        return all(text in self._world.texts(to) for to, text in step.texts.items())
