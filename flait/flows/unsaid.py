"""Texts whose time went by unsent, and nothing was said in their place: what the operator may have to say himself."""

from datetime import datetime, timedelta
from typing import Final

from flait.core.messages import MessageKind
from flait.flows.afresh import is_news, still_news
from flait.store import MessageView, Store

SHOWN_FOR: Final = timedelta(days=1)
K = MessageKind
OF_WISHES: Final = frozenset({K.TRACKED, K.PENDING, K.MISSING, K.FAILED, K.SHARE})


def unsaid(store: Store, now: datetime) -> list[MessageView]:
    """The owed ones of the last day, oldest first. What still holds of a followed flight will be told."""
    return [view for view in store.never_said(now - SHOWN_FOR) if _is_owed(store, view)]


def _is_owed(store: Store, view: MessageView) -> bool:
    message = view.message
    tracked = store.tracked(message.flight_id) if message.flight_id else None
    if tracked is None:
        return message.kind in OF_WISHES
    if tracked.closed_at is None:
        return False
    return bool(still_news(store, message, tracked)) if is_news(message) else message.kind in OF_WISHES
