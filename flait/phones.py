"""What a person types or pastes becomes a phone number in E.164, or a clear refusal. The only reader of phone numbers.

Possible numbers are accepted, not only assigned ones: fictional 555 numbers are possible and no more. A number is kept
as it is dialled from abroad, whatever spelling of it was written (core/numbers.py).
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flait.core.idents import shown
from flait.core.numbers import dialled
from flait.errors import InvalidPhone

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

LONGEST = 32  # characters that count: what a copied number brings along unseen does not
HINT = "write it with country code, like +1 555 555 0100"

# The library's own parser is lax: it takes letters, extensions, `whatsapp:` and digits of other scripts.
_TYPED = re.compile(r"\+?[0-9 ().\-/]+", re.ASCII)
_SCHEME = re.compile(r"tel:(//)?", re.IGNORECASE)  # of a link, RFC 3966
_TRUNK_ZERO = re.compile(r"\( ?0 ?\)")  # `+44 (0)20`: dialled at home, and not from abroad


def looks_like_phone(text: str) -> bool:
    """Whether WHO was meant as a number rather than a name."""
    return bool(_TYPED.fullmatch(_plain(text))) and any(char.isdigit() for char in text)


def parse_phone(text: str, *, region: str, as_written: bool = False) -> str:
    """E.164 of a number typed with `+`, or without it as in `region`. Raises InvalidPhone with the reason.

    `as_written`: in the spelling it was given in, where its country has several.
    """
    typed = _plain(text)
    if len(typed) > LONGEST or not _TYPED.fullmatch(typed):
        raise InvalidPhone(f"{shown(text)} is not a phone number", HINT)
    number, why = _read(typed, region, as_written=as_written)
    if why and typed.startswith("+") and _TRUNK_ZERO.search(typed):
        number, why = _read(_TRUNK_ZERO.sub("", typed), region, as_written=as_written)
    if why:
        raise InvalidPhone(f"{shown(text)} is not a phone number: it is {why}", HINT)
    return number


def _plain(text: str) -> str:
    """Without what is not seen, and with one kind of blank and hyphen: numbers are copied from pages and chats."""
    seen = "".join(_PLAIN.get(unicodedata.category(char), char) for char in unicodedata.normalize("NFKC", text))
    return _SCHEME.sub("", seen.strip().replace("\N{MINUS SIGN}", "-"), count=1)


_PLAIN = {"Cf": "", "Zs": " ", "Pd": "-"}


def _read(typed: str, region: str, *, as_written: bool) -> tuple[str, str]:
    """The number, and what speaks against it, if anything: the reason in words."""
    import phonenumbers

    try:
        number = phonenumbers.parse(typed, None if typed.startswith("+") else region)
        if as_written:
            return _e164(number), ""
        number = phonenumbers.parse(dialled(_e164(number)))
    except phonenumbers.NumberParseException as problem:
        return "", _REASONS.get(problem.error_type, "no number")
    return _e164(number), _IMPOSSIBLE.get(phonenumbers.is_possible_number_with_reason(number), "")


def _e164(number: "PhoneNumber") -> str:
    import phonenumbers

    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written


_REASONS = {  # phonenumbers.NumberParseException.error_type
    0: "without a country code that is known",
    2: "too short",
    3: "too short",
    4: "too long",
}
_IMPOSSIBLE = {  # phonenumbers.ValidationResult
    1: "of no known country code",
    2: "too short",
    3: "too long",
    4: "only a local number, without its area code",
    5: "of a length that does not exist there",
}


# Country codes that are no country's: satellites and networks that cost dollars a text, premium and shared-cost
# services. ITU-T E.164, list of assigned country codes (https://www.itu.int/pub/T-SP-E.164D).
_NO_COUNTRY = {
    "+808": "shared-cost",
    "+870": "satellite",
    "+878": "personal-number",
    "+881": "satellite",
    "+882": "satellite or network",
    "+883": "network",
    "+888": "network",
    "+979": "premium-rate",
}
# phonenumbers.PhoneNumberType: what the metadata of each country says of a number
_COSTLY_KINDS = {4: "premium-rate", 5: "shared-cost", 7: "personal-number", 8: "pager"}
_UNKNOWN = 99


def costly(phone: str, allow: Sequence[str] = ()) -> str:
    """Of which costly kind a number in E.164 is, in a word; empty: of none, or one that begins as `allow` says.

    A number of a costly range counts, assigned or not.
    """
    import phonenumbers

    if phone.startswith(tuple(allow)):
        return ""
    found = next((kind for prefix, kind in _NO_COUNTRY.items() if phone.startswith(prefix)), "")
    number = phonenumbers.parse(phone)
    kind = phonenumbers.number_type(number)
    return found or (_of_its_range(number) if kind == _UNKNOWN else _COSTLY_KINDS.get(kind, ""))


def refuse_costly(phone: str, allow: Sequence[str]) -> None:
    """Raise InvalidPhone for a number that nobody should be made to pay for unawares."""
    kind = costly(phone, allow)
    if kind:
        hint = f"if you mean it, allow its kind: `flait config set phone.allow {phone[:5]}`"
        raise InvalidPhone(f"{shown(phone)} is a {kind} number, and texts to it cost a lot", hint)


def _of_its_range(number: "PhoneNumber") -> str:
    """The costly kind whose numbers begin alike in that country."""
    import phonenumbers

    begins = phonenumbers.national_significant_number(number)[:3]
    for region in phonenumbers.region_codes_for_country_code(number.country_code or 0):
        for kind, word in _COSTLY_KINDS.items():
            example = phonenumbers.example_number_for_type(region, kind)
            if example and phonenumbers.national_significant_number(example)[:3] == begins:
                return word
    return ""
