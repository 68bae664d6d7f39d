"""What a person types becomes a phone number in E.164, or a clear refusal. The only reader of phone numbers.

Possible numbers are accepted, not only assigned ones: fictional 555 numbers are possible and no more.
"""

import re

from flait.core.idents import shown
from flait.errors import InvalidPhone

LONGEST = 32
HINT = "write it with country code, like +1 555 555 0100"

# The library's own parser is lax: it takes letters, extensions, `whatsapp:` and digits of other scripts.
_TYPED = re.compile(r"\+?[0-9 ().\-]+", re.ASCII)


def looks_like_phone(text: str) -> bool:
    """Whether WHO was meant as a number rather than a name."""
    return bool(_TYPED.fullmatch(text.strip())) and any(char.isdigit() for char in text)


def parse_phone(text: str, *, region: str) -> str:
    """E.164 of a number typed with `+`, or without it as in `region`. Raises InvalidPhone with the reason."""
    typed = text.strip()
    if len(typed) > LONGEST or not _TYPED.fullmatch(typed):
        raise InvalidPhone(f"{shown(text)} is not a phone number", HINT)
    import phonenumbers

    try:
        number = phonenumbers.parse(typed, None if typed.startswith("+") else region)
    except phonenumbers.NumberParseException as problem:
        raise InvalidPhone(f"{shown(text)} is not a phone number: {_reason(str(problem))}", HINT) from None
    why = _IMPOSSIBLE.get(phonenumbers.is_possible_number_with_reason(number))
    if why:
        raise InvalidPhone(f"{shown(text)} is not a phone number: it is {why}", HINT)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_IMPOSSIBLE = {  # phonenumbers.ValidationResult
    1: "of no known country code",
    2: "too short",
    3: "too long",
    4: "only a local number, without its area code",
    5: "of a length that does not exist there",
}


def _reason(text: str) -> str:
    return text.removeprefix("(0) ").removeprefix("(1) ").rstrip(".").lower()
