"""Flat rows by passage number, and the words and features that ranking reads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from rag import tokens
from rag.passages import Limit, split
from rag.query import terms
from rag.store import features, postings
from rag.store.catalog import Catalog
from rag.store.postings import Postings
from rag.store.rows import Rows
from rag.types import Article, Passage
from rag.words import bare, hashed, hashes, stemmed
from tests.conftest import PROJECT

# -- rows -------------------------------------------------------------------------------------------------------------

F4 = np.dtype("<f4")


def test_rows_are_written_in_place_and_gaps_are_zeros(tmp_path: Path) -> None:
    rows = Rows(tmp_path / "r", F4, 2)
    assert rows.all().shape == (0, 2)
    rows.write([], np.empty((0, 2)))
    assert not (tmp_path / "r").exists()
    rows.write([1, 2, 5], np.array([[1, 1], [2, 2], [5, 5]]))
    assert rows.all()[:, 0].tolist() == [0, 1, 2, 0, 0, 5]
    rows.write([2, 1], np.array([[20, 20], [10, 10]]))
    rows.write([2, 1], np.array([[20, 20], [10, 10]]))
    assert rows.all()[:, 1].tolist() == [0, 10, 20, 0, 0, 5]
    assert rows.get(np.array([5, 99, 1])).tolist() == [[5, 5], [0, 0], [10, 10]]


def test_an_open_reader_follows_growth_deletion_and_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "r"
    writer, reader = Rows(path, F4), Rows(path, F4)
    assert len(reader.all()) == 0
    writer.write([0], np.array([7]))
    assert reader.all().tolist() == [[7]]
    path.unlink()
    assert len(reader.all()) == 0
    writer.write([0], np.array([8]))
    assert reader.all().tolist() == [[8]]
    other = path.with_name("other")
    Rows(other, F4).write([0], np.array([9]))
    other.replace(path)
    assert reader.all().tolist() == [[9]]


def test_an_open_reader_sees_what_another_process_writes(tmp_path: Path) -> None:
    reader = Rows(tmp_path / "r", F4)
    reader.write([0, 1], np.array([1, 2]))
    assert len(reader.all()) == 2
    code = (
        "import sys, numpy as np; from pathlib import Path; from rag.store.rows import Rows; "
        "Rows(Path(sys.argv[1]), np.dtype('<f4')).write([1, 4], np.array([20, 5]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "r")], cwd=PROJECT, check=True, timeout=60)
    assert reader.all()[:, 0].tolist() == [1, 20, 0, 0, 5]


# -- postings and features --------------------------------------------------------------------------------------------

TEXTS = {
    "repair": "The council's repairs of the café were voted on. O'Neill didn't repair it.",
    "phrase": "“Never, ever again”, said the U.S. envoy — never again.",
    "owls": "🦉🦉🦉",
    "cjk": "東京は大きい。",
    "nfd": "A re\u0301sume\u0301 was found.",
}


def cut(article: Article) -> list[Passage]:
    return split(article.text, [Limit(tokens.counts, 200)])


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog(tmp_path / "catalog.sqlite3")) as catalog:
        for name, text in TEXTS.items():
            catalog.put(
                Article(id=name, text=text, source=name, title="Crossings" if name == "owls" else None), name, cut
            )
        yield catalog


def articles(catalog: Catalog, numbers: np.ndarray) -> set[str]:
    rows = catalog.rows("SELECT p.n, a.id FROM passages p JOIN articles a ON a.n = p.article")
    return {row["id"] for row in rows if row["n"] in numbers.tolist()}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("repairing", {"repair"}), ("council", {"repair"}), ("CAFE", {"repair"}), ("cafe\u0301", {"repair"}),
        ("O’Neill", {"repair"}), ("Neill", {"repair"}), ("crossing", {"owls"}), ("résumé", {"nfd"}),
        ("resumes", {"nfd"}),
        ("東京は大きい", {"cjk"}), ("dragon", set()),
    ],
)  # fmt: skip
def test_words_are_found_in_the_index_and_in_features_alike(
    catalog: Catalog, question: str, expected: set[str]
) -> None:
    word = bare(terms(question)[-1])
    assert articles(catalog, Postings(catalog).of(word).passages) == expected
    numbers = [row["n"] for row in catalog.rows("SELECT n FROM passages ORDER BY n")]
    read = features.read(catalog, numbers, 4)
    inside = read.units[read.owners[read.words == hashed([stemmed(word)])[0]]]
    assert articles(catalog, read.numbers[inside]) == expected


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("never again", {"phrase"}), ("Never, ever again!", {"phrase"}), ("again never", set()),
        ("the council's repairs", {"repair"}), ("U.S. envoy", {"phrase"}), ("the cafe\u0301 were", {"repair"}),
        ("…", set()),
    ],
)  # fmt: skip
def test_phrases(catalog: Catalog, phrase: str, expected: set[str]) -> None:
    assert articles(catalog, Postings(catalog).phrase(phrase)) == expected


def test_a_word_of_very_many_passages_is_cut_and_a_phrase_is_not(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        catalog.put(Article(id=f"x{n}", text="The quay was wet.", source=f"x{n}"), "x", cut)
    monkeypatch.setattr(postings, "_CAP", 3)
    found = Postings(catalog)
    assert (len(found.of("quay").passages), found.of("quay").cut) == (3, True)
    assert (len(found.of("envoy").passages), found.of("envoy").cut) == (1, False)
    assert len(found.phrase("quay was")) == 5


def test_postings_follow_the_catalog_of_this_and_of_another_process(catalog: Catalog) -> None:
    found = Postings(catalog)
    found.follow()
    assert not len(found.of("quay").passages)
    total = found.total
    with closing(Catalog(catalog.path)) as other:
        other.put(Article(id="q", text="The quay was wet.", source="q"), "q", cut)
        assert not len(found.of("quay").passages)
        found.follow()
        assert articles(catalog, found.of("quay").passages) == {"q"}
        assert found.total == total + 1
        other.remove_sources(["q"])
    found.follow()
    assert not len(found.of("quay").passages)


def test_rarity_is_bm25s() -> None:
    with closing(Catalog(Path(":memory:"))) as empty:
        found = Postings(empty)
        found._total = 10
        n = postings.Posting(np.arange(3), False)
        assert found.rarity(n) == pytest.approx(np.log(1 + (10 - 3 + 0.5) / (3 + 0.5)))


def test_features_come_back_as_they_were_kept(catalog: Catalog) -> None:
    rng = np.random.default_rng(5)
    numbers = [int(row["n"]) for row in catalog.rows("SELECT n FROM passages ORDER BY n")]
    kept = [("Title words", ["One two.", "🦉"]), ("", ["🦉"]), ("", ["Three."])]
    vectors = [rng.normal(size=(len(sentences), 384)).astype(np.float32) for _, sentences in kept]
    vectors = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in vectors]
    features.write(catalog, numbers[:3], kept, vectors)
    assert features.dimensions(catalog) == 384
    read = features.read(catalog, numbers[:3][::-1], 384)
    assert read.numbers.tolist() == numbers[:3]
    assert read.units.tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert read.firsts.tolist() == [0, 3, 5]
    assert read.words.tolist() == [*hashes("Title words"), *hashes("One two."), *hashes("Three.")]
    assert read.owners.tolist() == [0, 0, 1, 1, 6]
    assert not read.vectors[[0, 3, 5]].any()
    assert np.all(np.sum(read.vectors[[1, 2, 4, 6]] * np.vstack(vectors), axis=1) > 0.999)
    assert np.allclose(np.linalg.norm(read.vectors[[1, 2, 4, 6]], axis=1), 1, atol=1e-5)


def test_features_that_are_not_kept_are_read_from_the_text(catalog: Catalog) -> None:
    (row,) = catalog.rows("SELECT p.n FROM passages p JOIN articles a ON a.n = p.article WHERE a.id = 'owls'")
    read = features.read(catalog, [row["n"], 10**6], 8)
    assert read.numbers.tolist() == [row["n"]]
    assert read.words.tolist() == hashes("Crossings").tolist()
    assert read.vectors.shape == (2, 8)
    assert not read.vectors.any()
    assert features.read(catalog, [], 8).numbers.tolist() == []
