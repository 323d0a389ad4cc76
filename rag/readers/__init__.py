"""Readers: paths and addresses to articles. One file a format; whatever is put into this folder is found.

`expand` says what there is to read; `read` reads a file, `read_page` what `web` got from an address. Whatever is wrong
with an input is a `ReadError` that names it and comes in place of the article, so that the rest goes in.
"""

from __future__ import annotations

import hashlib
import os
import pkgutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import cast
from urllib.parse import urldefrag, urlsplit

from rag.errors import ReadError
from rag.readers import web
from rag.readers.base import Context, Reader, unreadable
from rag.readers.fields import mapping
from rag.settings import Settings
from rag.types import Article

__all__ = [
    "Context",
    "Reader",
    "Source",
    "address",
    "context_of",
    "discovered",
    "expand",
    "fingerprint",
    "is_url",
    "place_of",
    "read",
    "read_page",
    "reader_for",
    "reader_of",
    "versions",
    "web",
]

# Types by which servers say no more than "a file": its name then tells more.
_VAGUE = frozenset({"", "text/plain", "application/octet-stream", "binary/octet-stream", "application/download"})

_HASH_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """A place to read from: `location` is a resolved path or an address; `path` is None for an address."""

    location: str
    path: Path | None


def context_of(settings: Settings) -> Context:
    """What readers must know of an archive's settings. Raises SettingsError."""
    return Context(settings.timezone, usual=settings.encoding or None, fields=mapping(settings.fields))


