"""One SQLite file of the page's own, shared by the threads of a process and by several processes.

Conversations and feedback are kept in files that say what they are (SQLite's `application_id`) and which schema they
have (`user_version`); entry n of the migrations brings a file from schema n to n + 1, and released entries are never
edited. Only the owner of the process may read the file.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, TypeVar

from rag.errors import RagError

_WAIT = 30.0  # seconds for another process to finish writing
_Self = TypeVar("_Self", bound="Database")


class StoreError(RagError):
    """A file of conversations or feedback that cannot be read or written."""


class Database:
    """A connection that several threads may use. Use as a context manager, or call `close`.

    `kind` is a number that no other file of the project uses. Raises StoreError if the file is of another kind, of a
    newer release, damaged, or cannot be written.
    """

    def __init__(self, path: Path, kind: int, migrations: Sequence[str]) -> None:
        self.path = path
        self._lock = RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its other files the same rights
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}") from error
        try:
            self._db = sqlite3.connect(path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from error
        try:
            self._db.row_factory = sqlite3.Row
            self._migrate(kind, migrations)
            self._write_ahead()
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
        except sqlite3.Error as error:
            self._db.close()
            raise StoreError(f"{path}: {error}") from error
        except BaseException:
            self._db.close()
            raise

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. Further calls fail."""
        with self._lock:
            self._db.close()

    def _migrate(self, kind: int, migrations: Sequence[str]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            version, found = self._pragma("user_version"), self._pragma("application_id")
            empty = not self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            if found != kind and not (empty and version == 0 and found == 0):
                raise StoreError(f"{self.path} is a file of another kind", hint="Choose another file.")
            if version > len(migrations):
                raise StoreError(
                    f"{self.path} has schema {version}, this release knows {len(migrations)}",
                    hint="It was written by a newer release: update this one.",
                )
            for script in migrations[version:]:
                for statement in script.split(";\n"):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {kind}")
            self._db.execute(f"PRAGMA user_version = {len(migrations)}")

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def _write_ahead(self) -> None:
        # The one statement that does not wait for another process by itself.
        until = time.monotonic() + _WAIT
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of one statement, which may also be one that writes. Raises StoreError."""
        with self._lock:
            try:
                return self._db.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise StoreError(f"{self.path}: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing for the statements inside; others neither see half of it nor write meanwhile."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                with self._db:  # commits, or rolls back on any exception
                    yield
            except sqlite3.Error as error:
                raise StoreError(f"{self.path}: {error}") from error
