"""Our own claims in eval/judged/: whole, and as their README says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from eval import labelled

FOLDER = Path(labelled.__file__).with_name("judged")
HALVES = ("build", "report")
CATEGORIES = {
    "attribution_dropped",
    "speaker_swapped",
    "number_of_wrong_thing",
    "wrong_period",
    "negation",
    "superlative_added",
    "facts_fused",
    "entity_swapped",
    "tense",
    "partial_truth",
}


def records(half: str) -> list[dict[str, Any]]:
    lines = (FOLDER / f"attribution_{half}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("half", HALVES)
def test_each_half_has_every_category_and_no_id_twice(half: str) -> None:
    found = records(half)
    assert len({record["id"] for record in found}) == len(found)
    counted = Counter(record["category"] for record in found)
    assert set(counted) == CATEGORIES
    assert min(counted.values()) >= 7


@pytest.mark.parametrize("half", HALVES)
def test_each_line_is_a_pair_about_a_few_sentences(half: str) -> None:
    # Compared by ids, so that a failure does not show what is kept for reporting.
    assert [r["id"] for r in records(half) if r["right"].strip() == r["wrong"].strip()] == []
    assert [r["id"] for r in records(half) if not 10 <= len(r["evidence"].split()) <= 100] == []


def test_the_halves_share_neither_ids_nor_evidence() -> None:
    build, report = map(records, HALVES)
    assert {r["id"] for r in build}.isdisjoint(r["id"] for r in report)
    known = {r["evidence"] for r in build}
    assert [r["id"] for r in report if r["evidence"] in known] == []


def test_the_halves_are_read_as_the_parts_that_they_are_named_for() -> None:
    claims = labelled.load(FOLDER)
    assert {(claim.dataset, claim.part) for claim in claims} == {
        ("judged/attribution_build", "build"),
        ("judged/attribution_report", "report"),
    }
    assert len(claims) == 2 * sum(len(records(half)) for half in HALVES)
    assert sum(claim.stated for claim in claims) == len(claims) / 2
