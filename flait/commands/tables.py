"""How a table is laid out for a screen of some width: the one place. Nothing is cut, and nothing is read or printed.

Columns have an order of worth. Where the screen is too narrow, the columns that are merely nice to have go, the least
worthy first; then cells go on below themselves between their words; then the other columns go; then every row becomes
a paragraph. Long text stands under its row where there is no room beside it. What the next command needs is of rank 0.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from msgspec import Struct

from flait.core.values import replace

GAP = "  "
INDENT = "  "
NICE = 3  # the rank from which on a column is worth less than rows of one line
BESIDE = 32  # columns, or half the screen: with less beside the others, long text stands under its row

Cell = str | tuple[str, ...]
"""What stands in a column; of a tuple every part stays in one piece, of text in a column that `breaks` every word."""


class Column(Struct, frozen=True, kw_only=True):
    """`rank` 0 is always shown; of the others the highest goes first. `breaks`: cells may go on in a second line.

    `under`: long text, for the last column alone. `named`: a number that says nothing without the column's name.
    """

    name: str
    rank: int = 0
    breaks: bool = False
    under: bool = False
    named: bool = False


def columns(names: str) -> tuple[Column, ...]:
    """Columns of rank 0 by their names, with blanks between."""
    return tuple(Column(name=name) for name in names.split())


HEADING = -1  # the row of the heading's spans
BETWEEN = -2  # the row and column of what is blank
FACTS = (Column(name="what"), Column(name="value", under=True))


class Span(Struct, frozen=True):
    """A piece of a line, and the row and column it is of."""

    text: str
    row: int = BETWEEN
    column: int = BETWEEN


Line = list[Span]


def laid_out(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> list[Line]:
    """The lines of the table, its heading first; none longer than `width` but for a word that is longer by itself."""
    shown = _Shown.of(columns, rows, width)
    return [_stripped(line) for line in (shown.lines() if shown.fits else shown.paragraphs())]


def plain(line: Line) -> str:
    """The line's words."""
    return "".join(span.text for span in line)


