"""The catalog: articles, passages and full-text index in one SQLite file, the source of truth of an archive."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from rag.errors import ArticleNotFound
from rag.store import failures
from rag.store.records import FIELDS, NEWER, Pending, article_of, facets, newer_of, passage_values, pending_of
from rag.store.schema import migrate
from rag.types import Article, Passage

Outcome = Literal["added", "updated", "unchanged"]
RUNNING = "ingest"  # entry that is there while an ingest runs, and stays if it is killed
_PENDING = (
    "SELECT p.n, p.id, p.article, a.title, substr(a.text, p.start + 1, p.end - p.start) AS body, p.start, "
    "p.sentences, a.published_day, a.outlet, a.section, a.language FROM passages p JOIN articles a ON a.n = p.article"
)


class Catalog:
    """One connection to the catalog, shared by the threads of a process.

    SQLite's own locking lets other processes read while one writes; write-ahead logging keeps readers from waiting.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = RLock()
        try:
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            migrate(self._db, str(path))
        except sqlite3.Error as error:
            raise failures.of_catalog(path, error) from error

    def close(self) -> None:
        """Close the connection. Further calls fail."""
        with self._lock:
            self._db.close()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query. Raises ArchiveError with SQLite's own words."""
        with self._lock:
            try:
                return self._db.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise failures.of_catalog(self.path, error) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing for the writes inside. Raises ArchiveNotWritable when the disk is full or read-only."""
        with self._lock:
            try:
                if self._db.in_transaction:  # part of a larger one, which decides
                    yield
                else:
                    self._db.execute("BEGIN IMMEDIATE")
                    with self._db:  # commits, or rolls back on any exception
                        yield
            except sqlite3.Error as error:
                raise failures.of_catalog(self.path, error) from error

    def write(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row of values; all or nothing."""
        with self.transaction():
            self._db.executemany(sql, rows)

    # -- settings and state ------------------------------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        """A value kept with the archive, or None."""
        found = self.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return found[0]["value"] if found else None

    def set_meta(self, key: str, value: str | None) -> None:
        """Keep a value with the archive; None takes it away."""
        with self.transaction():
            if value is None:
                self._db.execute("DELETE FROM meta WHERE key = ?", (key,))
            else:
                self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def ingesting(self) -> bool:
        """Whether an ingest is under way, here or in another process, or was killed."""
        return self.meta(RUNNING) is not None

    @property
    def content_version(self) -> str:
        """12 hexadecimal digits that depend on the current articles alone, not on how they came in."""
        return (self.meta("content") or "0" * 64)[:12]

    def _turn_content(self, article_id: str, content_hash: str) -> None:
        # Exclusive or: adding and taking away are the same, and order does not matter.
        import hashlib

        digest = hashlib.sha256(f"{article_id} {content_hash}".encode()).digest()
        before = bytes.fromhex(self.meta("content") or "0" * 64)
        self.set_meta("content", bytes(a ^ b for a, b in zip(before, digest)).hex())

    # -- articles ------------------------------------------------------------------------------------------------

    def put(self, article: Article, file: str, split: Callable[[Article], list[Passage]]) -> Outcome:
        """Take in what `article.source`, a place in `file`, says. Passages are cut only for what is new."""
        content_hash = article.content_hash
        with self.transaction():
            current = self.rows("SELECT n, version, content_hash FROM articles WHERE id = ?", (article.id,))
            said = self.rows("SELECT article_id, content_hash FROM sources WHERE source = ?", (article.source,))
            self._db.execute(
                "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?)", (article.source, file, article.id, content_hash)
            )
            if current:
                same = current[0]["content_hash"] == content_hash
                if same or (said and tuple(said[0]) == (article.id, content_hash)):
                    return "unchanged"
                self._supersede(article.id, current[0]["n"])
            last = "SELECT coalesce(max(version), 0) FROM versions WHERE article_id = ?"
            version = 1 + (current[0]["version"] if current else self.rows(last, (article.id,))[0][0])
            self._insert(article, content_hash, version, split(article))
            return "updated" if current else "added"

    def _insert(self, article: Article, content_hash: str, version: int, passages: Sequence[Passage]) -> None:
        record = article.to_dict()
        day = article.published.date().isoformat() if article.published else None
        columns = ("version", "content_hash", "published_day", *FIELDS, *NEWER)
        n = self._db.execute(
            f"INSERT INTO articles ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
            (version, content_hash, day, *(record[name] for name in FIELDS), *newer_of(article)),
        ).lastrowid
        self._db.executemany("INSERT OR IGNORE INTO facets VALUES (?, ?, ?)", [(*f, n) for f in facets(article)])
        self._insert_passages(article, version, n, passages)
        self._turn_content(article.id, content_hash)

    def _insert_passages(self, article: Article, version: int, n: int | None, passages: Sequence[Passage]) -> None:
        self._db.executemany(
            "INSERT INTO passages (id, article, start, end, sentences, searched) VALUES (?, ?, ?, ?, ?, ?)",
            [(f"{article.id}.{version}.{i}", n, *passage_values(p)) for i, p in enumerate(passages)],
        )
        self._db.execute(
            "INSERT INTO passage_index (rowid, title, body) SELECT n, title, body FROM passage_text WHERE article = ?",
            (n,),
        )

    def _supersede(self, article_id: str, n: int) -> None:
        """Move the current version of an article to the old ones and take its passages away."""
        row = self.rows("SELECT * FROM articles WHERE n = ?", (n,))[0]
        self._db.execute(
            "INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?)",
            (
                article_id,
                row["version"],
                row["content_hash"],
                json.dumps({name: row[name] for name in (*FIELDS, *NEWER)}, ensure_ascii=False),
                datetime.now(UTC).isoformat(timespec="seconds"),
            ),
        )
        self._drop(n, article_id, row["content_hash"])

    def _drop(self, n: int, article_id: str, content_hash: str) -> None:
        self._db.execute(
            "INSERT INTO passage_index (passage_index, rowid, title, body) "
            "SELECT 'delete', n, title, body FROM passage_text WHERE article = ?",
            (n,),
        )
        self._db.execute("INSERT OR IGNORE INTO doomed_vectors SELECT id, n FROM passages WHERE article = ?", (n,))
        self._db.execute("DELETE FROM passages WHERE article = ?", (n,))
        self._db.execute("DELETE FROM articles WHERE n = ?", (n,))
        self._turn_content(article_id, content_hash)

    def remove_sources(self, sources: Sequence[str]) -> int:
        """Forget places; articles that no other place has go with all their versions. Returns how many went."""
        removed = 0
        with self.transaction():
            for source in sources:
                rows = self.rows("SELECT article_id FROM sources WHERE source = ?", (source,))
                self._db.execute("DELETE FROM sources WHERE source = ?", (source,))
                for (article_id,) in rows:
                    if self.rows("SELECT 1 FROM sources WHERE article_id = ? LIMIT 1", (article_id,)):
                        continue
                    for row in self.rows("SELECT n, content_hash FROM articles WHERE id = ?", (article_id,)):
                        self._drop(row["n"], article_id, row["content_hash"])
                        removed += 1
                    self._db.execute("DELETE FROM versions WHERE article_id = ?", (article_id,))
        return removed

    def remove_articles(self, ids: Sequence[str]) -> int:
        """Remove articles with all their versions, whatever places have them. Returns how many went."""
        places = [row[0] for i in ids for row in self.rows("SELECT source FROM sources WHERE article_id = ?", (i,))]
        with self.transaction():
            removed = self.remove_sources(places)
            for id in ids:  # one that no place is known of
                for row in self.rows("SELECT n, content_hash FROM articles WHERE id = ?", (id,)):
                    self._drop(row["n"], id, row["content_hash"])
                    removed += 1
                self._db.execute("DELETE FROM versions WHERE article_id = ?", (id,))
        return removed

    def article(self, article_id: str, version: int | None = None) -> Article:
        """The current or an older version of an article. Raises ArticleNotFound."""
        rows = self.rows("SELECT * FROM articles WHERE id = ?", (article_id,))
        if version is not None and not (rows and rows[0]["version"] == version):
            rows = self.rows("SELECT record FROM versions WHERE article_id = ? AND version = ?", (article_id, version))
            if rows:
                return article_of(json.loads(rows[0]["record"]))
        if not rows:
            wanted = article_id if version is None else f"{article_id} version {version}"
            raise ArticleNotFound(f"no article {wanted} in {self.path.parent}")
        return article_of(rows[0])

    def cut_anew(self, article_id: str, split: Callable[[Article], list[Passage]]) -> None:
        """Replace an article's passages. Their vectors go before, and the full-text index is rebuilt afterwards.

        The old passages need not fit the text, so nothing that was computed from them can be taken out of the index.
        """
        with self.transaction():
            row = self.rows("SELECT * FROM articles WHERE id = ?", (article_id,))[0]
            self._db.execute("DELETE FROM passages WHERE article = ?", (row["n"],))
            article = article_of(row)
            self._insert_passages(article, row["version"], row["n"], split(article))

    # -- files ---------------------------------------------------------------------------------------------------

    def file(self, file: str) -> tuple[str, list[tuple[str, str]], int] | None:
        """(fingerprint, failures, number of articles) of a file that was read to its end, or None."""
        rows = self.rows("SELECT fingerprint, failures FROM files WHERE file = ?", (file,))
        if not rows:
            return None
        articles = self.rows("SELECT count(*) FROM sources WHERE file = ? AND content_hash != ''", (file,))[0][0]
        return rows[0]["fingerprint"], [(p, r) for p, r in json.loads(rows[0]["failures"])], articles

    def put_file(
        self, file: str, fingerprint: str, failures: Sequence[tuple[str, str]], empty: Sequence[str] = ()
    ) -> None:
        """Remember that a file was read to its end, what of it could not be read, and which places in it are empty now.

        An empty place keeps its article until a prune.
        """
        with self.transaction():
            self._db.executemany("UPDATE sources SET content_hash = '' WHERE source = ?", [(place,) for place in empty])
            self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (file, fingerprint, json.dumps(failures)))

    def forget_file(self, file: str) -> None:
        """Forget that a file was ever read."""
        with self.transaction():
            self._db.execute("DELETE FROM files WHERE file = ?", (file,))

    # -- vectors that are due --------------------------------------------------------------------------------------

    def pending(self, limit: int) -> list[Pending]:
        """Passages that still need their vectors, oldest first."""
        return [pending_of(row) for row in self.rows(f"{_PENDING} WHERE p.embedded = 0 ORDER BY p.n LIMIT ?", (limit,))]

    def to_embed(self, numbers: Sequence[int]) -> list[Pending]:
        """The passages of these numbers that are there, as `pending` gives them."""
        these = ", ".join("?" * len(numbers))
        return [pending_of(row) for row in self.rows(f"{_PENDING} WHERE p.n IN ({these}) ORDER BY p.n", numbers)]

    def pending_count(self) -> int:
        """How many passages still need their vectors."""
        return int(self.rows("SELECT count(*) FROM passages WHERE embedded = 0")[0][0])

    def mark_embedded(self, ids: Sequence[str], embedded: bool = True) -> None:
        """Note that these passages are among the vectors (or that they turned out not to be)."""
        with self.transaction():
            self._db.executemany("UPDATE passages SET embedded = ? WHERE id = ?", [(embedded, i) for i in ids])
            self.set_meta("vectors", str(int(self.meta("vectors") or 0) + 1))

    def doomed(self) -> dict[str, int | None]:
        """Ids of vectors whose passages are gone, with the passages' numbers where an earlier release kept them."""
        return {row["id"]: row["n"] for row in self.rows("SELECT id, n FROM doomed_vectors")}

    def bury(self, ids: Sequence[str]) -> None:
        """Note that these vectors are gone too."""
        with self.transaction():
            self._db.executemany("DELETE FROM doomed_vectors WHERE id = ?", [(i,) for i in ids])
            self.set_meta("vectors", str(int(self.meta("vectors") or 0) + 1))
