"""What a PDF page draws, piece of text by piece of text, each with its place; and the text of some of the pieces.

pypdf tells a visitor each operation, but not how wide the text is that it draws. That is worked out here by the widths
that the font declares, or roughly where it declares none (the standard fonts). Nothing here raises: a page that cannot
be followed, damaged or hostile, is `lost`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf import PageObject

Matrix = tuple[float, float, float, float, float, float]
Spacing = tuple[float, float, float]  # between letters; between words; of all widths, in per cent

_MOST = 50_000  # pieces: the largest newspaper page has about as many letters
_FARTHEST = 1e6  # points: a page has 14,400 at most
_SAME: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_MOVES = frozenset((b"BT", b"Td", b"TD", b"Tm", b"T*"))
_SHOWS = frozenset((b"Tj", b"TJ", b"'", b'"'))
_SPACING = (b"Tc", b"Tw", b"Tz")
_CODES = 65_536  # of a font whose letters have two bytes
# Widths of the standard fonts, which need not be declared, in thousandths of their size; the bold ones are wider.
_HELVETICA = {
    222: "'ijl|", 278: " !,./:;I[\\]ft", 333: '()-`r{}"', 389: "*", 500: "^Jcksvxyz", 556: "#$0123456789?L_abdeghnopqu",
    584: "+<=>~", 611: "FTZ", 667: "&ABEKPSVXY", 722: "CDHNRUw", 778: "GOQ", 833: "Mm", 889: "%", 944: "W", 1015: "@",
}  # fmt: skip
_TIMES = {
    190: "'|", 250: " ,.", 278: "/:;\\ijlt", 333: "!()-I[]`fr", 389: 'Js"', 444: "?acez", 480: "^{}", 556: "FPS~+<=>",
    500: "#$*0123456789_bdghknopquvxy", 611: "ELTZ", 667: "BCR", 722: "ADGHKNOQUVXYw", 778: "&m", 833: "%", 889: "M",
    930: "@W",
}  # fmt: skip
_BOLD = 1.07
_USUAL = 0.55  # of any other letter


@dataclass(frozen=True, slots=True)
class Drawn:
    """A piece of text. The last two values of `place` are where it begins; `end` is how far right it goes.

    `number` counts the pieces of the page. `goes_on`: it begins where the piece of the number before ended.
    """

    font: Any
    size: float
    spacing: Spacing
    strings: list[Any]
    place: Matrix
    end: float
    letters: int
    number: int
    goes_on: bool

    @property
    def height(self) -> float:
        """Of its letters, about."""
        return self.size * self.place[3]

    @property
    def upright(self) -> bool:
        """Whether it runs from left to right."""
        a, b, c, d, _, _ = self.place
        return abs(b) <= a / 100 and abs(c) <= d / 100 and self.height > 0


@dataclass
class _State:
    """How text is drawn at some point of a page, or of a form on it, which has places and fonts of its own."""

    content: Any
    base: Matrix
    font: Any = None
    size: float = 0.0
    spacing: Spacing = (0.0, 0.0, 100.0)
    kept: list[tuple[Any, float, Spacing]] = field(default_factory=list)
    moved: bool = True  # since the last piece
    at: Matrix = _SAME  # of the last piece
    pen: float = 0.0  # how far that went, with those before it that it goes on


class Watcher:
    """Two visitors for `PageObject.extract_text`, to be called before and after each operation of a page."""

    def __init__(self, page: PageObject) -> None:
        from pypdf.errors import PyPdfError

        self.drawn: list[Drawn] = []
        self.lost = False
        self._trouble = (PyPdfError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
        self._state = _State(page, _SAME)
        self._outer: list[_State] = []
        self._letters: dict[int, tuple[Any, _Letters]] = {}  # with the fonts, so that no other gets the id of one

    def before(self, operator: bytes, operands: list[Any], cm: list[float], tm: list[float]) -> None:
        """Go into a form. pypdf counts the places in it from its own corner."""
        if operator == b"Do":
            self._outer.append(self._state)
            try:
                form = self._resource("/XObject", operands[0])
                own = _matrix(form["/Matrix"]) if "/Matrix" in form else _SAME
                self._state = _State(form, _times(_times(own, _matrix(cm)), self._state.base))
            except self._trouble:
                self.lost = True

    def after(self, operator: bytes, operands: list[Any], cm: list[float], tm: list[float]) -> None:
        """Follow what an operation did."""
        if operator == b"Do":
            self._state = self._outer.pop()
        elif not self.lost:
            try:
                self._follow(operator, operands, cm, tm)
            except self._trouble:
                self.lost = True

    def _follow(self, operator: bytes, operands: list[Any], cm: list[float], tm: list[float]) -> None:
        state = self._state
        if operator in _SHOWS:
            if operator == b'"':
                state.spacing = (float(operands[1]), float(operands[0]), state.spacing[2])
            state.moved |= operator not in (b"Tj", b"TJ")
            strings = operands[0] if operator == b"TJ" else operands[-1:]
            if isinstance(strings, list):
                self._show(strings, _times(_matrix(tm), _matrix(cm)))
        elif operator in _MOVES:
            state.moved = True
        elif operator == b"Tf":
            state.font, state.size = self._resource("/Font", operands[0]), float(operands[1])
        elif operator in _SPACING:
            one, two, three = (
                float(operands[0]) if operator == name else old for name, old in zip(_SPACING, state.spacing)
            )
            state.spacing = (one, two, three)
        elif operator == b"q":
            state.kept.append((state.font, state.size, state.spacing))
        elif operator == b"Q" and state.kept:
            state.font, state.size, state.spacing = state.kept.pop()

    def _show(self, strings: list[Any], at: Matrix) -> None:
        state = self._state
        at = at if state.base is _SAME else _times(at, state.base)
        goes_on = not state.moved and at == state.at
        begin = state.pen if goes_on else 0.0
        width, inked, letters = self._extent(strings)
        state.moved, state.at, state.pen = False, at, begin + width
        a, b, c, d, x, y = at
        place = (a, b, c, d, x + begin * a, y + begin * b)
        end = x + (begin + inked) * a
        number = len(self.drawn)
        self.drawn.append(Drawn(state.font, state.size, state.spacing, strings, place, end, letters, number, goes_on))
        if number == _MOST or not all(abs(value) < _FARTHEST for value in (*place, *state.spacing, state.size, end)):
            self.drawn.clear()
            self.lost = True

    def _extent(self, strings: list[Any]) -> tuple[float, float, int]:
        """How wide it is, how wide without the spaces at its end, and how many letters it has."""
        size, (between, words, scale) = self._state.size, self._state.spacing
        font = self._letters_of(self._state.font)
        width = inked = 0.0
        letters = 0
        for item in strings:
            if isinstance(item, bytes):
                written = item if font.wide else item.rstrip(b" ")
                if written:
                    drawn, count = font.extent(written)
                    width += drawn * size + count * between + (not font.wide) * written.count(b" ") * words
                    inked, letters = width, letters + count
                blank = len(item) - len(written)
                width += blank * (font.blank * size + between + words)
            elif isinstance(item, int | float):
                width -= item / 1000 * size
        return width * scale / 100, inked * scale / 100, letters

    def _letters_of(self, font: Any) -> _Letters:
        if id(font) not in self._letters:
            self._letters[id(font)] = (font, _letters_of(font))
        return self._letters[id(font)][1]

    def _resource(self, kind: str, name: Any) -> Any:
        return self._state.content.get_inherited("/Resources").get_object()[kind][name]


@dataclass(frozen=True)
class _Letters:
    """How wide the letters of a font are, of its size. `wide`: they have two bytes each."""

    widths: Mapping[int, float]
    usual: float
    wide: bool

    @property
    def blank(self) -> float:
        return self.widths.get(ord(" "), self.usual)

    def extent(self, data: bytes) -> tuple[float, int]:
        """How wide these are, and how many."""
        codes = [one << 8 | two for one, two in zip(data[::2], data[1::2])] if self.wide else data
        widths, usual = self.widths, self.usual
        return sum(widths.get(code, usual) for code in codes), len(codes)


def _letters_of(font: Any) -> _Letters:
    if "/DescendantFonts" in font:
        descendant = font["/DescendantFonts"][0].get_object()
        usual = float(descendant.get("/DW", 1000)) / 1000
        return _Letters(_widths_of_codes(descendant.get("/W", [])), usual, wide=True)
    if "/Widths" not in font:
        return _Letters(_standard_widths(str(font.get("/BaseFont", ""))), _USUAL, wide=False)
    scale = float(font["/FontMatrix"][0]) if "/FontMatrix" in font else 0.001
    first = int(font["/FirstChar"])
    widths = {first + place: float(width.get_object()) * scale for place, width in enumerate(font["/Widths"])}
    drawn = [width for width in widths.values() if width > 0]
    return _Letters(widths, sum(drawn) / len(drawn) if drawn else _USUAL, wide=False)


def _widths_of_codes(listed: Any) -> dict[int, float]:
    """What /W lists: the first of some codes and the width of each, or the first, the last, and the width of all."""
    widths, left = dict[int, float](), _CODES
    items = iter([item.get_object() for item in listed.get_object()] if listed else [])
    for first in items:
        second = next(items, 0)
        if isinstance(second, list):
            widths.update(enumerate((float(width.get_object()) / 1000 for width in second), int(first)))
            continue
        codes, width = range(int(first), int(second) + 1), float(next(items, 0)) / 1000
        left -= len(codes)
        if left < 0:
            raise ValueError("widths of more codes than there are")
        widths.update(dict.fromkeys(codes, width))
    return widths


def _standard_widths(name: str) -> dict[int, float]:
    """About those of a standard font of this name."""
    if "Courier" in name:
        return dict.fromkeys(range(256), 0.6)
    scale = (_BOLD if "Bold" in name else 1) / 1000
    widths = _TIMES if "Times" in name else _HELVETICA
    return {ord(letter): width * scale for width, letters in widths.items() for letter in letters}


def text_of(drawn: Sequence[Drawn]) -> str:
    """The text of these pieces in this order, as pypdf gives that of a page on which nothing else is drawn."""
    from pypdf import PageObject
    from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, FloatObject, NameObject

    fonts, names = DictionaryObject(), dict[int, NameObject]()
    operations: list[tuple[list[Any], bytes]] = []
    before: Drawn | None = None
    for piece in drawn:
        name = names.setdefault(id(piece.font), NameObject(f"/F{len(names)}"))
        fonts[name] = piece.font
        if before is None or before.font is not piece.font or before.size != piece.size:
            operations.append(([name, FloatObject(piece.size)], b"Tf"))
        if before is None or before.spacing != piece.spacing:
            operations += [([FloatObject(value)], operator) for value, operator in zip(piece.spacing, _SPACING)]
        if before is None or not piece.goes_on or piece.number != before.number + 1:
            operations.append(([FloatObject(value) for value in piece.place], b"Tm"))
        operations.append(([ArrayObject(piece.strings)], b"TJ"))
        before = piece
    page = PageObject.create_blank_page(width=1, height=1)
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    content = ContentStream(None, None)
    content.operations = operations
    page[NameObject("/Contents")] = content
    return page.extract_text()


def _matrix(values: Sequence[Any]) -> Matrix:
    a, b, c, d, x, y = map(float, values)
    return a, b, c, d, x, y


def _times(m: Matrix, n: Matrix) -> Matrix:
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )
