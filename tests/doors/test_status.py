"""`flait status` and `flait usage`: is all well, and what has it cost."""

import os
from pathlib import Path

import pytest

from flait.core.flights import Times
from flait.core.messages import MessageStatus
from flait.core.receipts import Receipt
from flait.running.pulse import Pulse, Trouble
from flait.settings.rules import Value
from flait.store import Store
from flait.system.lock import sole
from tests.doors.command_line import CommandLine, Ran
from tests.store.samples import DAY, HOUR, MINUTE, NOW, active, flight, message, tracked, user


def in_doubt(store: Store) -> None:
    person = store.add_user(user())
    store.enqueue(message(person.id, "doubt"))
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed is not None
    store.mark_in_doubt(claimed.id, attempt=1, error="the line broke")


def test_without_a_daemon_status_says_so_and_leaves_with_4(flait: CommandLine) -> None:
    done = flait("status")

    assert (done.code, done.err) == (4, "")
    assert done.facts["daemon"].startswith("not running")
    assert done.facts["queue"] == "0 queued, 0 sending, 0 in doubt, 0 failed"
    assert (done.facts["last tick"], done.facts["flightaware"]) == ("never", "not asked yet")


def test_status_as_json_has_the_promised_fields(flait: CommandLine) -> None:
    done = flait("status", "--json")

    never = {"last_success_at": None, "last_error": None, "last_error_at": None}
    assert done.code == 4
    assert done.json == {
        "daemon": {"running": False, "pid": None, "started_at": None, "last_tick_at": None},
        "queue": {"queued": 0, "sending": 0, "in_doubt": 0, "failed": 0},
        "budget": {"month": "2013-03", "spent_usd": 0.0, "limit_usd": 5.0},
        "providers": {"flightaware": never, "twilio": never},
        "webhook": {"mode": "no-tunnel", "listening": False, "public_url": "", "url": None, "problem": None},
        "push": {"enabled": False, "alerts": 0, "problem": None},
        "settings": {"waiting": []},
        "problems": [{"what": "daemon", "cause": "the daemon does not run", "since": None}],
    }


def test_with_a_daemon_and_no_trouble_all_is_well(flait: CommandLine, store: Store) -> None:
    store.beat(boot="b", pid=4711, started_at=NOW - MINUTE, now=NOW)
    store.note_error("twilio", "it did not answer", NOW - MINUTE)
    store.note_success("twilio", NOW)
    with sole(flait.database, since=NOW - MINUTE):
        done, as_json = flait("status"), flait("status", "--json")

    assert done.code == as_json.code == 0
    assert done.facts["daemon"] == f"running, pid {os.getpid()}, since 2013-03-08T11:59:00Z"
    assert done.facts["twilio"] == "answered at 2013-03-08T12:00:00Z"
    assert as_json.json["daemon"] == {
        "running": True, "pid": os.getpid(), "started_at": "2013-03-08T11:59:00Z", "last_tick_at": "2013-03-08T12:00:00Z",
    }  # fmt: skip
    assert as_json.json["providers"]["twilio"]["last_error"] == "it did not answer"


@pytest.mark.parametrize("seen", [False, True])
def test_a_mistake_in_the_settings_beside_a_daemon_is_a_problem_among_all_the_rest(
    flait: CommandLine, store: Store, seen: bool
) -> None:
    config = flait.home / "config.toml"
    config.write_text("[alerts]\ndelay_minutes = 'x'\n")
    config.chmod(0o600)
    mistake = f"alerts.delay_minutes in {config}, line 2 must be a whole number from 1 to 1440; mend it there"
    assert flait("status").refused(5) == mistake
    store.beat(boot="b", pid=4711, started_at=NOW - MINUTE, now=NOW)
    pulse = Pulse(flait.home / "run")
    troubles = [Trouble(what="settings", cause=mistake, since=NOW)] if seen else []
    pulse.say(NOW, troubles, in_force={"flightaware.monthly_budget_usd": 7.5})
    pulse.close()

    with sole(flait.database, since=NOW - MINUTE):
        done, as_json = flait("status"), flait("status", "--json")

    assert (done.code, as_json.code) == (1, 1)
    assert done.facts["daemon"].startswith("running")
    assert done.facts["problem"].startswith(f"settings: {mistake}")
    assert [each["cause"] for each in as_json.json["problems"]] == [mistake]
    assert as_json.json["budget"]["limit_usd"] == 7.5


