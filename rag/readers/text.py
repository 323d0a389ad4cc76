"""Plain text. A short first line with more text after it is the title; everything else is the text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rag.errors import ReadError
from rag.readers.base import Context, clean_text, decode, make_article
from rag.types import Article

FORMAT = "plain text"
VERSION = 1
SUFFIXES = (".txt", ".text")
MEDIA_TYPES = ("text/plain",)
_TITLE = 200  # characters


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article."""
    text = clean_text(decode(path.read_bytes(), source))
    first, _, rest = text.partition("\n")
    titled = bool(rest.strip()) and len(first) <= _TITLE
    yield make_article(source=source, context=context, text=rest if titled else text, title=first if titled else None)
