"""OpenDocument texts (LibreOffice): paragraphs, headings, table rows, and notes at the end.

What a reader of the finished document does not see is not taken: deleted and hidden text, comments, tables of contents,
headers and footers. The properties' dates count: created as published, modified as updated.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.errors import ReadError
from rag.readers.base import Context, make_article, without_title
from rag.readers.packed import checked, damage, parse
from rag.types import Article

FORMAT = "OpenDocument text"
VERSION = 1
SUFFIXES = (".odt", ".ott")
MEDIA_TYPES = ("application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text-template")

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_NAMES = {
    "office": f"{_OASIS}office:1.0",
    "text": f"{_OASIS}text:1.0",
    "table": f"{_OASIS}table:1.0",
    "svg": f"{_OASIS}svg-compatible:1.0",
    "meta": f"{_OASIS}meta:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
}
_TEXT, _TABLE = f"{{{_NAMES['text']}}}", f"{{{_NAMES['table']}}}"
_PARAGRAPHS = (f"{_TEXT}p", f"{_TEXT}h")
_NOTE = f"{_TEXT}note"
_UNSEEN = frozenset(
    [
        f"{{{_NAMES['office']}}}annotation",
        f"{{{_NAMES['office']}}}forms",
        f"{{{_NAMES['svg']}}}title",  # what stands in for a picture
        f"{{{_NAMES['svg']}}}desc",
        *(f"{_TEXT}{name}" for name in ("tracked-changes", "hidden-text", "hidden-paragraph", "note-citation")),
        *(f"{_TEXT}{name}" for name in ("table-of-content", "alphabetical-index", "illustration-index", "ruby-text")),
    ]
)
_MOST_SPACES = 1000


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article. Raises ReadError when the file is protected, damaged, unsafe to unpack, or has no text."""
    stream = checked(path, source, FORMAT)
    with damage(source, FORMAT), zipfile.ZipFile(stream) as archive:
        members = set(archive.namelist())
        if "META-INF/manifest.xml" in members and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise ReadError(source, "password-protected; save a copy without a password")
        body = parse(archive.read("content.xml")).find("office:body/office:text", _NAMES)
        if body is None:
            raise ReadError(source, "not a text but another kind of OpenDocument")
        blocks = [*_blocks(body), *(words for note in body.iter(_NOTE) for words in _blocks(note))]
        metadata = _metadata(parse(archive.read("meta.xml"))) if "meta.xml" in members else {}
    text = without_title(blocks, metadata.get("title"))
    yield make_article(source=source, text=text, context=context, **metadata)


def _metadata(root: Any) -> dict[str, Any]:
    def first(*names: str) -> str | None:
        found = (root.findtext(f"office:meta/{name}", None, _NAMES) for name in names)
        return next((value for value in found if value and value.strip()), None)

    return {
        "title": first("dc:title"),
        "byline": first("meta:initial-creator", "dc:creator"),
        "published": first("meta:creation-date"),
        "updated": first("dc:date"),
        "section": first("dc:subject"),
        "language": first("dc:language"),
    }


def _blocks(element: Any) -> Iterator[str]:
    """Paragraphs and table rows in their order; a text box follows the paragraph that it hangs on."""
    for child in element.iterchildren("*"):
        if child.tag == f"{_TABLE}table-row":
            cells = (" ".join(" ".join(_blocks(cell)).split()) for cell in child.iterchildren(f"{_TABLE}table-cell"))
            if (row := " | ".join(cells)).strip(" |"):
                yield row
        elif child.tag not in _UNSEEN and child.tag != _NOTE:
            if child.tag in _PARAGRAPHS and (words := _words(child)).strip():
                yield words
            yield from _blocks(child)


def _words(element: Any) -> str:
    parts = [_collapsed(element.text)]
    for child in element.iterchildren():
        if child.tag == f"{_TEXT}s":
            parts.append(" " * min(_MOST_SPACES, int(child.get(f"{_TEXT}c", "1"))))
        elif child.tag == f"{_TEXT}tab":
            parts.append("\t")
        elif child.tag == f"{_TEXT}line-break":
            parts.append("\n")
        elif isinstance(child.tag, str) and child.tag not in _UNSEEN and child.tag not in (_NOTE, *_PARAGRAPHS):
            parts.append(_words(child))
        parts.append(_collapsed(child.tail))
    return "".join(parts)


def _collapsed(text: str | None) -> str:
    """White space as the format has it: any run of it in the file is one space."""
    return re.sub(r"[ \t\r\n]+", " ", text or "")
