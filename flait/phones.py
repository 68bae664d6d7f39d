"""What a person types or pastes becomes a phone number in E.164, or a clear refusal. The only reader of phone numbers.

Possible numbers are accepted, not only assigned ones: fictional 555 numbers are possible and no more. A number is kept
as it is dialled from abroad, whatever spelling of it was written (core/numbers.py).
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flait.core.idents import shown
from flait.core.numbers import dialled, unlinked
from flait.errors import InvalidPhone

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

LONGEST = 32  # characters that count: what a copied number brings along unseen does not
LONGEST_LINK = 500  # characters, with the message that a link may carry
HINT = "write it with country code, like +1 555 555 0100"

# The library's own parser is lax: it takes letters, extensions, `whatsapp:` and digits of other scripts.
_TYPED = re.compile(r"\+?[0-9 ().\-/]+(x[0-9]+)?", re.ASCII)
_EXTENSION = re.compile(r"x[0-9]+", re.ASCII)
_TRUNK_ZERO = re.compile(r"\( ?0 ?\)|(?<=[0-9]) 0(?= )", re.ASCII)  # `+44 (0)20`, `+44 0 20`: dialled at home


def looks_like_phone(text: str) -> bool:
    """Whether WHO was meant as a number rather than a name."""
    return bool(_TYPED.fullmatch(_plain(text))) and any(char.isdigit() for char in text)


def has_extension(text: str) -> bool:
    """Whether a number stands there with an extension: `x5`, `ext. 5`, `;ext=5`."""
    return _EXTENSION.search(_plain(text)) is not None


def parse_phone(text: str, *, region: str, as_written: bool = False) -> str:
    """E.164 of a number typed with `+`, or without it as in `region`. Raises InvalidPhone with the reason.

    `as_written`: in the spelling it was given in, where its country has several.
    """
    typed = _plain(text)
    if len(typed) > LONGEST or not _TYPED.fullmatch(typed):
        raise InvalidPhone(f"{shown(text)} is not a phone number", HINT)
    if has_extension(text):
        raise InvalidPhone(f"{shown(text)} has an extension, which no text reaches", "write the number without it")
    number, why = _read(typed, region, as_written=as_written)
    if why and typed.startswith("+") and _TRUNK_ZERO.search(typed):
        number, why = _read(_TRUNK_ZERO.sub("", typed, count=1), region, as_written=as_written)
    if why and typed.replace(" ", "").startswith(_NOT_TURKEY):
        why += ". Numbers of 900 are premium-rate, and texts to them cost a lot"
    if why:
        raise InvalidPhone(f"{shown(text)} is not a phone number: it is {why}", HINT)
    return number


def _plain(text: str) -> str:
    """Without what is not seen, and with one kind of blank and hyphen: numbers are copied from pages and chats."""
    seen = "".join(_PLAIN.get(unicodedata.category(char), char) for char in unicodedata.normalize("NFKC", text))
    if len(seen) > LONGEST_LINK:
        return seen
    return unlinked(seen.replace("\N{MINUS SIGN}", "-")).strip().rstrip(" ,;.")


_PLAIN = {"Cf": "", "Zs": " ", "Pd": "-"}


def _read(typed: str, region: str, *, as_written: bool) -> tuple[str, str]:
    """The number, and what speaks against it, if anything: the reason in words."""
    import phonenumbers

    try:
        number = phonenumbers.parse(typed, None if typed.startswith("+") else region)
        if as_written:
            return _e164(number), ""
        digits = "+" + re.sub("[^0-9]", "", typed)
        left_out = "" if typed[0] != "+" or digits == _e164(number) else digits[: len(str(number.country_code)) + 2]
        number = phonenumbers.parse(dialled(_e164(number)))
    except phonenumbers.NumberParseException as problem:
        return "", _REASONS.get(problem.error_type, "no number")
    return _e164(number), _against(number, left_out)


def _against(number: "PhoneNumber", left_out: str) -> str:
    """What speaks against a number, in words. `left_out` is what was typed and is not dialled, from the `+` on.

    A country has numbers of other lengths that nobody can text, like Turkey's seven digits of a company's service.
    """
    import phonenumbers

    whole = phonenumbers.is_possible_number_with_reason(number)
    if whole or phonenumbers.is_valid_number(number):
        return _IMPOSSIBLE.get(whole, "")
    lengths = [phonenumbers.is_possible_number_for_type_with_reason(number, kind) for kind in _TEXTED]
    if 0 not in lengths:
        return _IMPOSSIBLE.get(lengths[0], _IMPOSSIBLE[5])
    country = f"+{number.country_code}"
    plain = not left_out or (left_out == f"{country}0" != _NOT_TURKEY and lengths[0] == 0)
    plain &= not number.italian_leading_zero or _begins_with_zero(number.country_code or 0)
    return "" if plain else f"of {country}, where none is dialled like that"


def _begins_with_zero(country_code: int) -> bool:
    """Whether a 0 is dialled from abroad there, as in Italy and Benin."""
    import phonenumbers

    region = phonenumbers.region_code_for_country_code(country_code)
    samples = [phonenumbers.example_number_for_type(region, kind) for kind in _TEXTED[:2]]
    return any(sample and sample.italian_leading_zero for sample in samples)


def _e164(number: "PhoneNumber") -> str:
    import phonenumbers

    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written


_NOT_TURKEY = "+900"  # who writes so may mean North America's +1 900
_REASONS = {  # phonenumbers.NumberParseException.error_type
    0: "without a country code that is known",
    2: "too short",
    3: "too short",
    4: "too long",
}
_TEXTED = (1, 0, 4, 5, 6, 7, 8)  # phonenumbers.PhoneNumberType: mobile, fixed, and what may be costly
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
# North America's pay-per-call exchange, in every area of the United States and Canada, and the area of that number,
# which nobody has (ATIS-0300051, Central Office Code Assignment Guidelines: codes that are not assigned).
_PAY_PER_CALL = re.compile(r"\+1(976[0-9]|[2-9][0-9]{2}976)[0-9]{3}", re.ASCII)
_ITS_COUNTRIES = (None, "US", "CA")  # None: of no area that is assigned


def costly(phone: str, allow: Sequence[str] = ()) -> str:
    """The costly kind of a number in E.164, in a word; empty: of none, or one that begins as `allow` says.

    A number of a costly range counts, assigned or not.
    """
    import phonenumbers

    if phone.startswith(tuple(allow)):
        return ""
    found = next((kind for prefix, kind in _NO_COUNTRY.items() if phone.startswith(prefix)), "")
    number = phonenumbers.parse(phone)
    if _PAY_PER_CALL.match(phone) and phonenumbers.region_code_for_number(number) in _ITS_COUNTRIES:
        return "premium-rate"
    kind = phonenumbers.number_type(number)
    return found or (_of_its_range(number) if kind == _UNKNOWN else _COSTLY_KINDS.get(kind, ""))


def refuse_costly(phone: str, allow: Sequence[str]) -> None:
    """Raise InvalidPhone for a number that nobody should be made to pay for unawares."""
    kind = costly(phone, allow)
    if kind:
        begins = phone[:8] if _PAY_PER_CALL.match(phone) and phone[5:8] == "976" else phone[:5]
        kept = ",".join((*allow, begins))
        hint = f"if you mean it, allow its kind: `flait config set phone.allow {kept}`"
        raise InvalidPhone(f"{shown(phone)} is a {kind} number, and texts to it cost a lot", hint)


def opens_a_country(prefix: str) -> bool:
    """Whether all numbers of a country begin with `prefix`, `+` and digits: +1 or +4, and not +1900 or +8816."""
    import phonenumbers

    countries = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
    return any(f"+{code}".startswith(prefix) for code, regions in countries if regions != ("001",))


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
