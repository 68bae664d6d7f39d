"""Receipts and replies coming in over HTTP: each is taken in once, in one transaction, and nothing else is."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from flait.core.messages import MessageStatus
from flait.errors import ConfigError, MissingCredential
from flait.store.connection import sqlite3
from flait.web.listener import Limits
from flait.web.webhook import STALE, Webhook
from tests.adapters.twilio_posts import ANN, BASE, SID, TOKEN, Post, forgeries, signature, status, text, text_fields
from tests.doors.webhook_talk import Site, Talk
from tests.http_talk import body, exchange, request
from tests.http_talk import status as status_of
from tests.store.samples import MINUTE, NOW, message, user

SILENCE = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
SOON = timedelta(milliseconds=200)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def talk(site: Site) -> Iterator[Talk]:
    with site.listening() as talk:
        yield talk


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """One for all the tests that leave nothing behind."""
    with Site(tmp_path_factory.mktemp("lasting")).listening() as talk:
        yield talk


def a_text_of_ours(site: Site, *, sid: str | None = SID) -> int:
    """One that Twilio has taken; without `sid` it is still being posted."""
    store = site.store()
    person = store.add_user(user())
    store.enqueue(message(person.id, "alert"))
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed is not None
    if sid:
        store.mark_accepted(claimed.id, attempt=1, sid=sid, now=NOW)
    return claimed.id


def opted_out(site: Site) -> list[str]:
    return [row["phone"] for row in site.rows("SELECT phone FROM opt_outs")]


# Texts


def test_a_stop_is_obeyed_before_it_is_answered_with_silence(site: Site, talk: Talk) -> None:
    answer = talk.post(text("STOP"))

    assert (status_of(answer), body(answer)) == (200, SILENCE)
    assert b"\r\nContent-Type: text/xml" in answer
    assert opted_out(site) == [ANN]
    assert site.woken == 1


def test_the_same_text_again_changes_nothing_and_wakes_nobody(site: Site, talk: Talk) -> None:
    talk.post(text("STOP"))
    before = site.everything()

    assert body(talk.post(text("STOP"))) == SILENCE
    assert (site.everything(), site.woken) == (before, 1)


def test_a_stop_replayed_after_a_start_is_old_news(site: Site, talk: Talk) -> None:
    talk.post(text("STOP"))
    again = "SM" + "b2" * 16
    talk.post(text("START", MessageSid=again, SmsSid=again, SmsMessageSid=again))
    assert opted_out(site) == []

    talk.post(text("STOP"))
    assert opted_out(site) == []


@pytest.mark.parametrize(
    "words", ["😀" * 1600, "\x1b]0;owned\x07", "\u202eSTOP", "[link=x]", "=HYPERLINK(1)", "a\r\nb", "", "\0"]
)
def test_whatever_a_person_writes_is_stored_as_it_is(site: Site, talk: Talk, words: str) -> None:
    assert status_of(talk.post(text(words))) == 200
    assert [row["body"] for row in site.rows("SELECT body FROM inbound")] == [words]


def test_a_stop_with_a_field_that_is_new_is_obeyed_at_once(site: Site, talk: Talk) -> None:
    assert body(talk.post(text("STOP", CarrierName="Example"))) == SILENCE
    assert (opted_out(site), site.woken, site.unsure) == ([ANN], 1, [])


@pytest.mark.parametrize("words", ["START", "STATUS", "TRACK UA123", "YES", "thanks"])
def test_anything_else_with_a_field_that_is_new_waits_for_twilios_record(site: Site, talk: Talk, words: str) -> None:
    before = site.everything()
    assert body(talk.post(text(words, CarrierName="Example"))) == SILENCE
    assert (site.everything(), site.woken) == (before, 0)
    assert [what.sid for what in site.unsure] == [SID]


def test_a_stop_whose_sender_is_not_certain_is_looked_up_first(site: Site, talk: Talk) -> None:
    before = site.everything()
    talk.post(text("STOP From+15555550123", CarrierName="Example"))
    assert site.everything() == before
    assert [what.sid for what in site.unsure] == [SID]


@pytest.mark.parametrize("name", ["ReferralNumMedia", "NumSegments", "Price", "PriceUnit"])
def test_fields_that_twilio_is_known_to_send_are_nothing_new(site: Site, talk: Talk, name: str) -> None:
    talk.post(text("STATUS", **{name: "0"}))
    assert (site.woken, site.unsure) == (1, [])


def test_a_picture_without_words_is_a_text_without_words(site: Site, talk: Talk) -> None:
    picture = text("", Body=None, NumMedia="1", MediaUrl0="https://media.example/0", MediaContentType0="image/png")
    assert body(talk.post(picture)) == SILENCE
    assert [row["body"] for row in site.rows("SELECT body FROM inbound")] == [""]


@pytest.mark.parametrize("sender", ["72975", "MyBank", "VM-BANK.X"])
def test_a_text_from_a_short_code_or_a_name_is_taken_and_not_kept(site: Site, talk: Talk, sender: str) -> None:
    before = site.everything()
    assert body(talk.post(text("Your code is 1234. STOP", From=sender))) == SILENCE
    assert (site.everything(), site.woken, site.unsure) == (before, 0, [])


def test_texts_are_taken_in_in_the_order_they_came(site: Site, talk: Talk) -> None:
    sids = [f"SM{number:032x}" for number in (9, 3, 7, 1)]
    for number, sid in enumerate(sids):
        talk.post(text(f"text {number}", MessageSid=sid, SmsSid=sid, SmsMessageSid=sid))
    assert [row["sid"] for row in site.rows("SELECT sid FROM inbound ORDER BY received_at, came")] == sids


# Receipts


def test_a_receipt_with_a_field_that_is_new_is_looked_up(site: Site, talk: Talk) -> None:
    number = a_text_of_ours(site)
    before = site.everything()
    answer = talk.post(status("delivered", query=f"m={number}&a=1", CarrierName="Example"))

    assert (status_of(answer), site.everything()) == (200, before)
    assert [what.sid for what in site.unsure] == [SID]


def test_a_receipt_that_tells_of_a_stop_is_obeyed_before_it_is_looked_up(site: Site, talk: Talk) -> None:
    number = a_text_of_ours(site)
    talk.post(status("failed", query=f"m={number}&a=1", ErrorCode="21610", CarrierName="Example"))

    assert opted_out(site) == [ANN]
    assert [what.sid for what in site.unsure] == [SID]


@pytest.mark.parametrize("name", ["Price", "NumSegments", "Timestamp"])
def test_fields_that_receipts_are_known_to_have_are_nothing_new(site: Site, talk: Talk, name: str) -> None:
    number = a_text_of_ours(site)
    talk.post(status("delivered", query=f"m={number}&a=1", **{name: "1"}))

    assert site.rows("SELECT status FROM messages") == [{"status": "delivered"}]


def test_a_receipt_moves_its_text_forward_and_is_kept(site: Site, talk: Talk) -> None:
    number = a_text_of_ours(site)
    answer = talk.post(status("delivered", query=f"m={number}&a=1"))

    assert (status_of(answer), body(answer)) == (200, b"")
    assert site.rows("SELECT status FROM messages") == [{"status": "delivered"}]
    assert site.rows("SELECT sid, status FROM receipts") == [{"sid": SID, "status": "delivered"}]


def test_receipts_in_any_order_and_number_end_in_one_state(site: Site, talk: Talk) -> None:
    number = a_text_of_ours(site)
    for word in ("read", "sent", "delivered", "queued", "sent", "read"):
        assert status_of(talk.post(status(word, query=f"m={number}&a=1"))) == 200

    assert site.rows("SELECT status FROM messages") == [{"status": "read"}]
    assert len(site.rows("SELECT * FROM receipts")) == 4


def test_a_receipt_that_outruns_twilios_answer_settles_the_text(site: Site, talk: Talk) -> None:
    number = a_text_of_ours(site, sid=None)
    talk.post(status("sent", query=f"m={number}&a=1"))

    assert site.rows("SELECT status, sid FROM messages") == [{"status": MessageStatus.SENT.value, "sid": SID}]


@pytest.mark.parametrize("query", ["m=4711&a=1", "", f"m={'9' * 18}&a=1", "m=x"])
def test_a_receipt_for_a_text_nobody_knows_is_accepted_and_forgotten(site: Site, talk: Talk, query: str) -> None:
    before = site.everything()

    assert status_of(talk.post(status(query=query))) == 200
    assert site.everything() == before


# What is refused


def unsigned(post: Post) -> Post:
    return Post(url=post.url, body=post.body, signature="")


REFUSED = {
    "not signed": (unsigned(text()), 403),
    "a receipt not signed": (unsigned(status()), 403),
    "another token": (text(token="another-token"), 403),
    "the token in other letters": (text(token=TOKEN.upper()), 403),
    "signed for another path": (Post(url=f"{BASE}/twilio/message", body=text().body, signature=status().signature), 403),
    "signed for another host": (text(base="https://evil.example"), 403),
    "signed for the listener's own address": (text(base="http://127.0.0.1:8787"), 403),
    "another query": (Post(url=status(query="m=2&a=1").url, body=status().body, signature=status().signature), 403),
    "another account": (text(AccountSid="AC" + "1" * 32), 403),
    "cut up anew": (Post(url=text().url, body=text().body.replace(b"Body=STOP", b"BodySTOP="), signature=text().signature), 403),
    "a field twice": (Post(url=text().url, body=text().body + b"&Body=STOP", signature=text().signature), 403),
    "a field without a name": (Post(url=text().url, body=text().body + b"&=", signature=text().signature), 403),
    "a field cut off from the one before": (
        Post(url=text().url, body=text().body.replace(b"FromCity=SAN", b"FromCityS=AN"), signature=text().signature), 403,
    ),
    "neither words nor pictures": (text(Body=None), 403),
    "no sender": (text(From=None), 403),
    "no form, and not signed": (Post(url=text().url, body=b"{}", signature="", content_type="application/json"), 403),
    "no form": (Post(url=text().url, body=b"{}", signature=text().signature, content_type="application/json"), 400),
    "not UTF-8": (Post(url=text().url, body=b"Body=%FF", signature=text().signature), 400),
    "too many fields": (Post(url=text().url, body=b"a=&" * 65, signature=text().signature), 400),
}  # fmt: skip


@pytest.mark.parametrize(("post", "refusal"), REFUSED.values(), ids=REFUSED.keys())
def test_what_twilio_did_not_send_us_changes_nothing(site: Site, talk: Talk, post: Post, refusal: int) -> None:
    a_text_of_ours(site)
    before = site.everything()

    assert status_of(talk.post(post)) == refusal
    assert (site.everything(), site.woken) == (before, 0)


def test_three_hundred_forgeries_on_the_wire_change_nothing(site: Site, talk: Talk) -> None:
    a_text_of_ours(site)
    before = site.everything()
    genuine = [text(), status(), text("START")]
    on_the_wire = (post for post in forgeries(genuine, 400, seed=2) if travels(post))
    with ThreadPoolExecutor(4) as senders:
        answers = list(senders.map(talk.post, [next(on_the_wire) for _ in range(300)]))

    assert {status_of(answer) for answer in answers} <= {400, 403, 404}
    assert (site.everything(), site.woken) == (before, 0)


def travels(post: Post) -> bool:
    """Whether HTTP can carry it, and whether it says on the wire something else than the genuine one."""
    return post.signature == post.signature.strip() and post.url.startswith(BASE) and not post.url.endswith("?")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "post"])
@pytest.mark.parametrize("path", ["/twilio/message", "/twilio/status?m=1"])
def test_only_a_post_is_a_request_of_twilios(lasting: Talk, method: str, path: str) -> None:
    assert lasting.ask(method, path) == 404


@pytest.mark.parametrize(
    "target",
    ["/", "/twilio", "/twilio/", "/twilio/message/", "//twilio/message", "/twilio/../twilio/message", "/Twilio/Message",
     "/twilio/message%2F", "/twilio/message;x", "/twilio%2Fmessage", "/status", "/metrics", "/favicon.ico", "/.env",
     "/flightaware/alert/"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_is_nothing_anywhere_else(lasting: Talk, method: str, target: str) -> None:
    assert lasting.ask(method, target) == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "flait.example.evil.example", "a[b", "", "xlocalhost", "127.0.0.1.evil.example"]
)
def test_another_name_for_us_leads_nowhere(lasting: Talk, host: str) -> None:
    assert lasting.ask("GET", "/healthz", Host=host) == 421


@pytest.mark.parametrize(
    "host", ["flait.example", "FLAIT.example:443", "localhost:8787", "127.0.0.1", "192.0.2.7:8787", "[::1]:1"]
)
def test_our_names_and_addresses_lead_here(lasting: Talk, host: str) -> None:
    assert lasting.ask("GET", "/healthz", Host=host) == 200


def test_nothing_of_a_request_is_logged(site: Site, talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for post, _ in REFUSED.values():
            talk.post(post)
        talk.post(text("My secret words", ToCity="Secret town"))
        site.clock.moment += 2 * MINUTE
        talk.post(text(token="another-token"))

    said = [f"{record.name}: {record.getMessage()}" for record in caplog.records if record.levelno > logging.DEBUG]
    assert not [
        line for line in said if any(word in line for word in ("ecret", ANN[1:], "STOP", TOKEN, text().signature))
    ]
    assert any("of another account" in line for line in said)


def test_refusals_are_counted_and_said_once_a_minute(site: Site, talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    def said() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]

    for _ in range(5):
        talk.post(text(token="another-token"))
    assert said() == ["requests refused: 1 signed otherwise"]

    site.clock.moment += MINUTE
    talk.post(unsigned(text()))
    assert said()[1:] == ["requests refused: 4 signed otherwise, 1 not signed"]


# Secrets


def test_a_rotated_token_is_picked_up_and_the_one_before_still_counts(site: Site, talk: Talk) -> None:
    assert status_of(talk.post(text())) == 200
    site.token_file.write_text("another-token")

    assert status_of(talk.post(text(token="another-token"))) == 200
    assert status_of(talk.post(text())) == 200
    site.clock.moment += timedelta(hours=24)
    assert status_of(talk.post(text())) == 403


def test_without_its_token_it_accepts_nothing(site: Site, talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    site.token_file.write_text("")

    assert status_of(talk.post(text())) == 403
    assert "twilio-auth-token" in caplog.text


# The database


def test_while_the_database_is_busy_a_request_is_put_off_and_being_alive_is_not(site: Site) -> None:
    hasty = Limits(answer=SOON)
    site.store().beat(boot="b", pid=1, started_at=NOW, now=NOW)
    with site.listening(hasty) as talk, closing(sqlite3.connect(site.paths.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert status_of(talk.post(text())) == 503
        assert talk.ask("GET", "/readyz") == 503
        assert talk.ask("GET", "/healthz") == 200
        other.execute("ROLLBACK")

    with site.listening() as talk:
        assert status_of(talk.post(text())) == 200
    assert opted_out(site) == [ANN]


def test_a_database_that_fails_puts_a_request_off(site: Site, talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    with closing(sqlite3.connect(site.paths.database)) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON inbound BEGIN SELECT raise(FAIL, 'disk is full'); END")

    assert status_of(talk.post(text())) == 503
    assert opted_out(site) == []
    assert "refused a change" in caplog.text


def test_many_callbacks_at_once_are_all_taken(site: Site, talk: Talk) -> None:
    number = a_text_of_ours(site)
    posts = [status(word, query=f"m={number}&a=1") for word in ("sent", "delivered", "read")] * 40
    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(talk.post, posts))

    assert {status_of(answer) for answer in answers} == {200}
    assert len(site.rows("SELECT * FROM receipts")) == 3


# Health


def test_ready_means_that_the_daemon_beats(site: Site, talk: Talk) -> None:
    assert (talk.ask("GET", "/readyz"), talk.ask("GET", "/healthz")) == (503, 200)

    site.store().beat(boot="b", pid=1, started_at=NOW, now=site.clock.now())
    assert json.loads(body(exchange(talk.port, request(target="/readyz")))) == {
        "ready": True,
        "database": True,
        "ticking": True,
    }

    site.clock.moment += STALE
    assert (talk.ask("GET", "/readyz"), talk.ask("GET", "/healthz")) == (503, 200)


# Coming up and going down


def test_the_bound_address_stands_in_a_private_file_as_long_as_it_holds(site: Site) -> None:
    with site.listening() as talk:
        assert json.loads(site.address_file.read_text()) == {"url": f"http://127.0.0.1:{talk.port}", "port": talk.port}
        assert site.address_file.stat().st_mode & 0o777 == 0o600

    assert not site.address_file.exists()


def test_without_a_public_url_signatures_are_over_the_bound_address(tmp_path: Path) -> None:
    site = Site(tmp_path, FLAIT_WEBHOOK_PUBLIC_URL="")
    with site.listening() as talk:
        assert status_of(talk.post(text(base=talk.url))) == 200
        assert status_of(talk.post(text(base=BASE))) == 403


def test_a_public_url_may_have_a_path_of_its_own_that_the_proxy_takes_off(tmp_path: Path) -> None:
    site = Site(tmp_path, FLAIT_WEBHOOK_PUBLIC_URL=f"{BASE}/flait")
    genuine = Post(
        url=f"{BASE}/twilio/message",
        body=text().body,
        signature=signature(f"{BASE}/flait/twilio/message", text_fields()),
    )
    with site.listening() as talk:
        assert status_of(talk.post(genuine)) == 200


def test_listening_everywhere_it_is_reached_on_this_machine(tmp_path: Path) -> None:
    with Site(tmp_path, FLAIT_WEBHOOK_LISTEN="0.0.0.0:0").listening() as talk:
        assert talk.url == f"http://127.0.0.1:{talk.port}"


def test_without_a_token_it_does_not_start_and_says_why(site: Site) -> None:
    site.token_file.unlink()
    with pytest.raises(MissingCredential):
        Webhook(site, woken=site.wake).start()

    assert not site.address_file.exists()


def test_without_an_account_it_does_not_start_and_says_why(tmp_path: Path) -> None:
    site = Site(tmp_path, FLAIT_TWILIO_ACCOUNT_SID="")
    with pytest.raises(ConfigError, match=r"twilio\.account_sid is not set"):
        Webhook(site, woken=site.wake).start()


def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        site = Site(tmp_path, FLAIT_WEBHOOK_LISTEN=listen)
        with pytest.raises(ConfigError, match=f"{listen} cannot be bound"):
            Webhook(site, woken=site.wake).start()


def test_where_the_address_cannot_be_written_down_it_does_not_listen(site: Site) -> None:
    (site.home / "run").write_text("in the way")
    before = threading.active_count()
    with pytest.raises(ConfigError):
        Webhook(site, woken=site.wake).start()

    assert threading.active_count() == before
