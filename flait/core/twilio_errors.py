"""What Twilio's error codes mean for a text, as one table: whom an error concerns, and what it says in words.

Twilio moves meanings between codes now and then, so an unknown code has a safe default: refused, not tried again.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

OPTED_OUT = 21610
OWN_NUMBER = 21266


class ErrorKind(StrEnum):
    """Whom an error concerns, and so what becomes of the text."""

    RECIPIENT = "recipient"  # this person cannot get it this way: refused for good
    MESSAGE = "message"  # this text alone: refused for good
    ACCOUNT = "account"  # the operator's account or settings: every text waits
    LATER = "later"  # certainly not sent: tried again
    DELIVERY = "delivery"  # accepted, then lost on the way: it comes as a receipt, hardly ever as an answer


class Known(Struct, frozen=True, kw_only=True):
    """One error code: its kind, what it says in the operator's words, and what mends it."""

    kind: ErrorKind
    words: str
    remedy: str = ""


# Codes about one recipient's country (21408) or one unverified recipient of a trial account (21608) are the
# recipient's and not the account's: the texts of everybody else must not wait for them.
_ROWS: tuple[tuple[ErrorKind, str, tuple[int, ...]], ...] = (
    (ErrorKind.ACCOUNT, "the account SID and its secret do not fit, or the account is suspended", (20003,)),
    (ErrorKind.ACCOUNT, "the account is not active or has no funds", (10001, 20005, 30002, 90010)),
    (ErrorKind.ACCOUNT, "these are test credentials", (20008,)),
    (ErrorKind.ACCOUNT, "there is no such account", (20404,)),
    (ErrorKind.ACCOUNT, "this is a trial account with another sender", (14111, 572002)),
    (
        ErrorKind.ACCOUNT,
        "the sender is not this account's or cannot send texts",
        (21212, 21603, 21606, 21659, 21660, 21661),
    ),
    (ErrorKind.ACCOUNT, "the messaging service has no usable sender", (21703, 21704, 21705)),
    (ErrorKind.ACCOUNT, "the toll-free sender is not verified", (30032,)),
    (ErrorKind.ACCOUNT, "the sender is not registered with the carriers", (30024, 30033, 30034, 30035)),
    (ErrorKind.ACCOUNT, "Twilio's own protection blocks the text", (30450, 30610, 30640)),
    (
        ErrorKind.ACCOUNT,
        "the WhatsApp sender or template is not usable",
        (63001, 63007, 63008, 63020, 63040, 63041, 63042),
    ),
    (ErrorKind.ACCOUNT, "the WhatsApp business account is locked", (63051,)),
    (ErrorKind.RECIPIENT, "the person has opted out by texting STOP", (OPTED_OUT,)),
    (ErrorKind.RECIPIENT, "this is not a number that can get texts", (21211, 21265, 21614, 21635)),
    (ErrorKind.RECIPIENT, "this is the number Flait itself writes from", (OWN_NUMBER,)),
    (ErrorKind.RECIPIENT, "the sender cannot reach this number", (21612,)),
    (ErrorKind.RECIPIENT, "texts to this country are switched off in Twilio's console", (21408,)),
    (ErrorKind.RECIPIENT, "a trial account texts verified numbers only", (21608,)),
    (ErrorKind.RECIPIENT, "the number is a landline or its carrier cannot be reached", (30006,)),
    (ErrorKind.RECIPIENT, "the person cannot be reached on WhatsApp", (63003, 63014, 63024, 63032)),
    (ErrorKind.RECIPIENT, "the person has not joined the WhatsApp sandbox", (63015,)),
    (ErrorKind.MESSAGE, "the text or a parameter is not allowed", (20001, 21602, 21617, 21619, 21654, 21655, 21656)),
    (ErrorKind.MESSAGE, "the status callback is not a usable address", (21609,)),
    (ErrorKind.MESSAGE, "the validity period is not allowed", (21624, 30045, 90007)),
    (ErrorKind.MESSAGE, "it was not sent within its useful life", (30036,)),
    (ErrorKind.MESSAGE, "a carrier filtered it as unwanted", (30007,)),
    (ErrorKind.MESSAGE, "WhatsApp allows no free text now", (63016,)),
    (ErrorKind.MESSAGE, "WhatsApp refuses the content", (63005, 63013, 63021, 63027, 63028)),
    (ErrorKind.LATER, "Twilio was asked too often", (20429,)),
    (ErrorKind.LATER, "too many texts went to and fro between two numbers", (14107,)),
    (ErrorKind.LATER, "the sender's queue is full", (21611, 30001)),
    (ErrorKind.LATER, "the sender's daily or hourly limit is reached", (30022, 30023, 30027, 63017, 63018, 63038)),
    (ErrorKind.DELIVERY, "the phone is off or out of reach", (30003,)),
    (ErrorKind.DELIVERY, "the number is blocked or unknown", (30004, 30005)),
    (ErrorKind.DELIVERY, "the carrier did not deliver it", (30008, 30410)),
    (ErrorKind.DELIVERY, "WhatsApp did not deliver it", (63009, 63010, 63012)),
)

