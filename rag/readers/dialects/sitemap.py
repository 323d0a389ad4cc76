"""Sitemaps on disk: they list addresses, and have no text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.errors import ReadError
from rag.readers.base import Context
from rag.readers.dialects.elements import every
from rag.types import Article

if TYPE_CHECKING:
    from lxml.etree import _Element

FORMAT = "sitemap"
ROOTS = ("urlset", "sitemapindex")


def articles(root: _Element, source: str, context: Context) -> Iterator[Article | ReadError]:
    """None but a ReadError, which says what to do."""
    count = sum(1 for _ in every(root, "//", "loc"))
    hint = "Give its own address to `rag ingest` to read them."
    yield ReadError(source, f"a sitemap: {count} addresses and no text", hint=hint)
