"""Files read ahead of whoever takes them in, on as many cores as there are, and given in their order.

Few files are read here, one by one: starting processes takes a second or two of every core. Once reading itself has
taken as long, more of it is likely to come, and it goes on in processes (`processes.py`); so neither choice ever costs
twice what the better one would have.
"""

from __future__ import annotations

import time
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from rag import readers
from rag.errors import ReadError
from rag.readers.base import Context
from rag.readers.processes import Job, Processes, cores
from rag.types import Article

Items = Iterator[Article | ReadError]
Mark = TypeVar("Mark")

STARTING = 2.0  # seconds of reading, about what starting the processes takes
_SMALL = 8 * 2**20  # bytes; what a larger file holds might fill the memory, and is read here bit by bit


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
        begun: deque[tuple[readers.Source, Mark, Job | None]] = deque()
        for source, mark in due:
            processes = self._worth_it() if _small(source) else None
            begun.append((source, mark, processes.begin(source, context) if processes else None))
            processes = processes or self._processes
            while begun and len(begun) > (processes.ahead if processes else 0):
                yield self._first(begun, context)
        while begun:
            yield self._first(begun, context)

    def close(self) -> None:
        """End the processes."""
        if self._processes:
            self._processes.close()
            self._processes = None

    def _worth_it(self) -> Processes | None:
        due = self.at_once or (self._spent >= STARTING and cores() > 1)
        if self._processes is None and not self._alone and due:
            try:
                self._processes = Processes()
            except OSError as error:
                self._give_up(error)
        return self._processes

    def _give_up(self, error: OSError) -> None:
        warnings.warn(f"files are read on one core only: {error}", RuntimeWarning, stacklevel=3)
        self._alone = True
        self.close()

    def _first(self, begun: deque[tuple[readers.Source, Mark, Job | None]], context: Context) -> tuple[Mark, Items]:
        source, mark, job = begun.popleft()
        if job is not None and self._processes is not None:
            try:
                return mark, iter(self._processes.result(job))
            except OSError as error:  # no process in the place of one that died of something else
                self._give_up(error)
        return mark, self._here(source, context)

    def _here(self, source: readers.Source, context: Context) -> Items:
        items = readers.read(source, context) if source.path is not None else iter(())
        while True:
            begun = time.monotonic()
            item = next(items, None)
            self._spent += time.monotonic() - begun
            if item is None:
                return
            yield item


def _small(source: readers.Source) -> bool:
    """Whether a file's articles may wait in memory."""
    if source.path is None:
        return False
    try:
        small = source.path.stat().st_size <= _SMALL
    except OSError:
        return False  # gone meanwhile: its reading says so
    return small and not getattr(readers.reader_for(source), "CONTAINER", False)
