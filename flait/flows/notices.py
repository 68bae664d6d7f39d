"""The operator hears how far the month's look-ups are spent: at half, at four fifths, and when there is none left.

Once each a month: the key of the text decides, whatever dies or begins anew. Where several are passed at once, the
highest is said alone.
"""

from datetime import datetime
from typing import Final

from flait.clock import Clock
from flait.core import forecast
from flait.core.compose import compose
from flait.core.messages import MessageKind
from flait.core.prices import MICRODOLLARS, PRICES
from flait.core.structure import plain
from flait.core.subscriptions import AddedBy, User
from flait.core.texts.answers import budget_text
from flait.core.texts.wording import Text
from flait.flows.meter import affords
from flait.flows.money import of_all
from flait.store import Store

ALL: Final = 100
STEPS: Final = (ALL, 80, 50)  # percent of the budget, the highest first


def reached(store: Store, now: datetime, budget_usd: float) -> int:
    """The highest of these that this month has come to; 0: none, or there is no budget. All is what leaves no look."""
    month = f"{now:%Y-%m}"
    if not affords(store, budget_usd, PRICES["flights"], month):
        return ALL
    budget, spent = round(budget_usd * MICRODOLLARS), store.spent(month)
    return next((step for step in STEPS if budget and spent * 100 >= step * budget), 0)


def tell(store: Store, clock: Clock, *, budget_usd: float, phone: str) -> int:
    """Text the operator what this month has come to, unless it was said; the step that it has come to."""
    now = clock.now()
    step = reached(store, now, budget_usd)
    key = f"{MessageKind.NOTICE}:{now:%Y-%m}:{step}"
    if not step or not phone or store.message_by_key(key):
        return step
    with store.transaction():
        operator = store.user_by_phone(phone) or User(name="", phone=phone, added_by=AddedBy.OPERATOR, created_at=now)
        spent, until = store.spent(f"{now:%Y-%m}"), forecast.ends(now)
        expected = spent + of_all(store, now, until=until).micro
        body = budget_text(step, spent=spent, expected=expected, budget_usd=budget_usd, until=until.date())
        text = Text(structure=plain(body))
        store.enqueue(compose(MessageKind.NOTICE, text, operator, dedup_key=key, now=now, until=until))
    return step
