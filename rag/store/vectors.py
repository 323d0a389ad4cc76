"""The vectors of an archive: in Chroma, and in flat rows. The only place that imports chromadb.

Chroma's approximate index proposes neighbours in a large archive. Rows (`rag.store.rows`) hold the same vectors and
what filters ask for by passage number, for comparing a small archive, a filtered part of a large one, candidates, or
all of it while the index is not at hand.

The catalog decides what exists: vectors are looked up by passage id, and ids that the catalog does not know are never
shown. A process that only reads sees vectors that another one adds after `refresh()`: Chroma's in-memory graph does
not follow the files on disk by itself (seen: a reader found none of the vectors added after it had opened).

Chroma writes its graph to a file after every so many vectors, all of it, and in place; what came since stands in its
log, from which the graph is made when it is opened, at a millisecond or two a vector. A kill while the file is written
leaves it torn (see `readable`), and two processes that have it open may both write it. So no search waits for it to
be opened, and none opens it while an ingest is under way.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import ArchiveError, ArchiveNotWritable
from rag.store import chroma, failures, handles
from rag.store.chroma import Collection
from rag.store.handles import Handle
from rag.store.rows import ATTRIBUTES, Rows

EXACT = 30_000  # passages: up to here an archive is compared one by one, and its index serves nobody

_COLLECTION = "passages"
_BATCH = 2000
REBUILDING = "rebuilding"  # folder inside the vectors' while Chroma's files are made anew


class Vectors:
    """Unit vectors by passage id."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder.resolve())
        self._handle = handles.join(self._folder)
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
        for i in range(0, len(ids), _BATCH):
            with self._writing() as collection:
                collection.delete(ids=list(ids[i : i + _BATCH]))
            self._handle.size = None
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
        for some in (slice(i, i + _BATCH) for i in range(0, len(ids), _BATCH)):
            with self._writing() as collection:
                chroma.put(collection, ids[some], vectors[some])
                self._handle.size = (self._handle.size or 0) + len(ids[some])

    def indexed(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Chroma's own copies of the vectors of those of `ids` that it has."""
        with self._collection() as collection:
            return chroma.held(collection, ids)

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
            self._handle.shut()
            chroma.swap(Path(self._folder), fresh)

    def nearest(self, vectors: NDArray[np.float32], n: int) -> list[list[str]]:
        """For each vector up to `n` passage ids, nearest first, by the approximate index; none where it is empty.

        Chroma's `count` is not asked: it takes longer the more there is, of 100,000 vectors longer than the query.
        """
        with self._collection() as collection:
            found = chroma.nearest(collection, vectors, n)
            self._handle.read_in = True
        return found

    def nearest_at_once(self, vectors: NDArray[np.float32], n: int) -> list[list[str]] | None:
        """`nearest`; None if that would have to wait, because the graph is not in memory or is being written.

        Raises what `open_beside` met with.
        """
        handle = self._handle
        if (failure := handle.failure) is not None:
            handle.failure = None
            raise failure
        if not handle.lock.acquire(blocking=False):
            return None
        try:
            if not handle.read_in or handle.stale:
                return None
            with self._chromas_errors():  # not by `_collection`, which opens what has become stale this moment
                return chroma.nearest(handle.collection, vectors, n)
        finally:
            handle.lock.release()

    def open_beside(self, vectors: NDArray[np.float32]) -> None:
        """Have another thread read the graph in. Failures are told to whoever asks next."""
        self._handle.beside(lambda: self.nearest(vectors[:1], 1))

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
        return (Path(self._folder) / chroma.DATABASE).exists()

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
            return int(collection.count())

    def readable(self) -> bool:
        """Whether Chroma's graph can be read in: a kill while it was being written leaves it torn."""
        try:
            with self._collection() as collection:
                chroma.read_in(collection)
        except ArchiveNotWritable:
            raise
        except ArchiveError:
            self._handle.shut()
            return False
        return True

    def refresh(self) -> None:
        """See what other processes have written since. Nothing is opened before it is needed."""
        self._handle.stale, self._handle.failure = True, None

    def follow(self, state: str | None) -> None:
        """`refresh` if the archive has come into another state than that in which its vectors were last seen here."""
        if state != self._handle.state:
            self._handle.state = state
            self.refresh()

    def wrote(self, state: str | None) -> None:
        """Tell that this process has brought the archive into a state, so that there is nothing to follow."""
        self._handle.state = state

    def close(self) -> None:
        """Give up the client; the last user closes it."""
        if not self._closed:
            self._closed = True
            self._handle.leave()

    @contextmanager
    def _collection(self) -> Iterator[Collection]:
        with self._handle.lock, self._chromas_errors():
            if self._handle.stale:
                self._handle.shut()
            if self._handle.collection is None:
                _connect(self._handle)
            yield self._handle.collection

    @contextmanager
    def _chromas_errors(self) -> Iterator[None]:
        from chromadb.errors import ChromaError

        with _as_archive_error(self._folder):
            try:
                yield
            except ChromaError as error:
                raise failures.of_vectors(self._folder, error) from error

    @contextmanager
    def _writing(self) -> Iterator[Collection]:
        """The collection, with its graph in memory, and set to be written as often as its size asks for."""
        handle = self._handle
        with handle.lock:
            with self._collection() as collection:
                self._read_in(collection)
                if not chroma.written_rightly(collection, handle.size or 0):
                    chroma.write_rightly(collection, handle.size or 0)
                    handle.shut()  # a graph that is open keeps to what it was opened with
            with self._collection() as collection:
                self._read_in(collection)
                yield collection

    def _read_in(self, collection: Collection) -> None:
        """Counting, writing and deleting would do it too, and let no other thread of the process run meanwhile."""
        if not self._handle.read_in:
            chroma.read_in(collection)
            self._handle.read_in = True
        if self._handle.size is None:
            self._handle.size = collection.count()


@contextmanager
def _as_archive_error(folder: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise failures.of_vectors(folder, error) from error


def _connect(handle: Handle) -> None:
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    if found := chroma.torn(Path(handle.folder)):
        raise failures.of_vectors(handle.folder, ValueError(found))
    try:
        handle.client = chromadb.PersistentClient(handle.folder, settings=Settings(anonymized_telemetry=False))
    except BaseException:
        # Chroma keeps what did not start, and gives it out half made at the next attempt.
        SharedSystemClient._identifier_to_system.pop(handle.folder, None)
        raise
    handle.collection = handle.client.get_or_create_collection(
        _COLLECTION, configuration=chroma.SETTINGS, embedding_function=None
    )
