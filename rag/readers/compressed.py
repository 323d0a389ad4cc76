"""A single file that is packed: `stories.jsonl.gz` is read as the `.jsonl` that it holds, `a.tar.gz` as a `.tar`."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import urlsplit

from rag.errors import ReadError
from rag.readers import members
from rag.readers.base import Context, is_address
from rag.readers.members import Member
from rag.types import Article

FORMAT = "packed file"
VERSION = 1
CONTAINER = True
_OPEN: dict[str, Callable[[Path], IO[bytes]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}  # type: ignore[dict-item]
SUFFIXES = tuple(_OPEN)
MEDIA_TYPES = ("application/gzip", "application/x-gzip", "application/x-bzip2", "application/x-xz")


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """The articles of the file that is packed, `source#its name`. Raises ReadError if that name has no known suffix."""
    size = path.stat().st_size
    if not size:
        raise ReadError(source, "the file is empty")
    inside = members.entered(source, context)
    name = _name(source)
    if not PurePosixPath(name).suffix:
        raise ReadError(source, "its name does not tell what is packed in it; name it like stories.jsonl.gz")
    opened: partial[Any] = partial(_OPEN[path.suffix.lower()], path)
    yield from members.articles([Member(name, None, size, opened)], source, inside, OSError)


def _name(source: str) -> str:
    """The name of what is inside: that of the packed file without its last suffix."""
    place = urlsplit(source).path if is_address(source) else source.rpartition("#")[2]
    return PurePosixPath(place.replace("\\", "/")).stem
