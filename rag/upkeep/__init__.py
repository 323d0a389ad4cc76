"""What keeps an archive in order beside taking articles in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rag import readers
from rag.errors import ArticleNotFound, SettingsError
from rag.settings import Settings
from rag.store import places
from rag.store.catalog import Catalog
from rag.store.lock import write_lock
from rag.store.places import Place
from rag.store.vectors import Vectors


class Upkeep:
    """`archive.upkeep`. What writes holds the archive's lock, and raises ArchiveLocked while another process has it."""

    def __init__(self, path: Path, catalog: Catalog, vectors: Vectors, settings: Settings) -> None:
        self.path = path
        self._catalog = catalog
        self._vectors = vectors
        self._settings = settings

    def remove(self, article_ids: Sequence[str]) -> int:
        """Take articles out with all their versions: text, full-text entries and vectors. How many went.

        Raises ArticleNotFound for an id that is none; nothing is removed then.
        """
        with write_lock(self.path):
            with self._catalog.transaction():
                sources = [source for id in article_ids for source in self._sources(id)]
                removed = self._catalog.remove_sources(sources)
            if doomed := self._catalog.doomed():
                self._vectors.delete(list(doomed), [n for n in doomed.values() if n is not None])
                self._catalog.bury(list(doomed))
        return removed

    def places(self) -> list[Place]:
        """Every path and address that was given to an ingest, with what came of it: what `rag sync` reads again."""
        return places.places(self._catalog)

    def forget(self, place: str) -> None:
        """Take a place off that list; its articles stay. Raises SettingsError if it is not on it."""
        names = dict.fromkeys([place, str(Path(place).absolute()), readers.place_of(place) or place])
        with write_lock(self.path):
            if not any(places.forget(self._catalog, name) for name in names):
                raise SettingsError(f"{place} is no recorded place", hint="`rag sync --list` shows them.")

    def files_under(self, path: Path) -> list[str]:
        """The files at or under a resolved path that articles were taken from, in alphabetical order."""
        rows = self._catalog.rows(
            "SELECT DISTINCT file FROM sources WHERE file = ? OR substr(file, 1, ?) = ? ORDER BY file",
            (str(path), len(f"{path}{os.sep}"), f"{path}{os.sep}"),
        )
        return [row["file"] for row in rows]

    def _sources(self, article_id: str) -> list[str]:
        found = self._catalog.rows("SELECT source FROM sources WHERE article_id = ?", (article_id,))
        if not found:
            raise ArticleNotFound(f"no article {article_id}")
        return [row["source"] for row in found]
