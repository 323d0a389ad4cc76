"""Addresses that list pages: feeds (RSS, Atom) and sitemaps, with what they tell about each page."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rag.errors import ReadError
from rag.readers.web.pages import Page

LARGEST = 50 * 2**20  # bytes of a sitemap, unpacked: the protocol's own limit

_ROOT = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*<([\w:-]+)", re.DOTALL
)
_ROOT_WITHIN = 8192  # bytes
_FEEDS = frozenset({"rss", "feed", "RDF"})
_SITEMAPS = frozenset({"urlset", "sitemapindex"})
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Listed:
    """A page that is listed. `changed` is when it last did, as the sitemap writes it; the rest may fill gaps."""

    address: str
    changed: str | None = None
    title: str | None = None
    published: str | None = None
    byline: str | None = None
    outlet: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The pages that a feed or sitemap lists, and the sitemaps that an index of sitemaps lists, in their order."""

    pages: tuple[Listed, ...] = ()
    sitemaps: tuple[str, ...] = ()


def listing(page: Page) -> Listing | None:
    """What a page lists, None if it is no feed and no sitemap. Raises ReadError naming its address if it is broken."""
    body = _unpacked(page) if page.body.startswith(_GZIP) else page.body
    root = _ROOT.match(body[:_ROOT_WITHIN])
    name = root[1].decode("ascii", "replace").rpartition(":")[2] if root else ""
    if name in _SITEMAPS:
        return _sitemap(body, page.url)
    return _feed(page, body) if name in _FEEDS else None


def _unpacked(page: Page) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        body = unpacker.decompress(page.body, LARGEST)
    except zlib.error as error:
        raise ReadError(page.url, f"not readable gzip: {error}") from error
    if unpacker.unconsumed_tail:
        raise ReadError(page.url, f"larger than {LARGEST >> 20} MB when unpacked")
    return body


def _feed(page: Page, body: bytes) -> Listing:
    import feedparser

    # feedparser makes links absolute by the address that the headers name.
    kind = page.media_type if "xml" in page.media_type else "application/xml"
    declared = f"{kind}; charset={page.encoding}" if page.encoding else kind
    found = feedparser.parse(body, response_headers={"content-location": page.url, "content-type": declared})
    if not found.entries and found.bozo and not isinstance(found.bozo_exception, feedparser.CharacterEncodingOverride):
        raise ReadError(page.url, f"not a readable feed: {found.bozo_exception}")
    return Listing(
        tuple(
            Listed(
                address=entry.link,
                title=entry.get("title"),
                published=entry.get("published"),
                byline=entry.get("author"),
                language=found.feed.get("language"),
            )
            for entry in found.entries
            if entry.get("link")
        )
    )


def _sitemap(body: bytes, url: str) -> Listing:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise ReadError(url, f"not a readable sitemap: {error}") from error
    entries = [dict(_texts(entry)) for entry in root if isinstance(entry.tag, str)]
    listed = [entry for entry in entries if entry.get("loc")]
    if etree.QName(root).localname == "sitemapindex":
        return Listing(sitemaps=tuple(dict.fromkeys(entry["loc"] for entry in listed)))
    return Listing(tuple(_listed(entry) for entry in _newest_first(listed)))


def _texts(entry: Any) -> Iterator[tuple[str, str]]:
    """The names of an entry's elements, without their namespaces, and their texts; a parent's name stands before."""
    from lxml import etree

    for element in entry.iterdescendants():
        if isinstance(element.tag, str) and element.text and element.text.strip():
            parent = etree.QName(element.getparent()).localname
            name = etree.QName(element).localname
            yield (name if element.getparent() is entry else f"{parent}/{name}"), element.text.strip()


def _newest_first(entries: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """By date, those without one last: a sitemap may be longer than what is read of it."""
    return sorted(
        entries, key=lambda entry: entry.get("lastmod") or entry.get("news/publication_date") or "", reverse=True
    )


def _listed(entry: dict[str, str]) -> Listed:
    return Listed(
        address=entry["loc"],
        changed=entry.get("lastmod"),
        title=entry.get("news/title"),
        published=entry.get("news/publication_date"),
        outlet=entry.get("publication/name"),
        language=entry.get("publication/language"),
    )
