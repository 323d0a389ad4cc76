"""Which sentences of the evidence matter: figures of each sentence of a hit, from what ranking has read already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.retrieve.candidates import Aspects
from rag.store import features
from rag.store.catalog import Catalog
from rag.types import Hit

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Within:
    """The sentences of one hit, in order; arrays of shape (S,).

    near: cosine with the question. near_part: with its nearest side or clause. held: share of the question's words, by
    rarity, in the sentence. held_part: the largest share of a side's or clause's words.
    """

    near: Floats
    near_part: Floats
    held: Floats
    held_part: Floats


def within(catalog: Catalog, hits: Sequence[Hit], asp: Aspects) -> dict[str, Within]:
    """The figures of each hit's sentences, by its passage's id. A hit whose passage is gone meanwhile has none."""
    if not hits:
        return {}
    sql = f"SELECT n, id FROM passages WHERE id IN ({', '.join('?' * len(hits))})"
    ids = {row["n"]: row["id"] for row in catalog.rows(sql, [hit.passage_id for hit in hits])}
    read = features.read(catalog, sorted(ids), asp.vectors.shape[1])
    held = _held(asp, read)
    near = read.vectors @ asp.vectors.T
    found = {}
    for row, number in enumerate(read.numbers.tolist()):
        units = np.flatnonzero(read.units == row)[1:]  # the first is the title
        found[ids[number]] = Within(near[units, 0], near[units].max(1), held[units, 0], held[units].max(1))
    return found


def _held(asp: Aspects, read: features.Features) -> Floats:
    """Share by rarity of each aspect's words in each unit, shape (U, A)."""
    present = np.zeros((len(read.units), len(asp.hashes)), np.float32)
    for column, word in enumerate(asp.hashes.tolist()):
        present[read.owners[read.words == word], column] = 1
    shares: Floats = present @ asp.weights / np.maximum(asp.weights.sum(0), np.float32(1e-6))
    return shares
