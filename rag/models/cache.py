"""Where packs live, and whether what lies there is what was promised.

    <cache>/models/<pack>/            the pack's files
    <cache>/models/<pack>/verified.json   size and time of each file when its SHA-256 was found right
    <cache>/models/<pack>/.incoming/  what an unfinished pull has so far

Reading a gigabyte to hash it takes seconds, so a file whose size and time are those in `verified.json` is taken for
sound; any other is hashed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rag.models.base import Pack, PackFile, mismatch, size_below
from rag.models.registry import find, packs
from rag.types import Record

MARKER = "verified.json"
INCOMING = ".incoming"

_Entries = dict[str, dict[str, str | int]]


class State(StrEnum):
    """How much of a pack is on this machine."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Status:
    """What is on this machine of one pack: its state, the bytes in its folder (unfinished ones too), the folder."""

    state: State
    bytes_on_disk: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Listed(Record):
    """A pack as people choose it: its size in `bytes`, how much of it is here, and in a line what it is and needs."""

    name: str
    kind: str
    licence: str
    bytes: int
    state: str
    needs: str


def listed() -> tuple[Listed, ...]:
    """All packs that the project knows."""
    return tuple(
        Listed(pack.name, pack.kind, pack.licence, pack.size, str(status(pack).state), pack.summary) for pack in packs()
    )


def cache_dir() -> Path:
    """The folder that all archives of this user share: `RAG_CACHE`, or the system's place for caches."""
    if chosen := os.environ.get("RAG_CACHE"):
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("newsroom-rag", appauthor=False)


def folder(pack: Pack) -> Path:
    """Where `pack` lies once it is here."""
    return cache_dir() / "models" / pack.name


def path(pack: str | Pack) -> Path | None:
    """The pack's folder if all of it is there and sound, else None. Nothing is fetched. Raises UnknownModel."""
    known = find(pack)
    return None if missing(known) else folder(known)


def status(pack: str | Pack) -> Status:
    """How much of the pack is on this machine. Raises UnknownModel."""
    known = find(pack)
    on_disk = size_below(folder(known), MARKER)
    if not missing(known):
        state = State.COMPLETE
    else:
        state = State.PARTIAL if on_disk else State.ABSENT
    return Status(state, on_disk, folder(known))


def missing(pack: Pack, *, thorough: bool = False) -> tuple[PackFile, ...]:
    """The files of `pack` that are not here or not what was promised; `thorough` hashes every one anew."""
    recorded = _read_marker(pack)
    known: _Entries = {} if thorough else recorded
    found: _Entries = {}
    for file in pack.files:
        # Taken before hashing: a file that changes meanwhile has another time afterwards and is hashed again.
        entry = _entry(file, folder(pack))
        if entry is not None and (known.get(file.name) == entry or _sound(file, folder(pack))):
            found[file.name] = entry
    if found != recorded:
        # In a read-only cache that was copied here, hashing again each time is slow, not wrong.
        with suppress(OSError):
            _write_marker(pack, found)
    return tuple(file for file in pack.files if file.name not in found)


def keep(pack: Pack, file: PackFile, delivered: Path, source: str) -> None:
    """Moves a delivered file to its place for good. Deletes it and raises HashMismatch if it is another one."""
    got = sha256_of(delivered)
    if got != file.sha256:
        delivered.unlink()
        raise mismatch(file.name, source, promised=file.sha256, got=got)
    place = folder(pack) / file.name
    place.parent.mkdir(parents=True, exist_ok=True)
    delivered.replace(place)
    _sync_folder(place.parent)
    entry = _entry(file, folder(pack))
    if entry is not None:
        _write_marker(pack, _read_marker(pack) | {file.name: entry})


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _entry(file: PackFile, where: Path) -> dict[str, str | int] | None:
    """What the marker says of a file of the right size; None when there is no such file."""
    try:
        stat = (where / file.name).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.st_size != file.size:
        return None
    return {"sha256": file.sha256, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def _sound(file: PackFile, where: Path) -> bool:
    return sha256_of(where / file.name) == file.sha256


def _read_marker(pack: Pack) -> _Entries:
    try:
        entries = json.loads((folder(pack) / MARKER).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


def _write_marker(pack: Pack, entries: _Entries) -> None:
    descriptor, name = tempfile.mkstemp(dir=folder(pack), prefix=f".{MARKER}.")
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(entries, stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(folder(pack) / MARKER)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _sync_folder(where: Path) -> None:
    """Makes a rename last through a power cut, where the system can do that for folders."""
    if os.name == "posix":
        descriptor = os.open(where, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
