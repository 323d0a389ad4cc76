"""The text of an article out of its page: trafilatura, twice, and what it lets through that is no text of the article.

Its default keeps what may be the article's and with it some of the page's; told to be precise, it drops that, and on
some pages most of the article too. So the precise text is taken where it holds most of the other. A body that a
page lays out in several boxes of the same kind, of which trafilatura would take the first, is joined before.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from rag.furniture import Kind, kind_of

_MOST = 0.6  # of the words
_REPEATED = 8  # words; what is shorter may well be said twice
_BOX = ("div", "section")
_BOX_WORDS = 60
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
    lines = _lines(found.text or "", known)
    precise = trafilatura.bare_extraction(tree, include_comments=False, include_tables=True, favor_precision=True)
    fewer = _lines(precise.text or "", known) if precise else []
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
    """The lines that are the article's: not its headline, no furniture of the page, nothing long a second time."""
    kept: list[str] = []
    seen: set[str] = set()
    for line in map(str.strip, text.split("\n")):
        plain = _plain(line)
        if not line or plain in titles or _NO_TEXT.fullmatch(line) or kind_of(line) is Kind.PAGE:
            continue
        if len(line.split()) >= _REPEATED and not line.startswith("- "):  # two lists may share an item
            if plain in seen:
                continue
            seen.add(plain)
        kept.append(line)
    return kept


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _words(lines: Iterable[str]) -> int:
    return sum(len(line.split()) for line in lines)
