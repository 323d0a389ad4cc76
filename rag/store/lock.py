"""One process at a time writes to an archive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import ArchiveLocked, ArchiveNotWritable


@contextmanager
def write_lock(archive: Path) -> Iterator[None]:
    """Hold the archive's write lock. Raises ArchiveLocked if another process has it, ArchiveNotWritable."""
    lock = FileLock(archive / "writer.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ArchiveLocked(f"another process is writing to {archive}") from error
    except OSError as error:
        raise ArchiveNotWritable(f"{archive}: {error.strerror}", hint="Check its permissions.") from error
    try:
        yield
    finally:
        lock.release()
