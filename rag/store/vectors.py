"""The vectors of an archive, in Chroma. The only place that imports it.

The catalog decides what exists: vectors are looked up by passage id, and ids that the catalog does not know are never
shown. A process that only reads sees vectors that another one adds after `refresh()`: Chroma's in-memory graph does
not follow the files on disk by itself (seen: a reader found none of the vectors added after it had opened).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import ArchiveError, ArchiveNotWritable

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_COLLECTION = "passages"
_HNSW = {"space": "cosine", "ef_construction": 128, "max_neighbors": 24, "ef_search": 128}
_BATCH = 2000


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

    def upsert(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Add or replace vectors; float32, shape (len(ids), dimensions)."""
        with self._collection() as collection:
            collection.upsert(ids=list(ids), embeddings=vectors)

    def delete(self, ids: Sequence[str]) -> None:
        """Take vectors away; unknown ids are no error."""
        with self._collection() as collection:
            for i in range(0, len(ids), _BATCH):
                collection.delete(ids=list(ids[i : i + _BATCH]))

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """Up to `n` (passage id, cosine similarity), nearest first, by the approximate index."""
        with self._collection() as collection:
            if not collection.count():
                return []
            found = collection.query(query_embeddings=vector.reshape(1, -1), n_results=n, include=["distances"])
        distances = (found["distances"] or [[]])[0]
        return [(i, 1.0 - d) for i, d in zip(found["ids"][0], distances)]

    def get(self, ids: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
        """Those of `ids` that are there, and their vectors in the same order."""
        with self._collection() as collection:
            found = collection.get(ids=list(ids), include=["embeddings"])
        vectors = np.asarray(found["embeddings"], dtype=np.float32)
        return found["ids"], vectors

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


def _connect(handle: _Handle, folder: str) -> None:
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    import chromadb
    from chromadb.config import Settings

    configuration: Any = {"hnsw": _HNSW}
    handle.client = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
    handle.collection = handle.client.get_or_create_collection(
        _COLLECTION, configuration=configuration, embedding_function=None
    )


def _shut(handle: _Handle) -> None:
    if handle.client is not None:
        handle.client.close()  # type: ignore[attr-defined]
    handle.client = handle.collection = None


def _archive_error(folder: str, error: Exception) -> ArchiveError:
    text = str(error)
    if any(words in text.lower() for words in ("readonly", "read-only", "permission denied")):
        return ArchiveNotWritable(f"{folder}: {text}", hint="Check the permissions of the archive folder.")
    if any(words in text.lower() for words in ("disk is full", "no space left", "disk i/o")):
        return ArchiveNotWritable(f"{folder}: {text}", hint="Free some space; what was taken in so far is kept.")
    return ArchiveError(f"{folder}: {text}", hint="The catalog is intact: delete this folder and ingest again.")
