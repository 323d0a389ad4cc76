"""What an ingest would take in, without taking it in: which field of a record goes where, what encoding is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rag import readers
from rag.errors import ReadError
from rag.readers.decoding import guesses
from rag.record import Record
from rag.settings import Settings
from rag.types import Article


@dataclass(frozen=True, slots=True)
class Preview(Record):
    """What one file would give.

    fields: the name that each field of the article came from in the first record; unused: names that went nowhere. Both
    are empty for formats without named fields. guessed: encodings that nothing declares, by the names of the file or
    those within it. failed: (path, reason) of what could not be read.
    """

    path: str
    format: str
    articles: int
    title: str | None
    fields: Mapping[str, str]
    unused: str
    guessed: Mapping[str, str]
    failed: tuple[tuple[str, str], ...]


def preview(paths: Iterable[str], settings: Settings) -> Iterator[Preview]:
    """Read every file, one at a time, and write nothing. Addresses are not visited. Raises SettingsError."""
    context = readers.context_of(settings)
    for source in readers.expand(paths):
        if isinstance(source, ReadError):
            yield Preview(source.path, "", 0, None, {}, "", {}, ((source.path, source.message),))
        elif source.path is None:
            reason = "an address, which is not visited without taking it in"
            yield Preview(source.location, "", 0, None, {}, "", {}, ((source.location, reason),))
        else:
            yield _read(source, context)


def _read(source: readers.Source, context: readers.Context) -> Preview:
    mapped: dict[str, str] = {}
    count, title, failed = 0, None, []
    with guesses() as guessed:
        for item in readers.read(source, replace(context, mapped=mapped)):
            if isinstance(item, Article):
                count += 1
                title = title or item.title
            else:
                failed.append((item.path, item.message))
    unused = mapped.pop("", "")
    name = readers.reader_for(source).FORMAT
    return Preview(source.location, name, count, title, mapped, unused, guessed, tuple(failed))