def test_a_daemon_that_ended_leaves_its_last_tick_and_no_pid(flait: CommandLine, store: Store) -> None:
    store.beat(boot="b", pid=4711, started_at=NOW, now=NOW)

    assert flait("status", "--json").json["daemon"] == {
        "running": False, "pid": None, "started_at": None, "last_tick_at": "2013-03-08T12:00:00Z",
    }  # fmt: skip


def test_a_text_in_doubt_leaves_with_1(flait: CommandLine, store: Store) -> None:
    in_doubt(store)
    with sole(flait.database, since=NOW - MINUTE):
        done = flait("status")

    assert (done.code, done.facts["queue"]) == (1, "0 queued, 0 sending, 1 in doubt, 0 failed")


def test_a_provider_whose_last_answer_was_an_error_leaves_with_1(flait: CommandLine, store: Store) -> None:
    tracked(store)
    store.note_success("flightaware", NOW - MINUTE)
    store.note_error("flightaware", "AeroAPI did not answer", NOW)
    with sole(flait.database, since=NOW - MINUTE):
        done = flait("status")

    assert done.code == 1
    assert done.facts["flightaware"].startswith("failed at 2013-03-08T12:00:00Z: AeroAPI did not answer (last answered")


def test_aeroapi_is_no_problem_while_there_is_nothing_to_ask(flait: CommandLine, store: Store) -> None:
    tracked(store)
    store.note_error("flightaware", "AeroAPI did not answer", NOW)
    store.close_flight(1, NOW)
    with sole(flait.database, since=NOW - MINUTE):
        done = flait("status")

    assert done.code == 0
    assert done.facts["flightaware"].startswith("failed at 2013-03-08T12:00:00Z: AeroAPI did not answer")


def causes(done: Ran) -> dict[str, str]:
    """What is wrong, and why."""
    return {problem["what"]: problem["cause"] for problem in done.json["problems"]}


def test_each_problem_is_told_with_its_cause(flait: CommandLine, store: Store) -> None:
    in_doubt(store)
    store.note_error("twilio", "Twilio could not be reached", NOW)
    store.note_error("clock", "the clock moved by 3 years since the last sign of life", NOW)
    store.book("2013-03", "flights", result_sets=1000, micro_usd=5_000_000, now=NOW)
    store.beat(boot="b", pid=4711, started_at=NOW - DAY, now=NOW - DAY)
    flait.home.joinpath("run").mkdir(mode=0o700, exist_ok=True)
    Pulse(flait.home / "run").say(NOW - DAY, [Trouble(what="beat", cause="the disk is full", since=NOW - DAY)])
    with sole(flait.database, since=NOW - MINUTE):
        done = flait("status", "--json")

    assert done.code == 1
    assert causes(done) == {
        "beat": "the disk is full",
        "daemon": "the daemon gives no sign of life: `flait daemon logs`, then restart it",
        "twilio": "Twilio could not be reached",
        "clock": "the clock moved by 3 years since the last sign of life",
        "in_doubt": "may have been sent: msg:1; Twilio's record is being read. `flait messages retry` or `drop` decides",
        "budget": "the AeroAPI budget of $5.00 for 2013-03 is spent: nothing is looked up",
    }


def test_a_daemon_that_cannot_write_its_database_still_gives_a_sign_of_life(flait: CommandLine, store: Store) -> None:
    store.beat(boot="b", pid=4711, started_at=NOW - DAY, now=NOW - DAY)
    Pulse(flait.home / "run").say(NOW, [Trouble(what="beat", cause="the disk is full", since=NOW - DAY)])
    with sole(flait.database, since=NOW - MINUTE):
        assert causes(flait("status", "--json")) == {"beat": "the disk is full"}


