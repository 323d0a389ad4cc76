"""Another embedder for an archive that is in use.

Its vectors are made in a folder of their own, beside those that serve; when all are there, one transaction of the
catalog puts them in the place of the others. Meanwhile questions are answered and articles taken in as before. The
folder holds Chroma's files, the flat rows, and `features.sqlite3`, whose rows are written after their passages' vectors
are on disk: a change that was stopped or killed goes on where it was.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from rag.embed import Embedder
from rag.embedding import make
from rag.errors import ArchiveLocked, ArchiveNotWritable, SettingsError
from rag.store import attributes, features, home
from rag.store.catalog import Catalog
from rag.store.lock import write_lock
from rag.store.rows import ATTRIBUTES
from rag.store.vectors import Vectors

_BATCH = 256  # passages embedded and stored at a time
_READ = 30.0  # seconds that those who count what is done may keep it from being written
_PATIENCE = 0.5  # seconds between two attempts to write
_DONE = "features.sqlite3"


class ReembedProgress(Protocol):
    """Called as a change of embedder goes on: passages done, and how many there are."""

    def __call__(self, *, done: int, total: int) -> None: ...


class _Done:
    """What is done, with its features and the name of what made it, in a file beside the new vectors."""

    def __init__(self, folder: Path, embedder: str) -> None:
        self._db = sqlite3.connect(folder / _DONE, isolation_level=None, timeout=_READ)
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS passage_features "
            "(passage INTEGER PRIMARY KEY, words BLOB NOT NULL, counts BLOB NOT NULL, vectors BLOB NOT NULL)"
        )
        self._db.execute("CREATE TABLE IF NOT EXISTS made (embedder TEXT NOT NULL)")
        if not self._db.execute("SELECT 1 FROM made").fetchone():
            self._db.execute("INSERT INTO made VALUES (?)", (embedder,))

    def write(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """As the catalog's: all or nothing."""
        self._db.execute("BEGIN")
        with self._db:
            self._db.executemany(sql, rows)

    def numbers(self) -> set[int]:
        return {row[0] for row in self._db.execute("SELECT passage FROM passage_features")}

    def rows(self, there: set[int]) -> Iterator[tuple[int, bytes, bytes, bytes]]:
        return (row for row in self._db.execute("SELECT * FROM passage_features ORDER BY passage") if row[0] in there)

    def close(self) -> None:
        self._db.close()


def made_in(folder: Path) -> tuple[str | None, int]:
    """The embedder of what is being made in a folder, and how many passages are done; None if nothing is there.

    Raises sqlite3.OperationalError if it cannot be read now.
    """
    if not (folder / _DONE).exists():
        return None, 0
    try:
        # Not only to be read: a transaction that was cut off by a kill is undone by whoever opens it.
        with closing(sqlite3.connect(folder / _DONE, timeout=_READ)) as db:
            found = db.execute("SELECT embedder, (SELECT count(*) FROM passage_features) FROM made").fetchone()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "no such table" not in str(error):
            raise
        return None, 0  # killed before it was made, or damaged: begun anew either way
    return (str(found[0]), int(found[1])) if found else (None, 0)


