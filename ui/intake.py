"""Taking articles into the archive from the page, and taking them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.errors import ArticleNotFound, RagError
from rag.types import Article, IngestReport
from ui import shelf
from ui.jobs import Job
from ui.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag import Archive


class Intake:
    """What the page adds to an archive and removes from it. One ingest at a time; safe to use from several threads."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._paths: list[str] = []
        self.uploads = Uploads(archive.path)
        self.job: Job[shelf.Seen, IngestReport] = Job()

    def add(self, uploaded: Sequence[str], place: str) -> None:
        """Begin to take in uploaded files, by their names, and a path or an address.

        Raises RagError if there is nothing of the kind, or another ingest of this page is going on.
        """
        paths = [str(self.uploads.path(name)) for name in uploaded]
        paths += [place.strip()] if place.strip() else []
        if not paths:
            raise RagError("There is nothing to add.", hint="Choose files, or name a folder or an address.")
        self._begin(paths)

    def finish(self) -> None:
        """Begin to do what an ingest that was stopped left. Raises Busy if one is going on."""
        # Only this process knows what it was taking in; of any other's ingest, the passages that are due are done.
        uploads = [str(self.uploads.folder)] if self.uploads.folder.is_dir() else []
        self._begin(self._paths or uploads)

    def _begin(self, paths: Sequence[str]) -> None:
        def work(tell: Callable[[shelf.Seen], None]) -> IngestReport:
            def progress(*, articles: int, embedded: int, pending: int, current: str) -> None:
                tell(shelf.Seen(articles, embedded, pending, current))

            report = self._archive.ingest(list(paths), progress)
            self.uploads.drop_unread(report)
            return report

        self.job.start("Taking articles in", work)
        self._paths = list(paths)

    def chosen(self, ids: Sequence[str]) -> list[Article]:
        """The articles of these ids that are there."""
        found = []
        for id in dict.fromkeys(ids):
            try:
                found.append(self._archive.article(id))
            except ArticleNotFound:  # gone since the list was shown: there is nothing to remove
                continue
        return found

    def remove(self, ids: Sequence[str]) -> int:
        """Take articles out, and the uploaded files that held nothing else. How many articles went. Raises RagError."""
        articles = self.chosen(ids)
        files = [file for article in articles if (file := self.uploads.of(article))]
        removed = self._archive.upkeep.remove([article.id for article in articles])
        self.uploads.drop(files)
        return len(removed.articles)