def test_what_holds_in_the_daemon_is_shown_and_not_what_the_file_says(flait: CommandLine, store: Store) -> None:
    store.book("2013-03", "flights", result_sets=1000, micro_usd=5_000_000, now=NOW)
    in_force: dict[str, Value] = {
        "flightaware.monthly_budget_usd": 50.0,
        "webhook.enabled": True,
        "webhook.public_url": "https://old.example",
    }
    flait.home.joinpath("run").mkdir(mode=0o700, exist_ok=True)
    Pulse(flait.home / "run").say(NOW, [], in_force=in_force, waiting=["webhook.public_url"])
    with sole(flait.database):
        state, facts = flait("status", "--json").json, flait("status").facts

    assert (state["budget"]["limit_usd"], state["webhook"]["public_url"]) == (50.0, "https://old.example")
    assert state["settings"] == {"waiting": ["webhook.public_url"]}
    assert facts["settings"] == "webhook.public_url: changed, and wait for `flait daemon restart`"
    assert "budget" not in {problem["what"] for problem in state["problems"]}
    assert flait("status", "--json").json["budget"]["limit_usd"] == 5.0


def test_the_daemons_own_folder_for_run_time_files_counts(flait: CommandLine, store: Store, tmp_path: Path) -> None:
    elsewhere = tmp_path / "runtime"
    elsewhere.mkdir(mode=0o700)
    Pulse(elsewhere).say(NOW, [Trouble(what="beat", cause="the disk is full", since=NOW)])
    with sole(flait.database, run_dir=elsewhere):
        assert causes(flait("status", "--json"))["beat"] == "the disk is full"


def test_what_troubled_the_last_pass_from_cron_is_told(flait: CommandLine, store: Store) -> None:
    flait.home.joinpath("run").mkdir(mode=0o700, exist_ok=True)
    Pulse(flait.home / "run").say(NOW - MINUTE, [Trouble(what="poll", cause="the key is refused", since=NOW - DAY)])
    assert causes(flait("status", "--json"))["poll"] == "the key is refused"
    Pulse(flait.home / "run").say(NOW - DAY, [Trouble(what="poll", cause="the key is refused", since=NOW - DAY)])
    assert "poll" not in causes(flait("status", "--json"))


def test_budget_and_webhook_follow_the_settings(flait: CommandLine, store: Store) -> None:
    store.book("2013-03", "flights", result_sets=3, micro_usd=15_000, now=NOW)
    flait.env |= {"FLAIT_WEBHOOK_PUBLIC_URL": "https://flait.example", "FLAIT_FLIGHTAWARE_MONTHLY_BUDGET_USD": "0"}

    state, facts = flait("status", "--json").json, flait("status").facts
    assert state["budget"] == {"month": "2013-03", "spent_usd": 0.015, "limit_usd": 0.0}
    assert (state["webhook"]["mode"], state["webhook"]["public_url"]) == ("webhook", "https://flait.example")
    assert facts["budget"] == "$0.0150 without a limit in 2013-03"


def test_status_with_a_wrong_setting_is_a_configuration_error(flait: CommandLine) -> None:
    (flait.home / "config.toml").write_text("[alerts]\ndelay_minutes = 0\n")

    assert "alerts.delay_minutes" in flait("status").refused(5)


def sent(store: Store, key: str, **changes: object) -> None:
    """A text that Twilio took."""
    store.enqueue(message(store.users()[0].id, key, **changes))
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed is not None
    store.mark_accepted(claimed.id, attempt=1, sid=f"SM{key}", now=NOW)