@cache
def discovered() -> Mapping[str, Reader]:
    """Every reader by its module's name, in alphabetical order."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    modules = {name: import_module(f"{__name__}.{name}") for name in names}
    return MappingProxyType({n: cast(Reader, module) for n, module in modules.items() if hasattr(module, "SUFFIXES")})


def versions() -> str:
    """The versions of all readers, for what may hold files of any of them: " csv_rows=1 docx=2 …"."""
    return "".join(f" {name}={reader.VERSION}" for name, reader in discovered().items())


def is_url(place: str | os.PathLike[str]) -> bool:
    """Whether this is an http or https address."""
    return str(place).lower().startswith(("http://", "https://"))


def reader_for(source: Source) -> Reader:
    """The reader of a file, by its suffix; of an address what its path suggests, else HTML.

    Raises ReadError for a file that no reader takes.
    """
    if source.path is None:
        named = _by_suffix(PurePosixPath(urlsplit(source.location).path).suffix)
        return named or discovered()["html"]
    reader = _by_suffix(source.path.suffix)
    if reader is None:
        what = f"{source.path.suffix} files" if source.path.suffix else "files without a suffix"
        known = ", ".join(sorted(suffix for reader in discovered().values() for suffix in reader.SUFFIXES))
        raise ReadError(source.location, f"no reader for {what} (read are: {known})")
    return reader


def _by_suffix(suffix: str) -> Reader | None:
    return next((reader for reader in discovered().values() if suffix.lower() in reader.SUFFIXES), None)


def expand(places: Iterable[str | os.PathLike[str]] | str | os.PathLike[str]) -> Iterator[Source | ReadError]:
    """Everything to read under some paths and addresses, in their order and each once.

    Folders are searched through, by name, without what is hidden. Files that no reader takes, links that lead out of
    their folder, and what is not there come as ReadErrors.
    """
    seen: set[str] = set()
    for place in [places] if isinstance(places, str | os.PathLike) else places:
        for found in _expand(place):
            key = found.path if isinstance(found, ReadError) else found.location
            if key not in seen:
                seen.add(key)
                yield found


def place_of(place: str | os.PathLike[str]) -> str | None:
    """The one name of a path or address that was given, None if nothing can be read there."""
    if "://" in str(place):
        found = address(str(place))
        return found.location if isinstance(found, Source) else None
    try:
        path = Path(place).resolve()
        return str(path) if path.exists() and _printable(path) == str(path) else None
    except (OSError, ValueError, RuntimeError):
        return None  # `expand` says why


def _expand(place: str | os.PathLike[str]) -> Iterator[Source | ReadError]:
    if "://" in str(place):
        yield address(str(place))
        return
    try:
        path = Path(place).resolve()
        if path.is_dir():
            yield from _folder(path, path)
        else:
            yield _file(path)
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the name; links in a circle
        yield ReadError(_printable(place), f"not a usable path: {error}")


def address(url: str) -> Source | ReadError:
    """An address as a source, or why it cannot be one. Never a path, whatever it looks like."""
    if not is_url(url):
        return ReadError(url, "not an http or https address")
    try:
        parts = urlsplit(url)
        if not parts.hostname:
            return ReadError(url, "an address without a host")
    except ValueError as error:
        return ReadError(url, f"not an address: {error}")
    if parts.username or parts.password:
        return ReadError(parts.hostname, "the address holds a user name or password, which the archive would keep")
    return Source(urldefrag(url).url, None)


def _folder(folder: Path, root: Path) -> Iterator[Source | ReadError]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        yield unreadable(_printable(folder), error)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_symlink() and not entry.resolve().is_relative_to(root):
            yield ReadError(_printable(entry), "a link that leads out of its folder; name its target to read that")
        elif not entry.is_dir():
            yield _file(entry.resolve())
        elif not entry.is_symlink():  # a linked folder of this tree is met by itself, and only once
            yield from _folder(entry, root)


def _file(path: Path) -> Source | ReadError:
    location = _printable(path)
    if location != str(path):
        return ReadError(location, "its name is not valid UTF-8; rename it")
    try:
        if not path.exists():
            return ReadError(location, "there is no such file or folder")
        if not path.is_file():
            return ReadError(location, "not a file but a device, pipe or socket")
        source = Source(location, path)
        reader_for(source)
    except OSError as error:
        return unreadable(location, error)
    except ReadError as error:
        return error
    return source


def _printable(path: str | os.PathLike[str]) -> str:
    return str(path).encode("utf-8", "backslashreplace").decode()


def fingerprint(source: Source, context: Context) -> str:
    """Hash of a file's bytes and of what decides how they are read. Raises OSError, ReadError if no reader takes it."""
    assert source.path is not None
    reader = reader_for(source)
    inside = versions() if getattr(reader, "CONTAINER", False) else ""
    digest = hashlib.sha256(f"{reader.FORMAT} {reader.VERSION}{inside} {context!r}\n".encode())
    with source.path.open("rb") as stream:
        while chunk := stream.read(_HASH_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def read(source: Source, context: Context) -> Iterator[Article | ReadError]:
    """All articles of a file. What cannot be read comes as a ReadError in its place; none is raised.

    A ReadError whose path is the source's location is about the whole of it; those about parts add `#n` or `:line`.
    Raises ValueError for an address, which `read_page` is for.
    """
    path = source.path
    if path is None:
        raise ValueError(f"{source.location} is no file")
    return _sound(source.location, lambda: reader_for(source).read(path, source.location, context))


def read_page(page: web.Page, source: Source, context: Context) -> Iterator[Article | ReadError]:
    """All articles of what an address gave, as `read` gives those of a file."""
    return _sound(source.location, lambda: _from_page(page, source, context))


def _sound(location: str, reading: Callable[[], Iterator[Article | ReadError]]) -> Iterator[Article | ReadError]:
    try:
        for item in reading():
            if isinstance(item, Article) and not item.text.strip():
                yield ReadError(item.source, "no text in it")
            else:
                yield item
    except ReadError as error:
        yield error
    except OSError as error:
        yield unreadable(location, error)
    except Exception as error:  # noqa: BLE001 - of a library, on what nobody has tried: it must not end an ingest
        yield ReadError(location, f"its reader failed ({type(error).__name__}: {error}); please report this file")


def reader_of(page: web.Page, address: str) -> Reader:
    """The reader of a page, by its media type or, where that is vague, its address. Raises ReadError if none does."""
    suffix = PurePosixPath(urlsplit(address).path).suffix
    reader = _by_suffix(suffix) if page.media_type in _VAGUE else None
    reader = reader or next((r for r in discovered().values() if page.media_type in r.MEDIA_TYPES), None)
    if reader is None:
        raise ReadError(address, f"no reader for {page.media_type or 'a page without a media type'}")
    return reader


def _from_page(page: web.Page, source: Source, context: Context) -> Iterator[Article | ReadError]:
    reader = reader_of(page, source.location)
    with tempfile.TemporaryDirectory(prefix="newsroom-rag-") as folder:
        path = Path(folder) / f"page{reader.SUFFIXES[0]}"
        path.write_bytes(page.body)
        yield from reader.read(path, source.location, replace(context, encoding=page.encoding, usual=None))
