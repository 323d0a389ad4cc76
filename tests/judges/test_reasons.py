"""Why a sentence is struck: the detail that weighs most against it, in a reader's words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rag.judges import Cited, reasons
from rag.judges.calibration import Calibration, Line, Trees
from rag.judges.marks import ADDED, LOST
from rag.judges.reading import paired
from rag.judges.signals import signals

FALLBACK = "the cited words do not state every detail of it"
QUOTE = "The clerk Viktor Lund allegedly forged 60 permits. Ida Falk signed 24 of the new leases."
Why = Callable[..., str]


def weighing(weights: dict[str, float]) -> Calibration:
    """One tree a signal: what a high figure costs in log-odds, or, where the weight is negative, a low one."""
    trees = [
        [(n, 0.05, 1, 2), (0.0,), (-weight,)] if weight > 0 else [(n, 0.95, 1, 2), (weight,), (0.0,)]
        for n, weight in enumerate(weights.values())
    ]
    nothing = Line(0.0, {}, 0.5)
    return Calibration(Trees(0.0, list(weights), trees, 0.5), nothing, nothing, nothing)


@pytest.fixture
def why(monkeypatch: pytest.MonkeyPatch) -> Why:
    """The reason given for a claim on QUOTE by a calibration of these weights; figures may be set by hand."""

    def told(claim: str, weights: dict[str, float], **figures: float) -> str:
        monkeypatch.setattr(reasons, "shipped", lambda: weighing(weights))
        pair = paired(claim, [Cited(QUOTE)])
        return reasons.reason(pair, signals(pair) | figures)

    return told


@pytest.mark.parametrize(
    ("claim", "weights", "expected"),
    [
        ("The clerk forged 60 permits.", {"lost_alleged": 1}, "it states as fact what is alleged"),
        ("The only clerk forged permits.", {"added_superlative": 1}, "the cited words do not say “only”"),
        ("Ida Falk signed 60 of the new leases.", {"number_rival": 1}, "“60” may belong to something else there"),
        ("Ida Falk signed 60 of the 24 new leases.", {"number_fits": -1},
         "its numbers may belong to something else there"),
        ("The permits were forged by Ida Falk.", {"names_together": -1},
         "the cited words may say it of somebody or something else"),
        ("The clerk forged a passport.", {"covered": -1}, "the cited words do not speak of “passport”"),
    ],
)  # fmt: skip
def test_the_detail_is_told_in_words(why: Why, claim: str, weights: dict[str, float], expected: str) -> None:
    assert why(claim, weights) == expected


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"lost_alleged": 2, "added_superlative": 1}, "it states as fact what is alleged"),
        ({"lost_alleged": 1, "added_superlative": 2}, "the cited words do not say “only”"),
    ],
)
def test_the_heaviest_of_several_is_told(why: Why, weights: dict[str, float], expected: str) -> None:
    assert why("The only clerk forged permits.", weights) == expected


def test_a_detail_that_is_as_it_should_be_is_no_reason(why: Why) -> None:
    assert why("The clerk allegedly forged 60 permits.", {"covered": -5, "lost_alleged": 5}) == FALLBACK


@pytest.mark.parametrize("length", ["claim_length", "evidence_length"])
def test_a_length_is_no_fault(why: Why, length: str) -> None:
    assert why("The clerk forged a passport.", {length: 9}) == FALLBACK


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("The clerk forged 61 permits.", "the cited words do not say “61”"),
        ("The clerk Per Stolt forged 60 permits.", "the cited words do not name Per"),
        ("The clerk Per Stolt forged 61 permits.", "the cited words do not say “61”"),
    ],
)
def test_a_number_or_name_that_stands_nowhere_is_told_before_all_else(why: Why, claim: str, expected: str) -> None:
    assert why(claim, {"lost_alleged": 9}) == expected


@pytest.mark.parametrize("kind", [*(f"lost_{kind}" for kind in LOST), *(f"added_{kind}" for kind in ADDED)])
def test_every_mark_has_words_of_its_own(why: Why, kind: str) -> None:
    said = why("The clerk forged permits.", {kind: 1}, **{kind: 1.0})
    assert said != FALLBACK
    assert not said.endswith(".")
    assert "{" not in said
