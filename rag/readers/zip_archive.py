"""Zip archives: every member by the reader of its suffix, `archive.zip#folder/story.html`."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from rag.errors import ReadError
from rag.readers import members
from rag.readers.base import Context
from rag.readers.members import Member
from rag.readers.packed import damage
from rag.types import Article

FORMAT = "zip archive"
VERSION = 1
CONTAINER = True
SUFFIXES = (".zip",)
MEDIA_TYPES = ("application/zip", "application/x-zip-compressed")

_ENCRYPTED = 1  # bit of a member's flags
_LINK = 0o120000  # in the upper half of a member's attributes, where a system with links has written it
_KIND = 0o170000


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """The articles of all members. Raises ReadError if it is no zip archive, or a limit is reached."""
    if not path.stat().st_size:
        raise ReadError(source, "the file is empty")
    inside = members.entered(source, context)
    with damage(source, FORMAT):
        archive = zipfile.ZipFile(path)
    with archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        yield from members.articles(map(partial(_member, archive), files), source, inside)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    refused = None
    if info.flag_bits & _ENCRYPTED:
        refused = "password-protected; save a copy without a password"
    elif (info.external_attr >> 16) & _KIND == _LINK:
        refused = "a link, not a file"
    return Member(info.filename, info.file_size, info.compress_size, partial(archive.open, info), refused)
