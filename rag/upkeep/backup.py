"""A backup of an archive that may be in use, and bringing it back.

A backup is a folder or a .zip of it: the catalog and every other SQLite file as they are at one moment, the rows of
vectors that the catalog counts on, whatever else lies in the archive's folder, and `manifest.json` with the SHA-256 of
each. Chroma's index is not in it: it is made anew from the rows, which takes no model. Rows are written once and for
good, so those that the catalog counts on are whole, even while an ingest goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from rag.errors import ArchiveError, ArchiveNotWritable
from rag.record import Record
from rag.store import features, home
from rag.store.catalog import Catalog
from rag.store.rows import Rows
from rag.store.vectors import Vectors
from rag.upkeep import index, quoting
from rag.upkeep.salvage import NAME

MANIFEST = "manifest.json"
_FORMAT = 1
_ROWS = "vectors.f32"
_PASSING = ("-wal", "-shm", "-journal", ".lock", ".new")
_PART = 2000  # rows copied at a time
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup(Record):
    """A backup that was made or brought back: where, of when, the archive's version then, and what is in it.

    `pending` are passages that still have to be embedded: `rag verify --repair` or the next ingest does it.
    """

    path: str
    made: datetime
    archive_version: str
    articles: int
    passages: int
    pending: int
    bytes: int


def backup(catalog: Catalog, vectors: Vectors, folder: Path, target: Path) -> Backup:
    """Write a backup to `target`, a new folder or a new file ending in .zip. Takes no lock.

    Raises ArchiveError if the target is there already or if what was copied is damaged, ArchiveNotWritable if it
    cannot be written; nothing is left at the target then.
    """
    target = target.expanduser().absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ArchiveError(f"{target} is there already", hint="Name a new folder or .zip file.")
    if target.is_relative_to(folder):
        raise ArchiveError(f"{target} is inside the archive", hint="A backup belongs outside, best on another disk.")
    work = target.with_name(f".{target.name}.unfinished")
    with _writing(work):
        _copy_files(folder, work)
        with closing(Catalog(work / NAME)) as copy:
            _copy_rows(copy, vectors, work)
            if any(catalog.meta(key) != copy.meta(key) for key in home.TOLD):
                raise ArchiveError("The embedder was changed meanwhile: no backup was made.", hint="Make it again.")
            made = _described(copy, target)
        manifest = {"format": _FORMAT} | made.to_dict() | {"files": _hashes(work)}
        del manifest["path"]
        (work / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
        if target.suffix == ".zip":
            packed = work.with_name(f"{work.name}.zip")
            _pack(work, packed)
            packed.replace(target)
            shutil.rmtree(work)
        else:
            if target.exists():
                target.rmdir()
            work.replace(target)
    return made


def restore(source: Path, into: Path) -> Backup:
    """Make an archive of a backup in `into`, which must not be there or be empty. Every file is checked by its hash.

    Raises ArchiveError if `into` is in use, or if the backup is none, incomplete or damaged; `into` is untouched then.
    """
    source, into = source.expanduser().absolute(), into.expanduser().absolute()
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise ArchiveError(f"{into} is not empty: nothing is overwritten", hint="Restore into a new folder.")
    work = into.with_name(f".{into.name}.restoring")
    with _writing(work), _opened(source) as read:
        manifest = _manifest(source, read)
        for name, wanted in manifest["files"].items():
            _bring(read, name, wanted, work, source)
        with closing(Catalog(work / NAME)) as catalog, closing(Vectors(work / home.name(catalog))) as vectors:
            index.mend(index.look(catalog, vectors), catalog, vectors)
            made = _described(catalog, into, datetime.fromisoformat(manifest["made"]))
            catalog.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        if into.exists():
            into.rmdir()
        work.replace(into)
    return made


# -- making one --------------------------------------------------------------------------------------------------------


@contextmanager
def _writing(work: Path) -> Iterator[None]:
    """A folder to work in, that is gone again when anything fails."""
    try:
        if work.exists():
            shutil.rmtree(work)
        work.mkdir(parents=True)
        yield
    except BaseException as error:
        shutil.rmtree(work, ignore_errors=True)
        if (packed := Path(f"{work}.zip")).exists():
            packed.unlink()
        if isinstance(error, OSError):
            raise ArchiveNotWritable(f"{error.filename or work}: {error.strerror or error}") from error
        raise


def _copy_files(folder: Path, work: Path) -> None:
    databases = {folder / NAME, *quoting.databases(folder)}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        passing = path.name.endswith(_PASSING) or ".damaged-" in path.name
        if home.holds(name.parts[0]) or path.is_symlink() or not path.is_file() or passing:
            continue
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        if path in databases:
            _copy_database(path, work / name)
        else:
            shutil.copy2(path, work / name)


def _copy_database(path: Path, copy: Path) -> None:
    copy.touch(mode=path.stat().st_mode & 0o777)
    try:
        with closing(sqlite3.connect(path, timeout=30)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
            said = [row[0] for row in target.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
    except sqlite3.OperationalError as error:
        raise ArchiveNotWritable(f"{path} cannot be copied to {copy}: {error}", hint="Free some space.") from error
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    if said:
        raise ArchiveError(f"{path} is damaged: {said[0]}", hint="`rag verify` tells more. No backup was made.")


def _copy_rows(catalog: Catalog, vectors: Vectors, work: Path) -> None:
    dimensions = features.dimensions(catalog)
    found = catalog.rows("SELECT n FROM passages WHERE embedded = 1 ORDER BY n")
    numbers = np.array([row["n"] for row in found], np.int64)
    catalog.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    if not dimensions or not len(numbers):
        return
    folder = work / home.name(catalog)
    folder.mkdir()
    rows = Rows(folder / _ROWS, np.dtype("<f4"), dimensions)
    for start in range(0, len(numbers), _PART):
        some = numbers[start : start + _PART]
        rows.write(some.tolist(), vectors.gathered(some, dimensions))


def _described(catalog: Catalog, path: Path, made: datetime | None = None) -> Backup:
    def count(what: str) -> int:
        return int(catalog.rows(f"SELECT count(*) FROM {what}")[0][0])

    size = sum(p.stat().st_size for p in catalog.path.parent.rglob("*") if p.is_file())
    return Backup(
        path=str(path),
        made=made or datetime.now(UTC).replace(microsecond=0),
        archive_version=catalog.content_version,
        articles=count("articles"),
        passages=count("passages"),
        pending=catalog.pending_count(),
        bytes=size,
    )


def _hashes(work: Path) -> dict[str, dict[str, Any]]:
    return {
        path.relative_to(work).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(work.rglob("*"))
        if path.is_file() and not path.name.endswith(_PASSING)
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _pack(work: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(work.rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(work).as_posix())
    with target.open("rb") as stream:
        os.fsync(stream.fileno())


# -- bringing one back -------------------------------------------------------------------------------------------------

_Read = Any  # a name in the backup to an open binary file


@contextmanager
def _opened(source: Path) -> Iterator[_Read]:
    if source.is_dir():
        yield lambda name: (source / name).open("rb")
        return
    try:
        with zipfile.ZipFile(source) as packed:
            yield packed.open
    except (zipfile.BadZipFile, FileNotFoundError) as error:
        raise ArchiveError(f"{source} is no backup: {error}") from error


def _manifest(source: Path, read: _Read) -> dict[str, Any]:
    try:
        with read(MANIFEST) as stream:
            manifest = json.loads(stream.read())
        names = [PurePosixPath(name) for name in manifest["files"]]
        known = manifest["format"] == _FORMAT and NAME in manifest["files"]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ArchiveError(f"{source} is no backup: its {MANIFEST} cannot be read: {error}") from error
    if not known:
        raise ArchiveError(f"{source} was made by another release", hint="Restore it with the release that made it.")
    if any(name.is_absolute() or ".." in name.parts for name in names):
        raise ArchiveError(f"{source} names files outside of it: it is no backup of ours")
    return dict(manifest)


def _bring(read: _Read, name: str, wanted: dict[str, Any], work: Path, source: Path) -> None:
    """Copy one file and check its hash on the way."""
    (work / name).parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    try:
        with read(name) as stream, (work / name).open("wb") as copy:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                copy.write(chunk)
            os.fsync(copy.fileno())
    except (KeyError, FileNotFoundError, zipfile.BadZipFile) as error:
        raise ArchiveError(f"{source}: {name} is missing or damaged: {error}") from error
    if digest.hexdigest() != wanted["sha256"]:
        raise ArchiveError(
            f"{source}: {name} has SHA-256 {digest.hexdigest()}, the manifest says {wanted['sha256']}",
            hint="The backup is damaged: use another one.",
        )
    if name.endswith(".sqlite3"):
        (work / name).chmod(0o644 if name == NAME else 0o600)
