"""Letters in disguise: those of other alphabets, and pictures of letters, that people read as Latin ones.

From Unicode's confusables.txt (https://www.unicode.org/Public/security/latest/confusables.txt), and no more of it than
telephones can type and a STOP may be written in. What Unicode itself calls compatible (Ⓢ, 🅂) is folded before.
"""

import re
from typing import Final

# Words come in lower case: of a capital that looks alike, its small letter stands here. The Cyrillic es sounds like s.
_LOOK_ALIKES: Final = {
    "a": "\u0430\u03b1\u1d00\u13aa\ua4ee",
    "b": "\u0432\u03b2\u0299\ua4d0\u13f4",
    "c": "\u1d04\ua4da",
    "e": "\u0435\u03b5\u1d07\u13ac\ua4f0\u0454" + "3",
    "i": "\u0456\u0438\u03b9\u026a\u04cf\u13a5\ua4f2",
    "l": "\u13de\ua4e1" + "1",
    "n": "\u043d\u03bd\u0274\ua4e0\u0578",
    "o": "\u043e\u03bf\u1d0f\u0585\ua4f3\u00f8\u04e9\u03b8\u0275\u2c9f\u05e1\u0665\u06f5\u3007\u0966\u0ae6" + "0",
    "p": "\u0440\u043f\u03c1\u03c0\u1d18\u13e2\ua4d1\u146d\u2ca3\u01a5",
    "r": "\u0280\u0433\u13a1\ua4e3",
    "s": "\u0441\u0455\u03c2\u03c3\ua731\u057f\u13da\u13d5\ua4e2\u01bd\u0282" + "5",
    "t": "\u0442\u03c4\u1d1b\u13a2\ua4d4\u0167\u2ca7\u01ad",
    "u": "\u0443\u03c5\u1d1c\u057d\ua4f4",
    "x": "\u0445\u03c7",
}  # fmt: skip
_LATIN: Final = str.maketrans({other: latin for latin, others in _LOOK_ALIKES.items() for other in others})

# Pictures of letters: in white on black circles and squares, and those that flags are spelled with.
_CIRCLED, _SQUARED, _OF_FLAGS = 0x1F150, 0x1F170, 0x1F1E6
_PICTURES: Final = {first + at: chr(ord("a") + at) for first in (_CIRCLED, _SQUARED, _OF_FLAGS) for at in range(26)}
_VARIANT: Final = "[\ufe0e\ufe0f]?"
_RUN: Final = re.compile(f"(?:[\U0001f150-\U0001f169\U0001f170-\U0001f189]{_VARIANT} ?){{2,}}")
_FLAGS: Final = re.compile(f"(?:[\U0001f1e6-\U0001f1ff]{_VARIANT}[ \u200b]?){{3,}}")
_SPELLED: Final = frozenset({"stop", "stopp", "end", "quit", "fin", "alto", "cancel"})
_ROUND: Final = re.compile(f"(?<=st)(?:[⭕🛑⛔🚫🔴⚪🅾]{_VARIANT})+(?=p)", re.IGNORECASE)


def unpictured(text: str) -> str:
    """The text with its pictures of letters as letters. One alone is a picture (🅿), and so are flags of countries."""
    text = _RUN.sub(lambda run: f" {_read(run[0])} ", _ROUND.sub("o", text))
    return _FLAGS.sub(lambda run: _read(run[0]) if _read(run[0]) in _SPELLED else run[0], text)


def _read(run: str) -> str:
    return "".join(_PICTURES[ord(char)] for char in run if ord(char) in _PICTURES)


def in_latin(word: str) -> str:
    """The word in the letters that its own look or sound like; `word` is folded."""
    return word.translate(_LATIN)
