"""From features to a probability that a passage states what is asked, and from several lists to one.

The weights are a logistic regression's; `weights.json` says on what it was fitted, by which command.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import SettingsError
from rag.retrieve.compare import NAMES

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

AGAIN = 0.7  # what a list's next passage is worth beside the first of another list

# Parts of the retrieval that `Settings.without` leaves out, with the features that go with each.
PARTS: dict[str, tuple[str, ...]] = {
    "dense": ("dense", "sentence_dense", "clause_dense", "raw_sentence_dense", "raw_clause_dense"),
    "full-text": ("side_words", "clause_words", "cover", "pair_cover", "clause_cover", "raw_cover"),
    "sentence-vectors": ("sentence_dense", "clause_dense", "raw_sentence_dense", "raw_clause_dense"),
    "proximity": ("pair_cover", "clause_cover"),
    "clauses": ("clause_dense", "clause_words", "clause_cover", "raw_clause_dense"),
    "lead": ("lead",),
    "happened": ("happened",),
    "outlets": (),
    "published": (),
    "parts": (),
    "stories": (),
    "mixing": (),
}


@dataclass(frozen=True, slots=True)
class Model:
    """p = 1 / (1 + exp(−(bias + weights · features))); weights in the order of NAMES."""

    weights: Floats
    bias: float

    def probability(self, table: Floats, without: Collection[str] = ()) -> Floats:
        """The probability of each row of a feature matrix, shape (rows,)."""
        left_out = {name for part in without for name in PARTS[part]}
        kept = np.array([name not in left_out for name in NAMES], np.float32)
        p = 1 / (1 + np.exp(-(table @ (self.weights * kept) + self.bias)))
        return np.asarray(p, np.float32)


def parts_of(setting: str) -> frozenset[str]:
    """The parts that `Settings.without` names. Raises SettingsError if there is no such part."""
    parts = frozenset(part.strip() for part in setting.split(",") if part.strip())
    if unknown := sorted(parts - PARTS.keys()):
        raise SettingsError(
            f"without: no such part of the retrieval: {', '.join(unknown)}", hint=f"The parts are: {', '.join(PARTS)}."
        )
    return parts


def load(path: str = "") -> Model:
    """The weights in a file, or those that ship with the project. Raises SettingsError naming the file at fault."""
    source = Path(path) if path else files("rag.retrieve") / "weights.json"
    try:
        record = json.loads(source.read_text("utf-8"))
        return Model(np.array([record["weights"][name] for name in NAMES], np.float32), float(record["bias"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{source} holds no weights of this release: {type(error).__name__} {error}",
            hint="`rag eval fit --write FILE` makes such a file.",
        ) from error


def mixed(lists: Sequence[tuple[Numbers, Floats]], limit: int, again: float = AGAIN) -> list[tuple[int, float]]:
    """One list of (passage, probability) from one a search, each passage once, at most `limit`.

    Always the passage that promises most goes next; what a search has given already makes its others worth less, by
    `again` a passage, so that no side of a question is drowned by another.
    """
    queues = [_best(numbers, scores, limit * len(lists)) for numbers, scores in lists]
    places, worth, seen = [0] * len(queues), [1.0] * len(queues), set()
    result: list[tuple[int, float]] = []
    while True:
        for i, queue in enumerate(queues):
            while places[i] < len(queue) and queue[places[i]][1] in seen:
                places[i] += 1
        open_queues = [i for i, queue in enumerate(queues) if places[i] < len(queue)]
        if not open_queues or len(result) == limit:
            return result
        best = max(open_queues, key=lambda i: (-queues[i][places[i]][0] * worth[i], -i))
        score, number = queues[best][places[best]]
        seen.add(number)
        worth[best] *= again
        result.append((number, -score))


def _best(numbers: Numbers, scores: Floats, limit: int) -> list[tuple[float, int]]:
    """The `limit` best as (−score, passage), best first; the number settles ties, so that a run repeats."""
    order = np.lexsort((numbers, -scores))[:limit]
    return list(zip((-scores[order]).tolist(), numbers[order].tolist()))
