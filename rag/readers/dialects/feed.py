"""Feeds on disk (RSS, Atom): an article an entry, by feedparser. `kind` is "summary" where the feed has no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rag.errors import ReadError
from rag.readers.base import Context, make_article
from rag.readers.markup import html_to_text
from rag.types import Article

if TYPE_CHECKING:
    from lxml.etree import _Element

FORMAT = "feed (RSS, Atom)"
ROOTS = ("rss", "feed", "RDF")


def articles(root: _Element, source: str, context: Context) -> Iterator[Article | ReadError]:
    """Each entry, `source#n` for the n-th. Raises ReadError if there is none."""
    import feedparser
    from lxml import etree

    found = feedparser.parse(etree.tostring(root), response_headers={"content-type": "application/xml"})
    if not found.entries:
        raise ReadError(source, "a feed without entries")
    for number, entry in enumerate(found.entries, 1):
        place = f"{source}#{number}"
        whole = "\n\n".join(html_to_text(part.value) for part in entry.get("content", ()) if part.get("value"))
        summary = html_to_text(entry.get("summary", ""))
        try:
            yield make_article(
                source=place,
                text=whole or summary,
                context=context,
                kind=None if whole else "summary",
                **_known(entry, found.feed),
            )
        except ReadError as error:
            yield error


def _known(entry: Any, feed: Any) -> dict[str, Any]:
    tags = entry.get("tags") or [{}]
    return {
        "title": html_to_text(entry.get("title", "")),
        "outlet": html_to_text(feed.get("title", "")),
        "byline": entry.get("author"),
        "published": entry.get("published"),
        "updated": dict(entry).get("updated"),  # an entry of feedparser's gives `published` where it has none
        "url": entry.get("link"),
        "guid": entry.get("id"),
        "section": tags[0].get("term"),
        "language": feed.get("language"),
    }
