"""The text of an article out of its page: trafilatura, twice, and what it lets through that is no text of the article.

Its default keeps what may be the article's and with it some of the page's; told to be precise, it drops that, and on
some pages most of the article too. So the precise text is taken where it holds most of the other. A body that a
page lays out in several boxes of the same kind, of which trafilatura would take the first, is joined before.

What was published twice stands twice. Only what the page's layout prints again is left out the second time (`_once`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from rag.furniture import Kind, kind_of

_MOST = 0.6  # of the words
_REPEATED = 8  # words; what is shorter may well be said twice
_TOP = 6  # lines, within which a page may print its standfirst again
_COPY_LINES, _COPY_WORDS = 3, 100  # no refrain is that long
_BOX = ("div", "section")
_BOX_WORDS = 60
_ENDS = tuple(".!?…:;\"'”’»")  # a sentence, a question, a quotation
_NO_TEXT = re.compile(r"https?://\S+|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-][\d:]+)?|\W+")


def document(tree: Any, url: str | None) -> Any:
    """What trafilatura finds in a page, an object with `text`, `title`, `author` …; None if it finds nothing."""
    import trafilatura

    _join(tree)
    return trafilatura.bare_extraction(
        tree,
        url=url,
        with_metadata=True,
        include_comments=False,
        include_tables=True,
        # The extensive search would take any date in the text, or the year of the copyright notice.
        date_extraction_params={"original_date": True, "extensive_search": False},
    )


def text_of(tree: Any, found: Any, titles: Iterable[str | None]) -> str:
    """The article's text, a blank line between paragraphs; `titles` are its headline in every form that is known."""
    import trafilatura

    known = {_plain(title) for title in titles if title}
    standfirst = _plain(found.description or "")
    lines = _once(_lines(found.text or "", known), standfirst)
    precise = trafilatura.bare_extraction(tree, include_comments=False, include_tables=True, favor_precision=True)
    fewer = _once(_lines(precise.text or "", known), standfirst) if precise else []
    return "\n\n".join(fewer if _words(fewer) >= _MOST * _words(lines) else lines)


def _join(tree: Any) -> None:
    """Bring the boxes of one kind in one `<article>`, each with running text in it, together in the first of them."""
    boxes: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for element in tree.iter(*_BOX):
        told = sum(len(p.text_content().split()) for p in element.iterchildren("p"))
        if element.get("class") and told >= _BOX_WORDS:
            boxes[element.tag, element.get("class")].append(element)
    for first, *others in boxes.values():
        article = next(first.iterancestors("article"), None)
        for other in others:
            if article is not None and next(other.iterancestors("article"), None) is article:
                first.extend(list(other))


def _lines(text: str, titles: set[str]) -> list[str]:
    """The lines that are the article's: not its headline, no furniture of the page."""
    lines = filter(None, map(str.strip, text.split("\n")))
    return [
        line
        for line in lines
        if _plain(line) not in titles and not _NO_TEXT.fullmatch(line) and kind_of(line) is not Kind.PAGE
    ]


def _once(lines: Sequence[str], standfirst: str) -> list[str]:
    """The lines without what the layout prints again: many lines in their order, as on a page with its text for phones
    beside that for desks; and a long line if it is a credit, if only bylines, dates and credits stand between, or if it
    is the standfirst and stands near the top.
    """
    plain = [_plain(line) for line in lines]
    first: dict[str, int] = {}
    told_before: dict[str, int] = {}  # how much was told when a line was last printed
    kept: list[str] = []
    told = at = 0
    while at < len(lines):
        line, same = lines[at], plain[at]
        if copied := _copied(plain, first.setdefault(same, at), at):
            at += copied
            continue
        at += 1
        long = len(line.split()) >= _REPEATED and not line.startswith("- ")  # two lists may share an item
        if long and same in told_before:
            at_top = len(kept) < _TOP and _begins_as(same, standfirst)
            if told == told_before[same] or at_top or kind_of(line):
                continue
        kept.append(line)
        told += _tells(line)
        told_before[same] = told
    return kept


def _copied(plain: Sequence[str], first: int, at: int) -> int:
    """How many lines from `at` on are those from `first` on once more; 0 if they are too few for a copy of the text."""
    count = words = 0
    while first + count < at and at + count < len(plain) and plain[first + count] == plain[at + count]:
        words += len(plain[at + count].split())
        count += 1
    return count if count >= _COPY_LINES and words >= _COPY_WORDS else 0


def _begins_as(line: str, standfirst: str) -> bool:
    """Whether a line is the standfirst that a page declares, of which either may be cut short."""
    shorter, longer = sorted((line, standfirst), key=len)
    return len(shorter.split()) >= _REPEATED and longer.startswith(shorter)


def _tells(line: str) -> bool:
    """Whether a line is more than a byline, a date or a credit."""
    return kind_of(line) is None and (len(line.split()) >= _REPEATED or line.endswith(_ENDS))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _words(lines: Iterable[str]) -> int:
    return sum(len(line.split()) for line in lines)
