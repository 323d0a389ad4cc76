"""What keeps an archive in order beside taking articles in: one file a topic, `Upkeep` is where they meet."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rag import readers
from rag import settings as settings_file
from rag.errors import SettingsError
from rag.ingest import Ingest
from rag.notes import CORRECTION, RETRACTION
from rag.reembedding import Reembedding, ReembedProgress, discard
from rag.serving import Serving
from rag.settings import Settings
from rag.store import home, notes, places
from rag.store.catalog import Catalog
from rag.store.lock import embedder_lock, write_lock
from rag.store.notes import Note
from rag.store.places import Place
from rag.store.vectors import Vectors
from rag.types import Article
from rag.upkeep import backup, removal, versions
from rag.upkeep import verify as checks
from rag.upkeep.backup import Backup
from rag.upkeep.findings import Health
from rag.upkeep.removal import Removed
from rag.upkeep.versions import Difference, Version


class Upkeep:
    """`archive.upkeep`. What writes holds the archive's lock, and raises ArchiveLocked while another process has it."""

    def __init__(self, path: Path, catalog: Catalog, serving: Serving, settings: Settings) -> None:
        self.path = path
        self._catalog = catalog
        self._serving = serving
        self._settings = settings

    @property
    def _vectors(self) -> Vectors:
        return self._serving.vectors

    def verify(self, *, repair: bool = False) -> Health:
        """Check catalog, full-text index and vectors against each other; `repair` makes anew what does not fit.

        Raises ArchiveError if the catalog's pages are damaged and a repair was asked for.
        """
        with write_lock(self.path):
            if not repair:
                return checks.verify(self._catalog, self._vectors)
            ingest = Ingest(self._catalog, self._vectors, self._serving.embedder, self._settings)
            return checks.repair(self._catalog, self._vectors, ingest)

    def reembed(self, name: str = "", progress: ReembedProgress | None = None) -> int:
        """Find with the embedder `name` from when all its vectors are there; until then the present one serves.

        It goes into `settings.toml`. May be stopped or killed at any time: without a name, a change that was begun goes
        on. How many passages were embedded. Raises UnknownModel, SettingsError, ArchiveLocked, ArchiveNotWritable.
        """
        with embedder_lock(self.path):  # before anything is noted: else it would be of two changes
            present = self._serving.embedder
            wanted = name or self._catalog.meta(home.NEXT) or present.name
            if wanted == present.name:
                settings_file.keep(self.path, self._settings, {"embedder": wanted})
                self._catalog.set_meta(home.NEXT, None)
                discard(self.path, self._catalog)
                return 0
            change = Reembedding(self.path, self._catalog, present, self._serving.open(wanted), progress)
            change.check()
            self._catalog.set_meta(home.NEXT, wanted)
            settings_file.keep(self.path, self._settings, {"embedder": wanted})
            return change.run()

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

    def backup(self, target: str | os.PathLike[str]) -> Backup:
        """Write a backup to a new folder or a new .zip file, also while others read and write.

        Raises ArchiveError if the target is there already or the archive is damaged, ArchiveNotWritable.
        """
        return backup.backup(self._catalog, self._vectors, self.path, Path(target))

    # -- removing ------------------------------------------------------------------------------------------------

    def remove(self, article_ids: Sequence[str]) -> Removed:
        """Take articles out with all their versions so that nothing of them stays in the archive's files.

        Their ids are kept, with the day: whatever is taken in later leaves them out, until `ingest(again=True)`.
        Takes about as long as writing the archive anew; a change of embedder that was stopped begins anew. Raises
        ArticleNotFound for an id that is none, ArchiveLocked while the embedder is changed; nothing is removed then.
        """
        with write_lock(self.path), embedder_lock(self.path):
            for id in article_ids:  # a mistaken one must not cost a change that was stopped
                self._catalog.article(id)
            discard(self.path, self._catalog)
            return removal.remove(self._catalog, self._vectors, self.path, article_ids)

    def ids_from(self, source: str) -> list[str]:
        """Ids of the articles that a file, a folder or a URL gave. Raises ArticleNotFound if there are none."""
        return removal.ids_from(self._catalog, source)

    # -- versions ------------------------------------------------------------------------------------------------

    def versions(self, article_id: str) -> tuple[Version, ...]:
        """All versions of an article, oldest first. Raises ArticleNotFound."""
        return versions.versions(self._catalog, article_id)

    def difference(self, article_id: str, old: int, new: int) -> Difference:
        """What changed between two versions of an article, sentence by sentence. Raises ArticleNotFound."""
        return versions.difference(self._catalog, article_id, old, new)

    # -- corrections and retractions -----------------------------------------------------------------------------

    def correct(self, article_id: str, note: str, by: str | None = None) -> None:
        """Note that an article is wrong in something, and which article says it right. Raises ArticleNotFound."""
        self._catalog.article(article_id)
        if by is not None:
            self._catalog.article(by)
        with write_lock(self.path):
            notes.add(self._catalog, article_id, CORRECTION, _worded(note), by)

    def retract(self, article_id: str, note: str) -> None:
        """Note that an article is withdrawn: it is no evidence any more, but can still be read. Raises ArticleNotFound.

        It stays so in later versions, until `reinstate`.
        """
        self._catalog.article(article_id)
        with write_lock(self.path):
            notes.add(self._catalog, article_id, RETRACTION, _worded(note))

    def reinstate(self, article_id: str) -> int:
        """Declare an article's retractions void, printed ones too. How many there were. Raises ArticleNotFound."""
        self._catalog.article(article_id)
        with write_lock(self.path):
            return notes.declare_void(self._catalog, article_id, RETRACTION)

    def notes(self, article_id: str) -> tuple[Note, ...]:
        """The corrections and retractions of an article that hold, oldest first. Raises ArticleNotFound."""
        self._catalog.article(article_id)
        return notes.of(self._catalog, article_id)

    def retracted(self) -> list[Article]:
        """All retracted articles."""
        there = self._catalog.rows("SELECT id FROM articles ORDER BY published_day IS NULL, published_day DESC, id")
        wanted = notes.retracted(self._catalog)
        return [self._catalog.article(row["id"]) for row in there if row["id"] in wanted]


def _worded(note: str) -> str:
    if not note.strip():
        raise SettingsError("the note is empty", hint="Say in a sentence what is wrong with the article.")
    return " ".join(note.split())
