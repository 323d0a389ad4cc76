"""EPUB books and magazines: one article a chapter, in reading order, titled "book: chapter".

Chapters are what the table of contents points to; a file that it does not name goes on with the chapter before. Without
a table of contents the first heading of a file begins a chapter. A book's publisher is the outlet.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

from rag.errors import ReadError
from rag.readers.base import Context, make_article, one_line, parse_date, without_title
from rag.readers.decoding import decode
from rag.readers.markup import html_to_text
from rag.readers.packed import DAMAGE, checked, damage, parse
from rag.types import Article

FORMAT = "EPUB"
VERSION = 2
SUFFIXES = (".epub",)
MEDIA_TYPES = ("application/epub+zip",)

_DC = "{http://purl.org/dc/elements/1.1/}"
_OPF = "{http://www.idpf.org/2007/opf}"
_PAGES = ("application/xhtml+xml", "text/html")
_DECLARED = re.compile(rb"<(?:meta[^>]+charset|\?xml[^>]+encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)

_BROKEN: tuple[type[Exception], ...] = (ReadError, *DAMAGE)


@dataclass(frozen=True)
class _Item:
    """A file that the book's list names: its path in the archive, media type and properties."""

    path: str
    media_type: str
    properties: tuple[str, ...]


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """The article of each chapter, `source#n` if there are several, after a ReadError for each part that is broken.

    Raises ReadError when the file is protected, damaged, unsafe to unpack, or has no text.
    """
    stream = checked(path, source, "EPUB book", doctypes=True)
    with damage(source, "EPUB book"), zipfile.ZipFile(stream) as archive:
        book = _Book(archive, source)
        metadata = book.metadata(context)
        chapters = book.chapters()
    yield from book.failures
    if not chapters:
        raise ReadError(source, "no text in it (pictures of pages?)")
    title = metadata.pop("title")
    for number, (label, blocks) in enumerate(chapters, 1):
        place = source if len(chapters) == 1 else f"{source}#{number}"
        names = dict.fromkeys(name for name in (title, label) if name)
        whole = ": ".join(names) if len(chapters) > 1 else title or label
        text = without_title(blocks, label or title)
        yield make_article(source=place, text=text, title=whole, context=context, **metadata)


def _tree(page: str) -> Any:
    from lxml import etree

    return etree.fromstring(page.encode(), etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False))


def _heading(page: str) -> str | None:
    headings = ("".join(element.itertext()) for element in _tree(page).iter("h1", "h2"))
    return next((text for heading in headings if (text := one_line(heading))), None)


class _Book:
    def __init__(self, archive: zipfile.ZipFile, source: str) -> None:
        self._archive = archive
        self._source = source
        self.failures: list[ReadError] = []
        container = parse(archive.read("META-INF/container.xml"))
        self._place = container.find(".//{*}rootfile").get("full-path") or ""
        self._package = parse(archive.read(self._place))
        self._items = {
            item.get("id"): _Item(
                self._path(item.get("href") or "", self._place),
                item.get("media-type") or "",
                tuple((item.get("properties") or "").split()),
            )
            for item in self._package.iter(f"{_OPF}item")
        }

    def metadata(self, context: Context) -> dict[str, Any]:
        """Arguments for `make_article`."""
        dates = [(d.get(f"{_OPF}event", "publication"), d.text) for d in self._package.iter(f"{_DC}date")]
        published = (text for event, text in dates if event == "publication" and parse_date(text, context))
        changed = (m.text for m in self._package.iter(f"{_OPF}meta") if m.get("property") == "dcterms:modified")
        return {
            "title": self._first("title"),
            "byline": [person.text for person in self._package.iter(f"{_DC}creator")],
            "outlet": self._first("publisher"),
            "published": next(published, None),
            "updated": next(changed, None),
            "section": self._first("subject"),
            "language": self._first("language"),
        }

    def _first(self, name: str) -> str | None:
        return next((text for e in self._package.iter(f"{_DC}{name}") if (text := one_line(e.text))), None)

    def chapters(self) -> list[tuple[str | None, list[str]]]:
        """Label and paragraphs of each chapter, those without words left out."""
        labels = self._labels()
        protected = self._protected()
        chapters: list[tuple[str | None, list[str]]] = []
        for reference in self._package.iter(f"{_OPF}itemref"):
            item = self._items[reference.get("idref")]
            if item.media_type not in _PAGES or "nav" in item.properties:
                continue
            if item.path in protected:
                raise ReadError(self._source, "copy-protected; only its seller's programs can open it")
            try:
                page = self._text(item.path)
            except _BROKEN as error:
                self.failures.append(
                    ReadError(f"{self._source}#{item.path}", f"left out, since it cannot be read: {error}")
                )
                continue
            label = labels.get(item.path) if labels else _heading(page)
            blocks = [block for block in html_to_text(page).split("\n\n") if block.strip()]
            if not any(character.isalnum() for block in blocks for character in block):
                continue
            if label or not chapters:
                chapters.append((label, blocks))
            else:
                chapters[-1][1].extend(blocks)
        return chapters

    def _labels(self) -> dict[str, str]:
        """What the table of contents calls each file; of several entries into one file the first counts."""
        found: dict[str, str] = {}
        contents = next((item for item in self._items.values() if "nav" in item.properties), None)
        if contents:
            page = _tree(self._text(contents.path))
            toc = next((nav for nav in page.iter("nav") if nav.get("epub:type") == "toc"), page)
            entries = [(link.get("href") or "", "".join(link.itertext())) for link in toc.iter("a")]
        else:
            contents = next((i for i in self._items.values() if i.media_type == "application/x-dtbncx+xml"), None)
            points = parse(self._archive.read(contents.path)).iter("{*}navPoint") if contents else ()
            entries = [(p.find("{*}content").get("src"), p.findtext("{*}navLabel/{*}text")) for p in points]
        for href, words in entries:
            if contents and (label := one_line(words)):
                found.setdefault(self._path(href, contents.path), label)
        return found

    def _protected(self) -> set[str]:
        if "META-INF/encryption.xml" not in self._archive.namelist():
            return set()
        scheme = parse(self._archive.read("META-INF/encryption.xml"))
        return {unquote(reference.get("URI") or "") for reference in scheme.iter("{*}CipherReference")}

    def _text(self, path: str) -> str:
        data = self._archive.read(path)
        declared = _DECLARED.search(data[:1024])
        return decode(data, self._source, declared[1].decode("ascii", "replace") if declared else None)

    def _path(self, href: str, base: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(urldefrag(href).url)))
