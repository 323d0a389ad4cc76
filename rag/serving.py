"""What finds in an archive: the vectors that serve, the embedder that made them, and the retriever over both.

Another thread or process may put another embedder's vectors in their place at any moment: whoever asks next gets those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import RLock

from rag.embed import Embedder, open_embedder
from rag.models import Progress
from rag.pertinence import of_pack
from rag.retrieve import Retriever
from rag.retrieve.rank import load as load_weights
from rag.retrieve.rank import parts_of
from rag.retrieve.rerank import Reranker
from rag.settings import Settings
from rag.store import home
from rag.store.catalog import Catalog
from rag.store.vectors import Vectors


class _Generation:
    """The vectors in one folder, and what goes with them; each is made when it is first used."""

    def __init__(self, folder: Path, name: str, serving: Serving) -> None:
        self.folder, self.name, self._serving = folder, name, serving
        self.vectors = Vectors(folder)

    @cached_property
    def embedder(self) -> Embedder:
        return self._serving.open(self.name)

    @cached_property
    def retriever(self) -> Retriever:
        settings = self._serving.settings
        reranker = Reranker(settings.reranker, settings.threads) if settings.reranker else None
        weights, parts = load_weights(settings.weights), parts_of(settings.without)
        read = of_pack(self.name)
        return Retriever(self._serving.catalog, self.vectors, self.embedder, weights, parts, reranker, read)


@dataclass
class Serving:
    """Safe to use from several threads."""

    path: Path
    catalog: Catalog
    settings: Settings
    watching: Callable[[], Progress | None]
    _lock: RLock = field(default_factory=RLock)
    _past: list[_Generation] = field(default_factory=list)
    _now: _Generation | None = None

    @property
    def vectors(self) -> Vectors:
        """The vectors that serve."""
        return self._current().vectors

    @property
    def embedder(self) -> Embedder:
        """What made them. Raises what `open_embedder` does."""
        with self._lock:
            return self._current().embedder

    @property
    def retriever(self) -> Retriever:
        """What finds by them. Raises what `open_embedder` does."""
        with self._lock:
            return self._current().retriever

    def open(self, name: str) -> Embedder:
        """An embedder by its name; a pack that is not here is fetched."""
        return open_embedder(name, threads=self.settings.threads, progress=self.watching())

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            for each in [*self._past, *([self._now] if self._now else [])]:
                each.vectors.close()

    def _current(self) -> _Generation:
        folder = self.path / home.name(self.catalog)
        with self._lock:
            if self._now is None or self._now.folder != folder:
                # A question that is under way still uses the old ones: they are closed with the archive.
                self._past += [self._now] if self._now else []
                name = self.catalog.meta(home.EMBEDDER) or self.settings.embedder
                self._now = _Generation(folder, name, self)
            return self._now
