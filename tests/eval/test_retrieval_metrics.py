"""Figures about finding, against examples worked by hand, and one against another evaluator."""

from __future__ import annotations

import math
from pathlib import Path

import ir_measures
import pytest

from eval import trec
from eval.questions import Question
from eval.retrieval_metrics import (
    FIGURES,
    all_facts,
    average_precision,
    fact_recall,
    figures,
    hit,
    matches,
    reciprocal_rank,
    squeezed,
)
from eval.systems import Retrieved

A, B, C = "the quay was sold", "for nine million", "in a single day"
NOTHING = "gulls over the harbour"


def test_spaces_and_line_breaks_do_not_count_and_everything_else_does() -> None:
    assert squeezed(" the quay\nwas  sold ") == "thequaywassold"
    assert matches(["Yesterday the  quay\n\nwas sold."], [A]) == [{"thequaywassold"}]
    assert matches(["The quay was sold."], [A]) == [set()]
    assert matches(["the quay\twas sold"], [A]) == [set()]
    assert matches(["the quay was"], [A]) == [set()]


def test_each_rank_has_the_facts_that_its_text_holds() -> None:
    found = matches([NOTHING, f"{A} {B}", B], [A, B, A])
    assert found == [set(), {squeezed(A), squeezed(B)}, {squeezed(B)}]


@pytest.mark.parametrize(("rank", "at_4", "at_10"), [(1, 1, 1), (4, 1, 1), (5, 0, 1), (10, 0, 1), (11, 0, 0)])
def test_a_hit_counts_up_to_its_rank(rank: int, at_4: float, at_10: float) -> None:
    found = matches([NOTHING] * (rank - 1) + [A] + [NOTHING] * 3, [A])
    assert (hit(found, 4), hit(found, 10)) == (at_4, at_10)


@pytest.mark.parametrize(("rank", "expected"), [(1, 1), (3, 1 / 3), (10, 1 / 10), (11, 0)])
def test_the_reciprocal_rank_is_that_of_the_first_relevant_text(rank: int, expected: float) -> None:
    found = matches([NOTHING] * (rank - 1) + [A, B], [A, B])
    assert reciprocal_rank(found, 10) == pytest.approx(expected)


def test_the_reported_figures_have_the_depths_in_their_names() -> None:
    fifth, eleventh = [NOTHING] * 4 + [A], [NOTHING] * 10 + [A]
    assert figures(fifth, [A]) == pytest.approx(
        {"Hits@10": 1, "Hits@4": 0, "MRR@10": 1 / 5, "MAP@10": 1 / 5, "fact recall@10": 1, "all facts@10": 1}
    )
    assert figures(eleventh, [A]) == dict.fromkeys(FIGURES, 0.0)


def test_nothing_found_is_zero_everywhere() -> None:
    assert figures([], [A]) == figures([NOTHING] * 10, [A]) == dict.fromkeys(FIGURES, 0.0)


def test_average_precision_counts_each_fact_once_at_its_first_rank() -> None:
    # A at 1; A again at 2: nothing new; B and C together at 4: (1/1 + 2/4) / 3
    found = matches([A, A, NOTHING, f"{B}, {C}", B], [A, B, C])
    assert average_precision(found, [A, B, C], 10) == pytest.approx((1 + 2 / 4) / 3)


def test_average_precision_ends_at_the_tenth_text() -> None:
    found = matches([NOTHING] * 9 + [A, B], [A, B])
    assert average_precision(found, [A, B], 10) == pytest.approx((1 / 10) / 2)


def test_average_precision_is_divided_by_ten_at_most() -> None:
    facts = [f"fact {letter}" for letter in "abcdefghijkl"]
    # Twelve facts, ten texts with one each: the harmonic sum of 10, over 10 and not over 12.
    found = matches(facts, facts)
    assert average_precision(found, facts, 10) == pytest.approx(sum(1 / r for r in range(1, 11)) / 10)


def test_a_fact_named_twice_is_found_once_and_counted_as_published() -> None:
    found = matches([A], [A, A])
    assert average_precision(found, [A, A], 10) == 1 / 2
    assert fact_recall(found, [A, A], 10) == 1


def test_fact_recall_is_the_share_of_facts_in_the_first_ten() -> None:
    found = matches([A, *[NOTHING] * 8, B, C], [A, B, C])
    assert fact_recall(found, [A, B, C], 10) == pytest.approx(2 / 3)
    assert all_facts(found, [A, B, C], 10) == 0
    assert all_facts(found, [A, B], 10) == 1


def test_mean_reciprocal_rank_is_what_another_evaluator_computes_from_the_run(tmp_path: Path) -> None:
    texts = {"first": [A, B], "third": [NOTHING, C, B, A], "never": [NOTHING] * 10, "eleventh": [*[C] * 10, A]}
    searched = [
        (Question(name, f"where is {name}?", "number", (A, B)), [Retrieved(f"a:{i}", t) for i, t in enumerate(found)])
        for name, found in texts.items()
    ]
    run = tmp_path / "ours.run"
    trec.write(run, "ours", searched)
    other = ir_measures.calc_aggregate(
        [ir_measures.RR @ 10, ir_measures.Success @ 4],
        ir_measures.read_trec_qrels(str(tmp_path / "ours.run.qrels")),
        ir_measures.read_trec_run(str(run)),
    )
    mine = [figures([t.text for t in found], question.facts) for question, found in searched]
    assert math.isclose(other[ir_measures.RR @ 10], sum(m["MRR@10"] for m in mine) / 4)
    assert math.isclose(other[ir_measures.RR @ 10], (1 + 1 / 3) / 4, rel_tol=1e-6)
    assert math.isclose(other[ir_measures.Success @ 4], sum(m["Hits@4"] for m in mine) / 4)


def test_the_run_has_the_six_columns_and_the_judgements_four(tmp_path: Path) -> None:
    question = Question("7", "What was sold?", "number", (A,))
    trec.write(tmp_path / "r", "ours", [(question, [Retrieved("ab:0-5", NOTHING), Retrieved("cd:9-26", A)])])
    assert (tmp_path / "r").read_text() == "7 Q0 ab:0-5 1 1.000000 ours\n7 Q0 cd:9-26 2 0.500000 ours\n"
    assert (tmp_path / "r.qrels").read_text() == "7 0 ab:0-5 0\n7 0 cd:9-26 1\n"
