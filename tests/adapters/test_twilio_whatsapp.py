"""WhatsApp at Twilio: addresses, templates, and what becomes of both at the sandbox."""

import json
from datetime import timedelta
from typing import Any

from flait.core.messages import Channel, Message, MessageStatus
from flait.core.values import fields
from flait.core.whatsapp import TemplateMessage
from flait.sandbox.run import Sandbox
from tests.adapters.provider import Provider
from tests.adapters.twilio_talk import CREATED, FROM, NOW, PHONE, answering, message, talker
from tests.doors.webhook_talk import SteppingClock

HX = "HX" + "0" * 32
VARIABLES = {"1": "UA1234", "2": "SFO-EWR", "3": "d\u00e9lai \u201c45m\u201d", "4": "-", "5": "-"}


def template(**changed: Any) -> TemplateMessage:
    text = message(channel=Channel.WHATSAPP, **changed)
    columns = {one.name: getattr(text, one.name) for one in fields(Message)}
    return TemplateMessage(**columns, content_sid=HX, variables=VARIABLES)


def test_a_template_goes_with_its_variables_and_without_a_body() -> None:
    with Provider() as provider:
        answering(provider, CREATED, whatsapp_from=FROM).send(template(), now=NOW)
    form = provider.asked[0].form
    assert (form["To"], form["From"], form["ContentSid"]) == (f"whatsapp:{PHONE}", f"whatsapp:{FROM}", HX)
    assert json.loads(form["ContentVariables"]) == VARIABLES
    assert not {"Body", "SmartEncoded"} & form.keys()


def test_free_text_goes_with_its_lines_and_without_a_template() -> None:
    body = "*UA1234* SFO-EWR *delayed 45m*\ndep 14:10->14:55 PST"
    with Provider() as provider:
        gateway = answering(provider, CREATED, whatsapp_from=FROM)
        gateway.send(message(channel=Channel.WHATSAPP, body=body), now=NOW)
    form = provider.asked[0].form
    assert (form["To"], form["Body"]) == (f"whatsapp:{PHONE}", body)
    assert not {"ContentSid", "ContentVariables"} & form.keys()


def test_at_the_sandbox_free_text_out_of_the_blue_fails_and_a_template_is_read() -> None:
    clock = SteppingClock()
    with Sandbox(clock=clock) as sandbox:
        sandbox.set_receipts(outcome="read")
        gateway = talker(sandbox.twilio_base_url, whatsapp_from=FROM, clock=clock)
        free = gateway.send(message(channel=Channel.WHATSAPP), now=NOW)
        by_template = gateway.send(template(), now=NOW)
        clock.moment += timedelta(minutes=1)
        failed, read = gateway.status_of(free.sid), gateway.status_of(by_template.sid)
    assert (failed.status, failed.error_code) == (MessageStatus.FAILED, 63016)
    assert read.status is MessageStatus.READ
