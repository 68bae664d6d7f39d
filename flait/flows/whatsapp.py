"""WhatsApp's own ways: what leaves when a WhatsApp text is claimed, and what follows when WhatsApp does not take it.

The form is chosen at the last moment, for the window may have closed while the text waited, and one attempt has one
form. A text that failed on WhatsApp has one text in its place, once: by template, or by SMS to who agreed to SMS; and
only while its words hold, else its news is decided anew and goes the other way.
"""

import logging
from datetime import datetime

from flait.core.compose import compose, copied
from flait.core.messages import UNTOLD, Channel, CopiedAs, Message, MessageKind, MessageStatus
from flait.core.senders import without_replies
from flait.core.structure import plain
from flait.core.subscriptions import Subscription, User, agreeing
from flait.core.texts.formats import Reader
from flait.core.texts.wording import Text
from flait.core.values import fields, replace
from flait.core.whatsapp import (
    FREE_REFUSED,
    ChosenForm,
    MessageForm,
    Setup,
    TemplateMessage,
    Variables,
    choice,
    free_text,
    is_whatsapp_error,
    variables,
)
from flait.flows import afresh
from flait.flows.first_text import with_greeting
from flait.store import Store

log = logging.getLogger("flait.whatsapp")


def ready(store: Store, message: Message, setup: Setup, now: datetime) -> Message | None:
    """The claimed text in the form that Twilio is to get. None: it cannot go out by any; it has failed, and says why.

    An SMS stays as it is, without the words that a sender who gets no replies may not use. A WhatsApp text becomes
    free text, a template or an SMS; the journal says which, and why.
    """
    if message.channel is not Channel.WHATSAPP:
        return _sms(store, message, setup, now)
    refused = _refused_before(store, message)
    chosen = choice(
        message,
        setup=setup,
        wrote_at=store.wrote_over_whatsapp_at(message.to),
        sms_agreed=_sms_agreed(store, message),
        now=now,
        refused=refused.error_code if refused else None,
        as_free_text=bool(
            refused and refused.error_code == FREE_REFUSED and refused.copied_as is not CopiedAs.TEMPLATE
        ),
    )
    with store.transaction():
        if chosen.form is None:
            _fail(store, message, chosen.why, now)
            return None
        _record(store, message, now, f"goes as {chosen.form}", chosen.why)
        if chosen.form is MessageForm.SMS:
            store.send_as(message.id, attempt=message.attempts, channel=Channel.SMS)
            return _sms(store, replace(message, channel=Channel.SMS), setup, now)
        return _formed(store, message, chosen, setup, now)


def why_no_way(store: Store, subscription: Subscription, user: User, setup: Setup, now: datetime) -> str:
    """Why no confirmation can leave for that person as things stand; '' when one can."""
    if subscription.channel is not Channel.WHATSAPP:
        return ""
    kind = MessageKind.TRACKED if subscription.flight_id else MessageKind.PENDING
    text = compose(
        kind, Text(structure=plain("")), user, channel=subscription.channel, dedup_key="", now=now, until=now
    )
    agreed_to_sms = user.agreed(Channel.SMS)
    chosen = choice(
        text, setup=setup, wrote_at=store.wrote_over_whatsapp_at(user.phone), sms_agreed=agreed_to_sms, now=now
    )
    return "" if chosen.form else chosen.why


def _sms(store: Store, message: Message, setup: Setup, now: datetime) -> Message:
    """The text as SMS; what it says is stored as it is sent, or it would not be found in Twilio's record."""
    message = with_greeting(store, message, now)
    body = without_replies(message.body, setup.contact) if setup.one_way else message.body
    if body == message.body:
        return message
    with store.transaction():
        store.reword(message.id, attempt=message.attempts, body=body)
        _record(store, message, now, "reworded", "its sender takes no replies")
    return replace(message, body=body)


def has_another_way(store: Store, failed: Message, error_code: int | None, setup: Setup, now: datetime) -> bool:
    """Whether what WhatsApp does not take could still reach its person."""
    return _other_way(store, failed, error_code, setup, now) is not None


def in_place_of(store: Store, failed: Message, error_code: int | None, setup: Setup, now: datetime) -> bool:
    """Inside a transaction, once a text has failed: whether anything takes its place.

    While its words hold, one text with the same; else what still is news of them is decided anew. `failed` is as
    stored. Nothing follows an SMS, an error that is not WhatsApp's, or what is of no use any more.
    """
    way = _other_way(store, failed, error_code, setup, now)
    if way is None:
        return False
    why = afresh.why_not(store, failed, now)
    if not why:
        return _follow(store, failed, way, now) is not None
    _record(store, failed, now, "not followed", why)
    if not afresh.is_about_a_flight(failed):
        return False
    afresh.tell_afresh(store, failed, now, why=why, status=failed.status)
    return True


