"""What `flait trace msg:40` says besides the steps: why that text was told, in full."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flait.commands.output import worded

if TYPE_CHECKING:
    from flait.core.reasons import Reason, Seen
    from flait.store import Store

WHY = "why"  # the step that these rows are of
Row = tuple[datetime, str, str]
"""When, what it is, and the words."""


def reason(store: "Store", message_id: int) -> "Reason | None":
    """Why that text was told; None: it is no news, or there is no such text."""
    from flait.core.changes import ChangeKind
    from flait.flows.why import reason_of

    message = store.message(message_id)
    return reason_of(store, message) if message and message.kind.value in set(ChangeKind) else None


def rows(why: "Reason") -> list[Row]:
    """What is known of it, in the order of time."""
    return sorted(_rows(why), key=lambda row: row[0])


def _rows(why: "Reason") -> Iterator[Row]:
    from flait.core.texts.why import rule_of, unknown

    message, decided = why.message, why.decided
    ended = message.read_at or message.delivered_at or message.sent_at or message.created_at
    if decided is None:
        yield message.created_at, "unknown", unknown(why)
    else:
        if why.before:
            yield why.before.at, "told before", f"{decided.fact} {_value(why, why.before)}"
        yield from ((seen.at, "look", f"{decided.fact} {_value(why, seen)}") for seen in decided.looks)
        yield from ((wait.since, "held", f"{wait.kind}: {wait.why} until {worded(wait.until)}") for wait in why.waited)
        rule = rule_of(why.kind, decided.threshold) or "its threshold was not noted"
        yield decided.at, "rule", f"{', '.join(decided.kinds)}: {rule} ({decided.priority})"
        if decided.held:
            yield decided.at, "waits on", "; ".join(decided.held)
    yield ended, "receipt", message.status.value


def _value(why: "Reason", seen: "Seen") -> str:
    from flait.core.texts.why import value_in_words

    return value_in_words(why.decided.fact if why.decided else "", seen.value, worded)


def fields(why: "Reason") -> dict[str, Any]:
    """The same for scripts: null where it is not known."""
    message, decided, before = why.message, why.decided, why.before
    return {
        "decided_at": decided.at if decided else None,
        "kinds": list(decided.kinds) if decided else None,
        "priority": decided.priority if decided else None,
        "rule": _rule(why),
        "threshold_min": decided.threshold_min or None if decided else None,
        "fact": decided.fact or None if decided else None,
        "told_before": {"at": before.at, "value": before.value} if before else None,
        "looks": [{"at": seen.at, "value": seen.value} for seen in decided.looks] if decided else [],
        "held": [{"kind": wait.kind, "why": wait.why, "since": wait.since, "until": wait.until} for wait in why.waited],
        "receipt": {
            "status": message.status,
            "sent_at": message.sent_at,
            "delivered_at": message.delivered_at,
            "read_at": message.read_at,
        },
    }


def _rule(why: "Reason") -> str | None:
    from flait.core.texts.why import rule_of

    return rule_of(why.kind, why.decided.threshold) or None if why.decided else None
