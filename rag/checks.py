"""Checks beside the writing: each sentence is checked in a thread, in order, while the next one is written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from rag.splitting import Raw
from rag.types import Sentence


@dataclass
class Checks:
    """A queue of sentences to check with `check`; what comes out keeps the order."""

    check: Callable[[Raw], Sentence]
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="check"))
    _waiting: deque[Future[Sentence]] = field(default_factory=deque)

    def add(self, raw: Raw) -> None:
        """Check a sentence after those that were added before."""
        self._waiting.append(self._pool.submit(self.check, raw))

    def done(self, patience: float) -> Iterator[Sentence]:
        """What is checked by now, waiting at most `patience` seconds for one that was just begun."""
        while self._waiting:
            wait([self._waiting[0]], timeout=patience)
            if not self._waiting[0].done():
                return
            yield self._waiting.popleft().result()

    def rest(self) -> Iterator[Sentence]:
        """All that is left, as it is done. Raises what a check raised."""
        while self._waiting:
            yield self._waiting.popleft().result()

    def cancel(self) -> None:
        """Begin no further check. One that is under way ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Add no more; what was added is still checked, as long as somebody asks for the rest."""
        self._pool.shutdown(wait=False)
