"""NITF, the News Industry Text Format of the IPTC: one story a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rag.errors import ReadError
from rag.readers.base import Context, make_article
from rag.readers.dialects.elements import attribute, every, first, paragraphs, text
from rag.types import Article

if TYPE_CHECKING:
    from lxml.etree import _Element

FORMAT = "NITF"
ROOTS = ("nitf",)


def articles(root: _Element, source: str, context: Context) -> Iterator[Article | ReadError]:
    """The story. Raises ReadError if it has no words."""
    content = first(root, "body", "body.content")
    text_ = paragraphs(content) if content is not None else ""
    yield make_article(source=source, text=text_, context=context, **known(root))


def known(root: _Element) -> dict[str, Any]:
    """What the document says of its story, as `make_article` takes it."""
    data, paper, head = first(root, "head", "docdata"), first(root, "head", "pubdata"), first(root, "body", "body.head")
    return {
        "title": text(first(head, "hedline", "hl1")) or text(first(root, "head", "title")),
        "byline": [] if head is None else [_writer(line) for line in every(head, "byline")],
        "outlet": attribute(paper, "name"),
        "published": attribute(first(data, "date.release"), "norm") or attribute(first(data, "date.issue"), "norm"),
        "url": attribute(paper, "ex-ref"),
        "guid": _guid(first(data, "doc-id")),
        "section": attribute(paper, "position.section"),
        "language": attribute(root, "lang"),
        "kind": "correction" if first(data, "correction") is not None else None,
    }


def _guid(name: _Element | None) -> str | None:
    """The document's id, unique with who gave it: "urn:nitf:apa.at:story-12"."""
    giver, own = attribute(name, "regsrc"), attribute(name, "id-string")
    return f"urn:nitf:{giver}:{own}" if giver and own else None


def _writer(line: _Element) -> str | None:
    """The person a byline names, without the "By" and the office round the name."""
    return text(first(line, "person")) or text(line)
