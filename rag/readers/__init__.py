"""Readers: a path or URL to articles. One file a format; a new file with a reader's names is found by itself.

Everything that goes wrong with an input is a ReadError that names it, never an exception of a library.
"""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from rag.errors import ReadError
from rag.readers.base import Context, Reader
from rag.types import Article

__all__ = ["Context", "Reader", "Source", "discovered", "expand", "is_url", "read", "reader_for"]


@dataclass(frozen=True, slots=True)
class Source:
    """A place to read from: an absolute path or a URL. `path` is None for a URL."""

    location: str
    path: Path | None


@cache
def discovered() -> dict[str, Reader]:
    """Every reader by its module's name."""
    names = [info.name for info in pkgutil.iter_modules(__path__)]
    modules = {name: import_module(f"{__name__}.{name}") for name in names}
    return {name: cast(Reader, module) for name, module in modules.items() if hasattr(module, "SUFFIXES")}


@cache
def _by_suffix() -> dict[str, Reader]:
    return {suffix: reader for reader in discovered().values() for suffix in reader.SUFFIXES}


def is_url(text: str | os.PathLike[str]) -> bool:
    """Whether this is an http or https address."""
    return str(text).lower().startswith(("http://", "https://"))


def reader_for(source: Source) -> Reader:
    """The reader of a file, by its suffix. Raises ReadError if no reader takes it."""
    suffix = (source.path or Path(source.location)).suffix.lower()
    reader = _by_suffix().get(suffix)
    if reader is None:
        known = " ".join(sorted(_by_suffix()))
        raise ReadError(source.location, f"no reader for {suffix or 'files without a suffix'} (there are: {known})")
    return reader


def expand(places: Iterable[str | os.PathLike[str]]) -> Iterator[Source | ReadError]:
    """The sources under some paths and URLs, each once; folders are searched, hidden files in them left out."""
    seen: set[str] = set()
    for place in places:
        for found in _expand(place):
            location = found.path if isinstance(found, ReadError) else found.location
            if location not in seen:
                seen.add(location)
                yield found


def _expand(place: str | os.PathLike[str]) -> Iterator[Source | ReadError]:
    if is_url(place):
        yield Source(str(place), None)
        return
    path = Path(place).expanduser()
    root = path.resolve()
    if root.is_dir():
        yield from _walk(root)
    elif root.exists():
        yield _checked(root)
    else:
        yield ReadError(str(root), "no such file or folder")


def _walk(root: Path) -> Iterator[Source | ReadError]:
    errors: list[OSError] = []
    for folder, folders, files in os.walk(root, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder) / name
            if name.startswith("."):
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                yield ReadError(str(path), "a link that leads out of the folder; name its target to read it")
            else:
                yield _checked(path)
    for error in errors:
        yield ReadError(str(error.filename), f"cannot be read: {error.strerror}")


def _checked(path: Path) -> Source | ReadError:
    source = Source(str(path), path)
    try:
        reader_for(source)
    except ReadError as error:
        return error
    return source


def read(source: Source, context: Context) -> Iterator[Article | ReadError]:
    """All articles of a source, and a ReadError for everything in it that could not be read."""
    try:
        if source.path is None:
            from rag.readers import web

            yield from web.fetch(source.location, context)
        else:
            yield from reader_for(source).read(source.path, source.location, context)
    except ReadError as error:
        yield error
    except OSError as error:
        yield ReadError(source.location, f"cannot be read: {error.strerror or error}")
