"""`rag eval compare`, and the paired differences that it and the gate stand on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.intervals import bootstrap_mean
from eval.metrics import discovered
from eval.paired import Paired, alike, paired
from tests.eval.hand import BRIDGE, SILENT, answered, failed, kept

RIGHT, WRONG = "It reopens on 28 November.", "It is closed."
ASKED = [replace(BRIDGE, id=f"q-{i}") for i in range(8)]


def test_differences_are_those_of_the_same_question() -> None:
    before = [answered(ASKED[0], RIGHT), answered(ASKED[1], WRONG), answered(ASKED[2], RIGHT)]
    after = [answered(ASKED[1], RIGHT), answered(ASKED[0], RIGHT), failed(ASKED[2])]
    found = paired(before, after)["key-fact recall"]
    assert found.differences == {"q-0": 0.0, "q-1": 1.0}
    assert (found.mean_before, found.mean_after, found.mean, found.changed) == (0.5, 1.0, 0.5, 1)
    assert found.interval == bootstrap_mean([0.0, 1.0])


def test_without_values_there_is_no_mean() -> None:
    found = paired([answered(SILENT)], [answered(SILENT)])["key-fact recall"]
    assert (found.mean_before, found.mean_after, found.mean, found.interval) == (None, None, None, None)
    assert not found.worse
    assert not found.better


@pytest.mark.parametrize(
    ("metric", "differences", "expected"),
    [
        ("right", [-1.0] * 6 + [0.0] * 2, "worse"),
        ("right", [1.0] * 6 + [0.0] * 2, "better"),
        ("right", [-1.0] + [0.0] * 7, "neither"),
        ("right", [0.0] * 8, "neither"),
        ("right", [-4e-7] * 8, "neither"),  # of scores that were kept with six digits
        ("contradiction", [1.0] * 6 + [0.0] * 2, "worse"),
        ("contradiction", [-1.0] * 6 + [0.0] * 2, "better"),
    ],
)
def test_worse_is_what_an_interval_wholly_on_the_worse_side_says(
    metric: str, differences: list[float], expected: str
) -> None:
    found = Paired(discovered()[metric], {str(i): value for i, value in enumerate(differences)})
    assert (found.worse, found.better) == (expected == "worse", expected == "better")


def test_a_question_that_was_labelled_otherwise_is_compared_with_nothing() -> None:
    same, other = replace(BRIDGE, notes="a note"), replace(BRIDGE, key_facts=(("closed",),))
    assert len(alike([answered(BRIDGE)], [answered(same)])) == 1
    assert alike([answered(BRIDGE)], [answered(other)]) == []
    assert paired([answered(BRIDGE, WRONG)], [answered(other, WRONG)])["right"].differences == {}


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Of eight questions six turn from right to wrong, one from wrong to right, and one fails."""
    before = [answered(asked, WRONG if asked.id == "q-6" else RIGHT) for asked in ASKED]
    after = [answered(asked, RIGHT if asked.id == "q-6" else WRONG) for asked in ASKED[:7]]
    a = kept(tmp_path / "a", *before, answered(replace(SILENT, id="old")))
    return [str(a), str(kept(tmp_path / "b", *after, failed(ASKED[7]), answered(replace(SILENT, id="new"))))]


def test_the_command_lists_what_changed(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *runs, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["questions asked alike"], said["only in A"], said["only in B"]) == (8, 1, 1)
    assert said["changes"] == {
        "right → wrong or no key fact": 6,
        "right → failed": 1,
        "wrong or no key fact → right": 1,
    }
    assert said["outcomes changed"][-1] == {
        "id": "q-6",
        "type": "date",
        "was": "wrong or no key fact",
        "is": "right",
        "question": BRIDGE.question,
    }
    row = said["figures"]["right"]
    assert (row["questions"], row["changed"], row["failed A"], row["failed B"], row[""]) == (7, 7, 0, 1, "worse")
    assert row["B − A"] == pytest.approx(-5 / 7)


def test_the_command_prints_changes_as_lines(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *runs]) == 0
    out = capsys.readouterr().out
    assert f"  q-6 (date): wrong or no key fact → right\n    {BRIDGE.question}\n" in out
    assert main(["compare", runs[0], runs[0]]) == 0
    out = capsys.readouterr().out
    assert out.endswith("outcomes changed\n  none\n")
    assert "worse" not in out


def test_what_is_no_run_is_an_error(runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", runs[0], str(tmp_path / "none")]) == 1
    assert "is no run" in capsys.readouterr().err
