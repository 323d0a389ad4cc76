"""The columns of a PDF page, read one after the other.

pypdf gives text in the order in which it was drawn, and what was drawn at one height as one line. A page of two columns
that was drawn row by row would come out with sentences that nobody wrote. So it is watched where each piece of text is
drawn. A gutter is a strip with lines of prose on both sides of it that few lines run through: those that do, headlines,
part what is above them from what is below. The pieces are then given to pypdf again, column by column.

A page is left as it was drawn if it has no gutter, if the lines beside it are no prose but cells of a table, if blocks
stand side by side that were each drawn in one go, and if it cannot be followed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from rag.readers.pdf_drawn import Drawn, Watcher, text_of

if TYPE_CHECKING:
    from pypdf import PageObject

_GUTTER = 0.7  # of the letters' height: narrower is the space between two words
_LINES = 3  # of a column, at least
_LETTERS = 15  # of most of its lines, at least: fewer are numbers, dates, names
_LONG = 0.85  # of the column's width, which prose fills in …
_MOSTLY = 0.5  # … so many of its lines
_WITHIN = 0.25  # of the lines of prose begin within a sentence, at least
_BY_ROWS = 0.6  # of a column's lines came after something else: the page was drawn row by row
_EDGES = 12  # that are tried for a gutter, those with most lines
_DEEP = 4  # gutters within each other: of 16 columns
_REGIONS = 40
# pypdf does not go through drawings of which none of these is a part, and would if it were watched: they may be long.
_MAY_BE_TEXT = (b"Tj", b"TJ", b"'", b'"', b"Do")

Flow = list[str]  # the text of a column, or of columns that go on in one another


@dataclass(slots=True)
class _Line:
    """Pieces drawn one after the other at one height, without a gap: a line, or a part of one."""

    pieces: list[Drawn]
    begin: float
    end: float
    y: float
    height: float
    letters: int


@dataclass(frozen=True, slots=True)
class _Gutter:
    """From `begin` to `end`, where the column right of it begins; and the gutters left and right of it."""

    begin: float
    end: float
    height: float
    left: _Gutter | None = None
    right: _Gutter | None = None

    def side(self, line: _Line) -> int:
        """-1 for a line left of it, 1 for one right of it, 0 for one that runs across."""
        if line.end <= self.begin:
            return -1
        if line.begin >= self.begin:
            return 1
        return -1 if self.touched(line) else 0

    def touched(self, line: _Line) -> bool:
        """Whether it ends in the gutter or little behind, as a line left of it may whose width is only about known."""
        return self.begin < line.end < self.end + self.height and line.begin < self.begin - 3 * self.height


def read(page: PageObject) -> list[Flow]:
    """The text of a page in the order in which it is to be read. A page without columns is one flow of one text.

    A sentence may go on from one text of a flow to the next, not from one flow to another. Raises what pypdf raises.
    """
    contents = page.get_contents()
    if contents is None or not any(operator in contents.get_data() for operator in _MAY_BE_TEXT):
        return [[page.extract_text()]]
    watcher = Watcher(page)
    drawn = page.extract_text(visitor_operand_before=watcher.before, visitor_operand_after=watcher.after)
    upright = [piece for piece in watcher.drawn if piece.upright]
    if watcher.lost or 2 * len(upright) < len(watcher.drawn):
        return [[drawn]]
    lines = list(_lines(upright))
    flows = _parted(lines, gutter) if (gutter := _gutter(lines)) else []
    if not _better(flows, lines):
        return [[drawn]]
    texts = [[text_of([piece for line in region for piece in line.pieces]) for region in flow] for flow in flows]
    if not all(map(_prose, (text for flow in texts if len(flow) > 1 for text in flow))):
        return [[drawn]]
    rest = text_of([piece for piece in watcher.drawn if not piece.upright])
    return [*texts, [rest]] if rest.strip() else texts


def _lines(drawn: Iterable[Drawn]) -> Iterator[_Line]:
    line: _Line | None = None
    for piece in drawn:
        begin, y = piece.place[4:]
        if line and not piece.letters:
            line.pieces.append(piece)
        elif line and abs(y - line.y) <= line.height / 2 and abs(begin - line.end) <= _GUTTER * line.height:
            line.pieces.append(piece)
            line.end, line.letters = max(line.end, piece.end), line.letters + piece.letters
        elif piece.letters:
            if line:
                yield line
            line = _Line([piece], begin, piece.end, y, piece.height, piece.letters)
    if line:
        yield line


def _gutter(lines: Sequence[_Line], deep: int = 0) -> _Gutter | None:
    """The gutter that is parted least often by lines across it, of those the leftmost, with the gutters beside it."""
    if deep == _DEEP or len(lines) < 2 * _LINES:
        return None
    edges = _edges(lines)
    likeliest = sorted(edges, key=lambda edge: (-edges[edge] - edges[edge + 1], edge))[:_EDGES]
    height = sorted(line.height for line in lines)[len(lines) // 2]
    found: tuple[int, _Gutter] | None = None
    for edge in sorted(likeliest):
        gutter = _Gutter(edge - _GUTTER * height, edge, height)
        parts = sum(across for across, _ in _bands(gutter, lines))
        if (found is None or parts < found[0]) and _between_columns(gutter, lines, parts):
            found = parts, gutter
    if found is None:
        return None
    left, right = (_on(side, found[1], lines) for side in (-1, 1))
    return replace(found[1], left=_gutter(left, deep + 1), right=_gutter(right, deep + 1))


def _bands(gutter: _Gutter, lines: Iterable[_Line]) -> Iterator[tuple[bool, list[_Line]]]:
    """The lines downwards, those across the gutter apart from those beside it."""
    downwards = sorted(lines, key=lambda line: -line.y)
    return ((across, list(band)) for across, band in groupby(downwards, lambda line: gutter.side(line) == 0))


def _on(side: int, gutter: _Gutter, lines: Iterable[_Line]) -> list[_Line]:
    return [line for line in lines if gutter.side(line) == side]


def _edges(lines: Iterable[_Line]) -> Counter[int]:
    """Where lines begin, and how many."""
    return Counter(int(line.begin) for line in lines)


def _between_columns(gutter: _Gutter, lines: Sequence[_Line], parts: int) -> bool:
    left, right = (_on(side, gutter, lines) for side in (-1, 1))
    few = min(len(left), len(right)) < _LINES * max(1, parts)
    if few or 4 * sum(map(gutter.touched, left)) > len(left):
        return False
    edges = _edges(left)
    flush = max(edges, key=lambda edge: (edges[edge] + edges[edge + 1], -edge))
    return _column(left, flush) and _column(right, int(gutter.end))


def _column(side: Sequence[_Line], edge: int) -> bool:
    """Whether lines are long enough, and those that begin at this edge mostly fill their width, as prose does."""
    widths = sorted(line.end - line.begin for line in side if int(line.begin) in (edge, edge + 1))
    letters = sorted(line.letters for line in side)
    if len(widths) < _LINES or letters[len(letters) // 2] < _LETTERS:
        return False
    wide = widths[len(widths) * 9 // 10]
    return sum(width >= _LONG * wide for width in widths) >= _MOSTLY * len(widths)


def _parted(lines: Iterable[_Line], gutter: _Gutter | None) -> list[list[list[_Line]]]:
    """The lines by flows, and those by columns, in the order in which they are to be read."""
    if gutter is None:
        return [[sorted(lines, key=lambda line: line.pieces[0].number)]]
    flows: list[list[list[_Line]]] = []
    for across, band in _bands(gutter, lines):
        left, right = (_on(side, gutter, band) for side in (-1, 1))
        if across:
            flows += _parted(band, None)
        elif left and right:
            *above, last = _parted(left, gutter.left)
            first, *below = _parted(right, gutter.right)
            flows += [*above, last + first, *below]
        else:
            flows += _parted(band, gutter.left if left else gutter.right)
    return flows


def _better(flows: Sequence[Sequence[Sequence[_Line]]], lines: Iterable[_Line]) -> bool:
    """Whether this order is better than the one in which the lines were drawn.

    It is if a column was drawn row by row with another, and if each was drawn in one go; what comes and goes otherwise
    are blocks that belong together.
    """
    columns = [column for flow in flows if len(flow) > 1 for column in flow]
    every = [column for flow in flows for column in flow]
    if not columns or len(every) > _REGIONS:
        return False
    place = {id(line): number for number, column in enumerate(every) for line in column}
    begun = Counter(number for number, _ in groupby(place[id(line)] for line in lines))
    rows = (begun[place[id(column[0])]] > _BY_ROWS * len(column) for column in columns if len(column) >= _LINES)
    return any(rows) or set(begun.values()) == {1}


def _prose(column: str) -> bool:
    """Whether enough of the lines begin within a sentence: cells of tables begin with a capital or a figure."""
    begun = [line.strip()[0] for line in column.splitlines() if line.strip()]
    within = sum(letter.isalpha() and not letter.isupper() for letter in begun)
    return len(begun) < _LINES or within >= _WITHIN * len(begun)
