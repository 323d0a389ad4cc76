"""Chroma's approximate index, as an archive uses it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.errors import ArchiveError
from rag.store import chroma
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


def at_once(vectors: Vectors, asked: NDArray[np.float32]) -> list[list[str]]:
    """What `nearest_at_once` gives when it gives something."""
    vectors.open_beside(asked)
    for _ in range(600):
        if (found := vectors.nearest_at_once(asked, 1)) is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("the index was never at hand")


def test_it_is_opened_beside_and_follows_what_others_write(tmp_path: Path) -> None:
    made = alike(1)
    writer = Vectors(tmp_path)
    writer.write_index(["a", "b"], made[:2])
    writer.close()
    vectors = Vectors(tmp_path)
    assert vectors.nearest_at_once(made[:1], 1) is None
    assert at_once(vectors, made[:1]) == [["a"]]
    assert vectors.nearest_at_once(made[1:2], 1) == [["b"]]
    script = (
        "import sys, numpy; from pathlib import Path; from rag.store.vectors import Vectors\n"
        "vectors = Vectors(Path(sys.argv[1])); vectors.write_index(['c'], numpy.load(sys.argv[2])); vectors.close()"
    )
    np.save(tmp_path / "c.npy", made[5:6])
    subprocess.run([sys.executable, "-c", script, str(tmp_path), str(tmp_path / "c.npy")], check=True)
    vectors.refresh()
    assert vectors.nearest_at_once(made[5:6], 1) is None
    assert at_once(vectors, made[5:6]) == [["c"]]
    vectors.close()


def test_an_index_that_cannot_be_opened_is_said_at_the_next_question(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"hello" * 1000)
    vectors = Vectors(tmp_path)
    assert vectors.nearest_at_once(alike(1)[:1], 1) is None
    with pytest.raises(ArchiveError, match="rag verify --repair"):
        at_once(vectors, alike(1)[:1])
    vectors.close()


def test_a_writer_follows_another_process(tmp_path: Path) -> None:
    """Else what it writes would take the place of what the other has written."""
    made = alike(1)
    vectors = Vectors(tmp_path)
    vectors.follow("1")
    vectors.write_index(["a"], made[:1])
    vectors.wrote("2")
    client = vectors._handle.client
    vectors.follow("2")
    vectors.write_index(["b"], made[1:2])
    assert vectors._handle.client is client, "opened anew for what it wrote itself"
    vectors.follow("3")
    vectors.write_index(["c"], made[2:3])
    assert vectors._handle.client is not client
    assert vectors.nearest(made[:3], 1) == [["a"], ["b"], ["c"]]
    vectors.close()


def test_whoever_opens_it_last_closes_it_though_all_have_left(tmp_path: Path) -> None:
    vectors = Vectors(tmp_path)
    begun, release = threading.Event(), threading.Event()
    handle = vectors._handle

    def opening() -> None:
        begun.set()
        assert release.wait(60)
        vectors.count()

    handle.beside(opening)
    assert begun.wait(60)
    vectors.close()  # does not wait
    release.set()
    for _ in range(600):
        if handle._opening is None and handle.client is None:
            return
        time.sleep(0.05)
    raise AssertionError("it stays open")


def test_the_graph_is_written_as_often_as_its_size_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chroma, "_SOONEST", 200)
    monkeypatch.setattr(chroma, "_SHARE", 1)
    monkeypatch.setitem(chroma.SETTINGS["hnsw"], "sync_threshold", 200)
    made, vectors = alike(1), Vectors(tmp_path)

    def writes(first: int, last: int) -> bool:
        before = graph(tmp_path)
        vectors.write_index([f"a.1.{n}" for n in range(first, last)], made[first:last])
        return graph(tmp_path) != before

    # Every 200 vectors; by now there are 400, so that it is opened anew, to be written after 400 more.
    assert [writes(n, n + 100) for n in range(0, 400, 100)] == [False, True, False, True]
    assert [writes(n, n + 20) for n in range(400, 500, 20)] == [False] * 5
    vectors.close()
    again = Vectors(tmp_path)
    assert set(again.nearest(made[:1], MANY)[0]) == {f"a.1.{n}" for n in range(MANY)}
    again.close()


def graph(folder: Path) -> dict[str, int]:
    """The size of the file of Chroma's graph that is written last."""
    return {path.name: path.stat().st_size for path in folder.glob("*/index_metadata.pickle")}


@pytest.mark.parametrize("share", [0, 0.5, 0.999])
@pytest.mark.parametrize(
    "name", ["header.bin", "data_level0.bin", "length.bin", "link_lists.bin", "index_metadata.pickle"]
)
def test_a_torn_graph_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, share: float) -> None:
    """Whichever of its files is cut short; Chroma itself would read beyond their ends."""
    monkeypatch.setattr(chroma, "_SOONEST", 200)
    monkeypatch.setitem(chroma.SETTINGS["hnsw"], "sync_threshold", 200)
    vectors = Vectors(tmp_path)
    vectors.write_index([f"a.1.{n}" for n in range(MANY)], alike(1))
    assert vectors.readable()
    vectors.close()
    (path,) = tmp_path.glob(f"*/{name}")
    os.truncate(path, int(path.stat().st_size * share))
    again = Vectors(tmp_path)
    assert not again.readable()
    again.rebuild([([f"a.1.{n}" for n in range(MANY)], alike(1))])
    assert again.readable()
    assert len(again.nearest(alike(1)[:1], MANY)[0]) == MANY
    again.close()
