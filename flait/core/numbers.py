"""One telephone, several spellings: which numbers mean the same person, by country. Pure.

A person is known by the number as it is dialled from abroad. WhatsApp keeps the number that an account was made with,
after a country has given its telephones other numbers; people write and are written to by that one. Some of both kinds
of accounts live on everywhere below, so that nothing but the table can tell.
"""

import re
from typing import Final, NamedTuple


class Spelling(NamedTuple):
    """One way a country's mobile numbers are written beside the dialled one: patterns, and what each becomes."""

    country: str
    other: str
    becomes_dialled: str
    dialled: str
    becomes_other: str


# RFC 3966, RFC 5724, and what addresses are called at Twilio
_SCHEME = re.compile(r"\b(?:tel|smsto|sms|callto|whatsapp):(?://)?(?=\+?[0-9(])", re.ASCII | re.IGNORECASE)
_WEB = re.compile(
    r"(?:https?://)?\b(?:wa\.me/|api\.whatsapp\.com/send/?\?phone=)\+?(?=[0-9])", re.ASCII | re.IGNORECASE
)  # the number behind it has its country code, and no +
_NUMBER = r"(\+?[0-9][0-9 ().\-/]{5,24}[0-9])"
_MESSAGE = re.compile(_NUMBER + r"[?&](?:body|text)=\S*", re.ASCII | re.IGNORECASE)
_EXTENSION = re.compile(
    _NUMBER + r"[ ,]{0,2}(?:;ext=|ext(?:ension|n)?\b[.:]? ?|x ?|# ?)([0-9]{1,6})\b", re.ASCII | re.IGNORECASE
)

TABLE: Final = (
    # +52 and ten digits since 3 August 2019 (https://www.twilio.com/en-us/guidelines/mx/sms); WhatsApp keeps the 1
    # between (https://support.gupshup.io/hc/en-us/articles/4407840924953).
    Spelling("Mexico", r"\+521([2-9]\d{9})", r"+52\1", r"\+52([2-9]\d{9})", r"+521\1"),
    # Mobile telephones have a 9 after +54 when called from abroad, and none at home: WhatsApp has either
    # (https://green-api.com/en/docs/faq/features-of-sending-and-receiving-messages-from-different-countries).
    # Areas are 11, 2xx and 3xx; no landline shares the ten digits of a mobile telephone.
    Spelling("Argentina", r"\+54([1-3]\d{9})", r"+549\1", r"\+549([1-3]\d{9})", r"+54\1"),
    # Mobile numbers, which began with 6 to 9, got a 9 in front between 2012 and 2016; accounts older than that have
    # none on WhatsApp, most of them outside the areas 11 to 28 (as for Mexico).
    Spelling("Brazil", r"\+55([1-9]{2})([6-9]\d{7})", r"+55\g<1>9\2", r"\+55([1-9]{2})9([6-9]\d{7})", r"+55\1\2"),
    # Eight digits became ten on 31 January 2021: 01, 05 or 07 in front, by the operator, whom the second digit named
    # (ARTCI; https://fr.wikipedia.org/wiki/Liste_des_indicatifs_t%C3%A9l%C3%A9phoniques_en_C%C3%B4te_d%27Ivoire).
    # WhatsApp takes both for accounts older than that (https://github.com/devlikeapro/waha/issues/1894).
    Spelling("Ivory Coast", r"\+225([014-9][0-3]\d{6})", r"+22501\1", r"\+22501([014-9][0-3]\d{6})", r"+225\1"),
    Spelling("Ivory Coast", r"\+225([014-9][4-6]\d{6})", r"+22505\1", r"\+22505([014-9][4-6]\d{6})", r"+225\1"),
    Spelling("Ivory Coast", r"\+225([014-9][7-9]\d{6})", r"+22507\1", r"\+22507([014-9][7-9]\d{6})", r"+225\1"),
    # Eight digits became ten on 30 November 2024: 01 in front of every number
    # (https://github.com/mobi/telephone_number/issues/138).
    Spelling("Benin", r"\+229(\d{8})", r"+22901\1", r"\+22901(\d{8})", r"+229\1"),
)
"""Per country how WhatsApp may name a telephone, and how it is dialled."""


def unlinked(text: str) -> str:
    """Text in which a number copied as a link (`tel:`, `sms:`, `whatsapp:`, wa.me) is a number, an extension `x5`."""
    return _EXTENSION.sub(r"\1x\2", _MESSAGE.sub(r"\1", _WEB.sub("+", _SCHEME.sub("", text))))


def dialled(phone: str) -> str:
    """The number by which its person is known: E.164 as dialled from abroad. What the table does not know stays."""
    for row in TABLE:
        found = re.fullmatch(row.other, phone, re.ASCII)
        if found:
            return found.expand(row.becomes_dialled)
    return phone


def spellings(phone: str) -> tuple[str, ...]:
    """Every number that means the same telephone, the dialled one first."""
    known = dialled(phone)
    rows = ((row, re.fullmatch(row.dialled, known, re.ASCII)) for row in TABLE)
    return (known, *(found.expand(row.becomes_other) for row, found in rows if found))


def masked(phone: str) -> str:
    """`+1555...0134`: enough to recognise a number one knows."""
    kept = 5 if len(phone) > 11 else 3
    return f"{phone[:kept]}...{phone[-4:] if kept == 5 else phone[-2:]}"
