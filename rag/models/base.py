"""The words of model packs: a pack, its files, a source of them, and who watches the fetching."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from rag.errors import HashMismatch

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""The `errno` values that mean a full disk or a full quota."""


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of a pack: its name inside the pack's folder (with `/`), SHA-256 in hex, and size in bytes."""

    name: str
    sha256: str
    size: int


class Source(Protocol):
    """Where files of a pack can come from. It is never trusted: whoever takes the files checks their SHA-256."""

    @property
    def label(self) -> str:
        """How errors name this source."""
        ...

    def room(self, files: Sequence[PackFile], scratch: Path) -> int:
        """Bytes of disk that delivering `files` still takes at its peak, given what already lies in `scratch`."""
        ...

    def deliver(
        self, files: Sequence[PackFile], scratch: Path, moved: Callable[[int], None]
    ) -> Iterator[tuple[PackFile, Path]]:
        """Each of `files` with the path inside `scratch` where it now lies, ready to be moved away.

        `moved` is told how many bytes of `files` are here, unfinished ones included. What is left in `scratch` after
        an interruption is for this source to go on from next time.

        Raises SourceFailed with the reason, HashMismatch for a part that is not the promised one (and keeps nothing
        of that part), and OSError with an errno of `NO_ROOM` when the disk is full.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pack:
    """A model as files: what it is, what it needs, and where it can come from, best source first.

    kind: what the pack serves as.
    summary: one line with what it is for and what it needs of disk and memory.
    """

    name: str
    kind: Literal["embedder", "writer"]
    licence: str
    summary: str
    files: tuple[PackFile, ...]
    sources: tuple[Source, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


class Progress(Protocol):
    """Who watches: a progress bar on standard error, a web page, nobody."""

    def announce(self, text: str, /) -> None:
        """One line that says what is about to happen, why and how big it is."""
        ...

    def advance(self, done: int, total: int, label: str, /) -> None:
        """`done` of `total` bytes of `label` are here. Falls back when a source breaks off and the next begins."""
        ...


class SourceFailed(Exception):
    """One source could not deliver, the message says why; the next one is tried."""


def mismatch(what: str, source: str, *, promised: str, got: str) -> HashMismatch:
    """The error for a file or part `what` from `source` whose SHA-256 is `got` instead of `promised`."""
    return HashMismatch(f"{what} from {source} has SHA-256 {got}, but {promised} was promised")


def human(size: int) -> str:
    """A size in bytes as people read it, in decimal units: 98 MB, 1.1 GB."""
    if size >= 1_000_000_000:
        return f"{size / 1e9:.1f} GB"
    if size >= 1_000_000:
        return f"{size / 1e6:.0f} MB"
    return f"{size / 1e3:.0f} kB" if size >= 1_000 else f"{size} bytes"


def size_below(where: Path, besides: str = "") -> int:
    """Bytes of all files in a folder that may be changing or absent, save those named `besides`."""
    total = 0
    for folder, _, names in os.walk(where):  # which passes over folders that go away meanwhile
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(folder, name).stat().st_size if name != besides else 0
    return total
