"""`flait user …`: who is known, what may be said of them, and what goes when they go."""

import json
import shlex

import pytest

from flait.core.subscriptions import AddedBy, ClockFace, Role, SubscriptionState
from flait.store import Store
from tests.doors.command_line import ROOT, CommandLine
from tests.store.samples import NOW, follower, message, user

ANN = "+15555550100"


def test_a_person_is_added_under_name_and_number(flait: CommandLine, store: Store) -> None:
    done = flait("user", "add", "Ann", "+1 (555) 555-0100")

    assert (done.code, done.out) == (0, "")
    assert "Ann is known now, as +15555550100." in done.err
    ann = store.user_by_phone(ANN)
    assert ann is not None
    assert (ann.name, ann.role, ann.clock, ann.created_at) == ("Ann", Role.TRAVELER, ClockFace.H24, NOW)
    assert ann.consent == "added at the command line, 2013-03-08"


def test_zone_role_and_clock_are_kept(flait: CommandLine, store: Store) -> None:
    flait("user", "add", "Ann", ANN, "--timezone", "Asia/Tokyo", "--role", "Meeter", "--clock", "12H")

    ann = store.user_by_name("ann")
    assert ann is not None
    assert (ann.timezone, ann.role, ann.clock) == ("Asia/Tokyo", Role.MEETER, ClockFace.H12)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("", ANN), "'' is not a name; write 1 to 40 printable characters"),
        (("x" * 41, ANN), "printable characters"),
        (("Ann\x1b[31m", ANN), r"'Ann\x1b[31m' is not a name"),
        (("555-0100", ANN), "the name '555-0100' looks like a phone number"),
        (("Ann", "+1999"), "'+1999' is not a phone number"),
        (("Ann", "Bob"), "'Bob' is not a phone number"),
        (("Ann", ANN, "--timezone", "America/New_Yrok"), "did you mean America/New_York?"),
        (("Ann", ANN, "--timezone", "../../etc/passwd"), "is not a time zone"),
        (("Ann", ANN, "--timezone", "IST"), "write Asia/Kolkata or Europe/Dublin or Asia/Jerusalem"),
        (("Ann", ANN, "--role", "pilot"), "it is traveler, meeter or watcher"),
        (("Ann", ANN, "--clock", "sundial"), "it is 12h or 24h"),
        (("Ann",), "an argument is missing: phone"),
    ],
)
def test_bad_input_is_refused_in_one_line_and_nothing_is_stored(
    flait: CommandLine, store: Store, words: tuple[str, ...], why: str
) -> None:
    assert why in flait("user", "add", *words).refused(2)
    assert store.users() == []


@pytest.mark.parametrize("key", ["twilio.from_number", "twilio.whatsapp_from"])
def test_flaits_own_number_is_nobodys(flait: CommandLine, store: Store, key: str) -> None:
    flait("config", "set", key, ANN)

    why = "'+15555550100' is the number Flait writes from; write the number of a person"
    assert flait("user", "add", "Own", "+1 555 555 0100").refused(2) == why
    assert flait("subscribe", "UA123", ANN, "--name", "Own").refused(2) == why
    assert store.users() == []


def test_a_person_whose_number_became_flaits_own_is_sent_nothing_more_and_can_go(
    flait: CommandLine, store: Store
) -> None:
    flait("user", "add", "Ann", ANN)
    flait("config", "set", "twilio.from_number", ANN)

    assert "is the number Flait writes from" in flait("subscribe", "UA123", "Ann").refused(2)
    assert "is the number Flait writes from" in flait("messages", "test", "Ann").refused(2)
    assert flait("-y", "user", "remove", "Ann").code == 0


@pytest.mark.parametrize(("name", "phone"), [("ANN", "+15555550101"), ("Bob", ANN)])
def test_a_name_or_number_that_is_taken_is_refused(flait: CommandLine, store: Store, name: str, phone: str) -> None:
    flait("user", "add", "Ann", ANN)

    assert flait("user", "add", name, phone).refused(2).startswith("somebody ")
    assert len(store.users()) == 1


