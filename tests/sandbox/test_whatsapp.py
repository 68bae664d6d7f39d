"""WhatsApp: the window of 24 hours, templates, receipts of reading."""

import pytest

from tests.sandbox.conftest import TOKEN
from tests.sandbox.receiver import ANA, SENDER, Trial

TEMPLATE = {"Body": None, "ContentSid": f"HX{'0' * 32}", "ContentVariables": '{"1": "UA15"}'}
ENDS = {"To": f"whatsapp:{ANA}", "From": f"whatsapp:{SENDER}"}


def end(trial: Trial, **changes: str | None) -> tuple[str, int | None]:
    """What becomes of a WhatsApp message."""
    sid = trial.send(trial.receiver.url, **ENDS, **changes)
    trial.pass_time(minutes=1)
    message = trial.message(sid)
    return message["status"], message["error_code"]


def test_free_words_out_of_the_blue_are_accepted_and_fail_afterwards(trial: Trial) -> None:
    assert end(trial) == ("failed", 63016)
    (form,) = trial.receiver.forms()
    assert (form["MessageStatus"], form["ErrorCode"], form["ChannelPrefix"]) == ("failed", "63016", "whatsapp")
    assert "allowed window" in form["ChannelStatusMessage"]
    assert trial.receiver.calls[0].is_signed_with(TOKEN)


@pytest.mark.parametrize(("hours", "status"), [(0, "delivered"), (23.9, "delivered"), (24, "failed")])
def test_a_message_opens_the_window_for_a_day(trial: Trial, hours: float, status: str) -> None:
    trial.sandbox.reply(ANA, "hello", to=SENDER, whatsapp=True)
    trial.pass_time(hours=hours)
    assert end(trial)[0] == status


def test_an_sms_opens_no_window(trial: Trial) -> None:
    trial.sandbox.reply(ANA, "hello", to=SENDER)
    assert end(trial)[0] == "failed"


def test_a_template_goes_at_any_time(trial: Trial) -> None:
    assert end(trial, **TEMPLATE) == ("delivered", None)
    text = trial.sandbox.texts()[0]
    assert (text["content_sid"], text["content_variables"]) == (TEMPLATE["ContentSid"], TEMPLATE["ContentVariables"])


def test_what_has_been_read_is_told(trial: Trial) -> None:
    trial.sandbox.set_receipts(outcome="read")
    assert end(trial, **TEMPLATE) == ("read", None)
    assert trial.receiver.statuses() == ["sent", "delivered", "read"]
    assert [form.get("EventType") for form in trial.receiver.forms()] == [None, None, "READ"]
    assert "RawDlrDoneDate" not in trial.receiver.forms()[1]


def test_a_message_comes_in_with_whatsapps_fields(trial: Trial) -> None:
    trial.send(**ENDS)
    trial.sandbox.set_inbound_url(trial.receiver.url)
    trial.sandbox.reply(f"whatsapp:{ANA}", "STOP")
    assert trial.sandbox.settled()
    (form,) = trial.receiver.forms()
    assert (form["From"], form["To"], form["WaId"]) == (ENDS["To"], ENDS["From"], ANA[1:])
    assert "FromCity" not in form
    assert [text["direction"] for text in trial.sandbox.texts()] == ["outbound-api"]  # nobody answers STOP here
