"""Embedding in a thread of its own, beside the reading and cutting of what comes next.

The network leaves Python's lock to others while it computes. What is taken in waits in the catalog, so that nothing is
lost whenever either stops.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Condition

from rag.embed import Embedder
from rag.embedding import Made, joined, make, store
from rag.store.catalog import Catalog
from rag.store.vectors import Vectors

_BATCH = 1024  # passages stored at once: Chroma reads its log at every write, ten milliseconds a thousand vectors
_PART = 128  # passages embedded between two looks at whether to stop
_AHEAD = 8 * _BATCH  # passages that may wait: more would be found by their words only, and for long
_LOOK = 0.2  # seconds between two reports while somebody waits


@dataclass
class Beside:
    """Embeds what is pending in the catalog. Begun by the first `wake` or `finish`, ended by `stop`.

    embedded: passages so far; unstored: those of them that the catalog still counts as pending.
    """

    catalog: Catalog
    vectors: Vectors
    embedder: Embedder
    report: Callable[[], None]
    embedded: int = 0
    unstored: int = 0
    _changed: Condition = field(default_factory=Condition)
    _executor: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "embedding"))
    _running: Future[None] | None = None
    _everything: bool = False
    _stopping: bool = False

    def wake(self) -> None:
        """Tell that there may be enough for a batch; wait while too much is waiting. Raises what embedding raised."""
        running = self._tell(everything=False)
        while not running.done() and self.catalog.pending_count() - self.unstored > _AHEAD:
            self._wait(running)
        if running.done():
            running.result()

    def finish(self) -> None:
        """Embed all that is pending. Raises what embedding raised."""
        running = self._tell(everything=True)
        while not running.done():
            self._wait(running)
        self._running = None
        running.result()
        self.report()

    def stop(self) -> None:
        """End soon, storing what is made. Nothing is embedded after."""
        self._stopping = True
        with self._changed:
            self._changed.notify_all()
        self._executor.shutdown()

    def _tell(self, *, everything: bool) -> Future[None]:
        with self._changed:
            self._everything = everything
            self._changed.notify_all()
        if self._running is None:
            self._running = self._executor.submit(self._run)
        return self._running

    def _wait(self, running: Future[None]) -> None:
        wait([running], _LOOK)
        self.report()

    # -- in the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping:
            everything = self._everything  # asked once: who sets it meanwhile must find all embedded, not some
            if self.catalog.pending_count() >= (1 if everything else _BATCH):
                self._batch()
                continue
            if everything:
                return
            with self._changed:
                if not self._everything and not self._stopping:
                    self._changed.wait(_LOOK)

    def _batch(self) -> None:
        pending, made = self.catalog.pending(_BATCH), list[Made]()
        try:
            for start in range(0, len(pending), _PART):
                made.append(make(self.embedder, pending[start : start + _PART]))
                self.embedded += len(made[-1].ids)
                self.unstored += len(made[-1].ids)
                if self._stopping:
                    break
        finally:  # an embedder that fails now and then gets on nevertheless
            if made:
                store(self.catalog, self.vectors, joined(made))
            self.unstored = 0
