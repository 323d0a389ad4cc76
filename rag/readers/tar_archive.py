"""Tar archives, packed or not: every file in them by the reader of its suffix, in one pass."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import IO

from rag.errors import ReadError
from rag.readers import members
from rag.readers.base import Context
from rag.readers.members import Member
from rag.readers.packed import damage
from rag.types import Article

FORMAT = "tar archive"
VERSION = 1
SUFFIXES = (".tar", ".tgz", ".tbz", ".tbz2", ".txz")
MEDIA_TYPES = ("application/x-tar",)


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """The articles of all files in it. Raises ReadError if it is no tar archive, breaks off, or a limit is reached."""
    if not path.stat().st_size:
        raise ReadError(source, "the file is empty")
    inside = members.entered(source, context)
    with damage(source, FORMAT, tarfile.TarError, OSError):
        archive = tarfile.open(path, "r|*")  # noqa: SIM115
    with archive:
        yield from members.articles(_members(archive, source), source, inside, tarfile.TarError, OSError)


def _members(archive: tarfile.TarFile, source: str) -> Iterator[Member]:
    while True:
        with damage(source, FORMAT, tarfile.TarError, OSError):
            info = archive.next()
        if info is None:
            return
        if info.isdir():
            continue
        refused = None if info.isreg() else "a link, not a file" if info.issym() or info.islnk() else "no file"
        yield Member(info.name, info.size, None, partial(_opened, archive, info), refused)


def _opened(archive: tarfile.TarFile, info: tarfile.TarInfo) -> nullcontext[IO[bytes]]:
    stream = archive.extractfile(info)
    assert stream is not None, "only regular files are opened"
    return nullcontext(stream)
