"""Values: what they have in common, whatever they are made of.

Nearly all are msgspec's Structs, which are made thirty times as fast as dataclasses: that is most of what a command
waits for before it does anything. Where two values are the same though a field differs, they are dataclasses.
"""

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, structs

Value = TypeVar("Value")

if TYPE_CHECKING:
    from dataclasses import fields, replace
else:

    def replace(value: Value, /, **changes: Any) -> Value:
        """The same with other values in these fields."""
        change = structs.replace if isinstance(value, Struct) else dataclasses.replace
        return change(value, **changes)

    def fields(value: Any) -> tuple[Any, ...]:
        """The fields of such a value, or of its kind, each with its `name`."""
        kind = value if isinstance(value, type) else type(value)
        return structs.fields(kind) if issubclass(kind, Struct) else dataclasses.fields(kind)


__all__ = ["fields", "replace"]