def test_usage_adds_a_month_up_per_flight_and_person(flait: CommandLine, store: Store) -> None:
    store.add_user(user())
    row = tracked(store)
    store.book("2013-03", "flights", flight=row.fa_flight_id, result_sets=3, micro_usd=15_000, now=NOW)
    store.book("2013-03", "schedules", flight="DL7", result_sets=1, micro_usd=20_000, now=NOW)
    store.book("2013-03", "flights", flight="DL7", result_sets=1, micro_usd=5_000, now=NOW)
    store.book("2013-03", "usage", result_sets=1, micro_usd=0, now=NOW)
    sent(store, "a")
    sent(store, "b", body="x" * 200)

    bill = flait("usage", "--json").json

    assert bill["aeroapi"] == {"result_sets": 6, "usd": 0.04}
    assert bill["sms"] == {"messages": 2, "segments": 3}
    assert sorted(bill["flights"], key=str) == [
        {"flight": "DL7", "result_sets": 2, "usd": 0.025},
        {"flight": "UA123 2013-03-08", "result_sets": 3, "usd": 0.015},
        {"flight": None, "result_sets": 1, "usd": 0.0},
    ]
    assert bill["people"] == [{"user": "Ann 0", "messages": 2, "segments": 3, "usd": 0.0}]


def test_what_a_flight_cost_is_shared_by_who_follows_it(flait: CommandLine, store: Store) -> None:
    row = tracked(store)
    for number in (1, 2):
        store.add_subscription(active(store.add_user(user(number)).id, row))
    store.book("2013-03", "flights", flight=row.fa_flight_id, result_sets=3, micro_usd=15_000, now=NOW)

    bill = flait("usage", "--json").json

    assert {one["user"]: one["usd"] for one in bill["people"]} == {"Ann 1": 0.0075, "Ann 2": 0.0075}
    assert ["person", "Ann 1", "", "0.0075", "0", "0"] in flait("usage").table


def test_the_month_is_shown_against_its_budget_with_what_is_still_to_come(flait: CommandLine, store: Store) -> None:
    row = store.track(flight(in_=Times(scheduled=NOW + 12 * HOUR)), next_poll_at=NOW, now=NOW)
    store.add_subscription(active(store.add_user(user()).id, row))
    store.book("2013-03", "flights", flight=row.fa_flight_id, result_sets=300, micro_usd=1_500_000, now=NOW)

    ran = flait("usage")
    said = "[######..............] $1.50 of $5.00; about $1.69 by the end of the month, if all goes to plan\n"
    assert ran.err == said
    assert flait("usage", "--json").json["budget"] == {"usd": 5.0, "expected_usd": 1.69}
    assert flait("usage", "--month", "2013-02").err == ""
    flait.env["FLAIT_FLIGHTAWARE_MONTHLY_BUDGET_USD"] = "0"
    assert flait("usage").err == ""
    assert flait("usage", "--json").json["budget"] is None


def test_a_flight_that_is_over_keeps_its_name_in_the_bill(flait: CommandLine, store: Store) -> None:
    row = store.track(flight(out=Times(scheduled=NOW - DAY)), next_poll_at=NOW, now=NOW)
    store.close_flight(row.id, NOW)
    store.book("2013-03", "flights", flight=row.fa_flight_id, result_sets=1, micro_usd=5_000, now=NOW)

    assert flait("usage").table == [
        ["month", "2013-03", "1", "0.0050", "0", "0"],
        ["flight", "UA123 2013-03-07", "1", "0.0050", "", ""],
    ]


def test_what_a_removed_person_cost_stays_in_the_bill(flait: CommandLine, store: Store) -> None:
    store.add_user(user())
    sent(store, "a")
    flait("-y", "user", "remove", "Ann 0")

    assert flait("usage").table[-1] == ["person", "people since removed", "", "", "1", "1"]
    assert flait("usage", "--json").json["people"] == [{"user": None, "messages": 1, "segments": 1, "usd": 0.0}]


def test_usage_of_another_month(flait: CommandLine, store: Store) -> None:
    store.book("2013-02", "flights", result_sets=1, micro_usd=5_000, now=NOW)

    assert flait("usage", "--month", "2013-02", "--json").json["aeroapi"]["result_sets"] == 1
    assert flait("usage", "--json").json["aeroapi"]["result_sets"] == 0


