"""The outbox against a small model: whatever happens in whatever order, each text is in one place, once, in order."""

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from flait.core.messages import Message, MessageStatus
from flait.store import Store
from tests.store.samples import MINUTE, NOW, message, user

S = MessageStatus
PHONES = ("+15555550100", "+15555550101")


class Outbox(RuleBasedStateMachine):
    """`texts` is what should be there, by dedup_key; `sids` what Twilio was given."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.store = Store.open(Path(self.folder.name) / "flait.db")
        self.store._conn.execute("PRAGMA synchronous = OFF")  # no power is cut here
        self.texts: dict[str, Message] = {}
        self.stopped: set[str] = set()
        self.now: datetime = NOW
        self.boot = 1

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @initialize()
    def people(self) -> None:
        for number, phone in enumerate(PHONES):
            self.store.add_user(user(number, phone=phone))

    @rule(key=st.integers(0, 8), who=st.integers(0, 1), wait=st.integers(0, 2), life=st.integers(1, 90))
    def enqueue(self, key: int, who: int, wait: int, life: int) -> None:
        text = message(
            who + 1,
            str(key),
            to=PHONES[who],
            not_before=self.now + wait * MINUTE,
            expires_at=self.now + life * MINUTE,
        )
        queued = self.store.enqueue(text)
        assert (queued is None) == (str(key) in self.texts)
        if queued:
            self.texts[str(key)] = queued

    @rule(minutes=st.integers(1, 20))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(who=st.sampled_from(PHONES))
    def stop_or_start(self, who: str) -> None:
        self.stopped ^= {who}
        self.store.set_opt_out(who, self.now if who in self.stopped else None)

    def may_go(self, text: Message) -> bool:
        older = [other for other in self.texts.values() if other.to == text.to and other.id < text.id]
        return (
            text.status is S.QUEUED
            and text.not_before <= self.now < text.expires_at
            and text.to not in self.stopped
            and not any(self.holds_back(other) for other in older)
        )

    def holds_back(self, older: Message) -> bool:
        waits = older.status is S.QUEUED and self.now < older.expires_at
        return older.status is S.SENDING or (waits and (older.not_before <= self.now or older.attempts > 0))

    @rule()
    def claim(self) -> None:
        claimed = self.store.claim_due_message(self.now, str(self.boot))
        ready = [text for text in self.texts.values() if self.may_go(text)]
        first = min(ready, key=lambda text: (text.not_before, text.id), default=None)
        assert (claimed and claimed.id) == (first and first.id)
        if claimed:
            self.texts[claimed.dedup_key] = claimed

    def sending(self) -> list[Message]:
        return [text for text in self.texts.values() if text.status is S.SENDING]

    @precondition(lambda self: self.sending())
    @rule(result=st.sampled_from(["accepted", "requeued", "doubt", "failed"]))
    def finish(self, result: str) -> None:
        text = self.sending()[0]
        for attempt in (text.attempts - 1, text.attempts):  # an earlier attempt's result must change nothing
            done = self.mark(text, attempt, result)
            assert done == (attempt == text.attempts)
        self.texts[text.dedup_key] = self.stored(text)

    def mark(self, text: Message, attempt: int, result: str) -> bool:
        if result == "accepted":
            return self.store.mark_accepted(text.id, attempt=attempt, sid=f"SM{text.id}", now=self.now)
        if result == "requeued":
            return self.store.mark_requeued(text.id, attempt=attempt, not_before=self.now + MINUTE)
        if result == "doubt":
            return self.store.mark_in_doubt(text.id, attempt=attempt)
        return self.store.mark_failed(text.id, attempt=attempt, error_code=None, error=None, now=self.now)

    def stored(self, text: Message) -> Message:
        stored = self.store.message(text.id)
        assert stored is not None
        return stored

    @rule()
    def another_daemon(self) -> None:
        self.boot += 1
        orphans = self.store.doubt_orphans(except_by=str(self.boot))
        assert [orphan.id for orphan in orphans] == sorted(text.id for text in self.sending())
        self.texts |= {orphan.dedup_key: orphan for orphan in orphans}

    @rule()
    def expire(self) -> None:
        late = [text for text in self.texts.values() if text.status is S.QUEUED and text.expires_at <= self.now]
        expired = self.store.expire_messages(self.now)
        assert [text.id for text in expired] == sorted(text.id for text in late)
        self.texts |= {text.dedup_key: text for text in expired}

    @rule()
    def suppress(self) -> None:
        silent = [text for text in self.texts.values() if text.status is S.QUEUED and text.to in self.stopped]
        suppressed = self.store.suppress_opted_out(self.now)
        assert [text.id for text in suppressed] == sorted(text.id for text in silent)
        self.texts |= {text.dedup_key: text for text in suppressed}

    @invariant()
    def every_text_is_where_it_should_be(self) -> None:
        views = self.store.messages(limit=100)
        assert {view.message.dedup_key: view.message for view in views} == self.texts


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
