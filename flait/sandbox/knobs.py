"""Reading what someone asks the sandbox to do: a JSON object of known names with values that make sense."""

from collections.abc import Callable, Mapping
from typing import Any

from flait.errors import UserError

Rule = tuple[Callable[[Any], bool], str]  # what is allowed, and how to say so


def is_count(value: Any) -> bool:
    """A whole number from 0 on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


COUNT: Rule = (is_count, "a whole number from 0 on")
FLAG: Rule = (lambda value: isinstance(value, bool), "true or false")
TEXT: Rule = (lambda value: isinstance(value, str) and value.isprintable(), "a text of one line")
SPAN: Rule = (
    lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9,
    "seconds, from 0 on",
)


def one_of(*names: str) -> Rule:
    """One of a few words."""
    return (lambda value: value in names, f"one of {', '.join(names)}")


def or_nothing(rule: Rule) -> Rule:
    """What the rule allows, or null."""
    allows, words = rule
    return (lambda value: value is None or allows(value), f"{words}, or null")


def read(description: object, rules: Mapping[str, Rule]) -> dict[str, Any]:
    """The description, checked. Raises UserError that names what is wrong and what is allowed."""
    if not isinstance(description, dict):
        raise UserError("This wants a JSON object", f"with any of {', '.join(rules)}")
    for name, value in description.items():
        if name not in rules:
            raise UserError(f"There is no {name!r} here", f"choose among {', '.join(rules)}")
        allows, words = rules[name]
        if not allows(value):
            raise UserError(f"{name} cannot be {value!r}", f"give {words}")
    return description
