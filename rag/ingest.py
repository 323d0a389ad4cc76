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
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np

from rag import readers, tokens
from rag.embed import Embedder
from rag.errors import ReadError
from rag.overview import RUNNING
from rag.passages import Limit, split
from rag.readers import Context, Source
from rag.settings import Settings
from rag.store import attributes, features, notes, stories
from rag.store.catalog import Catalog
from rag.store.records import Pending
from rag.store.rows import ATTRIBUTES
from rag.store.vectors import Vectors
from rag.types import Article, IngestReport, Passage

_ARTICLES_A_TRANSACTION = 64
_PASSAGES_A_BATCH = 256
_TITLE_TOKENS = 40
_HASH_CHUNK = 1 << 20


class IngestProgress(Protocol):
    """Called as an ingest goes on: articles seen so far, passages embedded so far and still to embed, current file."""

    def __call__(self, *, articles: int, embedded: int, pending: int, current: str) -> None: ...


def embedded_text(title: str | None, text: str) -> str:
    """What the embedder sees of a passage: the title gives it its subject."""
    return f"{_short(title)}\n{text}" if title else text


def _short(title: str) -> str:
    words = title.split()[:_TITLE_TOKENS]
    while len(words) > 1 and tokens.count(" ".join(words)) > _TITLE_TOKENS:
        words = words[: len(words) * 3 // 4]
    return " ".join(words)[: _TITLE_TOKENS * 6]


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
    _embedded: int = 0
    _current: str = ""

    def run(self, paths: Sequence[str]) -> IngestReport:
        """Take in everything under `paths`, finishing first what an earlier run left."""
        if self.catalog.meta(RUNNING) is not None or self._files_lost():
            self._reconcile()
        begun = datetime.now(UTC).isoformat(timespec="seconds")
        self.catalog.set_meta(RUNNING, json.dumps({"paths": list(paths), "begun": begun}))
        for item in readers.expand(paths):
            if isinstance(item, ReadError):
                self._fail(item)
            else:
                self._take(item)
        removed = self._prune(paths) if self.prune else 0
        self.finish()
        self.catalog.set_meta(RUNNING, None)
        return IngestReport(**self._counts, removed=removed, failed=tuple(self._failed))

    def finish(self) -> None:
        """Do what is due of articles that are in the catalog, reading nothing."""
        self._compare()
        self._embed(everything=True)
        self._delete_doomed()

    # -- reading -------------------------------------------------------------------------------------------------

    def _take(self, source: Source) -> None:
        self._current = source.location
        context = Context(timezone=self.settings.timezone)
        try:
            fingerprint = _fingerprint(source, context)
        except OSError as error:
            self._fail(ReadError(source.location, f"cannot be read: {error.strerror or error}"))
            return
        before = self.catalog.file(source.location)
        if before and fingerprint and before[0] == fingerprint:
            self._counts["unchanged"] += before[2]
            for path, reason in before[1]:
                self._fail(ReadError(path, reason))
            self._seen.update(self._places(source.location))
            self._report()
            return
        failed_before = len(self._failed)
        whole = self._articles(source, readers.read(source, context))
        failures = self._failed[failed_before:]
        if not whole:
            self.catalog.forget_file(source.location)
        elif fingerprint:
            empty = [p for p in self._places(source.location) if p not in self._seen and p not in self._unread]
            self.catalog.put_file(source.location, fingerprint, failures, empty)

    def _articles(self, source: Source, items: Iterator[Article | ReadError]) -> bool:
        """Take in what a reader gives. False if the source as a whole could not be read."""
        whole = True
        while batch := list(islice(items, _ARTICLES_A_TRANSACTION)):
            with self.catalog.transaction():
                for item in batch:
                    if isinstance(item, ReadError):
                        self._fail(item)
                        whole = whole and item.path != source.location
                    else:
                        outcome = self.catalog.put(item, source.location, self.passages)
                        self._counts[outcome] += 1
                        self._seen.add(item.source)
                notes.recognise(self.catalog)  # at once: a retracted article is found by nobody
            self._compare()
            self._embed(everything=False)
        return whole

    def passages(self, article: Article) -> list[Passage]:
        """An article cut as the embedder and the settings have it."""
        # Title, line break and the model's own two marks share the embedder's window with the passage.
        title = self.embedder.count_tokens([_short(article.title)])[0] + 1 if article.title else 0
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

    # -- vectors -------------------------------------------------------------------------------------------------

    def _embed(self, *, everything: bool) -> None:
        while pending := self.catalog.pending(_PASSAGES_A_BATCH):
            if len(pending) < _PASSAGES_A_BATCH and not everything:
                break
            self._embed_batch(pending)
            self._report()
        self._report()

    def _embed_batch(self, pending: Sequence[Pending]) -> None:
        """Vectors first, then features and the mark that both are there, in one transaction."""
        texts = [embedded_text(p.title, p.text) for p in pending]
        heads = [len(text) - len(p.text) for text, p in zip(texts, pending)]
        parts = [[[(head + a, head + b)] for a, b in p.sentences] for head, p in zip(heads, pending)]
        vectors, sentences = self.embedder.encode_parts(texts, parts)
        ids, numbers = [p.id for p in pending], [p.n for p in pending]
        known = [attributes.record(p.article, p.day, p.outlet, p.section, p.language) for p in pending]
        records = np.array(known, ATTRIBUTES)
        self.vectors.upsert(ids, numbers, vectors, records)
        words = [(p.title or "", [p.text[a:b] for a, b in p.sentences]) for p in pending]
        with self.catalog.transaction():
            features.write(self.catalog, numbers, words, sentences)
            self.catalog.mark_embedded(ids)
        self._embedded += len(ids)

    def _delete_doomed(self) -> None:
        if doomed := self.catalog.doomed():
            self.vectors.delete(list(doomed), [n for n in doomed.values() if n is not None])
            self.catalog.bury(list(doomed))

    def _files_lost(self) -> bool:
        """Whether the vectors' files do not reach as far as what was stored in them: somebody deleted or cut them."""
        last = int(self.catalog.rows("SELECT coalesce(max(n), 0) FROM passages WHERE embedded = 1")[0][0])
        # The catalog knows the dimensions: an ingest that finds nothing new need not load the embedder.
        return last > 0 and not self.vectors.hold(last, features.dimensions(self.catalog))

    def _reconcile(self) -> None:
        """Make the vectors agree with the catalog after a run that did not end by itself, or after a loss of files."""
        there = self.vectors.ids()
        dimensions = features.dimensions(self.catalog)
        written = self.vectors.attributes()["article"][: len(self.vectors.rows(dimensions)) if dimensions else 0]
        rows = self.catalog.rows("SELECT id, n, article, embedded FROM passages")
        lost = [
            r["id"]
            for r in rows
            if r["embedded"] and (r["id"] not in there or r["n"] >= len(written) or written[r["n"]] != r["article"])
        ]
        self.catalog.mark_embedded(lost, embedded=False)
        orphans = sorted(there - {r["id"] for r in rows})
        gone = sorted({int(n) for n in np.flatnonzero(written)} - {r["n"] for r in rows})
        if orphans or gone:
            self.vectors.delete(orphans, gone)
        self._delete_doomed()

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

    def _report(self) -> None:
        if self.progress:
            seen = sum(self._counts.values())
            pending = self.catalog.pending_count()
            self.progress(articles=seen, embedded=self._embedded, pending=pending, current=self._current)


def _under(file: str, roots: Iterable[str]) -> bool:
    return any(file == root or file.startswith(root.rstrip("/\\") + "/") for root in roots)


def _fingerprint(source: Source, context: Context) -> str | None:
    """Hash of a file's bytes and of what decides how they are read; None for a URL, which is always asked again."""
    if source.path is None:
        return None
    reader = readers.reader_for(source)
    digest = hashlib.sha256(f"{reader.FORMAT} {reader.VERSION} {context!r}\n".encode())
    with source.path.open("rb") as stream:
        while chunk := stream.read(_HASH_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
