"""A later word of a person's wins over an earlier one that is heard of afterwards."""

import pytest

from flait.core.replies import understand
from flait.core.reply_order import undoes

PAIRS = [
    # earlier            later                undone
    ("MUTE", "UNMUTE", True),
    ("MUTE 2h", "MUTE 8h", True),
    ("UNMUTE", "MUTE", True),
    ("MUTE UA1234", "UNMUTE", True),
    ("MUTE UA1234", "UNMUTE UA1234", True),
    ("MUTE UA1234", "UNMUTE UA5", False),
    ("MUTE", "UNMUTE UA5", False),
    ("MUTE", "UNDO", True),
    ("UNTRACK UA1234", "UNDO", True),
    ("LEAVE UA1234", "TRACK UA1234", True),
    ("UNTRACK UA1234", "TRACK UA1234 tomorrow", True),
    ("TRACK UA1234", "UNTRACK UA1234", True),
    ("TRACK UA1234 UA5", "STOP UA5", True),
    ("TRACK UA1234", "UNTRACK UA5", False),
    ("TRACK UA1234", "TRACK UA1234", False),
    ("STATUS", "UNMUTE", False),
    ("MUTE", "STATUS", False),
    ("UNTRACK", "TRACK UA1234", False),
]


@pytest.mark.parametrize(("earlier", "later", "undone"), PAIRS)
def test_what_a_later_word_leaves_of_an_earlier_one(earlier: str, later: str, undone: bool) -> None:
    assert undoes(understand(later), understand(earlier)) is undone
