"""What people texted, answered one by one in the order in which it came, whether FlightAware is asked for it or not."""

from flait.clock import Clock
from flait.flows import answer
from flait.flows.ports import FlightSource
from flait.store import Store


def answer_next(
    store: Store, source: FlightSource, clock: Clock, *, boot: str, rules: answer.AnswerRules | None = None
) -> bool:
    """The text that has waited longest gets its answer; whether there was one."""
    looks = answer.Looks()
    heard = answer.answer_next(store, clock, boot=boot, looks=looks, rules=rules)
    answer.answer_looked(store, source, looks=looks)
    return heard
