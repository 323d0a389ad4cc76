"""One process at a time writes to an archive, and one makes it new vectors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import ArchiveLocked, ArchiveNotWritable


def write_lock(archive: Path) -> AbstractContextManager[None]:
    """Hold the archive's write lock. Raises ArchiveLocked if another process has it, ArchiveNotWritable."""
    return _locked(archive, "writer.lock", f"another process is writing to {archive}")


def embedder_lock(archive: Path) -> AbstractContextManager[None]:
    """Hold the lock of who changes the archive's embedder; that is no writing until its end. Raises as `write_lock`."""
    return _locked(archive, "embedder.lock", f"the embedder of {archive} is being changed")


@contextmanager
def _locked(archive: Path, name: str, taken: str) -> Iterator[None]:
    lock = FileLock(archive / name)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ArchiveLocked(taken) from error
    except OSError as error:
        raise ArchiveNotWritable(f"{archive}: {error.strerror}", hint="Check its permissions.") from error
    try:
        yield
    finally:
        lock.release()