def _other_way(store: Store, failed: Message, error_code: int | None, setup: Setup, now: datetime) -> CopiedAs | None:
    """In which form the text would go again."""
    if failed.channel is not Channel.WHATSAPP or not is_whatsapp_error(error_code) or now >= failed.expires_at:
        return None
    again = error_code == FREE_REFUSED and setup.sender and failed.copied_as is not CopiedAs.TEMPLATE
    if again and setup.template(failed.kind):
        return CopiedAs.TEMPLATE
    return CopiedAs.SMS if _sms_agreed(store, failed) else None


def may_be(store: Store, message: Message, body: str, now: datetime) -> bool:
    """Whether a body in Twilio's record may be that text as a template: it holds the flight and the new fact."""
    if message.channel is not Channel.WHATSAPP:
        return False
    filled = _variables(store, message, now).numbered()
    if message.structure is None and message.flight_id:  # an earlier Flait's: which of its words were new is not known
        return filled["1"] in body
    return all(filled[number] in body for number in ("1", "3"))


def prefer(store: Store, user: User, channel: Channel, *, consent: str, agreed_at: datetime | None = None) -> User:
    """The person gets texts by that channel from now on, about flights they follow too. How they agreed is noted."""
    with store.transaction():
        store.move_subscriptions(user.id, channel)
        return store.save_user(replace(agreeing(user, channel, consent, agreed_at), channel=channel))


def _sms_agreed(store: Store, message: Message) -> bool:
    user = store.user(message.user_id)
    return user is not None and user.agreed(Channel.SMS)


def _refused_before(store: Store, message: Message) -> Message | None:
    """The text before this one about the same flight, where WhatsApp did not take it: this one may be in its place."""
    before = store.sent_before(message) if message.flight_id else None
    if before is None or before.channel is not Channel.WHATSAPP or before.status not in UNTOLD:
        return None
    return before if is_whatsapp_error(before.error_code) else None


def _formed(store: Store, message: Message, chosen: ChosenForm, setup: Setup, now: datetime) -> Message:
    address = store.whatsapp_address(message.to)
    if chosen.form is MessageForm.FREE:
        return replace(message, to=address, body=free_text(message.parts))
    content_sid = setup.template(message.kind)
    assert content_sid is not None  # or the template would not have been chosen
    columns = {one.name: getattr(message, one.name) for one in fields(Message)} | {"to": address}
    return TemplateMessage(**columns, content_sid=content_sid, variables=_variables(store, message, now).numbered())


def _variables(store: Store, message: Message, now: datetime) -> Variables:
    subscription = store.subscription(message.subscription_id) if message.subscription_id else None
    tracked = store.tracked(message.flight_id) if message.flight_id else None
    user = store.user(message.user_id)
    flight = tracked.flight if tracked else None
    ident = subscription.ident if subscription else flight.ident if flight else ""
    reader = Reader(ident=ident, now=now, clock=user.clock) if user else Reader(ident=ident, now=now)
    return variables(message, flight, reader)


def _fail(store: Store, message: Message, why: str, now: datetime) -> None:
    store.mark_failed(message.id, attempt=message.attempts, error_code=None, error=why, now=now)
    _record(store, message, now, MessageStatus.FAILED.value, why)
    log.warning("text %d failed: %s", message.id, why)


def _follow(store: Store, failed: Message, way: CopiedAs, now: datetime) -> Message | None:
    """Another row with the same words, so that what it tells counts as told; of use, and as old, as the first was."""
    copy = copied(failed, way, dedup_key=f"{way}-for:{failed.id}", now=now)
    follower = store.enqueue(replace(copy, channel=Channel.WHATSAPP if way is CopiedAs.TEMPLATE else Channel.SMS))
    if follower:
        by = "by template" if way is CopiedAs.TEMPLATE else "by SMS"
        _record(store, failed, now, "followed", f"sent again {by} as msg:{follower.id}")
        _record(store, follower, now, "queued", f"in place of msg:{failed.id}, which WhatsApp did not take")
    return follower


def _record(store: Store, message: Message, now: datetime, outcome: str, detail: str) -> None:
    store.record_text(message, at=now, step="whatsapp", outcome=outcome, detail=detail)
