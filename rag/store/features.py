"""What ranking compares of a passage: its words as numbers, sentence by sentence, and a vector of each sentence.

Both are made once, when the passage is embedded, so that a search reads some kilobytes a candidate and tokenises
nothing. The title counts as a first sentence, without a vector. A vector is kept as signed bytes, its largest component
at 127: read back at length 1, it is within 0.001 (cosine) of the original.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import ArchiveError
from rag.store.catalog import Catalog
from rag.store.records import sentences_of
from rag.words import Hashes, hashes

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
_CHUNK = 500  # values in one SQL statement


class Written(Protocol):
    """A database that takes features: the catalog, or one beside it."""

    def write(self, sql: str, rows: Iterable[Sequence[Any]]) -> None: ...


def write(
    catalog: Written, numbers: Sequence[int], texts: Sequence[tuple[str, Sequence[str]]], vectors: Sequence[Floats]
) -> None:
    """Keep the features of some passages: (title, sentences) and the sentences' vectors of each."""
    rows = [_Stored(n, *_words(*text), _bytes(matrix)) for n, text, matrix in zip(numbers, texts, vectors)]
    catalog.write("INSERT OR REPLACE INTO passage_features VALUES (?, ?, ?, ?)", rows)


class _Stored(NamedTuple):
    """A row of the table."""

    passage: int
    words: bytes
    counts: bytes
    vectors: bytes


def _words(title: str, sentences: Sequence[str]) -> tuple[bytes, bytes]:
    words = [hashes(text) for text in (title, *sentences)]
    return np.concatenate(words).astype("<u4").tobytes(), np.array([len(w) for w in words], "<u4").tobytes()


def _bytes(matrix: Floats) -> bytes:
    largest = np.maximum(np.abs(matrix).max(axis=1, keepdims=True), np.float32(1e-12))
    return bytes(np.round(matrix * (127 / largest)).astype(np.int8).tobytes())


@dataclass(frozen=True, slots=True)
class Features:
    """The features of some passages, laid end to end.

    numbers: the passages that have features, ascending; shape (P,).
    words, owners: each word and the unit it stands in; shape (W,). A unit is a title or a sentence.
    units: the passage (index into `numbers`) of each unit; shape (U,). The first unit of a passage is its title.
    vectors: a unit vector a unit; shape (U, dimensions); zeros for titles.
    """

    numbers: Numbers
    words: Hashes
    owners: Numbers
    units: Numbers
    vectors: Floats

    @property
    def firsts(self) -> Numbers:
        """The first unit of each passage, its title; shape (P,)."""
        return np.flatnonzero(np.diff(self.units, prepend=-1))


def dimensions(catalog: Catalog) -> int:
    """The length of the vectors that are kept, 0 where there are none."""
    rows = catalog.rows("SELECT length(vectors) / (length(counts) / 4 - 1) AS size FROM passage_features LIMIT 1")
    return int(rows[0]["size"]) if rows else 0


def read(catalog: Catalog, numbers: Sequence[int], dimensions: int) -> Features:
    """The features of those of `numbers` that are in the catalog.

    Passages that are not embedded yet have none kept: their words are read from the text, their vectors are zeros.
    Raises ArchiveError if the vectors are of other dimensions: the embedder has been changed meanwhile.
    """
    found: dict[int, _Stored] = {}
    for i in range(0, len(numbers), _CHUNK):
        chunk = [int(n) for n in numbers[i : i + _CHUNK]]
        sql = f"SELECT * FROM passage_features WHERE passage IN ({', '.join('?' * len(chunk))})"
        found.update((row["passage"], _Stored(*row)) for row in catalog.rows(sql, chunk))
        missing = [n for n in chunk if n not in found]
        found.update((row.passage, row) for row in _made(catalog, missing, dimensions))
    there = sorted(found)
    rows = [found[n] for n in there]
    words = np.frombuffer(b"".join(row.words for row in rows), "<u4")
    counts = [np.frombuffer(row.counts, "<u4") for row in rows]
    sizes = np.array([len(c) for c in counts], np.int64)
    units = np.repeat(np.arange(len(rows)), sizes)
    owners = np.repeat(np.arange(len(units)), np.concatenate(counts) if counts else [])
    vectors = np.zeros((len(units), dimensions), np.float32)
    kept = np.frombuffer(b"".join(row.vectors for row in rows), np.int8)
    if len(kept) != (sizes - 1).sum() * dimensions:
        raise ArchiveError(
            "another embedder has just taken over", hint="Ask again: the next search uses it.", retry=True
        )
    raw = kept.reshape(-1, dimensions)
    sentences = np.ones(len(units), bool)
    sentences[np.cumsum(sizes) - sizes] = False
    widened = raw.astype(np.float32)
    widened /= np.maximum(np.sqrt(np.einsum("ij,ij->i", widened, widened))[:, None], 1)
    vectors[sentences] = widened
    return Features(np.array(there, np.int64), words, owners, units, vectors)


def _made(catalog: Catalog, numbers: Sequence[int], dimensions: int) -> Iterator[_Stored]:
    if not numbers:
        return
    rows = catalog.rows(
        "SELECT p.n, p.start, p.sentences, coalesce(a.title, '') AS title, "
        "substr(a.text, p.start + 1, p.end - p.start) AS body FROM passages p JOIN articles a ON a.n = p.article "
        f"WHERE p.n IN ({', '.join('?' * len(numbers))})",
        numbers,
    )
    for row in rows:
        places = sentences_of(row)
        words, counts = _words(row["title"], [row["body"][a:b] for a, b in places])
        yield _Stored(row["n"], words, counts, bytes(dimensions * len(places)))