class _Shown(Struct, frozen=True, kw_only=True):
    """What of a table is shown: `across` stand in columns, `under` is the long text's place or None."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    width: int
    across: Sequence[int]
    under: int | None

    @classmethod
    def of(cls, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> "_Shown":
        """The columns that stand: not the empty ones, and not the least worthy where there is no room."""
        filled = [at for at in range(len(columns)) if any(row[at] for row in rows)]
        under = next((at for at in filled if columns[at].under), None)
        across = [at for at in filled if at != under]
        shown = cls(columns=columns, rows=rows, width=width, across=across, under=under)
        while not shown.fits_whole and shown.worst >= NICE:
            shown = shown.without_the_worst()
        while not shown.fits and shown.worst:
            shown = shown.without_the_worst()
        return shown

    @property
    def fits(self) -> bool:
        """Whether the columns stand side by side, each as narrow as it can be."""
        return _together(map(self._least, self.across)) <= self.width

    @property
    def fits_whole(self) -> bool:
        """Whether they do so in rows of one line."""
        return _together(map(self._full, self.across)) <= self.width

    @property
    def worst(self) -> int:
        """The rank of the least worthy column."""
        return max((self.columns[at].rank for at in self.across), default=0)

    def without_the_worst(self) -> "_Shown":
        """The same without the least worthy column."""
        worst = max(self.across, key=lambda at: (self.columns[at].rank, at))
        return replace(self, across=[at for at in self.across if at != worst])

    def _least(self, at: int) -> int:
        pieces = [piece for row in self.rows for piece in _pieces(row[at], self.columns[at])]
        return max(map(wide_of, [self.columns[at].name, *pieces]))

    def _full(self, at: int) -> int:
        return max(map(wide_of, [self.columns[at].name, *(_one_line(row[at]) for row in self.rows)]))

    # Side by side

    def lines(self) -> Iterator[Line]:
        """The heading, then every row."""
        widths = self._widths()
        beside = self._beside(widths)
        across = [*self.across, *([self.under] if beside and self.under is not None else [])]
        widths = [*widths, *([beside] if beside else [])]
        yield from self._row(HEADING, [[self.columns[at].name] for at in across], across, widths)
        for number, row in enumerate(self.rows):
            cells = [self._folded(row[at], at, wide) for at, wide in zip(across, widths, strict=True)]
            below = not beside or max(map(wide_of, cells[-1])) > beside  # it cannot be broken: there it has more room
            yield from self._row(number, cells[:-1] if beside and below else cells, across, widths)
            if below:
                yield from self._below(number, row)

    def _widths(self) -> list[int]:
        """Each as wide as it would like, from the first on, as far as there is room; and no wider than it then is."""
        widths = [self._least(at) for at in self.across]
        for place, at in enumerate(self.across):
            spare = self.width - _together(widths)
            widths[place] = self._taken(at, min(widths[place] + spare, self._full(at)))
        return widths

    def _taken(self, at: int, width: int) -> int:
        lines = [line for row in self.rows for line in self._folded(row[at], at, width)]
        return max(map(wide_of, [self.columns[at].name, *lines]))

    def _beside(self, widths: Sequence[int]) -> int:
        """How much room the long text has beside the others; 0 where it goes under them, or there is none."""
        if self.under is None:
            return 0
        room = self.width - _together(widths) - (len(GAP) if widths else 0)
        whole = max((wide_of(line) for row in self.rows for line in _lines(row[self.under])), default=0)
        return room if room >= min(BESIDE, self.width // 2, max(whole, wide_of(self.columns[self.under].name))) else 0

    def _folded(self, cell: Cell, at: int, width: int) -> list[str]:
        if at == self.under and not isinstance(cell, tuple):
            return [line for text in _lines(cell) for line in _wrapped(text.split(" "), width)]
        return _wrapped(_pieces(cell, self.columns[at]), width)

    @staticmethod
    def _row(
        number: int, cells: Sequence[Sequence[str]], across: Sequence[int], widths: Sequence[int]
    ) -> Iterator[Line]:
        for pieces in zip_longest(*cells, fillvalue=""):
            line: Line = []
            for at, piece, wide in zip(across, pieces, widths, strict=False):  # the long text may go below
                line += [Span(piece, number, at), Span(" " * (wide - wide_of(piece)) + GAP)]
            yield line

    def _below(self, number: int, row: Sequence[Cell]) -> Iterator[Line]:
        if self.under is not None and row[self.under]:
            for line in self._folded(row[self.under], self.under, self.width - len(INDENT)):
                yield [Span(INDENT), Span(line, number, self.under)]

    # One below the other

    def paragraphs(self) -> Iterator[Line]:
        """Every row as lines of its own, without a heading: its cells one after the other, as far as each line goes."""
        for number, row in enumerate(self.rows):
            line: Line = []
            for at in self.across:
                for piece in filter(None, _wrapped(_by_itself(row[at], self.columns[at]), self.width - len(INDENT))):
                    gap = "" if not line else " " if line[-1].column == at else GAP
                    if wide_of(plain(line) + gap + piece) > self.width and line:
                        yield line
                        line, gap = [], INDENT
                    line += [Span(gap), Span(piece, number, at)]
            yield line
            yield from self._below(number, row)


def wide_of(text: str) -> int:
    """How many columns of a screen it takes: two for each of the wide letters of East Asia."""
    from rich.cells import cell_len  # here: what is piped has no need of it

    return cell_len(text)


def _pieces(cell: Cell, column: Column) -> list[str]:
    """What of a cell stays together."""
    if isinstance(cell, tuple):
        return list(cell or ("",)) if column.breaks or column.under else [" ".join(cell)]
    return cell.split(" ") if column.breaks else [cell]


def _by_itself(cell: Cell, column: Column) -> list[str]:
    """The same where no heading stands above it."""
    return [f"{column.name} {_one_line(cell)}"] if column.named and cell else _pieces(cell, column)


def _one_line(cell: Cell) -> str:
    return " ".join(cell) if isinstance(cell, tuple) else cell


def _lines(cell: Cell) -> list[str]:
    return _one_line(cell).split("\n")


def _wrapped(pieces: Sequence[str], width: int) -> list[str]:
    """The pieces in lines of that width; a longer one stands alone, for the terminal to wrap, or is folded."""
    first, *others = [part for piece in pieces for part in _foldable(piece, width)]
    lines = [first]
    for piece in others:
        longer = f"{lines[-1]} {piece}"
        if wide_of(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(piece)
    return lines


def _foldable(piece: str, width: int) -> list[str]:
    """In parts as wide as that where it is all in wide letters: those scripts have no blanks, and break anywhere."""
    letters = max(width // 2, 1)
    if wide_of(piece) <= width or wide_of(piece) < 2 * len(piece):
        return [piece]
    return [piece[start : start + letters] for start in range(0, len(piece), letters)]


def _together(widths: "Iterator[int] | Sequence[int]") -> int:
    each = list(widths)
    return sum(each) + len(GAP) * max(len(each) - 1, 0)


def _stripped(line: Line) -> Line:
    """Without blanks at its end."""
    while line and not line[-1].text.strip():
        line = line[:-1]
    return line
