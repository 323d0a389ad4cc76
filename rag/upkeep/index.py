"""Checks and repairs of the vectors: Chroma, the flat rows beside it, and the features, each against the catalog.

Chroma and the rows hold the same vectors, so either can be made from the other; only what is good in neither has to be
embedded anew. A row is good if it has length 1: what is torn, zeroed or foreign has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rag.errors import ArchiveError
from rag.store import attributes, features
from rag.store.catalog import Catalog
from rag.store.rows import ATTRIBUTES
from rag.store.vectors import Vectors
from rag.upkeep.findings import VECTORS, Finding, named

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_BATCH = 2000
_LENGTH = 0.002  # how far from 1 the length of a good vector may be
_SAME = 0.999  # cosine of two copies of one vector
_PROBES = 50  # vectors that Chroma's graph is asked for


@dataclass
class Look:
    """What there is of the vectors of the passages that count as embedded; arrays are in the order of `ids`.

    rows: has a good row. known: its attributes are right. indexed: Chroma has it, the same as the row where that is
    good. featured: has its features. stray: ids in Chroma, gone: numbers in the rows, of no passage. broken: why Chroma
    cannot be used. pending: passages that wait to be embedded. dimensions: 0 where no vector was ever stored.
    """

    ids: list[str]
    numbers: NDArray[np.int64]
    expected: NDArray[np.void]
    dimensions: int
    pending: int
    rows: Mask
    known: Mask
    indexed: Mask
    featured: Mask
    stray: list[str] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    broken: str | None = None

    @property
    def lost(self) -> list[str]:
        """Ids of the passages that have to be embedded anew."""
        return [i for i, kept in zip(self.ids, (self.rows | self.indexed) & self.featured) if not kept]

    def findings(self) -> Iterator[Finding]:
        """The same in words."""
        if self.broken:
            yield Finding(VECTORS, f"Chroma cannot be used: {self.broken}", "makes it anew from the rows beside it")
        elif not self.indexed.all():
            text = f"Chroma lacks {np.count_nonzero(~self.indexed)} vectors, or has others than the rows"
            yield Finding(VECTORS, text, "takes them from the rows beside it")
        if self.stray or self.gone:
            text = (
                f"{max(len(self.stray), len(self.gone))} vectors belong to no passage: if nothing was being removed, "
                "the catalog has lost what was written last"
            )
            yield Finding(VECTORS, text, "takes them away; `rag ingest` brings back what was lost")
        if not self.rows.all():
            text = f"{np.count_nonzero(~self.rows)} vectors in the flat file are torn or missing"
            yield Finding(VECTORS, text, "takes them from Chroma, or embeds their passages anew")
        if not self.known.all():
            text = f"what filters ask for is wrong of {np.count_nonzero(~self.known)} passages"
            yield Finding(VECTORS, text, "writes it anew from the catalog")
        if self.lost:
            yield Finding(VECTORS, f"{len(self.lost)} passages have lost what they are found by", "embeds them anew")
        if self.pending:
            yield Finding(VECTORS, f"{self.pending} passages are not embedded yet", "embeds them")


def look(catalog: Catalog, vectors: Vectors) -> Look:
    """Compare all vectors with the catalog and with each other. Reads everything once."""
    passages = catalog.rows(
        "SELECT p.id, p.n, p.embedded, p.article, a.published_day, a.outlet, a.section, a.language, "
        "f.passage IS NOT NULL AS featured FROM passages p JOIN articles a ON a.n = p.article "
        "LEFT JOIN passage_features f ON f.passage = p.n ORDER BY p.n"
    )
    stored = [p for p in passages if p["embedded"]]
    numbers = np.array([p["n"] for p in stored], np.int64)
    expected = np.array([attributes.record(*tuple(p)[3:8]) for p in stored], ATTRIBUTES)
    written = vectors.attributes()
    there = numbers < len(written)
    known = np.zeros(len(stored), bool)
    known[there] = written[numbers[there]] == expected[there]
    found = Look(
        ids=[p["id"] for p in stored],
        numbers=numbers,
        expected=expected,
        dimensions=features.dimensions(catalog),
        pending=len(passages) - len(stored),
        rows=np.zeros(len(stored), bool),
        known=known,
        indexed=np.zeros(len(stored), bool),
        featured=np.array([p["featured"] for p in stored], bool),
    )
    every, doomed = {p["n"] for p in passages}, catalog.doomed()
    found.gone = sorted({int(n) for n in np.flatnonzero(written["article"])} - every - set(doomed.values()))
    if found.dimensions:
        for place in _parts(len(stored)):
            lengths = np.linalg.norm(vectors.gathered(numbers[place], found.dimensions), axis=1)
            found.rows[place] = np.abs(lengths - 1) < _LENGTH
    if passages or vectors.indexes:
        try:
            _look_into_chroma(found, vectors, {p["id"] for p in passages} | doomed.keys())
        except ArchiveError as error:
            found.broken, found.indexed[:] = error.message, False
    return found


def _look_into_chroma(found: Look, vectors: Vectors, every: set[str]) -> None:
    if not vectors.indexes:
        if found.ids:
            found.broken = "its database is gone"
        return
    ids = vectors.ids()
    found.stray = sorted(ids - every)
    for place in _parts(len(found.ids)):
        some = [i for i in found.ids[place] if i in ids]
        held = vectors.indexed(some) if some else {}
        rows = vectors.gathered(found.numbers[place], found.dimensions) if found.dimensions else np.zeros((0, 0))
        for at, id in enumerate(found.ids[place]):
            if id in held and abs(float(np.linalg.norm(held[id])) - 1) < _LENGTH:
                good = found.rows[place.start + at]
                found.indexed[place.start + at] = not good or float(held[id] @ rows[at]) > _SAME
    both = np.flatnonzero(found.rows & found.indexed)
    probes = both[:: max(1, len(both) // _PROBES)][:_PROBES]
    if len(probes):
        asked = vectors.gathered(found.numbers[probes], found.dimensions)
        nearest = [some[0] if some else "" for some in vectors.nearest(asked, 1)]
        held = vectors.indexed([i for i in nearest if i])
        hits = sum(id in held and float(held[id] @ vector) > _SAME for id, vector in zip(nearest, asked))
        if hits < 0.9 * len(probes):
            found.broken = f"of {len(probes)} vectors that it holds, a search finds {hits}"


def mend(found: Look, catalog: Catalog, vectors: Vectors) -> list[str]:
    """Put right what `look` found; what is good nowhere is marked to be embedded anew. Returns what was done."""
    done = []
    catalog.mark_embedded(found.lost, embedded=False)
    if found.lost:
        done.append(f"{len(found.lost)} passages marked to be embedded anew")
    kept = (found.rows | found.indexed) & found.featured
    from_chroma = np.flatnonzero(kept & ~found.rows)
    for place in _parts(len(from_chroma)):
        at = from_chroma[place]
        held = vectors.indexed([found.ids[i] for i in at])
        vectors.write_rows(found.numbers[at].tolist(), np.stack([held[found.ids[i]] for i in at]))
    if len(from_chroma):
        done.append(f"{len(from_chroma)} vectors of the flat file taken from Chroma")
    wrong = np.flatnonzero(kept & ~found.known)
    if len(wrong):
        vectors.write_attributes(found.numbers[wrong].tolist(), found.expected[wrong])
        done.append(f"what filters ask for written anew of {len(wrong)} passages")
    if found.gone and found.dimensions:
        vectors.erase(found.gone, found.dimensions)
    if found.broken:
        good = np.flatnonzero(kept)
        vectors.rebuild(parts_of(vectors, [found.ids[i] for i in good], found.numbers[good], found.dimensions))
        done.append(f"Chroma made anew with {len(good)} vectors")
        return done
    missing = np.flatnonzero(kept & ~found.indexed)
    for ids, some in parts_of(vectors, [found.ids[i] for i in missing], found.numbers[missing], found.dimensions):
        vectors.write_index(ids, some)
    if len(missing):
        done.append(f"{len(missing)} vectors of Chroma taken from the flat file")
    if found.stray or found.gone:
        vectors.delete(found.stray, found.gone)
        done.append(f"{max(len(found.stray), len(found.gone))} vectors of no passage taken away: {named(found.stray)}")
    return done


def parts_of(
    vectors: Vectors, ids: Sequence[str], numbers: NDArray[np.int64], dimensions: int
) -> Iterator[tuple[Sequence[str], Floats]]:
    """The vectors of some passages from the flat file, some at a time, as `Vectors.rebuild` takes them."""
    for place in _parts(len(ids)):
        yield ids[place], vectors.gathered(numbers[place], dimensions)


def _parts(length: int) -> Iterator[slice]:
    for start in range(0, length, _BATCH):
        yield slice(start, min(start + _BATCH, length))
