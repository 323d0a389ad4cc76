"""What keeps an archive in order beside taking articles in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rag.errors import ArticleNotFound
from rag.settings import Settings
from rag.store.catalog import Catalog
from rag.store.lock import write_lock
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
                places = [place for id in article_ids for place in self._places(id)]
                sources, files = [source for source, _ in places], {file for _, file in places}
                for file in files:
                    self._catalog.forget_file(file)  # so that it is read again when it is named again
                removed = self._catalog.remove_sources(sources)
            if doomed := self._catalog.doomed():
                self._vectors.delete(list(doomed), [n for n in doomed.values() if n is not None])
                self._catalog.bury(list(doomed))
        return removed

    def _places(self, article_id: str) -> list[tuple[str, str]]:
        """Where an article was found: the place and the file that it is in."""
        found = self._catalog.rows("SELECT source, file FROM sources WHERE article_id = ?", (article_id,))
        if not found:
            raise ArticleNotFound(f"no article {article_id}")
        return [(row["source"], row["file"]) for row in found]
