"""How Chroma's graph is set up, and what is asked of a collection. Only `rag.store.vectors` imports Chroma."""

from __future__ import annotations

import shutil
import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Collection = Any  # chromadb's

DATABASE = "chroma.sqlite3"
_SOONEST = 1000  # vectors after which the graph is written, and
_SHARE = 50  # the share of all: what is written grows with the archive, and so does what is read from the log
SETTINGS: Any = {
    "hnsw": {
        "space": "cosine",
        "ef_construction": 128,
        "max_neighbors": 24,
        "ef_search": 256,
        "sync_threshold": _SOONEST,
    }
}
_HEADER = 100  # bytes
_SAME = 1e-6  # Chroma scales to length one by itself, so that the last bits differ


def written_rightly(collection: Collection, size: int) -> bool:
    """Whether the graph of a collection of `size` vectors is written about as often as it should be."""
    wanted = max(_SOONEST, size // _SHARE)
    with _of_given_vectors():
        return bool(wanted // 2 < collection.configuration["hnsw"]["sync_threshold"] <= wanted * 2)


def write_rightly(collection: Collection, size: int) -> None:
    """Have it written so often, from when it is next opened."""
    with _of_given_vectors():
        collection.modify(configuration={"hnsw": {"sync_threshold": max(_SOONEST, size // _SHARE)}})


@contextmanager
def _of_given_vectors() -> Iterator[None]:
    with warnings.catch_warnings():  # Chroma deprecates collections whose vectors are not of its own making
        warnings.filterwarnings("ignore", "legacy embedding function config", DeprecationWarning)
        yield


def torn(folder: Path) -> str | None:
    """What of a graph's files does not fit the others, as after a power cut while they were written; None if all does.

    Chroma does not look: it follows links into memory that is not its own. Of n vectors hnswlib writes a header, n
    records of the size that the header tells, n lengths of four bytes, and n lists of links, each behind the number of
    its bytes; Chroma pickles the rest last. There may be room for more, as in a small one.
    """
    for pickled in folder.glob("*/index_metadata.pickle"):
        header = pickled.with_name("header.bin")
        told = header.read_bytes() if header.exists() else b""
        if len(told) != _HEADER:
            return f"{header} breaks off"
        # hnswlib's numbers, behind its version: offset, room, vectors, size of a record.
        _, _, count, record = struct.unpack_from("<4Q", told, 4)
        records, lengths = (_size(pickled.with_name(name)) for name in ("data_level0.bin", "length.bin"))
        if records < count * record or lengths < 4 * count or not _links(pickled.with_name("link_lists.bin"), count):
            return f"the files of {pickled.parent} do not fit each other"
        with pickled.open("rb") as file:
            file.seek(max(0, _size(pickled) - 1))
            if file.read() != b".":
                return f"{pickled} breaks off"
    return None


def _links(path: Path, count: int) -> bool:
    links, at = path.read_bytes() if path.exists() else b"", 0
    for _ in range(count):
        at += 4 + int.from_bytes(links[at : at + 4], "little")
    return at <= len(links)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def read_in(collection: Collection) -> None:
    """Have the graph in memory. A query does that without stopping the process's other threads; a write would not."""
    if (some := collection.get(limit=1, include=["embeddings"]))["ids"]:
        nearest(collection, np.asarray(some["embeddings"], np.float32), 1)


def nearest(collection: Collection, vectors: NDArray[np.float32], n: int) -> list[list[str]]:
    """For each vector up to `n` ids, nearest first."""
    found: list[list[str]] = collection.query(query_embeddings=vectors, n_results=n, include=[])["ids"]
    return found


def held(collection: Collection, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """The vectors of those of `ids` that are there."""
    found = collection.get(ids=list(dict.fromkeys(ids)), include=["embeddings"])  # it refuses an id given twice
    return dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32)))


def put(collection: Collection, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
    """Write what is not there yet.

    Writing a vector over itself, as after a killed ingest, changes the graph around it, and now and then leaves a
    neighbour that no search reaches any more.
    """
    there = held(collection, ids)
    new = [i for i, id in enumerate(ids) if id not in there or not np.allclose(there[id], vectors[i], atol=_SAME)]
    if new:
        collection.upsert(ids=[ids[i] for i in new], embeddings=vectors[new])


def swap(folder: Path, fresh: Path) -> None:
    """Put Chroma's new files in the place of the old ones, the database last and at once."""
    old = [place for place in folder.iterdir() if place.is_dir() and place != fresh]
    for suffix in ("-journal", "-wal", "-shm"):  # they belong to the old database and would be played into the new one
        (folder / f"{DATABASE}{suffix}").unlink(missing_ok=True)
    for place in fresh.iterdir():
        if place.is_dir():
            place.replace(folder / place.name)
    (fresh / DATABASE).replace(folder / DATABASE)
    for place in [*old, fresh]:
        shutil.rmtree(place)
