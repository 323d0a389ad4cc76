"""The archive: where the parts are put together, and the face that everything outside sees."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING

from rag import settings as settings_file
from rag.answer import Session, Turn, turns_of
from rag.embed import Embedder
from rag.errors import ArchiveMismatch, ArchiveNotWritable, ModelError, SettingsError
from rag.ingest import Ingest, IngestProgress
from rag.judges import Judge, open_judge
from rag.likely import Weighed, weighed
from rag.models import Progress
from rag.overview import Tally, overview, tally
from rag.query import asked
from rag.query.follow import accepted, make_whole, rewrite_messages
from rag.retrieve import Retriever
from rag.retrieve.compare import Candidate
from rag.serving import Serving
from rag.settings import Settings
from rag.store import home, lookup
from rag.store.catalog import Catalog
from rag.store.lock import write_lock
from rag.store.vectors import Vectors
from rag.types import Answer, ArchiveStatus, Article, Done, Event, Evidence, Filters, Hit, IngestReport
from rag.upkeep import Upkeep
from rag.write import Writer, check_name, open_writer

if TYPE_CHECKING:
    from rag.interop import BaseRetriever

_FIXED = ("embedder", "passage_tokens")
_INSTEAD = {"embedder": "then change it with `rag reembed`", "passage_tokens": "or ingest into a new archive"}


class Archive:
    """A set of articles on disk that can be searched and asked.

    Opening is cheap; models are fetched and loaded when first used, or by `warm`. Safe to use from several threads.
    Use as a context manager, or call `close`.
    """

    def __init__(self, path: str | os.PathLike[str], settings: Settings | None = None) -> None:
        self.path = Path(path).expanduser().absolute()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveNotWritable(
                f"{self.path} cannot be created: {error.strerror}", hint="Choose another folder with --archive."
            ) from error
        self.settings = settings or settings_file.load(self.path)
        self.progress: Progress | None = None
        self._catalog = Catalog(self.path / "catalog.sqlite3")
        self._serving = Serving(self.path, self._catalog, self.settings, lambda: self.progress)
        self._lock = RLock()
        self._writers: dict[str, Writer] = {}
        try:
            self._fix_settings()
        except BaseException:
            self.close()
            raise

    def _fix_settings(self) -> None:
        for name in _FIXED:  # what passages and vectors depend on cannot change under them
            chosen, built = str(getattr(self.settings, name)), self._catalog.meta(name)
            if built is None:
                self._catalog.set_meta(name, chosen)
            elif chosen not in (built, self._catalog.meta(home.NEXT) if name == home.EMBEDDER else built):
                raise ArchiveMismatch(
                    f"{self.path} was built with {name} = {built}, the settings say {chosen}",
                    hint=f"Set {name} back to {built}, {_INSTEAD[name]}.",
                )

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files. Models stay loaded for other archives of this process."""
        self._serving.close()
        self._catalog.close()

    @property
    def _vectors(self) -> Vectors:
        return self._serving.vectors

    @property
    def _embedder(self) -> Embedder:
        return self._serving.embedder

    @property
    def _retriever(self) -> Retriever:
        return self._serving.retriever

    @cached_property
    def _judge(self) -> Judge:
        return open_judge(self.settings.judge, self.settings)

    @property
    def upkeep(self) -> Upkeep:
        """What keeps the archive in order beside taking articles in: see `rag.upkeep`."""
        return Upkeep(self.path, self._catalog, self._serving, self.settings)

    def _writer(self, name: str | None) -> Writer:
        chosen = self.settings if name is None else self.settings.override({"writer": name}, "writer")
        with self._lock:
            if chosen.writer not in self._writers:
                self._writers[chosen.writer] = open_writer(chosen, self.progress)
            return self._writers[chosen.writer]

    def warm(self, *, writer: bool = True, index: bool = True) -> None:
        """Load the models now, so that no question waits for them; `index` waits for a large archive's index too."""
        self._retriever.warm(index)
        if writer:
            self._writer(None).load()
            getattr(self._judge, "load", lambda: None)()

    def ingest(
        self,
        paths_or_urls: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        progress: IngestProgress | None = None,
        *,
        prune: bool = False,
        again: bool = False,
    ) -> IngestReport:
        """Take in articles from files, folders and URLs. What is already there costs nothing; changes are versions.

        `prune` removes what earlier ingests found under the paths and is gone, `again` takes in what `upkeep.remove`
        took out; `failed` names what stays out. Killed, it goes on next time. Raises ArchiveLocked, ArchiveNotWritable.
        """
        several = [paths_or_urls] if isinstance(paths_or_urls, str | os.PathLike) else paths_or_urls
        with write_lock(self.path):
            run = Ingest(self._catalog, self._vectors, self._embedder, self.settings, progress, prune, again)
            return run.run([str(place) for place in several])

    def search(
        self,
        question: str,
        k: int = 10,
        filters: Filters | None = None,
        *,
        as_of: date | None = None,
        ignore: Collection[str] = (),
    ) -> list[Hit]:
        """Up to `k` passages for a question, best first. No model writes anything. Raises SettingsError on k < 1.

        Outlets, bylines, sections, periods of publication and quoted words of the question limit what is found;
        `find` tells how they were read. `as_of` is the day that "last week" is counted from (None: today, or the
        archive's last if earlier); `ignore` switches off what was understood: a kind ("outlets", "bylines",
        "sections", "published", "phrases", "parts") or a value that `Understood` shows.
        """
        return list(self.find(question, k, filters, as_of=as_of, ignore=ignore).hits)

    def find(
        self,
        question: str,
        k: int = 10,
        filters: Filters | None = None,
        *,
        history: Sequence[Turn | Answer] = (),
        as_of: date | None = None,
        ignore: Collection[str] = (),
    ) -> Evidence:
        """As `search`, together with what the question was understood as and what the archive does not hold."""
        if k < 1:
            raise SettingsError(f"k must be at least 1, not {k}")
        begun = time.perf_counter()
        query = self._retriever.understand(asked(question), turns_of(history), as_of, ignore)
        found = self._retriever.search(query, k, filters or Filters())
        return Evidence(found.hits, time.perf_counter() - begun, found.understood)

    def candidates(self, question: str, filters: Filters | None = None) -> list[Candidate]:
        """What a search weighs: each candidate of each side of the question, with its features and probability."""
        return self._retriever.candidates(self._retriever.understand(asked(question)), filters or Filters())

    def weighed(self, question: str) -> list[Weighed]:
        """What an answer is made of: each sentence of the evidence, with the figures that tell whether it answers."""
        query = self._retriever.understand(asked(question))
        found = self._retriever.search(query, self.settings.evidence_passages, Filters())
        return weighed(query.text, found, self._retriever.read(query.text, found.hits))

    def as_retriever(self, k: int = 10, filters: Filters | None = None) -> BaseRetriever:
        """`search` as a LlamaIndex retriever: TextNodes with exact offsets. The archive must stay open meanwhile."""
        from rag.llama_retriever import ArchiveRetriever

        return ArchiveRetriever(self.search, k, filters)

    def ask(
        self,
        question: str,
        history: Sequence[Turn | Answer] = (),
        filters: Filters | None = None,
        *,
        writer: str | None = None,
        as_of: date | None = None,
        ignore: Collection[str] = (),
    ) -> Answer:
        """The answer to a question, each sentence checked. See `stream` for the arguments."""
        *_, done = self.stream(question, history, filters, writer=writer, as_of=as_of, ignore=ignore)
        assert isinstance(done, Done)
        return done.answer

    def stream(
        self,
        question: str,
        history: Sequence[Turn | Answer] = (),
        filters: Filters | None = None,
        *,
        writer: str | None = None,
        as_of: date | None = None,
        ignore: Collection[str] = (),
        likeliest: bool = False,
    ) -> Iterator[Event]:
        """The answer as it comes: Evidence, then Delta and Checked, then Done. Closing the iterator stops the writer.

        `history` holds earlier turns, oldest first, as (question, answer text) or Answers: a follow-up is made whole
        by rules, or where they do not suffice by the writer's model, before the evidence. `writer` replaces the
        settings' one for this question; one that fails is replaced by the extractive one, and the answer's notices say
        so. `as_of` and `ignore` are as for `search`. With `likeliest`, Evidence comes a second time, as soon as it is
        known which of its sentences most likely hold what is asked. Raises SettingsError for an empty question.
        """
        begun = time.perf_counter()
        check_name(writer or self.settings.writer)
        question, turns = asked(question), turns_of(history)
        alone = "history" in ignore or not self.takes_model(question, turns)
        whole = None if alone else self._rewritten(question, turns, writer)
        query = self._retriever.understand(question, turns, as_of, ignore, whole)
        session = Session(
            question=question,
            retriever=self._retriever,
            writer=writer or self.settings.writer,
            open_writer=lambda: self._writer(writer),
            judge=self._judge,
            settings=self.settings,
            version=self.version,
            articles=lambda: int(self._catalog.rows("SELECT count(*) FROM articles")[0][0]),
            likeliest=likeliest,
        )
        return session.run(query, filters or Filters(), begun)

    def takes_model(self, question: str, history: Sequence[Turn | Answer]) -> bool:
        """Whether a follow-up has to be made whole by the writer's model before anything is found."""
        return bool(history) and not make_whole(question, turns_of(history)).sure

    def _rewritten(self, question: str, turns: Sequence[Turn], writer: str | None) -> str | None:
        """A follow-up that rules cannot make whole, made whole by the writer's model if it can be trusted."""
        try:
            reply = self._writer(writer).reply(rewrite_messages(question, turns))
        except ModelError:  # announced when it is asked to write; the rules' text serves for searching
            return None
        return accepted(reply, question, turns) if reply else None

    def article(self, article_id: str, version: int | None = None) -> Article:
        """One article, current or an older version. Raises ArticleNotFound."""
        return self._catalog.article(article_id, version)

    def articles(self, filters: Filters | None = None, limit: int = 1000, offset: int = 0) -> list[Article]:
        """Current articles, newest first."""
        return lookup.articles(self._catalog, filters or Filters(), limit, offset)

    @property
    def version(self) -> str:
        """12 hexadecimal digits that change whenever an article does; equal archives have equal ones."""
        return self._catalog.content_version

    def status(self) -> ArchiveStatus:
        """What is in the archive, and what is unfinished."""
        return overview(self._catalog, self.path, self.settings)

    def tally(self, filters: Filters | None = None) -> Tally:
        """Current articles that pass, counted by outlet, section, byline and month. No text is read."""
        return tally(self._catalog, filters or Filters())

    def check_writer(self, name: str) -> None:
        """Raise SettingsError or UnknownModel if no writer is called `name`. Loads nothing."""
        check_name(name)

    def keep_writer(self, name: str) -> None:
        """Write with `name` from now on: it goes into `settings.toml`. Raises SettingsError, UnknownModel."""
        check_name(name)
        self.settings = settings_file.keep(self.path, self.settings, {"writer": name})

    def keep_judge(self, name: str) -> None:
        """Check with `name` from the next question on, by `settings.toml` too. Raises what `open_judge` does."""
        judge = open_judge(name, self.settings)
        self.settings = settings_file.keep(self.path, self.settings, {"judge": name})
        self._judge = judge
