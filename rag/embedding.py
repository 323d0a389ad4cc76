"""The vectors of what is in the catalog: made, deleted, and brought into agreement with it.

A passage counts as embedded only after Chroma has stored its vector, and a vector is deleted only after its passage is
gone: a process killed in between leaves work that is due, never work that is lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag import tokens
from rag.embed import Embedder
from rag.embed import Vectors as Matrix
from rag.passages import searched
from rag.store import attributes, features
from rag.store.catalog import Catalog
from rag.store.records import Pending
from rag.store.rows import ATTRIBUTES
from rag.store.vectors import Vectors

_TITLE_TOKENS = 40
_BATCH = 2000


def embedded_text(title: str | None, text: str) -> str:
    """What the embedder sees of a passage that is `searched` as `text`: the title gives it its subject."""
    return f"{short(title)}\n{text}" if title else text


def short(title: str) -> str:
    """A title cut to what leaves room for the passage: 40 tokens at most."""
    words = title.split()[:_TITLE_TOKENS]
    while len(words) > 1 and tokens.count(" ".join(words)) > _TITLE_TOKENS:
        words = words[: len(words) * 3 // 4]
    return " ".join(words)[: _TITLE_TOKENS * 6]


@dataclass(frozen=True, slots=True)
class Made:
    """What some passages are found by: a vector each, what filters ask for, and features (`rag.store.features`)."""

    ids: list[str]
    numbers: list[int]
    vectors: Matrix
    attributes: NDArray[np.void]
    words: list[tuple[str, list[str]]]
    sentences: list[Matrix]


def joined(parts: Sequence[Made]) -> Made:
    """Several lots as one."""
    return Made(
        ids=[id for part in parts for id in part.ids],
        numbers=[n for part in parts for n in part.numbers],
        vectors=np.concatenate([part.vectors for part in parts]),
        attributes=np.concatenate([part.attributes for part in parts]),
        words=[words for part in parts for words in part.words],
        sentences=[matrix for part in parts for matrix in part.sentences],
    )


def only(made: Made, numbers: Collection[int]) -> Made:
    """Of a lot those passages that have one of these numbers."""
    at = [i for i, n in enumerate(made.numbers) if n in numbers]
    return Made(
        ids=[made.ids[i] for i in at],
        numbers=[made.numbers[i] for i in at],
        vectors=made.vectors[at],
        attributes=made.attributes[at],
        words=[made.words[i] for i in at],
        sentences=[made.sentences[i] for i in at],
    )


def make(embedder: Embedder, pending: Sequence[Pending]) -> Made:
    """The vectors and features of some passages. Stores nothing."""
    told = [searched(p.text, p.sentences) for p in pending]
    texts = [embedded_text(p.title, text) for p, (text, _) in zip(pending, told)]
    heads = [len(text) - len(own) for text, (own, _) in zip(texts, told)]
    parts = [[[(head + a, head + b)] for a, b in places] for head, (_, places) in zip(heads, told)]
    vectors, sentences = embedder.encode_parts(texts, parts)
    known = [attributes.record(p.article, p.day, p.outlet, p.section, p.language) for p in pending]
    return Made(
        ids=[p.id for p in pending],
        numbers=[p.n for p in pending],
        vectors=vectors,
        attributes=np.array(known, ATTRIBUTES),
        words=[(p.title or "", [p.text[a:b] for a, b in p.sentences]) for p in pending],
        sentences=sentences,
    )


def store(catalog: Catalog, vectors: Vectors, made: Made) -> None:
    """Vectors first, then features and the mark that both are there, in one transaction.

    Of a passage that has gone meanwhile the vector is among the doomed ones.
    """
    vectors.upsert(made.ids, made.numbers, made.vectors, made.attributes)
    with catalog.transaction():
        kept = only(made, {p.n for p in catalog.to_embed(made.numbers)})
        features.write(catalog, kept.numbers, kept.words, kept.sentences)
        catalog.mark_embedded(kept.ids)


def delete_doomed(catalog: Catalog, vectors: Vectors) -> None:
    """Delete the vectors of passages that are gone."""
    if doomed := catalog.doomed():
        vectors.delete(list(doomed), [n for n in doomed.values() if n is not None])
        catalog.bury(list(doomed))


def files_lost(catalog: Catalog, vectors: Vectors) -> bool:
    """Whether the vectors' files do not reach as far as what was stored in them: somebody deleted or cut them."""
    last = int(catalog.rows("SELECT coalesce(max(n), 0) FROM passages WHERE embedded = 1")[0][0])
    # The catalog knows the dimensions: an ingest that finds nothing new need not load the embedder.
    return last > 0 and not vectors.hold(last, features.dimensions(catalog))


def reconcile(catalog: Catalog, vectors: Vectors) -> None:
    """Make the vectors agree with the catalog after a run that did not end by itself, or after a loss of files."""
    dimensions = features.dimensions(catalog)
    if vectors.indexes and not vectors.readable():
        vectors.rebuild(_in_rows(catalog, vectors, dimensions) if dimensions else ())
    there = vectors.ids()
    written = vectors.attributes()["article"][: len(vectors.rows(dimensions)) if dimensions else 0]
    rows = catalog.rows("SELECT id, n, article, embedded FROM passages")
    lost = [
        r["id"]
        for r in rows
        if r["embedded"] and (r["id"] not in there or r["n"] >= len(written) or written[r["n"]] != r["article"])
    ]
    catalog.mark_embedded(lost, embedded=False)
    orphans = sorted(there - {r["id"] for r in rows})
    gone = sorted({int(n) for n in np.flatnonzero(written)} - {r["n"] for r in rows})
    if orphans or gone:
        vectors.delete(orphans, gone)
    delete_doomed(catalog, vectors)


def _in_rows(catalog: Catalog, vectors: Vectors, dimensions: int) -> Iterator[tuple[list[str], Matrix]]:
    """What Chroma is made of anew: ids and vectors of the passages that have theirs in the rows, some at a time."""
    written = vectors.attributes()["article"][: len(vectors.rows(dimensions))]
    stored = catalog.rows("SELECT id, n, article FROM passages WHERE embedded = 1 AND n < ?", (len(written),))
    for start in range(0, len(stored), _BATCH):
        some = [row for row in stored[start : start + _BATCH] if written[row["n"]] == row["article"]]
        if some:
            yield [row["id"] for row in some], vectors.gathered(np.array([row["n"] for row in some]), dimensions)
