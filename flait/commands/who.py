"""Whom a command means: a phone number in any spelling, or the name of somebody known."""

from flait.commands import session
from flait.core.idents import shown
from flait.core.subscriptions import User
from flait.errors import InvalidPhone, NotFound
from flait.phones import looks_like_phone, parse_phone, refuse_costly
from flait.store import Store


def phone_from(text: str) -> str:
    """The number of somebody new, E.164. Raises InvalidPhone, also for Flait's own and one that costs a lot to text."""
    phone = _read(text)
    refuse_own(phone)
    refuse_costly(phone, session.app().settings.phone.allowed)
    return phone


def refuse_own(phone: str) -> None:
    """Raise InvalidPhone for a number that Flait itself writes from."""
    if phone in session.app().settings.twilio.own_numbers:
        raise InvalidPhone(f"{shown(phone)} is the number Flait writes from", "write the number of a person")


def _read(text: str) -> str:
    return parse_phone(text, region=session.app().settings.phone.default_region)


def somebody(store: Store, who: str) -> User | None:
    """The known person with that phone or name, or None. Raises InvalidPhone for a malformed number."""
    if looks_like_phone(who):
        return store.user_by_phone(_read(who))
    return store.user_by_name(who)


def known(store: Store, who: str) -> User:
    """The known person with that phone or name. Raises NotFound."""
    user = somebody(store, who)
    if user is None:
        raise NotFound(f"nobody here is {shown(who)}", "`flait user list` shows who is")
    return user