# What mends it, where an error of one of our texts shows again and again; each code's page at
# https://www.twilio.com/docs/api/errors/CODE says it at length.
_REMEDIES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("verify the number in Twilio's console (Toll-free verification)", (30032,)),
    ("register it in Twilio's console (A2P 10DLC: a brand, a campaign, and the number in its messaging service)",
     (30024, 30033, 30034, 30035)),
    ("register the sender with the carriers, and see what Twilio's console says of the text", (30007,)),
    ("see SMS pumping protection and compliance in Twilio's console", (30450, 30610, 30640)),
    ("top up or reactivate the account in Twilio's console", (10001, 20005, 30002, 90010)),
    ("they get texts again when it is on; else check the number with `flait user list`", (30003,)),
    ("the person or their carrier blocks the sender: ask them, or `flait user remove`", (30004,)),
    ("check the number with `flait user list`", (30005, 21211, 21265, 21612)),
    ("nobody has that number: `flait user remove`", (OWN_NUMBER,)),
    ("it takes a mobile number: `flait user remove`, then `flait user add` with that", (30006, 21614, 21635)),
    ("switch the country on in Twilio's console (Messaging, Geo permissions)", (21408,)),
    ("verify the number in Twilio's console, or upgrade the trial account", (21608,)),
    ("only they can undo it, by texting START", (OPTED_OUT,)),
    ("set up templates: docs/whatsapp.md", (63016,)),
    ("`flait user set WHO channel sms`", (63003, 63014, 63024, 63032)),
    ("have them send `join` and the sandbox's words again", (63015,)),
    ("see the WhatsApp sender in Twilio's console", (63001, 63007, 63008, 63020, 63040, 63041, 63042, 63051)),
)  # fmt: skip
_LOOK = "Twilio's console says more of each text"
_MENDS = {code: remedy for remedy, codes in _REMEDIES for code in codes}

ERRORS: Mapping[int, Known] = {
    code: Known(kind=kind, words=words, remedy=_MENDS.get(code, _LOOK))
    for kind, words, codes in _ROWS
    for code in codes
}
"""Twilio's code to what it means."""

_STATUSES: Mapping[int, Known] = {
    401: ERRORS[20003],
    403: ERRORS[20003],
    404: ERRORS[20404],
    429: ERRORS[20429],
}
"""For answers whose code is unknown; 404 on sending is about the account in the path, never about the text."""

_IN_VAIN = frozenset({ErrorKind.RECIPIENT, ErrorKind.MESSAGE, ErrorKind.ACCOUNT})
"""Failures that telling the same again would only repeat."""

_UNKNOWN = Known(kind=ErrorKind.MESSAGE, words="it gives a reason that Flait does not know")


def known(status: int, code: int | None) -> Known:
    """What a 4xx answer means: by its code, else by its status, else refused."""
    return ERRORS.get(code or 0) or _STATUSES.get(status, _UNKNOWN)


def is_in_vain(code: int | None) -> bool:
    """Whether the same person's next text would end the same way."""
    error = ERRORS.get(code or 0)
    return error is not None and error.kind in _IN_VAIN


def failure_words(code: int | None) -> str:
    """What a failure that Twilio reported after it had taken the text means, for people."""
    found = ERRORS.get(code or 0)
    if found:
        return f"{found.words} (error {code})"
    return "Twilio gave no reason" if code is None else f"{_UNKNOWN.words} (error {code})"