def test_adding_a_number_that_texted_stop_says_so(flait: CommandLine, store: Store) -> None:
    store.set_opt_out(ANN, NOW)

    assert "has texted STOP" in flait("user", "add", "Ann", ANN).err
    assert flait("user", "show", "Ann").facts["texts"] == "STOP"


def test_the_list_shows_everybody_and_how_much_they_follow(flait: CommandLine, store: Store) -> None:
    follower(store)

    done = flait("user", "list")

    assert done.out.startswith("name\tphone\ttimezone\t")
    assert done.table == [["Ann 0", ANN, "", "sms", "traveler", "24h", "yes", "1"]]


def test_people_as_json(flait: CommandLine, store: Store) -> None:
    person, _ = follower(store)

    shown = flait("user", "show", person.phone, "--json").json["user"]

    assert shown.pop("consent_history") == []
    assert flait("user", "list", "--json").json == {"users": [shown]}
    assert (shown["name"], shown["phone"], shown["subscriptions"]) == ("Ann 0", person.phone, 1)
    assert (shown["created_at"], shown["opted_out_at"]) == ("2013-03-08T12:00:00Z", None)


def test_what_was_looked_up_for_somebody_is_shown_and_what_may_be(flait: CommandLine, store: Store) -> None:
    store.add_user(user(name="Ann"))
    store.add_user(user(name="Ben", phone="+15555550101", added_by=AddedBy.INVITATION))
    month = f"{NOW:%Y-%m}"
    store.book(month, "flights", result_sets=100, micro_usd=500_000, now=NOW)
    store.bill(month, "+15555550101", 500_000)

    assert flait("user", "show", "Ann").facts["look-ups"] == "$0.00 this month"
    ben = flait("user", "show", "Ben").facts
    assert (ben["added by"], ben["look-ups"]) == ("invitation", "$0.50 this month, of $1.67")


def test_a_name_on_a_terminal_cannot_paint_it(flait: CommandLine, store: Store) -> None:
    store.add_user(user(name="Ann\x1b]0;owned\x07"))

    out = flait("user", "list", on_terminal=True).out
    assert r"Ann\x1b]0;owned\x07" in out
    assert "\x1b]" not in out


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("name", "Anna", "Anna"),
        ("timezone", "Europe/Paris", "Europe/Paris"),
        ("timezone", "america/new_york", "America/New_York"),
        ("timezone", "EST", "America/New_York"),
        ("timezone", "Tokyo", "Asia/Tokyo"),
        ("timezone", "SFO", "America/Los_Angeles"),
        ("timezone", "EST5EDT", "EST5EDT"),
        ("role", "watcher", "watcher"),
        ("clock", "12h", "12h"),
    ],
)
def test_a_change_is_kept(flait: CommandLine, store: Store, key: str, value: str, kept: str) -> None:
    ann = store.add_user(user())

    done = flait("user", "set", ann.phone, key, value)

    assert (done.code, done.err) == (0, f"{kept if key == 'name' else ann.name}: {key} is {kept}.\n")
    assert flait("user", "show", ann.phone, "--json").json["user"][key] == kept


def test_an_empty_zone_takes_it_away(flait: CommandLine, store: Store) -> None:
    store.add_user(user(name="Ann", timezone="Europe/Paris"))

    assert flait("user", "set", "Ann", "timezone", "").err == "Ann: timezone is not set.\n"
    assert store.users()[0].timezone is None


@pytest.mark.parametrize(("key", "held"), [("language", "en")])
def test_what_this_version_cannot_honour_is_refused_unless_it_holds(
    flait: CommandLine, store: Store, key: str, held: str
) -> None:
    store.add_user(user(name="Ann"))

    assert flait("user", "set", "Ann", key, held).code == 0
    assert "is not in this version yet" in flait("user", "set", "Ann", key, "other").refused(2)


