"""Mixing two scorings, and leaving out what says the same twice."""

from __future__ import annotations

import math
from statistics import fmean, pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.retrieve import distinct, fuse
from rag.types import Hit


def hit(text: str, number: int = 0) -> Hit:
    return Hit(
        rank=number, score=1.0 - number / 10, passage_id=f"p{number}", article_id=f"a{number}", start=0,
        end=len(text), text=text, sentences=((0, len(text)),),
    )  # fmt: skip


def test_the_formula() -> None:
    scored = {s.id: s for s in fuse({"a": 0.9, "b": 0.5, "c": 0.1}, {"a": 1.0, "b": 4.0, "c": 1.0}, 0.25)}
    z = 0.4 / pstdev([0.9, 0.5, 0.1])
    assert math.isclose(scored["a"].score, 0.25 * z + 0.75 * (1 - 2) / math.sqrt(2))
    assert math.isclose(scored["b"].score, 0.75 * (4 - 2) / math.sqrt(2))
    assert (scored["a"].dense, scored["a"].lexical) == (0.9, 1.0)


def test_best_first_and_ties_by_id() -> None:
    assert [s.id for s in fuse({"a": 0.1, "b": 0.9, "c": 0.5}, {}, 1.0)] == ["b", "c", "a"]
    assert [s.id for s in fuse({"z": 0.5, "m": 0.5, "a": 0.5}, {}, 1.0)] == ["a", "m", "z"]


@pytest.mark.parametrize(("weight", "first"), [(1.0, "dense"), (0.0, "words")])
def test_the_weight_decides(weight: float, first: str) -> None:
    assert fuse({"dense": 0.9, "words": 0.1}, {"dense": 1.0, "words": 9.0}, weight)[0].id == first


def test_what_one_half_does_not_know_gets_its_lowest() -> None:
    scored = {s.id: s for s in fuse({"a": 0.9, "b": 0.2}, {"a": 3.0, "c": 5.0}, 0.5)}
    dense, lexical = [0.9, 0.2, 0.2], [3.0, 3.0, 5.0]
    expected = (0.2 - fmean(dense)) / pstdev(dense) / 2 + (5.0 - fmean(lexical)) / pstdev(lexical) / 2
    assert math.isclose(scored["c"].score, expected)
    assert (scored["c"].dense, scored["b"].lexical) == (None, None)


def test_nothing_found() -> None:
    assert fuse({}, {}, 0.4) == []
    assert distinct([]) == []


_SCORES = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-5, 50), max_size=8)


@given(_SCORES, _SCORES, st.floats(0, 1))
@settings(deadline=None)
def test_every_candidate_once_in_falling_order(
    dense: dict[str, float], lexical: dict[str, float], weight: float
) -> None:
    scored = fuse(dense, lexical, weight)
    assert {s.id for s in scored} == dense.keys() | lexical.keys()
    assert len(scored) == len(dense.keys() | lexical.keys())
    assert all(math.isfinite(s.score) for s in scored)
    assert [s.score for s in scored] == sorted((s.score for s in scored), reverse=True)
    assert all((s.dense, s.lexical) == (dense.get(s.id), lexical.get(s.id)) for s in scored)


FERRY = "The ferry company carried forty thousand passengers from Elmsund harbour in April and raised its prices"


def test_a_reprint_and_an_overlapping_copy_are_left_out() -> None:
    reprint, longer, other = (
        hit(f"{FERRY}!", 1),
        hit(f"{FERRY} by six crowns, the director announced", 2),
        hit("A school closed", 3),
    )
    assert distinct([hit(FERRY), reprint, longer, other]) == [hit(FERRY), other]


def test_same_subject_in_other_words_stays() -> None:
    other = hit("Passengers from Elmsund harbour complain about delays and broken heating aboard every morning", 1)
    assert distinct([hit(FERRY), other]) == [hit(FERRY), other]


def test_the_first_one_is_kept_and_the_order() -> None:
    better, worse = hit(FERRY.upper(), 1), hit(FERRY, 2)
    assert distinct([hit("A school closed", 0), better, worse]) == [hit("A school closed", 0), better]
