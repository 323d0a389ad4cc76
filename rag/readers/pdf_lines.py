"""Lines of a PDF's pages as one text: running headers left out, paragraphs put together, also over the pages' ends.

What to read and in which order is settled before (`pdf_columns.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rag.readers.base import clean_text

_BROKEN_WORD = re.compile(r"[^\W\d_][-\u00ad]$")
_STOP = re.compile(r"[.!?…:][\"'”’»)\]]*$")
_LAST_LINE = 0.8  # of the usual width: a shorter line with a full stop ends its paragraph
_HEADING = 0.55  # … and one this short does so in any case
_NUMBER = re.compile(r"(?<!\d)\d{1,6}(?!\d)")
_PAGES = 3  # that a line runs through, at least
_RUNNING = 3  # such lines at the top of a page, and at the bottom


@dataclass(frozen=True)
class Part:
    """Lines of a page that are read one after the other: all of them, or those of a column.

    `apart`: nothing that stands before goes on in it.
    """

    lines: Sequence[str]
    apart: bool = False


Page = Sequence[Part]
_Mark = tuple[str, int, int]  # a line, which number in it (-1: none), how far that is from the page's own


def page(flows: Sequence[Sequence[str]]) -> Page:
    """A page of which these are the texts: each may go on in the next of its flow."""
    return [
        Part([" ".join(line.split()) for line in text.splitlines()], apart=place == 0 < number)
        for number, flow in enumerate(flows)
        for place, text in enumerate(flow)
    ]


def has_words(page: Page) -> bool:
    """Whether there is a letter or digit on a page."""
    return any(character.isalnum() for part in page for line in part.lines for character in line)


def without_furniture(pages: Sequence[Page]) -> Sequence[Page]:
    """The pages without running headers, footers and page numbers; as they are if there is nothing else on them."""
    kept = pages
    for _ in range(_RUNNING):
        running = _running(kept)
        if not running:
            break
        kept = [
            [Part(_trimmed(part.lines, number, running), part.apart) for part in page]
            for number, page in enumerate(kept)
        ]
    return kept if any(map(has_words, kept)) else pages


def _running(pages: Sequence[Page]) -> set[_Mark]:
    """The marks of lines that run through the document, if with interruptions: numbers may begin anew."""
    counts = Counter(mark for number, page in enumerate(pages) for mark in _marks_at_ends(page, number))
    often = {mark: count for mark, count in counts.items() if count >= _PAGES}
    altogether = Counter[tuple[str, int]]()
    for (line, place, _), count in often.items():
        altogether[line, place] += count
    return {mark for mark in often if altogether[mark[:2]] >= len(pages) / 2}


def _marks_at_ends(page: Page, number: int) -> set[_Mark]:
    """Those of the first and the last line of a page, and of each column of it."""
    filled = [[line for line in part.lines if line] for part in page]
    return {mark for lines in filled for line in (*lines[:1], *lines[-1:]) for mark in _marks(line, number)}


def _marks(line: str, page: int) -> set[_Mark]:
    """What a line may have in common with lines of other pages.

    That is what it says; and, for each number in it, what it says but for its numbers, with how far that one is from
    the page's own. So a header is known again by the number that counts the pages, and rows of a table are not.
    """
    bare = _NUMBER.sub("0", line)
    numbers = enumerate(map(int, _NUMBER.findall(line)))
    return {(line, -1, 0), *((bare, place, number - page) for place, number in numbers)}


def _trimmed(lines: Sequence[str], page: int, running: Collection[_Mark]) -> Sequence[str]:
    """The lines but for the first and the last that says something, where these run through the document."""
    filled = [place for place, line in enumerate(lines) if line]
    ends = {place for place in (*filled[:1], *filled[-1:]) if not _marks(lines[place], page).isdisjoint(running)}
    return [line for place, line in enumerate(lines) if place not in ends]


@dataclass(frozen=True)
class _Paragraphs:
    """The lines of each paragraph of a part, and how long full lines are in it."""

    each: Sequence[Sequence[str]]
    usual: int


@dataclass
class _Text:
    """A text that grows. `starts`: where its pages begin, up to the last that there is something of."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    starts: list[int] = field(default_factory=list)
    last: _Paragraphs | None = None

    def add(self, number: int, part: Part) -> None:
        """Add a part of the page of this number."""
        paragraphs = _paragraphs(part.lines)
        written = clean_text("\n\n".join(map(_one_line, paragraphs.each)))
        if not written:
            return
        cut, gap = 0, "\n\n" if self.last else ""
        if self.last and not part.apart and _goes_on(self.last, paragraphs):
            cut, gap = _seam(self.last.each[-1][-1], written)
        if cut:
            self.parts[-1] = self.parts[-1][:-cut]
        begin = self.length - cut + len(gap)
        self.parts += [gap, written]
        self.starts += [begin] * (number + 1 - len(self.starts))
        self.length, self.last = begin + len(written), paragraphs


def joined(pages: Sequence[Page]) -> tuple[str, list[int]]:
    """The text, and the offset in it at which each page begins; one without words begins where the next one does."""
    text = _Text()
    for number, page in enumerate(pages):
        if has_words(page):
            for part in page:
                text.add(number, part)
    return "".join(text.parts), text.starts + [text.length] * (len(pages) - len(text.starts))


def _paragraphs(lines: Sequence[str]) -> _Paragraphs:
    """The paragraphs that lines make; blank lines are between them, too."""
    widths = sorted(len(line) for line in lines if line)
    usual = widths[len(widths) * 3 // 4] if widths else 0
    paragraphs: list[list[str]] = []
    open_ = False
    for line in lines:
        if line and open_:
            paragraphs[-1].append(line)
        elif line:
            paragraphs.append([line])
        ends = len(line) < usual * (_LAST_LINE if _STOP.search(line) else _HEADING)
        open_ = bool(line) and not ends
    return _Paragraphs(paragraphs, usual)


def _one_line(lines: Sequence[str]) -> str:
    written = [*lines[:1]]
    for before, line in pairwise(lines):
        cut, gap = _seam(before, line)
        if cut:
            written[-1] = written[-1][:-cut]
        written += [gap, line]
    return "".join(written)


def _seam(before: str, line: str) -> tuple[int, str]:
    """What goes of the end of a line, and what comes between it and the next, where they become one.

    A word is made whole only if it goes on in lower case ("Anglo-" and "Saxon" stay).
    """
    if _BROKEN_WORD.search(before):
        return int(line[0].islower()), ""
    return 0, " "


def _goes_on(before: _Paragraphs, after: _Paragraphs) -> bool:
    """Whether the last paragraph of a part goes on in the next part: it is open, and no heading follows.

    What begins in lower case is none, nor is a full line of several, nor what ends with a full stop.
    """
    last, first = before.each[-1], after.each[0]
    full = _LAST_LINE * max(before.usual, after.usual)
    if _STOP.search(last[-1]) or _BROKEN_WORD.search(last[-1]):
        return not _STOP.search(last[-1])
    text = len(first[0]) >= full if len(first) > 1 else bool(_STOP.search(first[0]))
    return len(last[-1]) >= full and (first[0][0].islower() or (len(last) > 1 and text))