@pytest.mark.parametrize("month", ["2013-13", "2013-3", "march", "2013-03-01", ""])
def test_what_is_no_month_is_refused(flait: CommandLine, month: str) -> None:
    assert flait("usage", "--month", month).refused(2).endswith("write it like 2026-11")


def test_every_state_of_the_queue_is_counted(flait: CommandLine, store: Store) -> None:
    in_doubt(store)
    store.enqueue(message(1, "waits"))
    store.enqueue(message(1, "failed", status=MessageStatus.FAILED))

    assert flait("status", "--json").json["queue"] == {"queued": 1, "sending": 0, "in_doubt": 1, "failed": 1}


def test_a_sender_that_is_a_name_is_said_to_take_no_replies(flait: CommandLine) -> None:
    said = flait("config", "set", "twilio.from_number", "Flait")
    assert "Nobody can reply to a name" in said.err
    assert "none to SMS: its sender is a name, and STOP does not reach it" in flait("status").out


def test_a_short_code_takes_replies(flait: CommandLine) -> None:
    assert "Nobody" not in flait("config", "set", "twilio.from_number", "12345").err
    assert "are fetched from Twilio" in flait("status").out


def lost(store: Store, many: int, error_code: int, status: MessageStatus = MessageStatus.UNDELIVERED) -> None:
    person = store.users()[0] if store.users() else store.add_user(user())
    for number in range(many):
        text = store.enqueue(message(person.id, f"{error_code} {status} {number}"))
        assert text
        claimed = store.claim_due_message(NOW, "boot")
        assert claimed
        sid = f"SM{text.id}"
        store.mark_accepted(claimed.id, attempt=1, sid=sid, now=NOW)
        store.save_receipt(Receipt(sid=sid, status=status, error_code=error_code), status.value, now=NOW)


@pytest.mark.parametrize("status", [MessageStatus.UNDELIVERED, MessageStatus.FAILED])
def test_texts_that_end_badly_are_counted_and_a_problem_with_its_remedy(
    flait: CommandLine, store: Store, status: MessageStatus
) -> None:
    lost(store, 12, 30034, status)
    with sole(flait.database):
        done, as_json = flait("status"), flait("status", "--json")

    assert (done.code, as_json.code) == (1, 1)
    assert done.facts["queue"] == "0 queued, 0 sending, 0 in doubt, 12 failed"
    assert causes(as_json)["texts"] == (
        "the last 12 texts to Ann 0 did not arrive: the sender is not registered with the carriers (error 30034); "
        "register it in Twilio's console (A2P 10DLC: a brand, a campaign, and the number in its messaging service)"
    )


def test_one_text_that_did_not_arrive_is_counted_and_no_problem(flait: CommandLine, store: Store) -> None:
    lost(store, 1, 30003)
    store.beat(boot="b", pid=4711, started_at=NOW - MINUTE, now=NOW)
    with sole(flait.database):
        done = flait("status")

    assert (done.code, done.facts["queue"]) == (0, "0 queued, 0 sending, 0 in doubt, 1 failed")


def test_whoever_said_stop_misses_nothing(flait: CommandLine, store: Store) -> None:
    lost(store, 5, 21610)
    store.opt_out(user().phone, NOW, how="STOP")
    store.beat(boot="b", pid=4711, started_at=NOW - MINUTE, now=NOW)
    with sole(flait.database):
        assert flait("status").code == 0


def test_what_could_not_be_sent_in_time_is_a_problem_that_names_the_text(flait: CommandLine, store: Store) -> None:
    person = store.add_user(user())
    text = store.enqueue(message(person.id, "failed:1", kind="failed", expires_at=NOW))
    assert text
    store.expire_messages(NOW)
    assert causes(flait("status", "--json"))["texts"] == (
        f"a text to Ann 0 could not be sent in time, and nothing was said instead: `flait messages show {text.id}`"
    )
