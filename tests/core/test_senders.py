"""Whom SMS come from, and what may not be said under a name."""

import pytest

from flait.core.messages import segments
from flait.core.senders import is_one_way, without_replies
from flait.core.texts.confirmations import FOOTER


@pytest.mark.parametrize(
    ("sender", "one_way"),
    [
        ("Flait", True), ("FLAIT 2", True), ("7up", True), ("A" * 11, True),
        ("+15555550100", False), ("12345", False), ("", False), ("A" * 12, False), ("+1 555", False),
    ],
)  # fmt: skip
def test_a_name_has_a_letter_and_is_short(sender: str, one_way: bool) -> None:
    assert is_one_way(sender) is one_way


@pytest.mark.parametrize(
    ("body", "contact", "said"),
    [
        ("UA1 delayed 45m: dep 14:55 PST.", "Ben", "UA1 delayed 45m: dep 14:55 PST."),
        ("UA1 is gone: not tracked. Reply TRACK UA1 for the next.", "Ben", "UA1 is gone: not tracked."),
        (f"Flait: UA1 saved. {FOOTER}", "", "Flait: UA1 saved. Msg rates may apply. No replies here; to end, ask who set it up."),
        (f"Flait: UA1 saved. {FOOTER}", "Ben", "Flait: UA1 saved. Msg rates may apply. No replies here; to end, ask Ben."),
        ("UA1 leaves. Replying helps nobody.", "Ben", "UA1 leaves. Replying helps nobody."),
    ],
)  # fmt: skip
def test_what_asks_for_an_answer_is_not_said(body: str, contact: str, said: str) -> None:
    assert without_replies(body, contact) == said


@pytest.mark.parametrize("room", range(100, 148))
def test_the_words_instead_cost_no_segment_more(room: int) -> None:
    body = f"{'x' * room}. STOP to end."
    reworded = without_replies(body, "somebody@example.com")
    assert segments(reworded) <= segments(body)
    assert "STOP" not in reworded
