"""The vectors of an archive: in Chroma, and in flat rows. The only place that imports chromadb.

Chroma's approximate index proposes neighbours in a large archive. Rows (`rag.store.rows`) hold the same vectors and
what filters ask for by passage number, for comparing a small archive, a filtered part of a large one, or candidates.

The catalog decides what exists: vectors are looked up by passage id, and ids that the catalog does not know are never
shown. A process that only reads sees vectors that another one adds after `refresh()`: Chroma's in-memory graph does
not follow the files on disk by itself (seen: a reader found none of the vectors added after it had opened).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import ArchiveError, ArchiveNotWritable
from rag.store.rows import ATTRIBUTES, Rows

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_COLLECTION = "passages"
# Chroma writes its whole index anew at every sync, so that writing would grow with the square of the archive; until
# then its log holds what is new.
_HNSW = {
    "space": "cosine", "ef_construction": 128, "max_neighbors": 24, "ef_search": 256, "sync_threshold": 50_000,
}  # fmt: skip
_BATCH = 2000
_SAME = 1e-6  # Chroma scales to length one by itself, so that the last bits differ
_DATABASE = "chroma.sqlite3"
REBUILDING = "rebuilding"  # folder inside the vectors' while Chroma's files are made anew


@dataclass
class _Handle:
    """One client a folder and process, shared, so that reopening it serves every user."""

    lock: RLock = field(default_factory=RLock)
    client: ClientAPI | None = None
    collection: Collection | None = None
    users: int = 0


_handles: dict[str, _Handle] = {}
_handles_lock = RLock()


class Vectors:
    """Unit vectors by passage id."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder.resolve())
        with _handles_lock:
            self._handle = _handles.setdefault(self._folder, _Handle())
            self._handle.users += 1
        self._closed = False
        self._vector_rows: Rows | None = None
        self._attributes = Rows(folder.resolve() / "attributes", ATTRIBUTES)

    def upsert(
        self, ids: Sequence[str], numbers: Sequence[int], vectors: NDArray[np.float32], attributes: NDArray[np.void]
    ) -> None:
        """Add or replace vectors; float32, shape (len(ids), dimensions). `attributes` are records of ATTRIBUTES."""
        self.write_index(ids, vectors)
        with _as_archive_error(self._folder):
            self._rows(vectors.shape[1]).write(numbers, vectors)
            self._attributes.write(numbers, attributes)

    def delete(self, ids: Sequence[str], numbers: Sequence[int] = ()) -> None:
        """Take vectors away; unknown ids are no error."""
        with self._collection() as collection:
            for i in range(0, len(ids), _BATCH):
                collection.delete(ids=list(ids[i : i + _BATCH]))
        with _as_archive_error(self._folder):
            self._attributes.write(sorted(numbers), np.zeros(len(numbers), ATTRIBUTES))

    def erase(self, numbers: Sequence[int], dimensions: int) -> None:
        """Overwrite vectors and attributes with zeros in the flat files. Chroma's own: see `rebuild`."""
        reach = len(self.rows(dimensions))
        inside = sorted(n for n in numbers if n < reach)
        with _as_archive_error(self._folder):
            self._rows(dimensions).write(inside, np.zeros((len(inside), dimensions), np.float32))
            self._attributes.write(sorted(numbers), np.zeros(len(numbers), ATTRIBUTES))

    def write_rows(
        self, numbers: Sequence[int], vectors: NDArray[np.float32], attributes: NDArray[np.void] | None = None
    ) -> None:
        """Put vectors, and attributes where given, into the flat files alone; `numbers` ascending."""
        with _as_archive_error(self._folder):
            self._rows(vectors.shape[1]).write(numbers, vectors)
            if attributes is not None:
                self._attributes.write(numbers, attributes)

    def write_attributes(self, numbers: Sequence[int], attributes: NDArray[np.void]) -> None:
        """Put attributes into their flat file alone; `numbers` ascending."""
        with _as_archive_error(self._folder):
            self._attributes.write(numbers, attributes)

    def write_index(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Add or replace vectors in Chroma alone."""
        with self._collection() as collection:
            for i in range(0, len(ids), _BATCH):
                _put(collection, ids[i : i + _BATCH], vectors[i : i + _BATCH])

    def indexed(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Chroma's own copies of the vectors of those of `ids` that it has."""
        with self._collection() as collection:
            return _held(collection, ids)

    def rebuild(self, parts: Iterable[tuple[Sequence[str], NDArray[np.float32]]]) -> None:
        """Make Chroma's files anew with nothing but these vectors, given as (ids, vectors) a part.

        The old files serve until the new ones are whole; they need not be readable. Nothing of them stays.
        """
        fresh = Path(self._folder) / REBUILDING
        with _as_archive_error(self._folder):
            if fresh.exists():
                shutil.rmtree(fresh)
            fresh.mkdir(parents=True)
        made = Vectors(fresh)
        try:
            made.count()  # an empty index is one too
            for ids, vectors in parts:
                made.write_index(ids, vectors)
        finally:
            made.close()
        with self._handle.lock, _as_archive_error(self._folder):
            _shut(self._handle)
            _swap(Path(self._folder), fresh)

    def nearest(self, vectors: NDArray[np.float32], n: int) -> list[list[str]]:
        """For each vector up to `n` passage ids, nearest first, by the approximate index; none where it is empty.

        Chroma's `count` is not asked: it takes longer the more there is, of 100,000 vectors longer than the query.
        """
        with self._collection() as collection:
            found = collection.query(query_embeddings=vectors, n_results=n, include=[])
        return found["ids"]

    def rows(self, dimensions: int) -> NDArray[np.float32]:
        """All vectors by passage number, memory-mapped, shape (rows, dimensions). `attributes` tells which count."""
        with _as_archive_error(self._folder):
            return self._rows(dimensions).all()

    def gathered(self, numbers: NDArray[np.int64], dimensions: int) -> NDArray[np.float32]:
        """The vectors of some passages, shape (len(numbers), dimensions); zeros for one that was never written."""
        with _as_archive_error(self._folder):
            return self._rows(dimensions).get(numbers)

    def attributes(self) -> NDArray[np.void]:
        """All attributes by passage number, memory-mapped, shape (rows,)."""
        with _as_archive_error(self._folder):
            return self._attributes.all()[:, 0]

    def hold(self, last: int, dimensions: int) -> bool:
        """Whether all files are there and reach as far as passage `last`. Says nothing of what is in them."""
        if not dimensions:
            return False
        return self.indexes and len(self.attributes()) > last and len(self.rows(dimensions)) > last

    @property
    def indexes(self) -> bool:
        """Whether Chroma's database is there. Says nothing of what is in it."""
        return (Path(self._folder) / _DATABASE).exists()

    def _rows(self, dimensions: int) -> Rows:
        if self._vector_rows is None:
            self._vector_rows = Rows(Path(self._folder) / "vectors.f32", np.dtype("<f4"), dimensions)
        return self._vector_rows

    def ids(self) -> set[str]:
        """Every id that has a vector."""
        with self._collection() as collection:
            return set(collection.get(include=[])["ids"])

    def count(self) -> int:
        """How many vectors there are."""
        with self._collection() as collection:
            return collection.count()

    def refresh(self) -> None:
        """See what other processes have written since."""
        with self._handle.lock:
            _shut(self._handle)

    def close(self) -> None:
        """Give up the client; the last user closes it."""
        with _handles_lock:
            if self._closed:
                return
            self._closed = True
            self._handle.users -= 1
            if self._handle.users == 0:
                with self._handle.lock:
                    _shut(self._handle)
                del _handles[self._folder]

    @contextmanager
    def _collection(self) -> Iterator[Collection]:
        from chromadb.errors import ChromaError

        with self._handle.lock:
            try:
                if self._handle.collection is None:
                    _connect(self._handle, self._folder)
                assert self._handle.collection is not None
                yield self._handle.collection
            except (ChromaError, OSError) as error:
                raise _archive_error(self._folder, error) from error


@contextmanager
def _as_archive_error(folder: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _archive_error(folder, error) from error


def _connect(handle: _Handle, folder: str) -> None:
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    configuration: Any = {"hnsw": _HNSW}
    try:
        handle.client = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
    except BaseException:
        # Chroma keeps what did not start, and gives it out half made at the next attempt.
        SharedSystemClient._identifier_to_system.pop(folder, None)
        raise
    handle.collection = handle.client.get_or_create_collection(
        _COLLECTION, configuration=configuration, embedding_function=None
    )


def _held(collection: Collection, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    found = collection.get(ids=list(dict.fromkeys(ids)), include=["embeddings"])  # it refuses an id given twice
    return dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32)))


