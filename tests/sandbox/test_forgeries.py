"""Twilio's signature, and requests that only look like Twilio's."""

from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator

from flait.errors import UserError
from flait.sandbox.forgeries import Signed, resplit
from flait.sandbox.run import Sandbox
from flait.sandbox.signing import called, signature
from tests.sandbox.conftest import ACCOUNT, StandingClock

URL = "https://flait.example/twilio/message"
FIELDS = {
    "AccountSid": ACCOUNT, "Body": "STOP", "From": "+15555550100", "MessageSid": f"SM{'1' * 32}",
    "NumMedia": "0", "To": "+15555550111", "ToCity": "",
}  # fmt: skip


class Fields(dict[str, list[str]]):
    def getlist(self, name: str) -> list[str]:
        return self[name]


def believed(request: Signed, token: str = "secret", url: str = "https://flait.example") -> bool:
    """Whether a program believes it that only checks the signature, with Twilio's own validator."""
    fields = Fields()
    for name, value in parse_qsl(request.body.decode(), keep_blank_values=True):
        fields.setdefault(name, []).append(value)
    form = fields if request.headers["Content-Type"].startswith("application/x-www-form-urlencoded") else Fields()
    return bool(
        RequestValidator(token).validate(url + request.path, form, request.headers.get("X-Twilio-Signature", ""))
    )


@pytest.fixture
def signer(clock: StandingClock) -> Sandbox:
    with Sandbox(clock=clock, auth_token="secret") as sandbox:
        return sandbox


def test_the_signature_is_that_of_twilios_own_example() -> None:
    url = "https://example.com/myapp.php?foo=1&bar=2"
    fields = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310", "To": "+18005551212"}  # fmt: skip
    assert signature("12345", url, fields.items()) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


@pytest.mark.parametrize(
    ("written", "signed"),
    [
        ("https://user:secret@flait.example:8443/a?b=%20#rc=1", "https://flait.example:8443/a?b=%20"),
        ("http://127.0.0.1:8787?m=1@2", "http://127.0.0.1:8787/?m=1@2"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787/"),
    ],
)
def test_the_url_is_signed_as_it_is_called(written: str, signed: str) -> None:
    assert called(written) == signed


def test_a_genuine_request_is_believed(signer: Sandbox) -> None:
    assert believed(signer.signed(URL, FIELDS))
    assert not believed(signer.signed(URL, FIELDS), token="other")


@pytest.mark.parametrize("rest", ["", "?m=7&a=1#rc=5&rp=all"])
def test_no_forgery_is_the_genuine_request(signer: Sandbox, rest: str) -> None:
    honest = signer.signed(URL + rest, FIELDS)
    forged = list(signer.forgeries(URL + rest, FIELDS))
    assert len(forged) > 60
    assert not [
        one for one in forged
        if believed(one) and (one.path, parse_qsl(one.body, keep_blank_values=True)) == (honest.path, parse_qsl(honest.body, keep_blank_values=True))
    ]  # fmt: skip


def test_some_forgeries_are_signed_rightly_and_say_something_else(signer: Sandbox) -> None:
    said = [
        parse_qsl(one.body.decode(), keep_blank_values=True) for one in signer.forgeries(URL, FIELDS) if believed(one)
    ]
    assert ("Bod", "ySTOP") in [field for fields in said for field in fields]
    assert any(fields.count(("To", FIELDS["To"])) == 2 for fields in said)
    assert any(("AccountSid", ACCOUNT) not in fields for fields in said)


def test_a_resplit_request_keeps_the_signature() -> None:
    requests = list(resplit("secret", URL, list(FIELDS.items())))
    assert len({request.headers["X-Twilio-Signature"] for request in requests}) == 1
    assert len(requests) > 5
    assert all(believed(request) for request in requests)


def test_forging_wants_a_token(sandbox: Sandbox) -> None:
    with pytest.raises(UserError, match="auth token"):
        sandbox.forgeries(URL, FIELDS)
