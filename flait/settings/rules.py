"""What a setting's value may be: the vocabulary of the table of settings. Pure: nothing here knows a key or a file.

A rule holds of a value or not; what holds is kept in one spelling (no trailing slash, a region in capitals).
"""

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from flait.core.senders import is_one_way
from flait.phones import opens_a_country

Value = bool | int | float | str

E164 = r"\+[1-9][0-9]{6,14}"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SWITCHES = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class Rule(NamedTuple):
    """What a value may be: its type, in words (they follow "must be"), the test, and the spelling that is kept."""

    kind: type[Value]
    allowed: str
    holds: Callable[[Any], bool]
    kept: Callable[[Any], Value] = lambda value: value


def from_toml(rule: Rule, value: object) -> Value:
    """The value of a typed source, as kept. Raises ValueError."""
    if rule.kind is float and type(value) is int:
        value = float(value)
    if type(value) is not rule.kind:  # exactly: to Python, True is an int
        raise ValueError(rule.allowed)
    return _checked(rule, value)


def from_text(rule: Rule, text: str) -> Value:
    """The value that a variable, a flag or a person writes, as kept. Raises ValueError."""
    return _checked(rule, _CONVERTERS[rule.kind](text.strip()))


def switch() -> Rule:
    """On or off."""
    return Rule(kind=bool, allowed="true or false", holds=lambda _: True)


def whole(least: int, most: int) -> Rule:
    """A whole number, both ends included."""
    return Rule(
        kind=int, allowed=f"a whole number from {least} to {most}", holds=lambda number: least <= number <= most
    )


def not_negative() -> Rule:
    """A number, 0 or more; TOML's inf and nan are none."""
    return Rule(kind=float, allowed="a number, 0 or more", holds=lambda number: math.isfinite(number) and number >= 0)


def one_of(*words: str) -> Rule:
    """One word of a list."""
    return Rule(kind=str, allowed="one of " + ", ".join(words), holds=lambda word: word in words)


def like(pattern: str, allowed: str) -> Rule:
    """A text that the whole of `pattern` matches."""
    return Rule(kind=str, allowed=allowed, holds=lambda text: matches(pattern, text))


def one_line(most: int) -> Rule:
    """Free text that goes into a text message: short, without line breaks and control characters."""
    return Rule(
        kind=str,
        allowed=f"at most {most} characters on one line",
        holds=lambda text: len(text) <= most and text.isprintable(),
    )


def sid(prefix: str) -> Rule:
    """One of Twilio's identifiers."""
    return like(prefix + "[0-9a-fA-F]{32}", f"{prefix} and 32 hexadecimal digits")


def phone() -> Rule:
    """A telephone number, E.164."""
    return like(E164, "a phone number with + and country code, like +15555550100")


def prefixes() -> Rule:
    """Beginnings of telephone numbers, none of them a whole country's."""
    return Rule(
        kind=str,
        allowed="beginnings of numbers with + and commas between, longer than a country code, like +8816,+1900",
        holds=lambda text: (
            matches(r"\+[1-9][0-9]{0,14}(,\+[1-9][0-9]{0,14})*", text)
            and not any(map(opens_a_country, text.split(",")))
        ),
    )


def sender() -> Rule:
    """Whom SMS come from."""
    return Rule(
        kind=str,
        allowed="a phone number with + and country code, like +15555550100, a short code of 3 to 8 digits, "
        "or a name of at most 11 letters, digits, blanks, - + _ &",
        holds=lambda text: matches(rf"{E164}|[0-9]{{3,8}}", text) or is_one_way(text),
    )


def region() -> Rule:
    """A country, two letters."""
    return like("[A-Za-z]{2}", "two letters, like US")._replace(kept=lambda letters: letters.upper())


def quiet_hours() -> Rule:
    """From when to when, over midnight if need be; never the whole day."""
    return like(f"({_TIME})-(?!\\1){_TIME}", "HH:MM-HH:MM, like 22:00-07:00")


def days_ahead(least: int, most: int) -> Rule:
    """So many days before something, each once, kept the farthest first; or `off`, which is kept as nothing."""

    def holds(text: str) -> bool:
        if text == "off":
            return True
        parts = text.replace(" ", "").split(",")
        days = [int(part) for part in parts if matches("[0-9]{1,3}", part)]
        return len(days) == len(parts) == len(set(days)) and all(least <= day <= most for day in days)

    return Rule(
        kind=str,
        allowed=f"off, or whole numbers from {least} to {most} with commas between, each once, like 30,14,7,3",
        holds=holds,
        kept=lambda text: "" if text == "off" else ",".join(map(str, sorted(map(int, text.split(",")), reverse=True))),
    )


def provider_url() -> Rule:
    """Where a key is sent: encrypted, or not leaving this machine."""
    return Rule(
        kind=str,
        allowed="an https:// address (http:// on this machine only) without user, query and fragment",
        holds=lambda url: _is_url(url) and _encrypted_or_local(urlsplit(url)),
        kept=lambda url: url.rstrip("/"),
    )


def public_url() -> Rule:
    """Where others reach Flait: no key goes there."""
    return Rule(
        kind=str,
        allowed="an https:// or http:// address without user, query and fragment",
        holds=_is_url,
        kept=lambda url: url.rstrip("/"),
    )


def listen_address() -> Rule:
    """Host and port to bind."""
    return Rule(kind=str, allowed="host:port, like 127.0.0.1:8787; port 0 is any free one", holds=_is_host_and_port)


def optional(rule: Rule) -> Rule:
    """What `rule` allows, or nothing at all."""
    return Rule(
        kind=rule.kind,
        allowed=f"empty, or {rule.allowed}",
        holds=lambda text: not text or rule.holds(text),
        kept=lambda text: rule.kept(text) if text else text,
    )


def host_and_port(address: str) -> tuple[str, int]:
    """The two halves of an address that `listen_address` allows; an IPv6 host loses its brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _checked(rule: Rule, value: Any) -> Value:
    if not rule.holds(value):
        raise ValueError(rule.allowed)
    return rule.kept(value)


def _switched(text: str) -> bool:
    if text.lower() not in _SWITCHES:
        raise ValueError("neither true nor false")
    return _SWITCHES[text.lower()]


_CONVERTERS: dict[type[Value], Callable[[str], Value]] = {bool: _switched, int: int, float: float, str: str}


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches."""
    return re.fullmatch(pattern, text) is not None


def _is_url(text: str) -> bool:
    # Before urlsplit is believed: it drops control characters, and clients differ on what a backslash means.
    if not matches(r"https?://[!-~]+", text) or set(text) & set("@?#\\"):
        return False
    host = text.split("/")[2]
    return _is_host_and_port(host) if matches(r".*:[0-9]*", host) else matches(_HOST, host)


def _encrypted_or_local(parts: SplitResult) -> bool:
    return parts.scheme == "https" or _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_host_and_port(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return matches(_HOST, host) and matches("[0-9]{1,5}", port) and int(port) <= 65535
