"""Files read ahead of whoever takes them in, on as many cores as there are, and given in their order.

Few small files are read here, one by one: starting processes takes a second or two of every core. Once reading itself
has taken as long, more of it is likely to come, and it goes on in processes (`processes.py`); so neither choice ever
costs twice what the better one would have. A large file is likely to take as long by itself.
"""

from __future__ import annotations

import time
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from rag import readers
from rag.errors import ReadError
from rag.readers.base import Context
from rag.readers.processes import Job, Processes, cores
from rag.types import Article

Items = Iterator[Article | ReadError]
Mark = TypeVar("Mark")

STARTING = 2.0  # seconds of reading, about what starting the processes takes
LARGE = 8 * 2**20  # bytes


class _Begun(NamedTuple, Generic[Mark]):
    """A file whose turn it is soon. `heavy`: its reader may need much memory, or much room on the disk."""

    source: readers.Source
    mark: Mark
    job: Job | None
    heavy: bool


@dataclass
class Ahead:
    """Reads files. Begun by need, ended by `close`.

    at_once: read in processes from the start, since an ingest before has not come to its end, or a process that read:
    a file that is here may end this one too.
    """

    at_once: bool = False
    _spent: float = 0.0  # seconds of reading here
    _processes: Processes | None = None
    _alone: bool = False  # no process can be started

    def through(self, due: Iterable[tuple[readers.Source, Mark]], context: Context) -> Iterator[tuple[Mark, Items]]:
        """What `readers.read` gives of each file, with whatever came with it, in their order. Addresses keep their
        places among them, but have no items.

        `due` is asked for some files more than were given. The items of each are to be taken before the next is asked
        for.
        """
        begun: deque[_Begun[Mark]] = deque()
        for source, mark in due:
            heavy = _heavy(source)
            while heavy and any(one.heavy for one in begun):  # of these, one at a time
                yield self._first(begun, context)
            begun.append(_Begun(source, mark, self._begin(source, context), heavy))
            while begun and len(begun) > (self._processes.ahead if self._processes else 0):
                yield self._first(begun, context)
        while begun:
            yield self._first(begun, context)

    def close(self) -> None:
        """End the processes."""
        if self._processes:
            self._processes.close()
            self._processes = None

    def _begin(self, source: readers.Source, context: Context) -> Job | None:
        """Have a file read in a process, if that is worth it."""
        if source.path is None or self._alone or not (self._processes or self._worth_it(source)):
            return None
        try:
            self._processes = self._processes or Processes()
            return self._processes.begin(source, context)
        except OSError as error:
            self._give_up(error)
            return None

    def _worth_it(self, source: readers.Source) -> bool:
        return self.at_once or (cores() > 1 and (self._spent >= STARTING or _large(source)))

    def _give_up(self, error: OSError) -> None:
        warnings.warn(f"files are read on one core only: {error}", RuntimeWarning, stacklevel=3)
        self._alone = True
        self.close()

    def _first(self, begun: deque[_Begun[Mark]], context: Context) -> tuple[Mark, Items]:
        first = begun.popleft()
        if first.job is not None and self._processes is not None:
            return first.mark, self._there(self._processes, first.job)
        return first.mark, self._here(first.source, context)

    def _there(self, processes: Processes, job: Job) -> Items:
        try:
            yield from processes.result(job)
        except OSError as error:  # no process in the place of one that died of something else
            self._give_up(error)
            yield from self._here(job.source, job.context)

    def _here(self, source: readers.Source, context: Context) -> Items:
        items = readers.read(source, context) if source.path is not None else iter(())
        while True:
            begun = time.monotonic()
            item = next(items, None)
            self._spent += time.monotonic() - begun
            if item is None:
                return
            yield item


def _large(source: readers.Source) -> bool:
    try:
        return source.path is not None and source.path.stat().st_size >= LARGE
    except OSError:
        return False  # gone meanwhile: its reading says so


def _heavy(source: readers.Source) -> bool:
    if source.path is None:
        return False
    return _large(source) or getattr(readers.reader_for(source), "CONTAINER", False)
