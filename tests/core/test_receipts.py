import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.adapters.twilio.statuses import TWILIO_STATUSES
from flait.core.messages import UNTOLD, MessageStatus
from flait.core.receipts import RANK, advance

S = MessageStatus
STATUSES = st.sampled_from(S)
REPORTED = st.lists(st.sampled_from(sorted(set(TWILIO_STATUSES.values()))), max_size=6)


@pytest.mark.parametrize(
    ("current", "reported", "expected"),
    [
        (S.SENDING, S.ACCEPTED, S.ACCEPTED),
        (S.ACCEPTED, S.SENT, S.SENT),
        (S.SENT, S.ACCEPTED, S.SENT),  # late
        (S.SENT, S.SENT, S.SENT),  # twice
        (S.ACCEPTED, S.DELIVERED, S.DELIVERED),  # one was lost
        (S.DELIVERED, S.SENT, S.DELIVERED),
        (S.DELIVERED, S.READ, S.READ),
        (S.READ, S.DELIVERED, S.READ),
        (S.UNDELIVERED, S.SENT, S.UNDELIVERED),
        (S.UNDELIVERED, S.DELIVERED, S.DELIVERED),  # delivered after all is the truth
        (S.DELIVERED, S.UNDELIVERED, S.DELIVERED),
        (S.IN_DOUBT, S.ACCEPTED, S.ACCEPTED),
        (S.FAILED, S.CANCELED, S.FAILED),
        (S.SUPPRESSED, S.SENT, S.SUPPRESSED),
    ],
)
def test_a_report_moves_a_text_forward_or_not_at_all(current: S, reported: S, expected: S) -> None:
    assert advance(current, reported) is expected


@given(STATUSES, STATUSES)
def test_no_report_moves_a_text_back(current: S, reported: S) -> None:
    assert RANK[advance(current, reported)] == max(RANK[current], RANK[reported])


@given(REPORTED)
def test_the_order_of_reports_does_not_matter(reported: list[S]) -> None:
    def end(reports: tuple[S, ...]) -> int:
        status = S.SENDING
        for report in (*reports, *reports):
            status = advance(status, report)
        return RANK[status]

    assert len({end(order) for order in itertools.islice(itertools.permutations(reported), 60)}) == 1


def test_every_state_has_its_rank_and_every_end_outranks_the_way_there() -> None:
    assert set(RANK) == set(S)
    assert min(RANK[status] for status in {S.DELIVERED, S.READ} | UNTOLD) > RANK[S.SENT]


def test_every_word_of_twilios_is_understood() -> None:
    words = "accepted scheduled queued sending sent delivered undelivered failed canceled read"

    assert set(TWILIO_STATUSES) == set(words.split())
