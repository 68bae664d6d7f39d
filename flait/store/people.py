"""People and their numbers. An opt-out belongs to the number: it outlives the person's row."""

import unicodedata
from datetime import datetime
from typing import Final

from flait.core.idents import shown
from flait.core.subscriptions import AddedBy, Address, User
from flait.core.values import replace
from flait.errors import UserError
from flait.store.connection import Taken, writing
from flait.store.messages import Totals
from flait.store.rows import Row, as_json, read_user

_ADD: Final = """
INSERT INTO users (name, name_key, phone, timezone, channel, role, clock, preferences, created_at, added_by)
VALUES (:name, :name_key, :phone, :timezone, :channel, :role, :clock, :preferences, :created_at, :added_by)
RETURNING id
"""
_SAVE: Final = """
UPDATE users SET name = :name, name_key = :name_key, phone = :phone, timezone = :timezone, channel = :channel,
    role = :role, clock = :clock, preferences = :preferences
WHERE id = :id
"""
_ADDRESS: Final = """
INSERT INTO addresses (user_id, channel, value, consent, agreed_at)
VALUES (:user_id, :channel, :value, :consent, :agreed_at)
"""
_OPT_OUT: Final = "INSERT INTO opt_outs (phone, at) VALUES (:phone, :at) ON CONFLICT (phone) DO UPDATE SET at = :at"


class People(Totals):
    """Who is told."""

    @writing
    def add_user(self, user: User) -> User:
        """A new person, with the opt-out that stands for their number. Raises UserError: number or name is taken."""
        try:
            row = self._row(_ADD, created_at=user.created_at, added_by=user.added_by, **_columns(user))
        except Taken as taken:
            raise _namesake(user, taken) from taken
        assert row is not None
        return self._reached(user, row["id"])

    @writing
    def save_user(self, user: User) -> User:
        """Change a person's row, by id. It never lifts an opt-out: only set_opt_out does. Raises UserError."""
        try:
            is_there = self._change(_SAVE, id=user.id, **_columns(user)) > 0
        except Taken as taken:
            raise _namesake(user, taken) from taken
        if not is_there:
            raise _gone()
        return self._reached(user, user.id)

    @writing
    def adopt(self, user: User) -> User:
        """Somebody who came by an invitation is the operator's own from now on."""
        self._change("UPDATE users SET added_by = 'operator' WHERE id = :user_id", user_id=user.id)
        return replace(user, added_by=AddedBy.OPERATOR)

    def _reached(self, user: User, user_id: int) -> User:
        """Their addresses, in order, and one for the channel that texts go by."""
        self._change("DELETE FROM addresses WHERE user_id = :user_id", user_id=user_id)
        is_known = any(each.channel is user.channel for each in user.addresses)
        own = () if is_known else (Address(channel=user.channel, value=user.phone),)
        for each in (*user.addresses, *own):
            self._change(_ADDRESS, user_id=user_id, **{name: getattr(each, name) for name in Address.__struct_fields__})
        return self._opted(user, user_id)

    def _opted(self, user: User, user_id: int) -> User:
        if user.opted_out_at:
            self.set_opt_out(user.phone, user.opted_out_at)
        saved = self.user(user_id)
        if saved is None:
            raise _gone()
        return saved

    def user(self, user_id: int) -> User | None:
        """The person with that id."""
        return _person(self._row("SELECT * FROM people WHERE id = :user_id", user_id=user_id))

    def user_by_phone(self, phone: str) -> User | None:
        """The person with that number, E.164."""
        return _person(self._row("SELECT * FROM people WHERE phone = :phone", phone=phone))

    def user_by_name(self, name: str) -> User | None:
        """The person with that name, whatever its capitals."""
        return _person(self._row("SELECT * FROM people WHERE name_key = :key AND name_key <> ''", key=_name_key(name)))

    def users(self) -> list[User]:
        """Everybody, in the order they came."""
        return [read_user(row) for row in self._rows("SELECT * FROM people ORDER BY id")]

    def first_user_at(self) -> datetime | None:
        """When the first of those who are there was added; None: nobody is."""
        row = self._row("SELECT min(created_at) AS at FROM users")
        return datetime.fromisoformat(row["at"]) if row and row["at"] else None

    @writing
    def remove_user(self, user_id: int) -> bool:
        """Forget a person: subscriptions, texts, journal. What it cost stays, so does the number's opt-out.

        A text that is being sent, or may have been, stays until that is settled, and is not sent again.
        """
        self._forget_messages(
            "SELECT id FROM messages WHERE user_id = :user_id AND status NOT IN ('sending', 'in_doubt')",
            user_id=user_id,
        )
        return self._change("DELETE FROM users WHERE id = :user_id", user_id=user_id) > 0

    @writing
    def mute_user(self, user_id: int, until: datetime | None) -> None:
        """What is not urgent waits until then; None: it does not wait. Nothing else about the person changes it."""
        self._change("UPDATE users SET muted_until = :until WHERE id = :user_id", user_id=user_id, until=until)

    @writing
    def set_opt_out(self, phone: str, at: datetime | None) -> None:
        """The number said STOP at that moment; None: it may be texted again. Nobody need have it."""
        if at is None:
            self._change("DELETE FROM opt_outs WHERE phone = :phone", phone=phone)
        else:
            self._change(_OPT_OUT, phone=phone, at=at)


def _gone() -> UserError:
    return UserError("that person is not there any more", "see who is: flait user list")


def _person(row: Row | None) -> User | None:
    return None if row is None else read_user(row)


def _columns(user: User) -> dict[str, object]:
    kept = ("name", "phone", "timezone", "channel", "role", "clock")
    made = {"name_key": _name_key(user.name), "preferences": as_json(user.preferences)}
    return made | {name: getattr(user, name) for name in kept}


def _name_key(name: str) -> str:
    """`José`, `JOSÉ` and its decomposed spelling are one name; SQLite's NOCASE knows ASCII only."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _namesake(user: User, taken: Taken) -> UserError:
    if "users.phone" in taken.message:
        return UserError("somebody has that phone number already", "see who: flait user list")
    return UserError(f"somebody is called {shown(user.name)} already", "choose another name")
