"""Mixing lists, the ranking's model, and leaving out what says the same twice."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rag.errors import SettingsError
from rag.retrieve import distinct
from rag.retrieve.compare import NAMES
from rag.retrieve.rank import PARTS, Model, load, mixed, parts_of
from rag.types import Hit


def hit(text: str, number: int = 0) -> Hit:
    return Hit(
        rank=number, score=1.0 - number / 10, passage_id=f"p{number}", article_id=f"a{number}", start=0,
        end=len(text), text=text, sentences=((0, len(text)),),
    )  # fmt: skip


def listed(scores: dict[int, float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(list(scores), np.int64), np.array(list(scores.values()), np.float32)


# -- mixing -----------------------------------------------------------------------------------------------------------


def test_one_list_stays_in_its_order() -> None:
    found = mixed([listed({4: 0.25, 2: 0.75, 9: 0.5})], 10)
    assert found == [(2, 0.75), (9, 0.5), (4, 0.25)]
    assert mixed([listed({4: 0.25, 2: 0.75, 9: 0.5})], 2) == found[:2]


def test_what_a_list_has_given_makes_its_next_worth_less() -> None:
    loud, quiet = listed({1: 0.9, 2: 0.8, 3: 0.7}), listed({11: 0.5, 12: 0.4})
    # 0.9 · 1, then 0.8 · 0.5 = 0.4 < 0.5, then 0.4 > 0.4 · 0.5, then 0.7 · 0.25 < 0.2
    assert [n for n, _ in mixed([loud, quiet], 10, 0.5)] == [1, 11, 2, 12, 3]
    assert [n for n, _ in mixed([loud, quiet], 10, 1.0)] == [1, 2, 3, 11, 12]


def test_a_passage_of_two_lists_comes_once() -> None:
    assert [n for n, _ in mixed([listed({1: 0.9, 2: 0.8}), listed({1: 0.9, 3: 0.1})], 10, 0.5)] == [1, 2, 3]


def test_ties_are_settled_by_number_and_by_the_order_of_lists() -> None:
    assert [n for n, _ in mixed([listed({7: 0.5, 3: 0.5, 5: 0.5})], 10)] == [3, 5, 7]
    assert [n for n, _ in mixed([listed({7: 0.5}), listed({3: 0.5})], 10)] == [7, 3]


def test_nothing_to_mix() -> None:
    assert mixed([], 5) == mixed([listed({})], 5) == mixed([listed({1: 0.5})], 0) == []


# -- the model --------------------------------------------------------------------------------------------------------


def test_a_probability_is_the_logistic_function_of_the_weighted_sum() -> None:
    weights = np.zeros(len(NAMES), np.float32)
    weights[[0, list(NAMES).index("lead")]] = 2, 1
    table = np.zeros((2, len(NAMES)), np.float32)
    table[1, 0], table[1, list(NAMES).index("lead")] = 0.5, 3
    p = Model(weights, -1).probability(table)
    assert np.allclose(p, [1 / (1 + np.exp(1)), 1 / (1 + np.exp(-3))])
    assert np.allclose(Model(weights, -1).probability(table, ["lead"]), [1 / (1 + np.exp(1)), 0.5])


def test_every_feature_of_a_part_exists_and_the_shipped_weights_have_all() -> None:
    assert {name for names in PARTS.values() for name in names} == set(NAMES)
    assert load().weights.shape == (len(NAMES),)


def test_parts_are_read_and_a_wrong_one_is_named() -> None:
    assert parts_of(" dense, lead ,") == {"dense", "lead"}
    assert parts_of("") == frozenset()
    with pytest.raises(SettingsError, match="dence") as error:
        parts_of("dence,lead")
    assert "dense" in (error.value.hint or "")


@pytest.mark.parametrize("content", [None, "{", "[]", '{"weights": {}, "bias": 0}', '{"weights": 3}'])
def test_a_file_that_holds_no_weights_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "own-weights.json"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(SettingsError, match=r"own-weights\.json"):
        load(str(path))


def test_weights_of_a_file_are_in_the_order_of_the_names(tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    record = {name: float(n) for n, name in reversed(list(enumerate(NAMES)))}
    path.write_text(json.dumps({"weights": record, "bias": 2}), "utf-8")
    assert load(str(path)).weights.tolist() == list(range(len(NAMES)))


# -- repeats ----------------------------------------------------------------------------------------------------------

FERRY = "The ferry company carried forty thousand passengers from Elmsund harbour in April and raised its prices"


def test_a_reprint_and_an_overlapping_copy_are_left_out() -> None:
    reprint, longer, other = (
        hit(f"{FERRY}!", 1),
        hit(f"{FERRY} by six crowns, the director announced", 2),
        hit("A school closed", 3),
    )
    assert distinct([hit(FERRY), reprint, longer, other], 10) == [hit(FERRY), other]
    assert distinct([hit(FERRY), reprint, longer, other], 1) == [hit(FERRY)]
    assert distinct([], 3) == []


def test_same_subject_in_other_words_stays() -> None:
    other = hit("Passengers from Elmsund harbour complain about delays and broken heating aboard every morning", 1)
    assert distinct([hit(FERRY), other], 10) == [hit(FERRY), other]


def test_the_first_one_is_kept_and_the_order() -> None:
    better, worse = hit(FERRY.upper(), 1), hit(FERRY, 2)
    assert distinct([hit("A school closed", 0), better, worse], 10) == [hit("A school closed", 0), better]
