"""What Twilio posts to us: genuine requests are read, and nothing else is, however near it comes."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flait.adapters.twilio.forms import _SMS_FIELDS, OLD_TOKEN, TwilioForms
from flait.adapters.twilio.statuses import TWILIO_STATUSES
from flait.core.inbound import Inbound, UnprovenReceipt, UnprovenText
from flait.core.messages import MessageStatus
from flait.core.receipts import Receipt
from flait.errors import Forged, Malformed, MissingCredential
from tests.adapters.twilio_posts import (
    ACCOUNT,
    ANN,
    BASE,
    FORM,
    OURS,
    SID,
    TOKEN,
    Post,
    cut_anywhere,
    cut_with_strange_names,
    forgeries,
    signature,
    signed,
    status,
    status_fields,
    text,
    text_fields,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORGERIES = 20_000


@pytest.fixture(scope="module")
def forms() -> TwilioForms:
    return TwilioForms(account_sid=ACCOUNT, token=lambda: TOKEN)


def inbound(forms: TwilioForms, post: Post, now: datetime = NOW) -> Inbound:
    read = forms.inbound(post.url, post.body, post.headers, now=now)
    assert isinstance(read, Inbound)
    return read


def receipt(forms: TwilioForms, post: Post) -> tuple[Receipt, str]:
    read = forms.receipt(post.url, post.body, post.headers, now=NOW)
    assert not isinstance(read, UnprovenReceipt)
    return read


def read(forms: TwilioForms, post: Post) -> object:
    """By its path, as the listener does."""
    reader = forms.receipt if "/twilio/status" in post.url else forms.inbound
    return reader(post.url, post.body, post.headers, now=NOW)


def test_the_signature_is_the_one_of_twilios_own_example() -> None:
    fields = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ]

    assert signature("https://mycompany.com/myapp.php?foo=1&bar=2", fields, "12345") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def changed(fields: list[tuple[str, str]], changes: dict[str, str | None]) -> list[tuple[str, str]]:
    """The fields, changed; None takes one out."""
    return [(name, value) for name, value in (dict(fields) | changes).items() if value is not None]


def test_a_persons_text_is_read(forms: TwilioForms) -> None:
    assert inbound(forms, text("Status UA123")) == Inbound(sid=SID, sender=ANN, to=OURS, body="Status UA123")


def test_a_text_over_whatsapp_loses_the_prefixes_and_keeps_the_channel(forms: TwilioForms) -> None:
    metadata = '{"type":"whatsapp","data":{"context":{"ProfileName":"Ann","WaId":"15555550100","Forwarded":true}}}'
    post = text(
        "hi",
        From=f"whatsapp:{ANN}",
        To=f"whatsapp:{OURS}",
        ProfileName="Ann To Body",
        WaId="15555550100",
        ChannelMetadata=metadata,
        MessageType="text",
    )

    assert inbound(forms, post) == Inbound(sid=SID, sender=ANN, to=OURS, whatsapp=True, body="hi")


def test_whom_whatsapp_names_by_another_number_is_both(forms: TwilioForms) -> None:
    post = text("hi", From=f"whatsapp:{ANN}", To=f"whatsapp:{OURS}", WaId="5215555550100")

    assert (inbound(forms, post).sender, inbound(forms, post).wa_id) == (ANN, "+5215555550100")


@pytest.mark.parametrize("wa_id", ["", "x", "0", "US.1234567890", "15555550100"])
def test_whatsapps_own_name_counts_only_where_it_is_another_number(forms: TwilioForms, wa_id: str) -> None:
    post = text("hi", From=f"whatsapp:{ANN}", To=f"whatsapp:{OURS}", WaId=wa_id)

    assert inbound(forms, post).wa_id is None


def test_twilios_own_reading_of_a_keyword_comes_along(forms: TwilioForms) -> None:
    assert inbound(forms, text("stop.", OptOutType="STOP")).opt_out_type == "STOP"
    assert inbound(forms, text("hi", OptOutType="")).opt_out_type is None


@pytest.mark.parametrize("to", ["12345", "rcs:flait_agent", OURS])
def test_our_own_sender_may_be_a_number_a_short_code_or_an_agent(forms: TwilioForms, to: str) -> None:
    assert inbound(forms, text("hi", To=to)).to == to.removeprefix("rcs:")


def test_pictures_come_along_and_are_not_looked_at(forms: TwilioForms) -> None:
    media = {
        f"Media{what}{number}": f"https://media.example/{number}"
        for number in range(10)
        for what in ("Url", "ContentType")
    }

    assert inbound(forms, text("", NumMedia="10", **media)).body == ""


@pytest.mark.parametrize(
    "body", ["😀" * 1600, "\x1b]0;owned\x07", "\u202eSTOP", "[link=x]", "=HYPERLINK(1)", "a\r\nb\0c", " ", "+&=%20;"]
)
def test_whatever_a_person_writes_is_kept_as_it_is(forms: TwilioForms, body: str) -> None:
    assert inbound(forms, text(body)).body == body


@pytest.mark.parametrize("word", sorted(TWILIO_STATUSES))
def test_every_status_of_twilios_is_read(forms: TwilioForms, word: str) -> None:
    post = status(word, query="m=7&a=2", ErrorCode="30003" if word == "undelivered" else None)
    read, said = receipt(forms, post)

    assert (said, read.status, read.sid) == (word, TWILIO_STATUSES[word], SID)
    assert (read.message_id, read.attempt) == (7, 2)
    assert read.error_code == (30003 if read.status is MessageStatus.UNDELIVERED else None)


@pytest.mark.parametrize("sender", ["", "Flait Alerts", "12345", None, f"rcs:{'a' * 20}"])
def test_a_receipt_tells_of_a_text_from_whichever_sender(forms: TwilioForms, sender: str | None) -> None:
    assert read(forms, status(From=sender))


@pytest.mark.parametrize("query", ["", "m=&a=", "m=x", "m=-1", "m=1e5", "m=٣", f"m={'9' * 19}", "x=1", "m=1;a=2"])
def test_a_query_without_our_own_number_gives_none(forms: TwilioForms, query: str) -> None:
    post = status(query=query)

    assert receipt(forms, post)[0].message_id is None


def test_an_unknown_word_for_a_status_is_refused(forms: TwilioForms) -> None:
    with pytest.raises(Forged):
        read(forms, status("exploded"))


@pytest.mark.parametrize("port", ["", ":443"])
def test_the_signed_url_may_name_the_usual_port(forms: TwilioForms, port: str) -> None:
    fields = text_fields()
    signed_with_port = signature(f"{BASE}{port}/twilio/message", fields)
    post = Post(url=f"{BASE}/twilio/message", body=urlencode(fields).encode(), signature=signed_with_port)

    assert inbound(forms, post).sid == SID


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"AccountSid": "AC" + "1" * 32}, "another account"),
        ({"AccountSid": None}, "another account"),
        ({"MessageSid": "SM123"}, "cut up anew"),
        ({"MessageSid": "CA" + "a1" * 16}, "cut up anew"),
        ({"From": "not a number"}, "cut up anew"),
        ({"From": "+1555555010\u0660"}, "cut up anew"),
        ({"From": None}, "cut up anew"),
        ({"To": "Someone"}, "cut up anew"),
        ({"Body": None}, "cut up anew"),
        ({"Body": None, "NumMedia": "0"}, "cut up anew"),
        ({"Body": None, "NumMedia": "one"}, "cut up anew"),
        ({"": ""}, "cut up anew"),
        ({"MediaUrl": "0https://media.example"}, "cut up anew"),
        ({"New": "1", "OptOutType": "STO"}, "cut up anew"),
        ({"name": "x"}, "cut up anew"),
        ({"FromCity": None, "FromCit": "ySAN"}, "cut up anew"),
        ({"FromCity": None, "FromCityS": "AN"}, "cut up anew"),
        ({"From": "72975", "Body": "STOPFrom+15555550123"}, "cut up anew"),
        ({"From": "Twelve chars"}, "cut up anew"),
        ({"FromCity": "XFrom+15555550111"}, "cut up anew"),
    ],
)
def test_a_signature_alone_is_not_enough(forms: TwilioForms, changes: dict[str, str | None], why: str) -> None:
    with pytest.raises(Forged, match=why):
        inbound(forms, signed("/twilio/message", changed(text_fields("hi"), changes)))


@pytest.mark.parametrize("strange", [{"Bod": "ySTOP"}, {"ProfileName": "Ann"}, {"New": "From+1"}])
def test_what_has_a_field_that_is_not_known_is_not_proven(forms: TwilioForms, strange: dict[str, str]) -> None:
    post = text("hi", **strange)
    read = forms.inbound(post.url, post.body, post.headers, now=NOW)

    seems = None if "New" in strange else Inbound(sid=SID, sender=ANN, to=OURS, body="hi")
    assert read == UnprovenText(sid=SID, seems=seems)


def test_a_receipt_that_has_a_field_that_is_not_known_is_not_proven(forms: TwilioForms) -> None:
    post = status("failed", ErrorCode="30003", CarrierName="Example")
    read = forms.receipt(post.url, post.body, post.headers, now=NOW)

    said = Receipt(sid=SID, status=MessageStatus.FAILED, message_id=1, attempt=1, error_code=30003)
    assert read == UnprovenReceipt(seems=said, word="failed")


def test_a_picture_on_whatsapp_without_words_is_not_proven(forms: TwilioForms) -> None:
    post = text("", From=f"whatsapp:{ANN}", To=f"whatsapp:{OURS}", Body=None, NumMedia="1")

    assert isinstance(forms.inbound(post.url, post.body, post.headers, now=NOW), UnprovenText)


def test_a_text_of_ones_own_cannot_be_cut_into_a_stop_of_anothers(forms: TwilioForms) -> None:
    post = text("STOPFrom+15555550123FromCityx")
    fields = dict(text_fields("STOP", From="+15555550123"))
    fields["FromCity"] = f"xFrom{ANN}FromCitySAN FRANCISCO"
    assert signature(post.url, list(fields.items())) == post.signature

    with pytest.raises(Forged, match="cut up anew"):
        inbound(forms, Post(url=post.url, body=urlencode(fields).encode(), signature=post.signature))


def test_a_profiles_name_cannot_become_the_sender(forms: TwilioForms) -> None:
    """What really stands between is hidden in the Body, where anything may stand."""
    post = text(
        "STOP\n",
        From=f"whatsapp:{ANN}",
        To=f"whatsapp:{OURS}",
        ProfileName="Fromwhatsapp:+15555550123FromCity",
        WaId="15555550100",
    )
    ordered = sorted(parse_qsl(post.body.decode(), keep_blank_values=True))
    whole = "".join(name + value for name, value in ordered)
    hidden = whole[whole.index("Body") + 4 : whole.index("Fromwhatsapp:+15555550123")]
    last = [(name, value) for name, value in ordered if name > "SmsMessageSid"]
    fields = {
        "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "Body": hidden, "From": "whatsapp:+15555550123",
        "FromCity": "Sms", "MessageSid": SID, **dict(last),
    }  # fmt: skip
    assert signature(post.url, list(fields.items())) == post.signature

    cut = Post(url=post.url, body=urlencode(fields).encode(), signature=post.signature)
    assert forms.inbound(cut.url, cut.body, cut.headers, now=NOW) == UnprovenText(sid=SID, seems=None)


def test_the_beginning_of_what_a_person_wrote_cannot_be_cut_off(forms: TwilioForms) -> None:
    post = text("UA123 is late, BodySTOP")
    fields = dict(text_fields("STOP", ApiVersion="2010-04-01BodyUA123 is late, "))
    assert signature(post.url, list(fields.items())) == post.signature

    with pytest.raises(Forged, match="cut up anew"):
        inbound(forms, Post(url=post.url, body=urlencode(fields).encode(), signature=post.signature))


@pytest.mark.parametrize(
    ("hidden", "inside"),
    [("MediaContentType0", "FromZip"), ("MediaUrl0", "MediaContentType0"), ("NumMedia", "MessageSid")],
)
def test_a_picture_cannot_be_hidden_in_the_field_before_it(forms: TwilioForms, hidden: str, inside: str) -> None:
    post = text("", NumMedia="1", MediaUrl0="https://media.example/0", MediaContentType0="image/png")
    fields = dict(parse_qsl(post.body.decode(), keep_blank_values=True))
    fields[inside] += hidden + fields.pop(hidden)
    assert signature(post.url, list(fields.items())) == post.signature

    with pytest.raises(Forged):
        inbound(forms, Post(url=post.url, body=urlencode(fields).encode(), signature=post.signature))


def test_the_same_field_twice_is_refused_though_the_signature_holds(forms: TwilioForms) -> None:
    post = text()
    doubled = Post(url=post.url, body=post.body + b"&From=%2B15555550100", signature=post.signature)

    with pytest.raises(Forged, match="cut up anew"):
        inbound(forms, doubled)


@pytest.mark.parametrize("missing", ["", "x", "A" * 28, "é" * 28, "A" * 27 + "\n"])
def test_what_is_not_signed_is_refused_before_it_is_read(forms: TwilioForms, missing: str) -> None:
    with pytest.raises(Forged, match="not signed"):
        inbound(forms, Post(url=f"{BASE}/twilio/message", body=b"\xff" * 10, signature=missing, content_type="x"))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"Body=\xff", FORM),
        (b"Body=%FF", FORM),
        (b"Body=%ED%A0%80", FORM),
        ("Body=\xe9".encode("utf-16"), FORM),
        (b"&".join(b"f%d=" % number for number in range(65)), FORM),
        (b"Body=STOP", "application/json"),
        (b"Body=STOP", ""),
    ],
)
def test_what_cannot_be_read_is_malformed(forms: TwilioForms, body: bytes, kind: str) -> None:
    with pytest.raises(Malformed):
        inbound(forms, Post(url=f"{BASE}/twilio/message", body=body, signature="A" * 27 + "=", content_type=kind))


def test_a_rotated_token_still_signs_for_a_day() -> None:
    tokens = ["old-token-1"]
    forms = TwilioForms(account_sid=ACCOUNT, token=lambda: tokens[-1])
    before, after = text(token="old-token-1"), text(token="new-token-2")

    assert inbound(forms, before).sid == SID
    tokens.append("new-token-2")

    assert inbound(forms, after).sid == SID
    assert inbound(forms, before, NOW + OLD_TOKEN - timedelta(seconds=1)).sid == SID
    with pytest.raises(Forged):
        inbound(forms, before, NOW + OLD_TOKEN)
    assert inbound(forms, after, NOW + OLD_TOKEN).sid == SID


def test_a_token_before_the_last_is_forgotten_with_its_own_day() -> None:
    tokens = ["first-token"]
    forms = TwilioForms(account_sid=ACCOUNT, token=lambda: tokens[-1])
    assert inbound(forms, text(token="first-token")).sid == SID
    for hours, token in ((12, "second-token"), (23, "third-token")):
        tokens.append(token)
        assert inbound(forms, text(token=token), NOW + timedelta(hours=hours)).sid == SID

    assert inbound(forms, text(token="second-token"), NOW + timedelta(hours=25)).sid == SID
    with pytest.raises(Forged):
        inbound(forms, text(token="first-token"), NOW + timedelta(hours=25))


def test_without_a_token_nothing_is_accepted() -> None:
    def missing() -> str:
        raise MissingCredential("the secret is not stored")

    with pytest.raises(MissingCredential):
        inbound(TwilioForms(account_sid=ACCOUNT, token=missing), text(token=""))


def test_of_twenty_thousand_forgeries_none_is_accepted(forms: TwilioForms) -> None:
    genuine = [text(), text("START", FromCity=""), text(""), status(), status("failed", ErrorCode="30003")]
    assert all(read(forms, post) for post in genuine)
    outcomes: Counter[str] = Counter()

    for forged in forgeries(genuine, FORGERIES, seed=1):
        try:
            read(forms, forged)
        except (Forged, Malformed) as refusal:
            outcomes[str(refusal)] += 1
        else:
            outcomes["accepted"] += 1

    assert outcomes["accepted"] == 0
    assert outcomes.total() == FORGERIES
    assert min(outcomes["signed, and cut up anew"], outcomes["of another account"], outcomes["no form"]) > 100


WORDS = st.sampled_from(
    [*sorted(_SMS_FIELDS), "STOP", "+15555550123", "whatsapp:", "SM" + "b2" * 16, ACCOUNT, " ", "x"]
)
SAYS_ANYTHING = st.lists(WORDS, max_size=8).map("".join)
PLAIN = st.text(st.characters(codec="utf-8", categories=["Lu", "Nd", "Zs", "So"]), max_size=20)


CHANCE = st.randoms(use_true_random=False)


@settings(max_examples=300, deadline=None)
@given(chance=CHANCE, body=PLAIN | SAYS_ANYTHING, city=PLAIN)
def test_no_other_cut_of_a_signed_sms_is_accepted(
    forms: TwilioForms, chance: random.Random, body: str, city: str
) -> None:
    post = text(body, FromCity=city)
    fields = cut_anywhere(post, chance)
    assert signature(post.url, list(fields.items())) == post.signature

    if fields != dict(parse_qsl(post.body.decode(), keep_blank_values=True)):
        with pytest.raises(Forged):
            inbound(forms, Post(url=post.url, body=urlencode(fields).encode(), signature=post.signature))


@settings(max_examples=300, deadline=None)
@given(chance=CHANCE, body=SAYS_ANYTHING, whatsapp=st.booleans())
def test_nobody_can_speak_for_another_by_what_they_write(
    forms: TwilioForms, chance: random.Random, body: str, whatsapp: bool
) -> None:
    post = text(body, **{"From": f"whatsapp:{ANN}"} if whatsapp else {})
    fields = cut_anywhere(post, chance)

    try:
        read_as = inbound(forms, Post(url=post.url, body=urlencode(fields).encode(), signature=post.signature))
    except Forged:
        return
    assert (read_as.sender, read_as.sid) == (ANN, SID)


@settings(max_examples=500, deadline=None)
@given(chance=CHANCE, body=SAYS_ANYTHING, profile=SAYS_ANYTHING, whatsapp=st.booleans())
def test_nobody_can_stop_another_by_a_cut_with_strange_names(
    forms: TwilioForms, chance: random.Random, body: str, profile: str, whatsapp: bool
) -> None:
    """Whatever is cut out of what somebody wrote, what is obeyed at once is theirs."""
    channel = {"From": f"whatsapp:{ANN}", "ProfileName": profile} if whatsapp else {"Zone": profile}
    fields = cut_with_strange_names(text(body, **channel), chance)
    post = signed("/twilio/message", list(fields.items()))
    try:
        read = forms.inbound(post.url, post.body, post.headers, now=NOW)
    except Forged:
        return
    said = read.seems if isinstance(read, UnprovenText) else read
    assert said is None or (said.sender, said.sid) == (ANN, SID)


@settings(max_examples=300, deadline=None)
@given(
    body=st.binary(max_size=300),
    given_signature=st.text(max_size=30),
    kind=st.sampled_from([FORM, f"{FORM}; charset=utf-8", "x"]),
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40),
)
def test_nothing_but_forged_and_malformed_comes_of_any_bytes(
    forms: TwilioForms, body: bytes, given_signature: str, kind: str, path: str
) -> None:
    for sign in (given_signature, "A" * 27 + "="):
        with pytest.raises((Forged, Malformed)):
            read(forms, Post(url=f"{BASE}/twilio/status{path}", body=body, signature=sign, content_type=kind))


@settings(max_examples=200, deadline=None)
@given(
    fields=st.dictionaries(
        st.one_of(st.sampled_from(sorted(_SMS_FIELDS)), st.text(max_size=5)),
        st.text(st.characters(codec="utf-8"), max_size=20),
        max_size=12,
    )
)
def test_nothing_but_a_text_or_a_refusal_comes_of_any_signed_fields(forms: TwilioForms, fields: dict[str, str]) -> None:
    with pytest.raises((Forged, Malformed)):
        inbound(
            forms,
            signed(
                "/twilio/message", [(name.encode(errors="replace").decode(), value) for name, value in fields.items()]
            ),
        )


def test_every_form_that_is_signed_for_status_is_refused_as_a_text(forms: TwilioForms) -> None:
    with pytest.raises(Forged):
        inbound(forms, signed("/twilio/message", status_fields()))
