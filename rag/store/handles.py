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
    read_in: what a search needs is in memory. size: how many vectors there are, None until somebody writes some.
    failure: why opening it beside did not succeed, for whoever asks next.
    """

    folder: str
    lock: RLock = field(default_factory=RLock)
    client: Any = None
    collection: Any = None
    users: int = 0
    stale: bool = False
    read_in: bool = False
    size: int | None = None
    failure: ArchiveError | None = None
    _opening: Thread | None = None

    def shut(self) -> None:
        """Close the client; the next use opens it again."""
        with self.lock:
            if self.client is not None:
                self.client.close()
            self.client = self.collection = None
            self.stale, self.read_in, self.size = False, False, None

    def beside(self, open: Callable[[], object]) -> None:
        """Run `open` in a thread of its own, unless one is running. Nobody waits for it, not even the process's end."""
        with _handles_lock:
            if self._opening is None:
                self._opening = Thread(target=self._open, args=(open,), daemon=True, name=f"opening {self.folder}")
                self._opening.start()

    def _open(self, open: Callable[[], object]) -> None:
        try:
            open()
        except ArchiveError as error:
            self.failure = error
        finally:
            with _handles_lock:
                self._opening = None
                if self.users == 0:  # everybody left meanwhile
                    self.shut()

    def leave(self) -> None:
        """One user less; the last one closes the client, or the thread that is opening it when it has done so."""
        with _handles_lock:
            self.users -= 1
            if self.users == 0:
                del _handles[self.folder]
                if self._opening is None:
                    self.shut()


_handles: dict[str, Handle] = {}
_handles_lock = RLock()


def join(folder: str) -> Handle:
    """The handle of a folder, with one user more."""
    with _handles_lock:
        handle = _handles.setdefault(folder, Handle(folder))
        handle.users += 1
        return handle
