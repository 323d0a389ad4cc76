"""`rag eval gate`: what is red, what is green, what the table says, and what a baseline is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval import metrics
from eval.__main__ import main
from eval.benchmarks.gate import BASELINES, FLOORS, Scored, floors, judged, scored

NONE: dict[str, float] = {}
IDS = [f"q{n}" for n in range(40)]


def of(name: str, values: list[float], failed: dict[str, str] | None = None) -> Scored:
    """Scores of as many questions as there are values, in one metric."""
    ids = IDS[: len(values)]
    return Scored(frozenset(ids), {name: dict(zip(ids, values))}, {name: failed or {}})


def verdict(now: Scored, before: Scored, least: dict[str, float] = NONE) -> tuple[str, dict[str, str]]:
    result = judged(now, before, least)
    return result["gate"], {name: row["verdict"] for name, row in result["guarded"].items()}


def test_the_same_is_green() -> None:
    same = of("right", [0.0, 1.0] * 20)
    assert verdict(same, same) == ("green", {"right": "green"})


@pytest.mark.parametrize(("name", "good", "bad"), [("right", 1.0, 0.0), ("false answer", 0.0, 1.0)])
def test_a_fall_in_many_questions_is_red_and_in_one_is_not(name: str, good: float, bad: float) -> None:
    before = of(name, [good] * 40)
    assert verdict(of(name, [bad] * 10 + [good] * 30), before) == ("red", {name: "worse"})
    assert verdict(of(name, [bad] + [good] * 39), before) == ("green", {name: "green"})


@pytest.mark.parametrize(("name", "good", "bad"), [("right", 1.0, 0.0), ("false answer", 0.0, 1.0)])
def test_a_rise_is_green(name: str, good: float, bad: float) -> None:
    assert verdict(of(name, [good] * 40), of(name, [bad] * 40)) == ("green", {name: "green"})


def test_a_fall_that_others_make_up_for_is_green() -> None:
    assert verdict(of("right", [0.0, 1.0] * 20), of("right", [1.0, 0.0] * 20))[0] == "green"


def test_a_floor_holds_however_bad_the_baseline_was() -> None:
    bad = of("right", [0.5] * 40)
    assert verdict(bad, bad, {"right": 0.6}) == ("red", {"right": "beyond the floor"})
    assert verdict(bad, bad, {"right": 0.5}) == ("green", {"right": "green"})
    false = of("false answer", [0.5] * 40)
    assert verdict(false, false, {"false answer": 0.4}) == ("red", {"false answer": "beyond the floor"})


def test_missing_questions_are_red() -> None:
    result = judged(of("right", [1.0] * 30), of("right", [1.0] * 40), NONE)
    assert result["gate"] == "red"
    assert result["because of"] == "10 questions of the baseline are missing"
    assert result["questions"] == 30


def test_further_questions_are_left_out() -> None:
    more = of("right", [1.0] * 20 + [0.0] * 20)
    assert verdict(more, of("right", [1.0] * 20)) == ("green", {"right": "green"})


def test_more_failures_are_red_and_those_of_the_baseline_are_not() -> None:
    before = of("right", [1.0] * 39, {"q39": "too late"})
    again = of("right", [1.0] * 39, {"q39": "too late"})
    assert verdict(again, before)[0] == "green"
    result = judged(of("right", [1.0] * 38, {"q38": "too late", "q39": "too late"}), before, NONE)
    assert (result["gate"], result["failed"]) == ("red", 2)
    assert "1 more failed" in result["because of"]


def test_a_metric_that_has_lost_all_its_values_is_red() -> None:
    before = of("faithful, literally", [1.0] * 40)
    silent = Scored(frozenset(IDS), {}, {})
    assert verdict(silent, before) == ("red", {"faithful, literally": "no values"})


def test_what_is_not_guarded_turns_nothing_red() -> None:
    assert not metrics.discovered()["seconds to end"].guarded
    assert verdict(of("seconds to end", [99.0] * 40), of("seconds to end", [1.0] * 40)) == ("green", {})


# -- the command ------------------------------------------------------------------------------------------------------


def lines(path: Path, value: float) -> Path:
    rows = [{"id": id, "scores": {"right": value, "seconds to end": 3.0}, "failed": {}} for id in IDS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def gate(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["gate", *map(str, arguments)])
    return status, *capsys.readouterr()


def test_the_exit_status_and_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = lines(tmp_path / "good.jsonl", 1.0), lines(tmp_path / "bad.jsonl", 0.0)
    status, out, _ = gate(capsys, good, "--baseline", good, "--floors", FLOORS)
    assert status == 0
    assert "green" in out
    status, out, _ = gate(capsys, bad, "--baseline", good)
    assert status == 1
    assert "because of                       right" in out
    status, out, _ = gate(capsys, bad, "--baseline", good, "--json")
    assert status == 1
    assert json.loads(out)["guarded"]["right"]["verdict"] == "worse"


def test_what_is_wrong_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = lines(tmp_path / "good.jsonl", 1.0)
    assert "no baseline is given" in gate(capsys, good)[2]
    assert "none.jsonl cannot be read" in gate(capsys, good, "--baseline", tmp_path / "none.jsonl")[2]
    (tmp_path / "odd.jsonl").write_text('{"id": "q"}\n', "utf-8")
    assert "odd.jsonl:1: no scores of a case" in gate(capsys, good, "--baseline", tmp_path / "odd.jsonl")[2]
    (tmp_path / "floors.json").write_text('{"rihgt": 1}', "utf-8")
    assert "no metric 'rihgt'" in gate(capsys, good, "--baseline", good, "--floors", tmp_path / "floors.json")[2]


def test_the_baselines_of_the_project_are_of_guarded_metrics_and_above_the_floors() -> None:
    guarded = {metric.name for metric in metrics.discovered().values() if metric.guarded}
    found = sorted(BASELINES.glob("*.jsonl"))
    assert found
    for path in found:
        baseline = scored(path)
        assert baseline.values.keys() <= guarded
        assert judged(baseline, baseline, floors(FLOORS))["gate"] == "green", path
