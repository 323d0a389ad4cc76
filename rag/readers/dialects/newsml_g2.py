"""NewsML-G2, the IPTC's format of agencies: one or many news items, each with a story in NITF, XHTML or plain text.

An item that its agency has canceled is taken in as such (`kind`), so that what it said before is no evidence any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rag.errors import ReadError
from rag.readers.base import Context, make_article
from rag.readers.dialects import nitf
from rag.readers.dialects.elements import attribute, every, first, local, paragraphs, text
from rag.types import Article

if TYPE_CHECKING:
    from lxml.etree import _Element

FORMAT = "NewsML-G2"
ROOTS = ("newsMessage", "newsItem")
CANCELED = "canceled"


def articles(root: _Element, source: str, context: Context) -> Iterator[Article | ReadError]:
    """Each item's story, `source#n` for the n-th of a message; items without text (pictures) are left out.

    Raises ReadError if there is no item.
    """
    items = [root] if local(root) == "newsItem" else list(every(root, "itemSet", "newsItem"))
    if not items:
        raise ReadError(source, "there are no news items in it")
    for number, item in enumerate(items, 1):
        place = source if len(items) == 1 else f"{source}#{number}"
        kind = attribute(first(item, "itemMeta", "itemClass"), "qcode") or ""
        if kind.partition(":")[2] not in ("", "text", "composite"):
            yield ReadError(place, f"no story but {kind.partition(':')[2]}")
            continue
        try:
            yield _article(item, place, context)
        except ReadError as error:
            yield error


def _article(item: _Element, place: str, context: Context) -> Article:
    status = (attribute(first(item, "itemMeta", "pubStatus"), "qcode") or "").rpartition(":")[2]
    if status == "withheld":
        raise ReadError(place, "withheld by its agency")
    words, inner = _story(item)
    found = inner | {name: value for name, value in _known(item).items() if value}
    if status == CANCELED:
        found["kind"] = CANCELED
        words = words or text(first(item, "itemMeta", "edNote")) or found.get("title") or ""
        context = replace(context, called=set())  # it is the story that it takes back, also one of the same file
    return make_article(source=place, text=words, context=context, **found)


def _story(item: _Element) -> tuple[str, dict[str, Any]]:
    """The text of an item, and what a story in NITF says of itself."""
    data = first(item, "contentSet", "inlineData")
    if data is not None and data.text:
        return data.text.strip(), {}
    content = first(item, "contentSet", "inlineXML")
    story = next(content.iterchildren("*"), None) if content is not None else None
    if story is None:
        return "", {}
    if local(story) == "nitf":
        body = first(story, "body", "body.content")
        return paragraphs(body) if body is not None else "", nitf.known(story)
    body = first(story, "body")
    return paragraphs(story if body is None else body), {}


def _known(item: _Element) -> dict[str, Any]:
    meta, content = first(item, "itemMeta"), first(item, "contentMeta")
    guid = attribute(item, "guid") or ""
    writers = [] if content is None else [text(line) for line in every(content, "by")]
    creators = [] if content is None else [text(first(creator, "name")) for creator in every(content, "creator")]
    created, version = text(first(meta, "firstCreated")), text(first(meta, "versionCreated"))
    return {
        "title": text(first(content, "headline")) or text(first(meta, "title")),
        "byline": writers or creators,
        "outlet": text(first(meta, "provider", "name")),
        "published": created or text(first(content, "contentCreated")) or version,
        "updated": version,
        "url": guid if guid.startswith(("http://", "https://")) else None,
        "guid": guid,
        "language": attribute(first(content, "language"), "tag"),
    }
