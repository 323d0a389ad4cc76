"""A catalog with damaged pages: what can be read of it is copied into a new one, and what cannot is named.

The damaged file is kept beside the new one. Of a table with row numbers everything is read but the rows on damaged
pages; of the others, what comes before the first damaged page and after the last. An article whose text does not have
its hash any more is lost too. The record of files that were read is left behind, so that the next ingest reads them all
again and brings back what was lost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import ArchiveError
from rag.record import Record
from rag.store import home
from rag.store.catalog import Catalog
from rag.store.rows import ATTRIBUTES
from rag.upkeep import content

NAME = "catalog.sqlite3"
_SIDE = ("", "-wal", "-shm")
_LEFT_BEHIND = ("files", "sqlite_sequence")
_INDEX = "passage_index"


@dataclass(frozen=True, slots=True)
class Salvaged(Record):
    """What copying a damaged catalog gave. `lost` are the articles that are known to have been there: (id, place)."""

    damage: tuple[str, ...]
    kept: str
    articles: int
    lost: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def damage(folder: Path) -> tuple[str, ...]:
    """What SQLite says is wrong with the pages of an archive's catalog; nothing if it is sound or not there."""
    path = folder / NAME
    if not path.exists():
        return ()
    said: list[str] = []
    try:
        with closing(sqlite3.connect(path, timeout=30)) as db:
            said += _damaged_pages(db)
            for (text,) in db.execute("PRAGMA integrity_check(20)"):
                said += text.splitlines()
    except sqlite3.OperationalError as error:
        raise ArchiveError(f"{path} cannot be checked: {error}", hint="Check the permissions of the folder.") from error
    except sqlite3.DatabaseError as error:
        said.append(str(error))
    return tuple(line for line in said if line != "ok")


def _damaged_pages(db: sqlite3.Connection) -> list[str]:
    """Pages of the wrong kind, by number and table. The integrity check gives up at the first without naming it."""
    sql = "SELECT pageno, name FROM dbstat WHERE pagetype NOT IN ('leaf', 'internal', 'overflow') LIMIT 20"
    try:
        return [f"page {number} of {name} is damaged" for number, name in db.execute(sql)]
    except sqlite3.OperationalError:  # this build of SQLite has no dbstat: the check says what it can
        return []


def salvage(folder: Path) -> Salvaged:
    """Replace a damaged catalog by what can be read of it. The caller holds the write lock, and nobody has it open.

    Raises ArchiveError if nothing can be read; nothing is changed then.
    """
    path, fresh = folder / NAME, folder / f"{NAME}.new"
    said = damage(folder)
    _unlink(fresh)
    try:
        with closing(sqlite3.connect(path, timeout=30)) as old:
            old.text_factory = lambda data: data.decode("utf-8", "replace")
            tables = _tables(old)
            with closing(Catalog(fresh)) as new:
                with closing(sqlite3.connect(fresh, isolation_level=None)) as db:
                    notes = _copied(old, db, tables)
                    _number_on(old, db, folder)
                lost = _completed(new)
                notes += [f.text for f in content.pages(new)]
                articles = new.rows("SELECT count(*) FROM articles")[0][0]
                new.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        _unlink(fresh)
        raise ArchiveError(
            f"{path}: nothing can be read of it: {error}",
            hint="Restore a backup (`rag restore`), or ingest into a new archive.",
        ) from error
    kept = folder / f"{NAME}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    for side in _SIDE:
        if (place := folder / f"{NAME}{side}").exists():
            place.rename(f"{kept}{side}")
    fresh.replace(path)
    return Salvaged(said, str(kept), articles, tuple(lost), tuple(notes))


def _unlink(path: Path) -> None:
    for side in _SIDE:
        Path(f"{path}{side}").unlink(missing_ok=True)


def _tables(db: sqlite3.Connection) -> set[str]:
    rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name for (name,) in rows if not name.startswith(_INDEX) and name not in _LEFT_BEHIND}


