"""WhatsApp from the command line: who is told by it, and what they agreed to."""

import pytest

from flait.core.messages import Channel
from flait.store import Store
from tests.doors.command_line import CommandLine
from tests.store.samples import follower, user

SENDER = "+15555550199"


@pytest.fixture
def with_sender(flait: CommandLine) -> CommandLine:
    flait.env["FLAIT_TWILIO_WHATSAPP_FROM"] = SENDER
    return flait


def test_a_person_moves_to_whatsapp_with_all_they_follow_and_back(with_sender: CommandLine, store: Store) -> None:
    person, subscription = follower(store)

    done = with_sender("user", "set", person.name, "channel", "whatsapp")

    assert (done.code, done.err) == (0, "Ann 0: channel is whatsapp.\n")
    assert with_sender("user", "show", person.name, "--json").json["user"]["channel"] == "whatsapp"
    moved, consent = store.subscription(subscription.id), store.users()[0].consent
    assert moved is not None
    assert moved.channel is Channel.WHATSAPP
    assert consent == "whatsapp: set at the command line, 2013-03-08"
    assert with_sender("user", "set", person.name, "channel", "sms").code == 0
    assert store.users()[0].consent == f"{consent}; sms: set at the command line, 2013-03-08"


@pytest.mark.parametrize(
    "command",
    [("user", "set", "Ann", "channel", "whatsapp"), ("subscribe", "UA123", "Ann", "--channel", "whatsapp")],
)
def test_without_a_sender_whatsapp_is_a_matter_of_configuration(
    flait: CommandLine, store: Store, command: tuple[str, ...]
) -> None:
    before = store.add_user(user(name="Ann"))

    assert "twilio.whatsapp_from is not set" in flait(*command).refused(5)
    assert store.users() == [before]


@pytest.mark.parametrize(
    "command", [("user", "set", "Ann", "channel", "fax"), ("subscribe", "UA123", "Ann", "--channel", "")]
)
def test_a_channel_that_is_none_is_refused(with_sender: CommandLine, store: Store, command: tuple[str, ...]) -> None:
    store.add_user(user(name="Ann"))

    assert "is not a channel; it is sms or whatsapp" in with_sender(*command).refused(2)


def test_push_alerts_that_cannot_be_had_say_why(flait: CommandLine) -> None:
    flait.env |= {"FLAIT_FLIGHTAWARE_PUSH": "true"}
    assert "tier is personal" in flait("status").facts["push alerts"]
    flait.env |= {"FLAIT_FLIGHTAWARE_TIER": "standard"}
    assert "needs webhook.public_url" in flait("status", "--json").json["push"]["problem"]
    flait.env |= {"FLAIT_WEBHOOK_PUBLIC_URL": "https://flait.example"}
    assert flait("status").facts["push alerts"] == "0 active"
