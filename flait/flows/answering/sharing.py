"""SHARE and JOIN: somebody else's number is asked once, in the inviter's name, and hears nothing more before it agrees.

Nothing sets the counts back: three numbers a day for one person, one question a month to one number. Why a number
cannot be asked is never told: whether it said STOP is its own matter.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flait.core.compose import compose
from flait.core.idents import Ident
from flait.core.messages import Channel, MessageKind
from flait.core.replies.kinds import Join, Share
from flait.core.structure import plain
from flait.core.subscriptions import AddedBy, Role, User
from flait.core.texts import answers as texts
from flait.core.texts.wording import Text
from flait.core.values import replace
from flait.core.whatsapp import MARGIN, WINDOW
from flait.errors import InvalidPhone
from flait.flows.answering.desk import Act, AnswerText, Desk, say
from flait.flows.answering.meant import followed_now, leg_of, meant_then, name_of, nothing_meant
from flait.flows.answering.tracking import Looked, keep, look_up, words_of
from flait.flows.answering.which import ask_which, asked_for, chosen
from flait.flows.subscribe import Person
from flait.flows.wishes import wanted_of
from flait.phones import costly, has_extension, parse_phone
from flait.store import Invitation, InvitationState, SubscriptionView

SHARE = "SHARE"  # as a question names it
OPEN_FOR = timedelta(days=1)
MOST_ASKED, ASKED_WITHIN = 3, timedelta(days=1)  # by one person, whatever becomes of it
ASKED_ONCE_IN = timedelta(days=30)  # one number, whoever asks
USEFUL = timedelta(hours=6)


def share(desk: Desk, wish: Share) -> Act:
    """Ask a number to follow one of the person's flights."""
    try:
        phone = parse_phone(wish.phone, region=desk.rules.region)
    except InvalidPhone:
        return say(texts.EXTENSION if has_extension(wish.phone) else texts.NOT_A_PHONE)
    views = meant_then(desk, wish.subject, wish.date)
    if not views:
        return say(nothing_meant(desk, wish.subject, wish.date))
    if phone == desk.phone:
        return say(texts.OWN_NUMBER)
    if phone in desk.rules.own:
        return say(texts.FLAITS_NUMBER)
    if costly(phone, desk.rules.allow):
        return say(texts.COSTLY)
    if len(views) > 1:
        return lambda: [ask_which(desk, SHARE, views)]
    return lambda: [_invited(desk, views[0], phone, wish.role or Role.WATCHER)]


def share_chosen(desk: Desk, options: Sequence[Mapping[str, Any]]) -> Act:
    """The flight that was asked for."""
    view, wish = chosen(desk, options[0]), asked_for(options[0])
    if isinstance(view, str) or not isinstance(wish, Share):
        return say(view if isinstance(view, str) else texts.UNKNOWN)
    try:
        phone = parse_phone(wish.phone, region=desk.rules.region)
    except InvalidPhone:
        return say(texts.NOT_A_PHONE)
    return lambda: [_invited(desk, view, phone, wish.role or Role.WATCHER)]


def _invited(desk: Desk, view: SubscriptionView, phone: str, role: Role) -> AnswerText:
    store, now = desk.store, desk.now
    channel = _channel(desk, phone)
    if channel is Channel.SMS and desk.rules.whatsapp.one_way:
        return AnswerText(body=texts.NOBODY_CAN_ANSWER)
    if store.asked_by(desk.phone, since=now - ASKED_WITHIN) >= MOST_ASKED:
        return AnswerText(body=texts.too_many_invitations_text(MOST_ASKED))
    spared = store.is_opted_out(phone) or store.was_asked(phone, since=now - ASKED_ONCE_IN)
    if channel is None or spared or not _asked(desk, view, phone, channel):
        return AnswerText(body=texts.cannot_invite_text(phone))
    invitation = desk.store.invite(
        Invitation(
            inviter_id=desk.user.id,
            phone=phone,
            subscription_id=view.subscription.id,
            flight_id=view.subscription.flight_id,
            role=role,
            created_at=desk.now,
            expires_at=desk.now + OPEN_FOR,
        )
    )
    assert invitation is not None  # the number has no open one: it would have been asked
    return AnswerText(body=texts.invited_text(phone, name_of(desk, view), role), subscription_id=view.subscription.id)


def _channel(desk: Desk, phone: str) -> Channel | None:
    """The channel by which that number may be asked:

    SMS, unless the person agreed to WhatsApp alone. None: by none now.

    A template for every kind says nothing of how to answer; it takes one for invitations.
    """
    user, setup = desk.store.user_by_phone(phone), desk.rules.whatsapp
    if user is None or not user.agreed(Channel.WHATSAPP) or user.agreed(Channel.SMS):
        return Channel.SMS
    wrote_at = desk.store.wrote_over_whatsapp_at(phone)
    is_open = wrote_at is not None and desk.now - wrote_at < WINDOW - MARGIN
    return Channel.WHATSAPP if setup.sender and (is_open or MessageKind.INVITATION in setup.templates) else None


def _asked(desk: Desk, view: SubscriptionView, phone: str, channel: Channel) -> bool:
    """The one text that a number gets in a month, whoever invites it; False: it had that just now."""
    inviter = desk.user.called
    ident, leg = view.subscription.ident, leg_of(desk, view) or "a flight"
    message = compose(
        MessageKind.INVITATION,
        Text(structure=plain(texts.invitation_text(inviter, ident, leg, desk.phone))),
        desk.store.user_by_phone(phone) or User(name=phone, phone=phone, created_at=desk.now),
        channel=channel,
        dedup_key=f"{MessageKind.INVITATION}:{phone}:{desk.now:%Y-%m-%d}",
        now=desk.now,
        until=desk.now + USEFUL,
    )
    if desk.store.enqueue(message) is None:
        return False
    desk.store.note_asked(desk.phone, phone, desk.now)
    return True


def join(desk: Desk, wish: Join) -> Act:
    """Accept the newest open invitation, or the one for the flight named: this is the consent, and is kept as such."""
    for invitation in desk.store.open_invitations(desk.phone, desk.written):
        then = desk.store.subscription(invitation.subscription_id)
        if then is None or (isinstance(wish.subject, Ident) and str(wish.subject) != then.ident):
            continue
        subscription = followed_now(desk.store, then)
        if subscription is None:
            return say(texts.invitation_over_text(then.ident))
        tracked = desk.store.tracked(subscription.flight_id) if subscription.flight_id else None
        wanted = wanted_of(subscription)
        looked = look_up(desk, replace(wanted, role=invitation.role), tracked.flight if tracked else None)
        return _acceptance(desk, invitation, looked)
    return say(texts.NO_INVITATION)


def _acceptance(desk: Desk, invitation: Invitation, looked: Looked) -> Act:
    person = Person(
        phone=desk.phone,
        channel=desk.channel,
        consent="JOIN by text",
        agreed_at=desk.written,
        added_by=AddedBy.INVITATION,
    )

    def accepted() -> Sequence[AnswerText]:
        settled = looked.refused or desk.store.settle_invitation(invitation.id, InvitationState.JOINED, desk.written)
        return words_of(desk, keep(desk, looked, person)) if settled else [AnswerText(body=texts.NO_INVITATION)]

    return accepted
