"""Tar archives, packed or not: every file in them by the reader of its suffix, in one pass."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import IO, Self

from rag.errors import ReadError
from rag.readers import limits, members
from rag.readers.base import Context
from rag.readers.members import Member
from rag.readers.packed import damage
from rag.types import Article

FORMAT = "tar archive"
VERSION = 1
CONTAINER = True
SUFFIXES = (".tar", ".tgz", ".tbz", ".tbz2", ".txz")
MEDIA_TYPES = ("application/x-tar",)

_READ_WHOLE = (
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
)  # fmt: skip


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """The articles of all files in it. Raises ReadError if it is no tar archive, breaks off, or a limit is reached."""
    if not path.stat().st_size:
        raise ReadError(source, "the file is empty")
    inside = members.entered(source, context)
    headers = _headers()
    with damage(source, FORMAT, tarfile.TarError, OSError):
        archive = tarfile.open(path, "r|*", tarinfo=headers)  # noqa: SIM115
    with archive:
        packed = path.stat().st_size
        yield from members.articles(_members(archive, packed, source), source, inside, tarfile.TarError, OSError)
    if not headers.ended:
        raise ReadError(source, "it breaks off: the mark at its end is missing, and files may be")


class _Header(tarfile.TarInfo):
    """A header of an archive, which notices whether the archive's end was reached."""

    ended = False

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """As the library's; a long name or list of attributes, which it would read whole, must be a short one."""
        cls.ended = cls.ended or (len(buf) == tarfile.BLOCKSIZE and not any(buf))
        header = super().frombuf(buf, encoding, errors)
        if header.type in _READ_WHOLE and header.size > limits.HEADERS:
            raise tarfile.ReadError(f"a file's name and attributes of {header.size >> 20} MB")
        return header


def _headers() -> type[_Header]:
    """A class for one archive: the library gives its headers no place to keep what they notice."""
    return type("_HeaderOfOne", (_Header,), {})


def _members(archive: tarfile.TarFile, packed: int, source: str) -> Iterator[Member]:
    """The files in it. `packed`: bytes of the whole archive, which none of them can have been packed from more than."""
    while True:
        with damage(source, FORMAT, tarfile.TarError, OSError):
            info = archive.next()
        if info is None:
            return
        if info.isdir():
            continue
        refused = None if info.isreg() else "a link, not a file" if info.issym() or info.islnk() else "no file"
        yield Member(info.name, info.size, packed, partial(_opened, archive, info), refused)


def _opened(archive: tarfile.TarFile, info: tarfile.TarInfo) -> nullcontext[IO[bytes]]:
    stream = archive.extractfile(info)
    assert stream is not None, "only regular files are opened"
    return nullcontext(stream)
