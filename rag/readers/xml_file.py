"""XML files: what they are, their root element tells (`rag.readers.dialects`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import name2codepoint
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ReadError
from rag.readers import dialects
from rag.readers.base import Context, read_bytes
from rag.readers.dialects.elements import local
from rag.readers.packed import LARGEST_XML, damage, parse
from rag.types import Article

if TYPE_CHECKING:
    from lxml.etree import _Element

FORMAT = "XML (NewsML-G2, NITF, RSS, Atom)"
VERSION = 2
SUFFIXES = (".xml", ".nitf", ".newsml", ".rss", ".atom")
# By these servers send feeds, sitemaps and data as well. An address that lists pages is told from a story before its
# reader is chosen (`rag.readers.web.listings`).
ANY_XML = ("application/xml", "text/xml", "application/rss+xml", "application/atom+xml")
MEDIA_TYPES = (
    "application/nitf+xml",
    "application/vnd.iptc.g2.newsitem+xml",
    "application/vnd.iptc.g2.newsmessage+xml",
    *ANY_XML,
)

_OF_XML = ("amp", "lt", "gt", "quot", "apos")
_NAMED = re.compile(rb"&([A-Za-z][A-Za-z0-9]*);")
_ENTITY = re.compile(rb"<\0?!\0?E\0?N\0?T\0?I\0?T\0?Y", re.IGNORECASE)


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """What the dialect of the root element finds. Raises ReadError for XML of no known dialect, and for unsafe XML."""
    if (size := path.stat().st_size) > LARGEST_XML:
        raise ReadError(source, f"XML of {size >> 20} MB (more than {LARGEST_XML >> 20})")
    data = read_bytes(path, source)
    if _ENTITY.search(data):
        raise ReadError(source, "it declares entities of its own, which no news needs and bombs do")
    root = _root(data, source)
    dialect = dialects.discovered().get(local(root))
    if dialect is None:
        known = ", ".join(sorted({known.FORMAT for known in dialects.discovered().values()}))
        raise ReadError(source, f"XML of an unknown kind: <{local(root)}> (read are: {known})")
    with damage(source, dialect.FORMAT):
        yield from dialect.articles(root, source, context)


def _root(data: bytes, source: str) -> _Element:
    from lxml import etree

    with damage(source, "XML file"):
        root = parse(_NAMED.sub(_numbered, data.strip()))
    if (unknown := next(root.iter(etree.Entity), None)) is not None:
        raise ReadError(source, f"it uses {unknown.text}, which only its document type knows")
    return root


def _numbered(match: re.Match[bytes]) -> bytes:
    """A character by its number: old DTDs give names to them, and no DTD is loaded."""
    name = match[1].decode()
    return match[0] if name in _OF_XML or name not in name2codepoint else b"&#%d;" % name2codepoint[name]
