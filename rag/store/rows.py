"""Unit vectors and filterable attributes of every passage, in two flat files, by the passage's number in the catalog.

Row n belongs to passage n, for good: numbers are never used twice. So a write can be repeated without harm, readers
need no lock, and what a filter selects or a candidate needs is a slice or a gather of memory-mapped rows, without a
database. Everything here can be made anew from the catalog and Chroma; a row counts only if the catalog says so.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

# article: its number in the catalog, 0 where there is no passage (any more); day: proleptic ordinal, 0 unknown;
# the others: a hash of the case-folded value, 0 unknown.
ATTRIBUTES = np.dtype([(name, np.uint32) for name in ("article", "day", "outlet", "section", "language")])


def value_hash(value: str) -> int:
    """The number that stands for a name in the attributes; never 0."""
    return zlib.crc32(value.casefold().encode()) or 1


class Rows:
    """One flat file of equal records, written in place and read through a memory map that follows its growth."""

    def __init__(self, path: Path, dtype: np.dtype[Any], width: int = 1) -> None:
        self._path, self._dtype, self._width = path, dtype, width
        self._bytes = dtype.itemsize * width
        self._lock = Lock()
        self._map: NDArray[Any] = np.empty((0, width), dtype)
        self._mapped: tuple[int, int] = (0, 0)

    def write(self, numbers: Sequence[int], records: NDArray[Any]) -> None:
        """Put `records` (one a number) in place, and on disk before this returns."""
        if not len(numbers):
            return
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            data = np.ascontiguousarray(records, self._dtype).reshape(len(numbers), self._width)
            begun = 0
            for i in range(1, len(numbers) + 1):  # neighbours go in one write
                if i == len(numbers) or numbers[i] != numbers[i - 1] + 1:
                    _write_all(handle, data[begun:i].tobytes(), numbers[begun] * self._bytes)
                    begun = i
            os.fsync(handle)
        finally:
            os.close(handle)

    def all(self) -> NDArray[Any]:
        """Every record from number 0 on, shape (records, width), memory-mapped, read-only."""
        with self._lock:
            # A file that was deleted and made anew is another one, though it may be as long.
            found = self._path.stat() if self._path.exists() else None
            size = found.st_size // self._bytes if found else 0
            mapped = (found.st_ino if found else 0, size)
            if mapped != self._mapped:
                flat = np.memmap(self._path, self._dtype, "r", shape=(size, self._width)) if size else None
                self._map = flat if flat is not None else np.empty((0, self._width), self._dtype)
                self._mapped = mapped
            return self._map

    def get(self, numbers: Numbers) -> NDArray[Any]:
        """The records of `numbers`, shape (len(numbers), width); zeros for numbers beyond the end."""
        rows = np.asarray(self.all())
        there = numbers < len(rows)
        if there.all():  # one pass over the memory instead of three: a filter asks for thousands
            return np.take(rows, numbers, axis=0)
        found = np.zeros((len(numbers), self._width), self._dtype)
        found[there] = rows[numbers[there]]
        return found


def _write_all(handle: int, data: bytes, offset: int) -> None:
    while data:
        written = os.pwrite(handle, data, offset)
        data, offset = data[written:], offset + written
