"""Taking articles in: read, compare by content hash, cut into passages, embed; resumable at any point.

The catalog is written first, in transactions; a passage counts as embedded only after Chroma has stored its vector,
and a vector is deleted only after its passage is gone. So a process killed at any moment leaves work that is due, never
work that is lost, and the next ingest finishes it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Protocol

from rag import readers, tokens
from rag.embed import Embedder
from rag.embedding import delete_doomed, files_lost, reconcile, short
from rag.embedding_beside import Beside
from rag.errors import ReadError
from rag.passages import Limit, split
from rag.readers import Context, Source
from rag.readers.ahead import Ahead
from rag.settings import Settings
from rag.store import notes, pages, places, stories
from rag.store.catalog import RUNNING, Catalog
from rag.store.vectors import Vectors
from rag.types import Article, IngestReport, Passage
from rag.visits import Visits

_ARTICLES_A_TRANSACTION = 64
_HASH_CHUNK = 1 << 20


class IngestProgress(Protocol):
    """Called as an ingest goes on: articles seen so far, passages embedded so far and still to embed, current file."""

    def __call__(self, *, articles: int, embedded: int, pending: int, current: str) -> None: ...


@dataclass
class Ingest:
    """One run. The caller holds the archive's write lock."""

    catalog: Catalog
    vectors: Vectors
    embedder: Embedder
    settings: Settings
    progress: IngestProgress | None = None
    prune: bool = False
    _counts: dict[str, int] = field(default_factory=lambda: {"added": 0, "updated": 0, "unchanged": 0})
    _failed: list[tuple[str, str]] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _unread: set[str] = field(default_factory=set)
    _met: set[str] = field(default_factory=set)
    _current: str = ""

    def __post_init__(self) -> None:
        self._beside = Beside(self.catalog, self.vectors, self.embedder, self._report)

    def run(self, paths: Sequence[str]) -> IngestReport:
        """Take in everything under `paths`, finishing first what an earlier run left."""
        broken = self.catalog.ingesting or files_lost(self.catalog, self.vectors)
        begun = datetime.now(UTC).isoformat(timespec="seconds")
        self.catalog.set_meta(RUNNING, json.dumps({"paths": list(paths), "begun": begun}))
        self.vectors.follow(self.catalog.meta("vectors"))
        if broken:
            self._tell("comparing the vectors with the articles")
            reconcile(self.catalog, self.vectors)
        places.give(self.catalog, [place for path in paths if (place := readers.place_of(path))])
        try:
            with closing(Visits(self.catalog, self.settings, self._tell)) as visits, closing(Ahead()) as ahead:
                for path in paths:
                    self._take_place(path, visits, ahead)
            removed = self._prune(paths) if self.prune else 0
            self.finish()
        finally:
            self._beside.stop()
        self.vectors.wrote(self.catalog.meta("vectors"))
        self.catalog.set_meta(RUNNING, None)
        return IngestReport(**self._counts, removed=removed, failed=tuple(self._failed))

    def finish(self) -> None:
        """Do what is due of articles that are in the catalog, reading nothing. The last thing that an ingest does."""
        try:
            self._compare()
            self._beside.finish()
        finally:
            self._beside.stop()
        delete_doomed(self.catalog, self.vectors)

    # -- reading -------------------------------------------------------------------------------------------------

    def _take_place(self, path: str, visits: Visits, ahead: Ahead) -> None:
        """Take in what is at one of the given paths and addresses, and note what came of it."""
        counts, failed = dict(self._counts), len(self._failed)
        context = readers.context_of(self.settings)
        for (location, fingerprint), items in ahead.through(self._changed(path, visits, context), context):
            self._current = location
            self._take(location, fingerprint, items)
        outcome = {name: count - counts[name] for name, count in self._counts.items()}
        reasons = [f"{where}: {reason}" for where, reason in self._failed[failed:]]
        place = readers.place_of(path) or path  # one that is gone has the name that it was recorded under
        places.read(self.catalog, place, outcome | {"failed": len(reasons)}, next(iter(reasons), None))

    def _changed(self, path: str, visits: Visits, context: Context) -> Iterator[tuple[Source, tuple[str, str]]]:
        """The files of a place that must be read, each with its location and fingerprint. The rest is done here."""
        for item in readers.expand([path]):
            key = item.path if isinstance(item, ReadError) else item.location
            if key in self._met:
                continue
            self._met.add(key)
            if isinstance(item, ReadError):
                self._fail(item)
            elif item.path is None:
                self._take_address(item.location, visits, context)
            elif (fingerprint := self._fingerprint(item, context)) and not self._as_it_was(item.location, fingerprint):
                yield item, (item.location, fingerprint)

    def _fingerprint(self, source: Source, context: Context) -> str | None:
        self._current = source.location
        try:
            return _fingerprint(source, context)
        except OSError as error:
            self._fail(ReadError(source.location, f"cannot be read: {error.strerror or error}"))
            return None

    def _take_address(self, address: str, visits: Visits, context: Context) -> None:
        for visit in visits.at(address):
            if isinstance(visit, ReadError):
                self._fail(visit)
                continue
            location, mark = visit.source.location, visit.fingerprint
            whole = self._as_it_was(location, mark) or self._take(location, mark, visit.articles(context))
            if whole and visit.keep:
                pages.keep(self.catalog, visit.keep)

    def _as_it_was(self, location: str, fingerprint: str) -> bool:
        """Whether a file or page has not changed since it was taken in, which is then noted."""
        before = self.catalog.file(location)
        if not before or before[0] != fingerprint:
            return False
        self._counts["unchanged"] += before[2]
        for path, reason in before[1]:
            self._fail(ReadError(path, reason))
        self._seen.update(self._places(location))
        self._report()
        return True

    def _take(self, location: str, fingerprint: str, items: Iterator[Article | ReadError]) -> bool:
        """Take in a file or page. False if the whole of it could not be read."""
        failed_before = len(self._failed)
        whole = self._articles(location, items)
        failures = self._failed[failed_before:]
        if not whole:
            self.catalog.forget_file(location)
        else:
            empty = [p for p in self._places(location) if p not in self._seen and p not in self._unread]
            self.catalog.put_file(location, fingerprint, failures, empty)
        return whole

    def _articles(self, location: str, items: Iterator[Article | ReadError]) -> bool:
        """Take in what a reader gives. False if the source as a whole could not be read."""
        whole = True
        while batch := list(islice(items, _ARTICLES_A_TRANSACTION)):
            with self.catalog.transaction():
                for item in batch:
                    if isinstance(item, ReadError):
                        self._fail(item)
                        whole = whole and item.path != location
                    else:
                        outcome = self.catalog.put(item, location, self.passages)
                        self._counts[outcome] += 1
                        self._seen.add(item.source)
                notes.recognise(self.catalog)  # at once: a retracted article is found by nobody
            self._compare()
            self._beside.wake()
            self._report()
        return whole

    def passages(self, article: Article) -> list[Passage]:
        """An article cut as the embedder and the settings have it."""
        # Title, line break and the model's own two marks share the embedder's window with the passage.
        title = self.embedder.count_tokens([short(article.title)])[0] + 1 if article.title else 0
        return split(
            article.text,
            [
                Limit(tokens.counts, self.settings.passage_tokens),
                Limit(self.embedder.count_tokens, self.embedder.max_tokens - 2 - title),
            ],
        )

    def _fail(self, error: ReadError) -> None:
        self._failed.append((error.path, error.message))
        self._unread.add(error.path)

    def _compare(self) -> None:
        """Find the notes and near-copies of what is new, and of what an earlier release took in."""
        while notes.recognise(self.catalog):
            self._report()
        while stories.compare(self.catalog):
            self._report()

    # -- removal -------------------------------------------------------------------------------------------------

    def _places(self, file: str) -> list[str]:
        rows = self.catalog.rows("SELECT source FROM sources WHERE file = ? AND content_hash != ''", (file,))
        return [row["source"] for row in rows]

    def _prune(self, paths: Sequence[str]) -> int:
        """Remove what earlier ingests found under `paths` and this one did not; what is unreadable stays."""
        roots = [str(Path(p).resolve()) for p in paths if not readers.is_url(p) and Path(p).exists()]
        gone = [
            row["source"]
            for row in self.catalog.rows("SELECT source, file FROM sources")
            if row["source"] not in self._seen and _under(row["file"], roots) and not self._hidden(row)
        ]
        for row in self.catalog.rows("SELECT file FROM files"):
            if _under(row["file"], roots) and not Path(row["file"]).exists():
                self.catalog.forget_file(row["file"])
        return self.catalog.remove_sources(gone)

    def _hidden(self, row: sqlite3.Row) -> bool:
        """Whether a place, its file or a folder that it is in could not be read."""
        return any(str(place) in self._unread for place in (row["source"], row["file"], *Path(row["file"]).parents))

    def _tell(self, doing: str) -> None:
        self._current = doing
        self._report()

    def _report(self) -> None:
        if self.progress:
            seen = sum(self._counts.values())
            pending = self.catalog.pending_count() - self._beside.unstored
            self.progress(articles=seen, embedded=self._beside.embedded, pending=max(0, pending), current=self._current)


def _under(file: str, roots: Iterable[str]) -> bool:
    return any(file == root or file.startswith(root.rstrip("/\\") + "/") for root in roots)


def _fingerprint(source: Source, context: Context) -> str:
    """Hash of a file's bytes and of what decides how they are read."""
    assert source.path is not None
    reader = readers.reader_for(source)
    inside = readers.versions() if getattr(reader, "CONTAINER", False) else ""
    digest = hashlib.sha256(f"{reader.FORMAT} {reader.VERSION}{inside} {context!r}\n".encode())
    with source.path.open("rb") as stream:
        while chunk := stream.read(_HASH_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
