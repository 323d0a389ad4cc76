"""Chroma's approximate index, as an archive uses it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.store.vectors import Vectors

DIMENSIONS = 64
MANY = 500


def alike(seed: int) -> NDArray[np.float32]:
    """Unit vectors in a few tight clusters, as those of a newsroom's weekly tables; shape (MANY, DIMENSIONS)."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(8, DIMENSIONS))
    made = centres[random.integers(0, 8, MANY)] + 0.05 * random.normal(size=(MANY, DIMENSIONS))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def test_vectors_that_are_written_again_leave_every_other_within_reach(tmp_path: Path) -> None:
    ids, again = [f"a.1.{n}" for n in range(MANY)], slice(300, MANY)
    for seed in range(4):
        made = alike(seed)
        vectors = Vectors(tmp_path / str(seed))
        vectors.write_index(ids, made)
        for _ in range(3):  # as ingests do that are killed after storing, again and again
            vectors.write_index(ids[again], made[again])
            vectors.refresh()
        assert set(vectors.nearest(made[:1], MANY)[0]) == set(ids)
        vectors.close()


def test_what_is_there_is_not_written_again(tmp_path: Path) -> None:
    made, ids = alike(1), [f"a.1.{n}" for n in range(MANY)]
    vectors = Vectors(tmp_path)
    vectors.write_index(ids[:400], made[:400])
    before = logged(tmp_path)
    vectors.write_index(ids[:400], made[:400])
    assert logged(tmp_path) == before
    vectors.write_index(ids, made)
    assert logged(tmp_path) == before + 100
    vectors.close()


def logged(folder: Path) -> int:
    """How many entries there are in Chroma's log, from which it makes its graph when it is opened."""
    with closing(sqlite3.connect(folder / "chroma.sqlite3")) as database:
        return int(database.execute("SELECT count(*) FROM embeddings_queue").fetchone()[0])


def test_a_vector_that_has_changed_is_replaced(tmp_path: Path) -> None:
    first, second = alike(1), alike(2)
    vectors = Vectors(tmp_path)
    vectors.write_index(["a", "b", "c"], first[:3])
    vectors.write_index(["a", "b", "d"], np.stack([first[0], second[1], second[3]]))
    held = vectors.indexed(["a", "b", "c", "d", "e"])
    assert held.keys() == {"a", "b", "c", "d"}
    for id, expected in zip("abcd", (first[0], second[1], first[2], second[3])):
        np.testing.assert_allclose(held[id], expected, atol=1e-6)
    assert vectors.nearest(second[1:2], 1) == [["b"]]
    vectors.close()
