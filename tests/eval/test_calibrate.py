"""The calibration command: what it fits, keeps and writes, and that the file it writes is one that judges read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import rag
from eval import weighing
from eval.__main__ import main
from rag.judges import calibration


def test_no_signal_counts_against_its_meaning() -> None:
    rng = np.random.default_rng(1)
    names = ["covered", "numbers_missing", "claim_length"]
    table = rng.random((400, 3))
    stated = table[:, 0] < 0.5  # the data say: the less is held, the likelier it is stated
    fitted = weighing.trees(table, names, stated, np.ones(400))
    low, high = np.array([[0.1, 0.5, 0.5]]), np.array([[0.9, 0.5, 0.5]])
    assert weighing.odds(fitted, high)[0] >= weighing.odds(fitted, low)[0]


def test_exported_trees_give_what_the_fitted_model_gives() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(2)
    table = rng.random((300, 2))
    stated = table[:, 0] + 0.3 * rng.random(300) > 0.6
    fitted = weighing.trees(table, ["covered", "in_order"], stated, np.ones(300))
    model = HistGradientBoostingClassifier(
        monotonic_cst=[1, 1], max_iter=150, max_leaf_nodes=6, learning_rate=0.05, min_samples_leaf=20,
        l2_regularization=3.0, early_stopping=False,
    ).fit(table, stated, sample_weight=np.ones(300))  # fmt: skip
    assert np.allclose(weighing.odds(fitted, table), model.decision_function(table), atol=1e-2)
    shipped = calibration.Trees(**fitted, threshold=0.5)
    row = dict(zip(["covered", "in_order"], table[7]))
    assert shipped.odds(row) == pytest.approx(weighing.odds(fitted, table[7:8])[0])


def test_sets_and_labels_weigh_the_same_whatever_their_sizes() -> None:
    sets, stated = ["a"] * 8 + ["b"] * 2, [True] * 6 + [False] * 2 + [True, False]
    weights = weighing.weights_of(sets, stated, {"a": 1.0, "b": 1.0})
    assert weights[:6].sum() == pytest.approx(weights[6:8].sum()) == pytest.approx(weights[8])
    assert weights.mean() == pytest.approx(1.0)


class Margins:
    """A judge with signals as they are and a model's margin made up: long claims are stated."""

    name = "combined:made-up"
    asked = 0

    def figures(self, claim: str, evidence: tuple[rag.Cited, ...]) -> dict[str, float]:
        Margins.asked += 1
        return {"margin": float(len(claim) - 60)}

    def answer_margin(self, question: str, answer: str) -> float:
        return float(len(answer) - 10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "judged"
    folder.mkdir()
    rows = [
        {
            "id": f"build-{n}", "category": "negation", "title": f"Ferry number {n} sails", "outlet": "Aske Post",
            "published": "2025-03-14",
            "evidence": f"The ferry number {n} will sail again on Monday, the harbour master of Aske said on Friday.",
            "right": f"The ferry number {n} will sail again on Monday, said the harbour master of Aske in the north.",
            "wrong": f"The bridge at Norby was shut {n} times.",
        }
        for n in range(60)
    ]  # fmt: skip
    (folder / "set_build.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return folder


def test_it_writes_a_file_that_judges_read_and_asks_no_claim_twice(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = rag.open_judge
    monkeypatch.setattr(rag, "open_judge", lambda name: real(name) if name == "combined:words" else Margins())
    pairs = tmp_path / "answers.jsonl"
    pairs.write_text(
        "\n".join(
            json.dumps({"question": f"What {n}?", "answer": "x" * (25 * good), "answers": good})
            for n in range(6) for good in (True, False)
        ),
        "utf-8",
    )  # fmt: skip
    command = ["calibrate", str(folder), "--cache", str(tmp_path / "cache.jsonl"), "--margins", "40",
               "--answers", str(pairs), "--write", str(tmp_path / "made.json"), "--json"]  # fmt: skip
    Margins.asked = 0
    assert main(command) == 0
    assert Margins.asked == 40
    assert main(command) == 0
    assert Margins.asked == 40
    made = calibration.read((tmp_path / "made.json").read_text("utf-8"))
    assert made.local.weights["margin"] > 0
    assert made.combined.odds({"words": 0.0, "margin": 30.0}) > made.combined.odds({"words": 0.0, "margin": -30.0})
    assert 0 < made.answers.threshold < 1
    assert '"AUC"' in capsys.readouterr().out


def test_the_shipped_calibration_says_where_it_is_from() -> None:
    found = json.loads(calibration.FILE.read_text("utf-8"))
    assert found["provenance"]["part"] == "build"
    assert "calibrate" in found["provenance"]["command"]
    assert calibration.read(calibration.FILE.read_text("utf-8")) == calibration.shipped()


def test_without_a_claim_of_the_building_part_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "judged"
    folder.mkdir()
    row = {"id": "r", "category": "c", "title": "t", "outlet": "o", "published": "2025-01-01", "evidence": "It rained.",
           "right": "It rained.", "wrong": "It snowed."}  # fmt: skip
    (folder / "set_report.jsonl").write_text(json.dumps(row), "utf-8")
    assert main(["calibrate", str(folder), "--cache", str(tmp_path / "c.jsonl")]) == 1
    assert "building part" in capsys.readouterr().err
