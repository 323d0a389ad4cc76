"""Web archives (WARC): every page in them that was answered well, by the reader of its media type.

The address that was asked is the article's `url` where the page names no other. When it was fetched is no date of
publication and is not taken.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import readers
from rag.errors import ReadError
from rag.readers import members
from rag.readers.base import Context, Reader, with_address
from rag.readers.content_encoding import unpacked
from rag.readers.packed import DAMAGE, damage
from rag.readers.xml_file import ANY_XML
from rag.types import Article

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

FORMAT = "web archive"
VERSION = 1
CONTAINER = True
SUFFIXES = (".warc",)
MEDIA_TYPES = ("application/warc",)

_HELD = ("response", "resource")  # kinds of records that hold what a server gave
_PAGE = 32 * 2**20  # bytes of one page
_FINE = "200"


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """The articles of all pages, `source#n` for the n-th record; pictures, scripts and styles are left out.

    Raises ReadError if it is no web archive; one that breaks off gives what comes before.
    """
    if not path.stat().st_size:
        raise ReadError(source, "the file is empty")
    inside = members.entered(source, context)
    allowance = inside.allowance
    assert allowance is not None
    pages = 0
    with path.open("rb") as stream:
        for number, record in enumerate(_records(stream, source), 1):
            reader = _reader(record)
            if reader is None:
                continue
            pages += 1
            allowance.members -= 1
            if allowance.members < 0:
                raise ReadError(source, f"more than {members.MOST_MEMBERS} pages; the rest is left out")
            yield from _page(record, reader, f"{source}#{number}", inside)
    if not pages:
        raise ReadError(source, "there are no pages in it")


def _records(stream: Any, source: str) -> Iterator[ArcWarcRecord]:
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    try:
        yield from ArchiveIterator(stream)
    except (ArchiveLoadFailed, OSError, *DAMAGE) as error:
        raise ReadError(source, f"not a readable {FORMAT} from here on: {error or type(error).__name__}") from error


def _reader(record: ArcWarcRecord) -> Reader | None:
    """The reader of what a record holds; None for what is no page or was not answered with one."""
    http = record.http_headers
    if record.rec_type not in _HELD or (http and http.get_statuscode() != _FINE):
        return None
    kind, _ = _type(record)
    if kind in ANY_XML:  # as a rule a feed, whose pages are beside it
        return None
    found = (reader for name, reader in readers.discovered().items() if kind in reader.MEDIA_TYPES and name != "warc")
    return next(found, None)


def _type(record: ArcWarcRecord) -> tuple[str, str | None]:
    """Media type in lower case, and the encoding that the server declared."""
    held = record.http_headers or record.rec_headers
    header = Message()
    header["Content-Type"] = held.get_header("Content-Type") or ""
    return header.get_content_type() if header["Content-Type"] else "", header.get_content_charset()


def _page(record: ArcWarcRecord, reader: Reader, place: str, context: Context) -> Iterator[Article | ReadError]:
    address = record.rec_headers.get_header("WARC-Target-URI") or ""
    try:
        content = _content(record, place)
    except ReadError as error:
        yield error
        return
    with tempfile.TemporaryDirectory(prefix="newsroom-rag-") as folder:
        path = Path(folder) / f"page{reader.SUFFIXES[0]}"
        path.write_bytes(content)
        found = readers.read(readers.Source(place, path), replace(context, encoding=_type(record)[1], usual=None))
        for item in found:
            yield with_address(item, address) if isinstance(item, Article) else item


def _content(record: ArcWarcRecord, place: str) -> bytes:
    """The page as it was before it was packed for sending: the library gives out half of a damaged one, unsaid."""
    packed = ""
    if http := record.http_headers:
        packed = http.get_header("Content-Encoding") or ""
        http.remove_header("Content-Encoding")
    with damage(place, "page"):
        content = record.content_stream().read(_PAGE + 1)
    if len(content) > _PAGE:
        raise ReadError(place, f"a page of more than {_PAGE >> 20} MB")
    return unpacked(content, packed, _PAGE, place)
