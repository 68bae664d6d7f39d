"""Tables on a screen: nothing is cut, the least worthy columns go first, and long text stands under its row."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.commands.tables import BESIDE, Cell, Column, laid_out, plain, wide_of

TEXTS = (
    Column(name="id"),
    Column(name="when", breaks=True),
    Column(name="who", breaks=True),
    Column(name="flight", rank=1),
    Column(name="kind", rank=3),
    Column(name="parts", rank=4),
    Column(name="text", under=True),
)
ROW = ("13", ("27 Nov", "17:29:37 UTC"), "Ana María Fernández-Whittaker", "US2116", "delay_first", "1", "It is late.")


def shown(width: int, *rows: Sequence[Cell], columns: Sequence[Column] = TEXTS) -> list[str]:
    return [plain(line) for line in laid_out(columns, rows or [ROW], width)]


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (
            120,
            [
                "id  when                 who                            flight  kind         parts  text",
                "13  27 Nov 17:29:37 UTC  Ana María Fernández-Whittaker  US2116  delay_first  1      It is late.",
            ],
        ),
        (
            80,
            [
                "id  when                 who                            flight  kind",
                "13  27 Nov 17:29:37 UTC  Ana María Fernández-Whittaker  US2116  delay_first",
                "  It is late.",
            ],
        ),
        (
            60,
            [
                "id  when                 who                  flight",
                "13  27 Nov 17:29:37 UTC  Ana María            US2116",
                "                         Fernández-Whittaker",
                "  It is late.",
            ],
        ),
        (
            38,
            [
                "id  when          who",
                "13  27 Nov        Ana María",
                "    17:29:37 UTC  Fernández-Whittaker",
                "  It is late.",
            ],
        ),
        (
            30,
            [
                "13  27 Nov 17:29:37 UTC",
                "  Ana María",
                "  Fernández-Whittaker",
                "  It is late.",
            ],
        ),
    ],
)
def test_with_less_room_the_least_worthy_goes_and_the_rest_is_broken_between_words(
    width: int, lines: list[str]
) -> None:
    assert shown(width) == lines


def test_columns_in_which_nothing_stands_take_no_room() -> None:
    assert shown(80, ("1", "", "Ana", "", "", "", "")) == ["id  who", "1   Ana"]


def test_line_breaks_of_a_text_are_line_breaks() -> None:
    assert shown(40, (*ROW[:6], "1 UA1 Tue25\n2 UA2 Wed26"))[-2:] == ["  1 UA1 Tue25", "  2 UA2 Wed26"]


def test_long_text_stands_beside_the_rest_where_it_has_room_and_under_it_elsewhere() -> None:
    facts = (Column(name="what"), Column(name="state", under=True))
    text = "nothing is looked up any more until the month is over or somebody raises it"

    wide, narrow = (shown(width, ("budget", text), columns=facts) for width in (BESIDE + 8, 12))
    assert wide[:2] == ["what    state", "budget  nothing is looked up any more"]
    assert wide[2].startswith(" " * 8)
    assert narrow[:4] == ["what", "budget", "  nothing is", "  looked up"]


def test_letters_that_are_two_columns_wide_are_counted_as_two() -> None:
    first, second = shown(80, ("1", "", "山田太郎", "UA1", "", "", ""), ("2", "", "Ana", "UA2", "", "", ""))[1:]
    assert wide_of(first[: first.index("UA1")]) == wide_of(second[: second.index("UA2")])


WORDS = st.text("abcÄ山1-", min_size=1, max_size=12)
CELLS = st.lists(WORDS, max_size=5).map(" ".join)
PARTS = st.lists(CELLS.filter(bool), max_size=3).map(tuple)
COLUMNS = st.lists(
    st.builds(Column, name=st.sampled_from(["id", "when", "who", "stands"]), rank=st.integers(0, 4), breaks=st.booleans()),
    min_size=1,
    max_size=6,
)  # fmt: skip


@given(st.data(), COLUMNS, st.booleans(), st.integers(8, 120))
def test_nothing_is_cut_and_no_line_is_too_long_but_for_what_cannot_be_broken(
    data: st.DataObject, columns: list[Column], long: bool, width: int
) -> None:
    if long:
        columns = [*columns, Column(name="text", under=True)]
    row = st.tuples(*(CELLS | PARTS if not column.under else CELLS for column in columns))
    rows = data.draw(st.lists(row, max_size=4))
    lines = [plain(line) for line in laid_out(columns, rows, width)]

    whole = "\n".join(lines)
    for cells in rows:
        for column, cell in zip(columns, cells, strict=True):
            pieces = [cell] if isinstance(cell, str) and not (column.breaks or column.under) else _broken(column, cell)
            assert column.rank or all(piece in whole for piece in pieces)
            longest = max(map(wide_of, pieces), default=0)
            width = max(width, longest + 2)  # what cannot be broken stands alone, for the terminal to wrap
    assert all(wide_of(line) <= width for line in lines)


def _broken(column: Column, cell: Cell) -> list[str]:
    if isinstance(cell, tuple):
        return list(cell) if column.breaks or column.under else [" ".join(cell)]
    return cell.split(" ")


def test_a_number_keeps_its_name_where_no_heading_stands_above_it() -> None:
    columns = (Column(name="of"), Column(name="usd", named=True), Column(name="messages", named=True))
    rows = [("UA123-of-Friday", "0.0200", ""), ("Zed", "", "2")]
    assert shown(40, *rows, columns=columns)[2] == "Zed                      2"
    assert shown(20, *rows, columns=columns) == ["UA123-of-Friday", "  usd 0.0200", "Zed  messages 2"]


@pytest.mark.parametrize("width", [20, 21])
def test_a_long_name_in_wide_letters_is_folded_to_the_screen(width: int) -> None:
    columns = (Column(name="name", breaks=True), Column(name="phone"))
    lines = shown(width, ("李小龍" * 5, "+15555550185"), columns=columns)
    assert lines == ["李小龍李小龍李小龍", "  李小龍李小龍", "  +15555550185"]