def _copied(old: sqlite3.Connection, new: sqlite3.Connection, there: set[str]) -> list[str]:
    """Copy the tables that both have; what was not readable, in words."""
    notes = []
    new.execute("PRAGMA foreign_keys = OFF")
    new.execute("BEGIN")
    for table in sorted(_tables(new) & there):
        names = {row[1] for row in old.execute(f"PRAGMA table_info({table})")}
        columns = ", ".join(f'"{r[1]}"' for r in new.execute(f"PRAGMA table_info({table})") if r[1] in names)
        reading = _Reading(old, table, columns)
        refused = 0
        for row in reading:
            try:
                new.execute(f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({', '.join('?' * len(row))})", row)
            except sqlite3.IntegrityError:  # a row that is damaged itself: counted, and named by what it leaves out
                refused += 1
        if reading.faults or refused:
            notes.append(f"table {table}: {reading.faults} unreadable places, {refused} rows that make no sense")
    new.execute("COMMIT")
    return notes


class _Reading:
    """The rows of a table that can be read; `faults` counts the places where it could not go on."""

    def __init__(self, db: sqlite3.Connection, table: str, columns: str) -> None:
        self._db, self._table, self._columns = db, table, columns
        self.faults = 0

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        (sql,) = self._db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (self._table,)).fetchone()
        return self._unnumbered() if "WITHOUT ROWID" in sql.upper() else self._numbered()

    def _numbered(self) -> Iterator[tuple[object, ...]]:
        last, end = -1, self._end()
        while True:
            try:
                for row in self._db.execute(
                    f"SELECT rowid, {self._columns} FROM {self._table} WHERE rowid > ? ORDER BY rowid", (last,)
                ):
                    last = row[0]
                    yield row[1:]
                return
            except sqlite3.DatabaseError:
                self.faults += 1
            while last < end:  # row by row over what is damaged
                last += 1
                try:
                    row = self._db.execute(
                        f"SELECT {self._columns} FROM {self._table} WHERE rowid = ?", (last,)
                    ).fetchone()
                except sqlite3.DatabaseError:
                    continue
                if row:
                    yield row
                    break
            else:
                return

    def _end(self) -> int:
        """The highest row number, as far as anything still tells it."""
        found = 0
        for sql in (
            f"SELECT max(rowid) FROM {self._table}",
            f"SELECT seq FROM sqlite_sequence WHERE name = '{self._table}'",
        ):
            try:
                row = self._db.execute(sql).fetchone()
            except sqlite3.DatabaseError:
                continue
            found = max(found, (row and row[0]) or 0)
        return found

    def _unnumbered(self) -> Iterator[tuple[object, ...]]:
        keys = [row[1] for row in self._db.execute(f"PRAGMA table_info({self._table})") if row[5]]
        for order in ("ASC", "DESC"):
            by = ", ".join(f"{key} {order}" for key in keys)
            try:
                yield from self._db.execute(f"SELECT {self._columns} FROM {self._table} ORDER BY {by}")
                return
            except sqlite3.DatabaseError:
                self.faults += 1


def _number_on(old: sqlite3.Connection, new: sqlite3.Connection, folder: Path) -> None:
    """Go on counting passages where the damaged catalog was: a number is never used twice."""
    rows = [place / "attributes" for place in home.every(folder)]
    used = {"passages": max((r.stat().st_size // ATTRIBUTES.itemsize for r in rows if r.exists()), default=0)}
    try:
        for name, last in old.execute("SELECT name, seq FROM sqlite_sequence"):
            used[name] = max(used.get(name, 0), last)
    except sqlite3.DatabaseError:
        pass  # the rows that were copied tell the rest
    for name, last in used.items():
        new.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, name))
        new.execute(
            "INSERT INTO sqlite_sequence SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?)",
            (name, last, name),
        )


def _completed(new: Catalog) -> list[tuple[str, str]]:
    """Drop what is damaged or belongs to nothing, make the index; returns the articles that are lost."""
    broken = content.content(new).altered
    with new.transaction():
        new.write("DELETE FROM articles WHERE id = ?", [(id,) for id in broken])
        for table in ("facets", "passages", "story_signatures", "story_bands", "story_pairs"):
            new.rows(f"DELETE FROM {table} WHERE article NOT IN (SELECT n FROM articles)")
        new.rows("DELETE FROM story_pairs WHERE other NOT IN (SELECT n FROM articles)")
        new.rows("DELETE FROM passage_features WHERE passage NOT IN (SELECT n FROM passages)")
        content.rebuild_full_text(new)
        new.set_meta("content", content.content(new).content)
        missing = new.rows("SELECT article_id, source FROM sources WHERE article_id NOT IN (SELECT id FROM articles)")
        lost = {row["article_id"]: row["source"] for row in missing}
        new.write("DELETE FROM sources WHERE article_id = ?", [(id,) for id in lost])
        new.rows("INSERT OR IGNORE INTO sources SELECT source, source, id, content_hash FROM articles")
        new.rows("UPDATE articles SET compared = 0, noted = 0")
        for table in ("story_pairs", "story_bands", "story_signatures"):  # compared anew, since rows may be missing
            new.rows(f"DELETE FROM {table}")
    return sorted((lost | {id: lost.get(id, "") for id in broken}).items())