def test_how_somebody_wants_to_be_told_is_set_and_shown(flait: CommandLine, store: Store) -> None:
    store.add_user(user(name="Ann"))
    flait("user", "set", "Ann", "timezone", "Europe/Paris")
    wants = {
        "level": "important", "quiet": "22:00-07:00", "leave": "2h30", "meet": "1h", "checkin": "off",
        "kinds": "-belt,-checkin",
    }  # fmt: skip
    for key, value in wants.items():
        assert flait("user", "set", "Ann", key, value).code == 0
    shown = json.loads(flait("user", "show", "Ann", "--json").out)["user"]
    assert {key: shown[key] for key in wants} == wants
    flait("user", "set", "Ann", "kinds", "+belt")
    assert json.loads(flait("user", "show", "Ann", "--json").out)["user"]["kinds"] == "-checkin"


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("level", "loud", "all or important"),
        ("quiet", "at night", "22:00-07:00"),
        ("quiet", "22-7 and stop", "22:00-07:00"),
        ("quiet", "22-7", "timezone"),
        ("quiet", "22:00-07:00", "timezone"),
        ("leave", "25h", "5m to 24h"),
        ("leave", "25 hours", "5m to 24h"),
        ("meet", "soon", "5m to 12h"),
        ("kinds", "-cancelled", "is no kind"),
        ("kinds", "belt", "is no kind"),
    ],
)
def test_a_wish_that_cannot_be_met_says_what_can(
    flait: CommandLine, store: Store, key: str, value: str, hint: str
) -> None:
    before = store.add_user(user(name="Ann"))
    assert hint in flait("user", "set", "Ann", key, value).refused(2)
    assert store.users() == [before]


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("quiet", "22-7", "22:00-07:00"),
        ("quiet", "10pm-7am", "22:00-07:00"),
        ("quiet", "from 22:30 to 7", "22:30-07:00"),
        ("quiet", "OFF", "off"),
        ("leave", "2.5h", "2h30"),
        ("leave", "2 hours", "2h"),
        ("meet", "1.5h", "1h30"),
        ("checkin", "1 day", "24h"),
        ("leave", "never", "off"),
        ("level", "less", "important"),
        ("level", "ALL", "all"),
    ],
)
def test_a_wish_is_taken_as_it_can_be_texted(flait: CommandLine, store: Store, key: str, value: str, kept: str) -> None:
    store.add_user(user(name="Ann", timezone="Europe/Paris"))
    assert flait("user", "set", "Ann", key, value).err == f"Ann: {key} is {kept}.\n"


def test_what_the_readme_sets_about_a_person_can_be_pasted_as_it_stands(flait: CommandLine, store: Store) -> None:
    store.add_user(user(name="Ana"))
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    pasted = [shlex.split(line, comments=True) for line in lines if line.startswith("    flait user ")]
    assert len(pasted) >= 2
    assert [flait(*words[1:]).code for words in pasted] == [0] * len(pasted)


def test_a_time_zone_that_quiet_hours_need_stays(flait: CommandLine, store: Store) -> None:
    store.add_user(user(name="Ann", timezone="Europe/Paris"))
    flait("user", "set", "Ann", "quiet", "22:00-07:00")
    assert "quiet off" in flait("user", "set", "Ann", "timezone", "").refused(2)


@pytest.mark.parametrize(
    ("key", "value"),
    [("phone", ANN), ("name", "Bob"), ("name", "5550100"), ("role", "pilot"), ("timezone", "Mars"), ("clock", "")],
)
def test_a_refused_change_changes_nothing(flait: CommandLine, store: Store, key: str, value: str) -> None:
    before = [store.add_user(user(0, name="Ann")), store.add_user(user(1, name="Bob"))]

    flait("user", "set", "Ann", key, value).refused(2)
    assert store.users() == before