@dataclass
class Reembedding:
    """One change of embedder, begun or gone on with. `old` serves, `new` takes its place.

    The caller holds the archive's `embedder_lock`.
    """

    path: Path
    catalog: Catalog
    old: Embedder
    new: Embedder
    progress: ReembedProgress | None = None

    def check(self) -> None:
        """Raise SettingsError if the new embedder cannot read whole passages."""
        if self.new.max_tokens < self.old.max_tokens:
            raise SettingsError(
                f"{self.new.name} reads {self.new.max_tokens} tokens of a text, and the passages of {self.path} were "
                f"cut for {self.old.name}, which reads {self.old.max_tokens}: it would not see their ends",
                hint="Ingest into a new archive, with `embedder` in its settings.toml.",
            )

    def run(self) -> int:
        """Make what is missing and put it in place; how many passages there were to make.

        Raises ArchiveNotWritable. Waits for whoever writes to the archive. Nothing that is done is lost.
        """
        folder = self.path / home.following(self.catalog)
        try:
            if made_in(folder)[0] != self.new.name:
                discard(self.path, self.catalog)
            folder.mkdir(exist_ok=True)
            return self._made(folder)
        except sqlite3.Error as error:
            raise ArchiveNotWritable(f"{folder / _DONE}: {error}", hint="Free some space; it goes on then.") from error
        except OSError as error:
            raise ArchiveNotWritable(f"{folder}: {error.strerror}", hint="Check its permissions.") from error

    def _made(self, folder: Path) -> int:
        with closing(_Done(folder, self.new.name)) as done, closing(Vectors(folder)) as vectors:
            made = 0
            while due := self._due(done):  # articles may be taken in meanwhile
                made += self._make(due, done, vectors)
            with self._alone(done):
                made += self._make(self._due(done), done, vectors)
                self._put_in_place(folder, done, vectors)
        discard(self.path, self.catalog)
        return made

    @contextmanager
    def _alone(self, done: _Done) -> Iterator[None]:
        """Hold the write lock, once whoever has it has ended."""
        with ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(write_lock(self.path))
                    break
                except ArchiveLocked:
                    count = len(done.numbers())
                    self._tell(count, count)
                    time.sleep(_PATIENCE)
            yield

    def _due(self, done: _Done) -> list[int]:
        there = self.catalog.rows("SELECT n FROM passages WHERE embedded = 1 ORDER BY n")
        known = done.numbers()
        return [row["n"] for row in there if row["n"] not in known]

    def _make(self, due: Sequence[int], done: _Done, vectors: Vectors) -> int:
        before = len(done.numbers())
        self._tell(before, before + len(due))
        for start in range(0, len(due), _BATCH):
            made = make(self.new, self.catalog.to_embed(due[start : start + _BATCH]))
            if made.ids:
                vectors.upsert(made.ids, made.numbers, made.vectors, made.attributes)
                features.write(done, made.numbers, made.words, made.sentences)
            self._tell(before + min(start + _BATCH, len(due)), before + len(due))
        return len(due)

    def _tell(self, done: int, total: int) -> None:
        if self.progress:
            self.progress(done=done, total=total)

    def _put_in_place(self, folder: Path, done: _Done, vectors: Vectors) -> None:
        """The caller holds the write lock."""
        stored = self.catalog.rows(
            "SELECT p.id, p.n, p.article, a.published_day, a.outlet, a.section, a.language "
            "FROM passages p JOIN articles a ON a.n = p.article WHERE p.embedded = 1 ORDER BY p.n"
        )
        known = [tuple(row)[2:] for row in stored]
        kept, numbers = {row["id"] for row in stored}, [row["n"] for row in stored]
        gone = sorted(done.numbers() - set(numbers))
        vectors.delete(sorted(vectors.ids() - kept), gone)
        if numbers:
            vectors.erase(gone, self.new.dimensions)
            # What filters ask for may have changed since: an article's date, an outlet's name.
            vectors.write_attributes(numbers, np.array([attributes.record(*row) for row in known], ATTRIBUTES))
        with self.catalog.transaction():
            self.catalog.rows("DELETE FROM passage_features")
            self.catalog.write("INSERT INTO passage_features VALUES (?, ?, ?, ?)", done.rows(set(numbers)))
            home.move(self.catalog, folder.name, self.new.name)


def discard(path: Path, catalog: Catalog) -> None:
    """Take away every folder of vectors but the one that serves, and of that what it was made by."""
    for folder in home.every(path):
        if folder.name != home.name(catalog):
            shutil.rmtree(folder)
        else:
            for name in (_DONE, f"{_DONE}-journal"):  # what is removed from the archive would stay in it
                (folder / name).unlink(missing_ok=True)


def progress_of(path: Path, catalog: Catalog) -> tuple[str, int] | None:
    """The embedder that an archive is being changed to, and how many passages are done; None if it is not."""
    wanted = catalog.meta(home.NEXT)
    if wanted is None:
        return None
    try:
        embedder, done = made_in(path / home.following(catalog))
    except sqlite3.OperationalError:  # how far it is cannot be told now; that it goes on can
        return wanted, 0
    return wanted, done if embedder == wanted else 0