def _put(collection: Collection, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
    """Write what is not there yet.

    Writing a vector over itself, as after a killed ingest, changes the graph around it, and now and then leaves a
    neighbour that no search reaches any more.
    """
    held = _held(collection, ids)
    new = [i for i, id in enumerate(ids) if id not in held or not np.allclose(held[id], vectors[i], atol=_SAME)]
    if new:
        collection.upsert(ids=[ids[i] for i in new], embeddings=vectors[new])


def _shut(handle: _Handle) -> None:
    if handle.client is not None:
        handle.client.close()  # type: ignore[attr-defined]
    handle.client = handle.collection = None


def _swap(folder: Path, fresh: Path) -> None:
    """Put Chroma's new files in the place of the old ones, the database last and at once."""
    old = [place for place in folder.iterdir() if place.is_dir() and place != fresh]
    for suffix in ("-journal", "-wal", "-shm"):  # they belong to the old database and would be played into the new one
        (folder / f"{_DATABASE}{suffix}").unlink(missing_ok=True)
    for place in fresh.iterdir():
        if place.is_dir():
            place.replace(folder / place.name)
    (fresh / _DATABASE).replace(folder / _DATABASE)
    for place in [*old, fresh]:
        shutil.rmtree(place)


def _archive_error(folder: str, error: Exception) -> ArchiveError:
    text = str(error)
    if any(words in text.lower() for words in ("readonly", "read-only", "permission denied")):
        return ArchiveNotWritable(f"{folder}: {text}", hint="Check the permissions of the archive folder.")
    if any(words in text.lower() for words in ("disk is full", "no space left", "disk i/o")):
        return ArchiveNotWritable(f"{folder}: {text}", hint="Free some space; what was taken in so far is kept.")
    return ArchiveError(
        f"{folder}: {text}", hint="The catalog is intact: `rag verify --repair` makes this folder anew."
    )