@pytest.mark.parametrize(
    "command", [("show", "Nobody"), ("set", "Nobody", "role", "meeter"), ("remove", "+15555550199")]
)
def test_an_unknown_person_is_not_found(flait: CommandLine, command: tuple[str, ...]) -> None:
    assert "nobody here is" in flait("user", *command).refused(7)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("leave", "1h", "No leave for UA123: it was told already."),
        ("checkin", "20h", "No checkin for UA123: its time is past."),
        ("kinds", "-belt", ""),
        ("kinds", "+checkin", "No checkin for UA123: its time is past."),
        ("leave", "off", ""),
        ("level", "important", ""),
    ],
)
def test_a_reminder_that_comes_no_more_is_not_promised(
    flait: CommandLine, store: Store, key: str, value: str, said: str
) -> None:
    person, subscription = follower(store)
    told = {"subscription_id": subscription.id, "flight_id": subscription.flight_id, "tells": {"leave": True}}
    store.enqueue(message(person.id, "a", **told))
    done = flait("user", "set", person.name, key, value)
    assert done.code == 0
    assert done.err.splitlines()[1:] == ([said] if said else [])


def test_removal_ends_subscriptions_and_closes_a_flight_nobody_else_follows(flait: CommandLine, store: Store) -> None:
    person, _ = follower(store)
    store.enqueue(message(person.id, "a"))

    assert flait("--yes", "user", "remove", person.name).code == 0
    assert (store.users(), store.messages(), store.flight_views()) == ([], [], [])


def test_removal_leaves_a_flight_that_others_follow(flait: CommandLine, store: Store) -> None:
    person, _ = follower(store)
    _, others = follower(store, 1)

    flait("user", "remove", person.name, "-y")

    assert [view.subscribers for view in store.flight_views()] == [1]
    kept = store.subscription(others.id)
    assert kept is not None
    assert kept.state is SubscriptionState.ACTIVE


def test_removal_wants_a_yes(flait: CommandLine, store: Store) -> None:
    person, _ = follower(store)

    assert flait("user", "remove", person.name).refused(2).endswith("add --yes")
    refused = flait("user", "remove", person.name, typed="\n")
    assert refused.code == 1
    assert "Forget Ann 0, their texts and their subscriptions (1 under way)? [y/N]" in refused.err
    assert store.users() == [person]


def test_removal_at_a_terminal_goes_on_after_a_yes(flait: CommandLine, store: Store) -> None:
    person, _ = follower(store)

    assert flait("user", "remove", person.name, typed="y\n").code == 0
    assert store.users() == []


def test_how_a_person_agreed_and_every_stop_and_start_since_is_shown(flait: CommandLine, store: Store) -> None:
    flait("user", "add", "Ann", ANN)
    store.opt_out(ANN, NOW, how="texted STOP")
    store.opt_in(ANN, NOW, how="texted START")

    facts = flait("user", "show", "Ann").facts
    history = flait("user", "show", "Ann", "--json").json["user"]["consent_history"]

    assert facts["consent"] == "added at the command line, 2013-03-08"
    assert facts["opt out"].endswith(", texted STOP")
    assert [(change["change"], change["how"]) for change in history] == [
        ("opt_out", "texted STOP"),
        ("opt_in", "texted START"),
    ]


@pytest.mark.parametrize("phone", ["+19005550100", "+881612345678"])
def test_a_number_that_costs_a_lot_is_refused_for_somebody_new_unless_allowed(
    flait: CommandLine, store: Store, phone: str
) -> None:
    for words in (("user", "add", "Ann", phone), ("subscribe", "UA123", phone)):
        assert "texts to it cost a lot; if you mean it, allow its kind" in flait(*words).refused(2)
    assert store.users() == []
    flait("config", "set", "phone.allow", f"+1555,{phone[:5]}")
    assert flait("user", "add", "Ann", phone).code == 0


def test_somebody_known_is_found_by_a_number_that_costs_a_lot(flait: CommandLine, store: Store) -> None:
    store.add_user(user(phone="+881612345678"))
    assert flait("user", "show", "+881612345678", "--json").json["user"]["phone"] == "+881612345678"
    assert flait("user", "remove", "+881612345678", "-y").code == 0
