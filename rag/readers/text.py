"""Plain text. A short first line with more text after it is the title; everything else is the text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rag.errors import ReadError
from rag.readers.base import Context, clean_text, make_article, read_text
from rag.types import Article

FORMAT = "plain text"
VERSION = 2
SUFFIXES = (".txt", ".text")
MEDIA_TYPES = ("text/plain",)

_LONGEST_TITLE = 200  # characters
_NARROWEST_WRAP, _WIDEST_WRAP = 60, 100  # characters a line, where files are wrapped by an editor


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article. Raises ReadError as `read_text` does."""
    text = clean_text(read_text(path, source, context))
    first, _, rest = text.partition("\n")
    if rest and len(first) <= _LONGEST_TITLE and not _goes_on(text.split("\n")):
        yield make_article(source=source, text=rest, title=first, context=context)
    else:
        yield make_article(source=source, text=text, context=context)


def _goes_on(lines: list[str]) -> bool:
    """Whether the first line is no title but the beginning of a paragraph that an editor wrapped."""
    following = lines[1].split()
    if not following:
        return False
    if following[0][0].islower():
        return True
    width = max(map(len, lines))
    # In wrapped text a line ends where the next word had no room.
    return _NARROWEST_WRAP <= width <= _WIDEST_WRAP and len(lines[0]) + 1 + len(following[0]) > width
