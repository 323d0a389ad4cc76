"""One client a folder and process, shared by all who use the folder, and opened beside them where that takes long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock, Thread
from typing import Any

from rag.errors import ArchiveError


@dataclass
class Handle:
    """What the users of a folder share.

    lock: held by whoever opens, uses or closes the client. stale: another process has written since it was opened.
    state: the archive's when it was opened or last written to here. read_in: what a search needs is in memory.
    size: how many vectors there are, None until somebody writes some. failure: why opening it beside did not succeed,
    for whoever asks next.
    """

    folder: str
    lock: RLock = field(default_factory=RLock)
    client: Any = None
    collection: Any = None
    users: int = 0
    stale: bool = False
    state: str | None = None
    read_in: bool = False
    size: int | None = None
    failure: ArchiveError | None = None
    _opening: Thread | None = None

    def shut(self) -> None:
        """Close the client; the next use opens it again."""
        with self.lock:
            if self.client is not None:
                self.client.close()
            self.client = self.collection = self.size = self.failure = None
            self.stale = self.read_in = False

    def beside(self, open: Callable[[], object]) -> None:
        """Run `open` in a thread of its own, unless one is running.

        It is no daemon: what is in Chroma when Python ends takes the process down.
        """
        with _handles_lock:
            if self._opening is None:
                self._opening = Thread(target=self._open, args=(open,), name=f"opening {self.folder}")
                self._opening.start()

    def _open(self, open: Callable[[], object]) -> None:
        try:
            open()
        except ArchiveError as error:
            if not self.stale:  # what another process writes meanwhile may be half there
                self.failure = error
        finally:
            with _handles_lock:
                self._opening = None
                left = self.users == 0
            if left:  # everybody, meanwhile
                self._shut_if_left()

    def leave(self) -> None:
        """One user less; the last one closes the client, or the thread that is opening it when it has done so."""
        with _handles_lock:
            self.users -= 1
            last = self.users == 0 and self._opening is None
        if last:
            self._shut_if_left()

    def _shut_if_left(self) -> None:
        with self.lock:
            if self.users == 0:  # still: somebody may have come
                self.shut()


# Whoever holds it waits for nobody: neither `Handle.lock` nor a client's own.
_handles: dict[str, Handle] = {}
_handles_lock = RLock()


def join(folder: str) -> Handle:
    """The handle of a folder, with one user more.

    There is one for good: a client that the last user is still closing must not be met by another's.
    """
    with _handles_lock:
        handle = _handles.setdefault(folder, Handle(folder))
        handle.users += 1
        return handle
