"""Taking articles in: read, compare by content hash, cut into passages, embed; resumable at any point.

The catalog is written first, in transactions; a passage counts as embedded only after Chroma has stored its vector,
and a vector is deleted only after its passage is gone. So a process killed at any moment leaves work that is due, never
work that is lost, and the next ingest finishes it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from rag import readers, tokens
from rag.embed import Embedder
from rag.embedding import delete_doomed, files_lost, reconcile, short
from rag.embedding_beside import Beside
from rag.errors import ReaderDied, ReadError
from rag.passages import Limit, split
from rag.readers import Context, Source
from rag.readers.ahead import Ahead
from rag.settings import Settings
from rag.store import identity, notes, pages, places, removed, stories
from rag.store.catalog import RUNNING, Catalog
from rag.store.vectors import Vectors
from rag.tally import Place, Tally
from rag.types import Article, IngestReport, Passage
from rag.visits import Visits

_ARTICLES_A_TRANSACTION = 64
_CAREFUL = "careful"  # entry that is there after an ingest in which a file ended its reader's process, and is due again


class IngestProgress(Protocol):
    """Called as an ingest goes on: articles seen so far, passages embedded so far and still to embed, current file."""

    def __call__(self, *, articles: int, embedded: int, pending: int, current: str) -> None: ...


class _Due(NamedTuple):
    """A file that must be read, or an address, which has no fingerprint yet."""

    place: Place
    number: int
    location: str
    fingerprint: str | None


@dataclass
class Ingest:
    """One run. The caller holds the archive's write lock."""

    catalog: Catalog
    vectors: Vectors
    embedder: Embedder
    settings: Settings
    progress: IngestProgress | None = None
    prune: bool = False
    again: bool = False  # whether to take in what was removed
    _tally: Tally = field(default_factory=Tally)
    _careful: bool = False
    _seen: set[str] = field(default_factory=set)
    _unread: set[str] = field(default_factory=set)
    _met: set[str] = field(default_factory=set)
    _removed: dict[str, str] = field(default_factory=dict)  # what stays out, each with its day
    _current: str = ""

    def __post_init__(self) -> None:
        self._beside = Beside(self.catalog, self.vectors, self.embedder, self._report)

    def run(self, paths: Sequence[str]) -> IngestReport:
        """Take in everything under `paths`, finishing first what an earlier run left."""
        careful = self.catalog.ingesting or self.catalog.meta(_CAREFUL) is not None
        broken = self.catalog.ingesting or files_lost(self.catalog, self.vectors)
        begun = datetime.now(UTC).isoformat(timespec="seconds")
        self.catalog.set_meta(RUNNING, json.dumps({"paths": list(paths), "begun": begun}))
        if self.again:
            removed.read_again(self.catalog)
        else:
            self._removed = removed.days(self.catalog)  # none is added meanwhile: a removal takes the lock too
        self.vectors.follow(self.catalog.meta("vectors"))
        if broken:
            self._tell("comparing the vectors with the articles")
            reconcile(self.catalog, self.vectors)
        places.give(self.catalog, [place for path in paths if (place := readers.place_of(path))])
        try:
            with (
                closing(Visits(self.catalog, self.settings, self._tell)) as visits,
                closing(Ahead(careful)) as ahead,
            ):
                self._take_places(paths, visits, ahead)
            pruned = self._prune(paths) if self.prune else 0
            self.finish()
        finally:
            self._beside.stop()
        self.vectors.wrote(self.catalog.meta("vectors"))
        self.catalog.set_meta(_CAREFUL, "a reader died" if self._careful else None)
        self.catalog.set_meta(RUNNING, None)
        return self._tally.report(pruned)

    def finish(self) -> None:
        """Do what is due of articles that are in the catalog, reading nothing. The last thing that an ingest does."""
        try:
            self._compare()
            self._beside.finish()
        finally:
            self._beside.stop()
        delete_doomed(self.catalog, self.vectors)

    # -- reading -------------------------------------------------------------------------------------------------

    def _take_places(self, paths: Sequence[str], visits: Visits, ahead: Ahead) -> None:
        """Take in what is at the given paths and addresses, and note of each what came of it."""
        context = readers.context_of(self.settings)
        for due, items in ahead.through(self._due(paths, context), context):
            self._tally.at(due.place, due.number)
            self._current = due.location
            if due.fingerprint is None:
                self._take_address(due.location, visits, context)
            else:
                self._take(due.location, due.fingerprint, items)
            due.place.due -= 1
            self._note(due.place)

    def _due(self, paths: Sequence[str], context: Context) -> Iterator[tuple[Source, _Due]]:
        """The files that must be read, and all addresses. What else there is to say is said here, while files before it
        are still being read."""
        number = 0
        for name in dict.fromkeys(readers.place_of(path) or path for path in paths):
            place = Place(path=name)
            for item in readers.expand([place.path]):
                key = item.path if isinstance(item, ReadError) else item.location
                if key in self._met:
                    continue
                self._met.add(key)
                number += 1
                self._tally.at(place, number)
                if isinstance(item, ReadError):
                    self._fail(item)
                elif item.path is None:
                    place.due += 1
                    yield item, _Due(place, number, item.location, None)
                elif (mark := self._fingerprint(item, context)) and not self._as_it_was(item.location, mark):
                    place.due += 1
                    yield item, _Due(place, number, item.location, mark)
            place.listed = True
            self._note(place)

    def _note(self, place: Place) -> None:
        """Note what came of a place, if all of it is in."""
        if place.listed and not place.due:
            reasons = [f"{failure.path}: {failure.reason}" for failure in place.failures]
            outcome = place.articles | {"failed": len(reasons)}
            places.read(self.catalog, place.path, outcome, next(iter(reasons), None))

    def _fingerprint(self, source: Source, context: Context) -> str | None:
        self._current = source.location
        try:
            return readers.fingerprint(source, context)
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
        self._tally.count("unchanged", before[2])
        for path, reason in before[1]:
            self._fail(ReadError(path, reason))
        self._leave_out(removed.left_out(self.catalog, location))
        self._seen.update(self._places(location))
        self._report()
        return True

    def _take(self, location: str, fingerprint: str, items: Iterator[Article | ReadError]) -> bool:
        """Take in a file or page. False if the whole of it could not be read."""
        failed_before = len(self._tally.failed)
        left: dict[str, str] = {}
        whole = self._articles(location, items, left)
        failures = [(failure.path, failure.reason) for failure in self._tally.failed[failed_before:]]
        if not whole:
            self.catalog.forget_file(location)
        else:
            there = [] if location in self._unread else self._places(location)  # nobody knows what is in it now
            empty = [p for p in there if p not in self._seen and p not in self._unread]
            with self.catalog.transaction():
                self.catalog.put_file(location, fingerprint, failures, empty)
                removed.leave_out(self.catalog, location, left)
        self._leave_out(left)
        return whole

    def _articles(self, location: str, items: Iterator[Article | ReadError], left: dict[str, str]) -> bool:
        """Take in what a reader gives; what stays out goes into `left`. False if the whole could not be read."""
        whole = True
        while batch := list(islice(items, _ARTICLES_A_TRANSACTION)):
            with self.catalog.transaction():
                for item in batch:
                    if isinstance(item, ReadError):
                        self._fail(item)
                        again = isinstance(item, ReaderDied) and item.again
                        whole = whole and (item.path != location or (isinstance(item, ReaderDied) and not again))
                        self._careful = self._careful or again
                    elif removed.stays_out(self.catalog, self._removed, item):
                        left[item.source] = item.id
                    else:
                        self._tally.count(identity.put(self.catalog, item, location, self.passages))
                        self._seen.add(item.source)
                if self.again:
                    removed.forget(self.catalog, [item for item in batch if isinstance(item, Article)])
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
        self._tally.fail(error)
        self._unread.add(error.path)

    def _leave_out(self, left: dict[str, str]) -> None:
        for place, article_id in left.items():  # not `_fail`: it is known what is there
            self._tally.fail(ReadError(place, removed.reason(self._removed[article_id])))

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
            seen = sum(self._tally.articles.values())
            pending = self.catalog.pending_count() - self._beside.unstored
            self.progress(articles=seen, embedded=self._beside.embedded, pending=max(0, pending), current=self._current)


def _under(file: str, roots: Iterable[str]) -> bool:
    return any(file == root or file.startswith(root.rstrip("/\\") + "/") for root in roots)
