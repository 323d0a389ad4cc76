"""Documents that are zip archives of XML: Word, OpenDocument, EPUB, Excel.

A few kilobytes can unpack to gigabytes, and a few lines of XML can name each other until memory is full. So sizes are
looked at before anything is unpacked, and document types before anything is parsed.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ReadError
from rag.readers import limits
from rag.readers.base import read_bytes

if TYPE_CHECKING:
    from lxml.etree import _Element

MOST_MEMBERS = 10_000
LARGEST = 2**30  # bytes, everything unpacked
LARGEST_XML = 64 * 2**20  # bytes, one member that is parsed
STEEPEST = 200  # times that a member may grow; office documents grow by 5 to 20
_SMALL = 2**20  # bytes; a member that stays below may grow as it likes
_PROBE = 1024  # bytes
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_DOCTYPES = tuple(
    mark.encode(encoding) for mark in ("<!DOCTYPE", "<!ENTITY") for encoding in ("ascii", "utf-16-le", "utf-16-be")
)

# What the libraries for these formats let through on damaged files. An XML parser's own error is a SyntaxError.
DAMAGE: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


@contextmanager
def damage(source: str, what: str, *also: type[Exception]) -> Iterator[None]:
    """What a library raises on a damaged file, as a ReadError that says that it is no readable `what`."""
    try:
        yield
    except DAMAGE + also as error:
        raise ReadError(source, f"not a readable {what}: {error or type(error).__name__}") from error


def checked(path: Path, source: str, what: str, *, doctypes: bool = False) -> io.BytesIO:
    """The bytes of a zip archive that is safe to unpack and whose XML is safe to parse.

    `what` names the format in errors; `doctypes` allows document types (XHTML has them). Raises ReadError for anything
    but a zip archive, for a protected one, and for one beyond the limits above.
    """
    data = read_bytes(path, source)
    if data.startswith(_OLD_OFFICE):
        raise ReadError(source, f"not a {what} but an old office format or password-protected; save it anew without")
    stream = io.BytesIO(data)
    with damage(source, what), zipfile.ZipFile(stream) as archive:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise ReadError(source, f"{len(members)} files in it (more than {MOST_MEMBERS})")
        if (size := sum(member.file_size for member in members)) > LARGEST:
            raise ReadError(source, f"it would unpack to {size >> 20} MB (more than {LARGEST >> 20})")
        for member in members:
            _check(archive, member, source, doctypes)
    stream.seek(0)
    return stream


def _check(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: str, doctypes: bool) -> None:
    if member.flag_bits & 1:
        raise ReadError(source, "password-protected; save a copy without a password")
    if member.file_size > max(_SMALL, STEEPEST * member.compress_size):
        raise ReadError(source, f"a part of it grows more than {STEEPEST} times when unpacked, as no document does")
    with archive.open(member) as part:
        head = part.read(_PROBE)
        if not (head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") or head.startswith(_UTF_16)):
            return
        if member.file_size > LARGEST_XML:
            raise ReadError(source, f"a part of it is {member.file_size >> 20} MB (more than {LARGEST_XML >> 20})")
        content = head + part.read()
    limits.counted(source, content, [b"<"], limits.ELEMENTS, "tags")
    if not doctypes and any(mark in content for mark in _DOCTYPES):
        raise ReadError(source, "its XML declares a document type, which no such document needs and bombs do")


def parse(data: bytes) -> _Element:
    """XML without entities, document types or network. Raises a SyntaxError for anything that is not well-formed."""
    from lxml import etree

    if (found := data.count(b"<")) > limits.ELEMENTS:
        raise ValueError(f"{found:,} tags in it (more than {limits.ELEMENTS:,})")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(data, parser)
