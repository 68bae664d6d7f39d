"""What following a flight would cost, said at the command line before anything is stored."""

from typing import TYPE_CHECKING

from flait.commands import session
from flait.commands.output import confirmed

if TYPE_CHECKING:
    from flait.core.forecast import Cost
    from flait.core.wanted import Wanted
    from flait.flows.subscribe import Sought


def cost_of(sought: "Sought", wanted: "Wanted") -> "Cost":
    """Of what was found, beside what the month has left."""
    from flait.flows import money

    app = session.app()
    budget = app.settings.flightaware.monthly_budget_usd
    return money.cost_of(app.store(), sought.found, wanted, budget_usd=budget, now=app.clock.now())


def words_of(cost: "Cost") -> str:
    """`About 45 look-ups, $0.23; $3.40 of $5.00 are left this month.`"""
    left = f"; {_usd(cost.left)} of {_usd(cost.budget)} are left this month" if cost.budget else ""
    if not cost.own.micro:
        return f"It is looked at already, and costs no more{left}."
    return f"About {cost.own.looks + cost.own.planes} look-ups, {_usd(cost.own.micro)}{left}."


def agree(cost: "Cost") -> None:
    """Ask before what the month may not last for is followed. Raises BudgetExhausted where nobody can be asked."""
    from flait.errors import BudgetExhausted

    if not cost.is_too_much:
        return
    needed, takes = _usd(cost.spent + cost.ahead.micro), _usd(cost.now.micro)
    why = f"{needed} of {_usd(cost.budget)} are spent or needed for what is followed, and this takes about {takes}"
    if confirmed(f"The month's look-ups may not last: {why}. Follow it all the same?"):
        return
    raise BudgetExhausted(
        f"the month's look-ups may not last: {why}",
        "raise flightaware.monthly_budget_usd, or follow it all the same with --yes",
    )


def _usd(micro: int) -> str:
    from flait.core.prices import dollars

    return f"${dollars(micro):.2f}"
