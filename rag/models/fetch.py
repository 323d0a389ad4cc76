"""Getting a pack onto this machine: its sources in order, one process at a time, resumed where it was interrupted."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag.errors import DiskFull, HashMismatch, PackUnavailable
from rag.models import cache
from rag.models.base import NO_ROOM, Pack, PackFile, Progress, Source, SourceFailed, human, size_below
from rag.models.registry import find

_ELSEWHERE = "Set RAG_CACHE to a folder on another disk to keep packs there."


class _Silent:
    """A Progress that shows nothing."""

    def announce(self, text: str, /) -> None: ...

    def advance(self, done: int, total: int, label: str, /) -> None: ...


def ensure(pack: str | Pack, *, why: str, progress: Progress | None = None) -> Path:
    """The folder of a pack, which is fetched first if it is not there; fast when it is.

    `why` ends the line that announces the fetching: what the pack is needed for, in a few words.

    Raises UnknownModel, PackUnavailable (no source could deliver, or the cache cannot be written), HashMismatch (all
    sources delivered something else) and DiskFull. After any of these, and after KeyboardInterrupt, what came and was
    right is kept, and the next call goes on from there.
    """
    return cache.path(pack) or _bring(find(pack), why, progress or _Silent(), thorough=False)


def pull(pack: str | Pack, *, why: str = "", progress: Progress | None = None) -> Path:
    """As `ensure`, but each file that is already there is hashed anew and fetched again if it is damaged."""
    return _bring(find(pack), why, progress or _Silent(), thorough=True)


def _bring(pack: Pack, why: str, progress: Progress, *, thorough: bool) -> Path:
    where = cache.folder(pack)
    with _disk_errors_of(pack, lambda: pack.size):
        where.mkdir(parents=True, exist_ok=True)
        with _only_one(pack, progress):
            # Another process may have fetched it while this one waited for the lock.
            wanted = cache.missing(pack, thorough=thorough)
            if wanted:
                for file in wanted:  # a damaged file would only take up room
                    (where / file.name).unlink(missing_ok=True)
                progress.announce(_line(pack, why))
                _from_sources(pack, progress)
            shutil.rmtree(where / cache.INCOMING, ignore_errors=True)
    return where


def _from_sources(pack: Pack, progress: Progress) -> None:
    """Tries the sources in order. Raises when the last one has failed."""
    failures: list[tuple[Source, Exception]] = []
    for source in pack.sources:
        try:
            _from_source(source, pack, progress)
        except (SourceFailed, HashMismatch) as error:
            failures.append((source, error))
        else:
            return
    mismatches = [error for _, error in failures if isinstance(error, HashMismatch)]
    if mismatches and len(mismatches) == len(failures):
        raise HashMismatch("\n".join(error.message for error in mismatches)) from mismatches[-1]
    raise _unavailable(pack, failures)


def _from_source(source: Source, pack: Pack, progress: Progress) -> None:
    wanted = cache.missing(pack)
    scratch = cache.folder(pack) / cache.INCOMING
    here = pack.size - _size(wanted)
    _check_room(pack, source.room(wanted, scratch))

    def moved(size: int) -> None:
        progress.advance(here + size, pack.size, pack.name)

    with _disk_errors_of(pack, lambda: source.room(cache.missing(pack), scratch)):
        for file, delivered in source.deliver(wanted, scratch, moved):
            cache.keep(pack, file, delivered, source.label)
    if left := cache.missing(pack):
        raise SourceFailed(f"it did not deliver {', '.join(file.name for file in left)}")
    moved(_size(wanted))


@contextmanager
def _only_one(pack: Pack, progress: Progress) -> Iterator[None]:
    """Holds the pack's lock; says so when another process has it and this one waits."""
    from filelock import FileLock, Timeout

    lock = FileLock(cache.folder(pack).with_name(f".{pack.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress.announce(f"Another process is fetching {pack.name}; waiting for it.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _check_room(pack: Pack, needed: int) -> None:
    free = shutil.disk_usage(cache.folder(pack)).free
    if needed > free:
        raise DiskFull(
            f"{pack.name} needs {human(needed)} more in {cache.folder(pack)}, where {human(free)} is free",
            hint=f"Make room there. {_ELSEWHERE}",
        )


@contextmanager
def _disk_errors_of(pack: Pack, needed: Callable[[], int]) -> Iterator[None]:
    """Turns what the disk says in the middle of things into errors that say what to do; `needed` is in bytes."""
    where = cache.folder(pack)
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise PackUnavailable(
                f"{pack.name} cannot be kept in {where}: {error}", hint=_ELSEWHERE, retry=False
            ) from error
        free = shutil.disk_usage(where if where.exists() else where.anchor).free
        raise DiskFull(
            f"the disk became full while {pack.name} was fetched: {human(needed())} more is needed in {where},"
            f" where {human(free)} is free",
            hint=f"Make room there and try again; it goes on where it stopped. {_ELSEWHERE}",
        ) from error


def _unavailable(pack: Pack, failures: Sequence[tuple[Source, Exception]]) -> PackUnavailable:
    reasons = [f"  {source.label}: {getattr(error, 'message', error)}" for source, error in failures]
    otherwise = " Or set writer to `extractive`, which needs no model." if pack.kind == "writer" else ""
    return PackUnavailable(
        "\n".join([f"{pack.name} ({human(pack.size)}) could not be fetched:", *reasons]),
        hint=(
            f"Without a network: run `rag models pull {pack.name}` on a machine that has one, and copy its folder"
            f" {Path('models') / pack.name} from the cache there to {cache.folder(pack)}.{otherwise}"
        ),
    )


def _line(pack: Pack, why: str) -> str:
    """What is fetched, how big it is, its licence, and why."""
    partly = min(size_below(cache.folder(pack), cache.MARKER), pack.size)
    resumed = f", {human(partly)} of it already here" if partly else ""
    reason = f": {why.rstrip('.')}" if why else ""
    return f"Fetching {pack.name} ({human(pack.size)}, {pack.licence}{resumed}){reason}."


def _size(files: Sequence[PackFile]) -> int:
    return sum(file.size for file in files)
