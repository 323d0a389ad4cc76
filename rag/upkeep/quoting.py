"""Where else in the archive's folder an article is quoted: conversations, feedback, and whatever else is kept there.

Those files belong to the page, which this library does not know. So every SQLite file beside the catalog is read for
what it is: tables of rows, some of which hold the article's id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rag.record import Record
from rag.upkeep.salvage import NAME

_HEADER = b"SQLite format 3\0"
_NAMES = ("name", "title", "question", "id")  # columns that tell a person which row it is
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Quoting(Record):
    """A row outside the catalog that quotes a removed article: the file, the table, and what it is called."""

    file: str
    table: str
    name: str


def databases(folder: Path) -> list[Path]:
    """The SQLite files of an archive's folder, but the catalog."""
    return [path for path in sorted(folder.iterdir()) if path.is_file() and path.name != NAME and _is_database(path)]


def quoting(folder: Path, article_ids: Sequence[str]) -> tuple[list[Quoting], list[str]]:
    """Rows that hold one of the ids, and files that could not be read, each with the reason."""
    found: list[Quoting] = []
    unread = []
    for path in databases(folder):
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)) as db:
                db.row_factory = sqlite3.Row
                for table, name in _rows(db, article_ids):
                    found.append(Quoting(path.name, table, name))
        except sqlite3.Error as error:
            unread.append(f"{path.name}: {error}")
    return list(dict.fromkeys(found)), unread


def _is_database(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_HEADER)) == _HEADER


def _rows(db: sqlite3.Connection, article_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    virtual = [r["name"] for r in db.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'")]
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if any(table == v or table.startswith(f"{v}_") for v in virtual):  # an index of what other tables hold
            continue
        columns = [row["name"] for row in db.execute(f'PRAGMA table_info("{table}")')]
        holds = " OR ".join(f'instr("{column}", ?)' for column in columns)
        for id in article_ids:
            for row in db.execute(f'SELECT * FROM "{table}" WHERE {holds}', [id] * len(columns)):
                yield table, _called(db, table, row)


def _called(db: sqlite3.Connection, table: str, row: sqlite3.Row) -> str:
    """What a person would call a row: the name of what it belongs to, or its own."""
    for key in db.execute(f'PRAGMA foreign_key_list("{table}")').fetchall():
        parent = db.execute(
            f'SELECT * FROM "{key["table"]}" WHERE "{key["to"] or "rowid"}" = ?', (row[key["from"]],)
        ).fetchone()
        if parent is not None and (name := _name(parent)):
            return name
    return _name(row)


def _name(row: sqlite3.Row) -> str:
    there = row.keys()
    value = next((str(row[name]) for name in _NAMES if name in there and row[name]), "")
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
