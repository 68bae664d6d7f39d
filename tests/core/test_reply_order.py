"""A later word of a person's wins over an earlier one that is heard of afterwards, and waits only where it must."""

import pytest

from flait.core.replies.order import undoes, waits_for
from flait.core.replies.understanding import understand

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
    ("TRACK UA1234", "UNTRACK UA5 and UA1234", True),
    ("UNTRACK UA5 and UA1234", "TRACK UA1234", True),
    ("UNTRACK UA5 and UA1234", "UNDO", True),
    ("UNTRACK ALL", "TRACK UA1234", False),
    ("TRACK UA1234", "TRACK UA1234", False),
    ("STATUS", "UNMUTE", False),
    ("MUTE", "STATUS", False),
    ("UNTRACK", "TRACK UA1234", False),
]


@pytest.mark.parametrize(("earlier", "later", "undone"), PAIRS)
def test_what_a_later_word_leaves_of_an_earlier_one(earlier: str, later: str, undone: bool) -> None:
    assert undoes(understand(later), understand(earlier)) is undone


WAITING = [
    # looked up          said after it        waits
    ("TRACK UA1234", "UNTRACK UA1234", True),
    ("TRACK UA1234 UA5", "STOP UA5", True),
    ("TRACK UA1234", "UNTRACK UA5", False),
    ("TRACK UA1234", "UNTRACK it", True),
    ("TRACK UA1234", "UNTRACK", True),
    ("TRACK UA1234", "LEAVE", True),
    ("TRACK UA1234", "UNTRACK 2", False),
    ("TRACK UA1234", "UNTRACK UA5 and UA1234", True),
    ("TRACK UA1234", "UNTRACK ALL", True),
    ("TRACK UA1234", "UNTRACK 1,2", False),
    ("TRACK UA1234", "MUTE UA1234 2h", True),
    ("TRACK UA1234", "MUTE it", True),
    ("TRACK UA1234", "MUTE", False),
    ("TRACK UA1234", "UNMUTE", False),
    ("TRACK UA1234", "SHARE UA1234 +15555550105", True),
    ("TRACK UA1234", "SHARE +15555550105", True),
    ("TRACK UA1234", "LIST", False),
    ("TRACK UA1234", "HELP", False),
    ("TRACK UA1234", "STOP", False),
    ("TRACK UA1234", "UNDO", False),
    ("TRACK UA1234", "1", False),
    ("UNDO", "UNDO", True),
    ("UNDO", "UNMUTE", True),
    ("UNDO", "MUTE", False),
    ("UNDO", "MUTE UA1234", True),
    ("UNDO", "UNTRACK 2", True),
    ("JOIN", "LEAVE", True),
    ("1", "UNTRACK UA1234", True),
    ("1", "LIST", False),
    ("STATUS", "UNTRACK UA1234", False),
    ("STATUS", "MUTE it", False),
    ("UNTRACK UA1234", "UNDO", True),
    ("MUTE UA1234", "UNMUTE", True),
]


@pytest.mark.parametrize(("looked_up", "later", "waits"), WAITING)
def test_what_is_said_after_what_is_looked_up_waits_where_it_is_about_that(
    looked_up: str, later: str, waits: bool
) -> None:
    assert waits_for(understand(later), understand(looked_up)) is waits
