"""Labels by hand beside judges: the corrected figure, what is refused, and the sheet that labels are made on."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.anchoring import anchored, corrected
from eval.asked import Label
from eval.benchmarks.run import QUESTIONS
from eval.cases import Finding
from rag.errors import SettingsError
from tests.eval.hand import BRIDGE, SILENT, answered, kept

SHOWN = answered(BRIDGE, "It reopens on 28 November.", "It is closed.", "Nobody came.", struck=[2])
SECOND = (
    Finding("local:x", 0, (1,), "supported", "", 0.9, 1.0),
    Finding("local:x", 1, (2,), "unsupported", "", 0.1, 1.0),
)
CASE = replace(SHOWN, findings=SECOND)


def test_the_correction_by_hand() -> None:
    both = [(True, True)] * 6 + [(True, False)] * 2 + [(False, False)] * 2
    estimate, low, high = corrected([True] * 80 + [False] * 20, both) or (0, 0, 0)
    assert estimate == pytest.approx(0.8 - 0.2)  # the judge passes two of ten that people do not
    assert low < 0.6 < high
    assert corrected([], both) is None
    assert corrected([True], [(True, True)]) is None


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    draw, held = random.Random(3), 0
    for _ in range(300):
        truth = [draw.random() < 0.9 for _ in range(400)]
        said = [t if draw.random() < 0.8 else not t for t in truth]  # a poor judge
        some = draw.sample(range(400), 100)
        _, low, high = corrected(said, [(said[i], truth[i]) for i in some]) or (0, 0, 0)
        held += low <= 0.9 <= high
    assert held / 300 > 0.9


def test_judges_and_people_on_what_is_shown_and_struck() -> None:
    labels = [Label("q-1", 0, "stated", None), Label("q-1", 1, "not stated", "It is closed."),
              Label("q-1", 2, "stated", None)]  # fmt: skip
    result = anchored([CASE], labels)
    counts = {name: (row["count"], row["of"]) for name, row in result["by hand"].items()}
    assert counts == {
        "shown, and not stated": (1, 2), "struck, and stated": (1, 1), "stated, of all that was written": (2, 3)
    }  # fmt: skip
    judge = result["judges, on what is shown"]["local:x"]
    assert (judge["labelled"], judge["precision"], judge["recall"]) == (2, 1.0, 1.0)
    assert judge["wrong ones caught"] == "1 of 1"
    assert judge["faithful by it"] == judge["corrected"] == 0.5


def test_our_own_labels_are_of_the_run_that_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    folder = QUESTIONS.parent / "anchored"
    assert main(["anchor", str(folder), "--labels", str(folder / "labels.jsonl"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sentences labelled"] == 120
    assert found["judges, on what is shown"].keys() >= {"literal", "local:qwen2.5-coder-1.5b"}


def test_unclear_labels_are_counted_and_left_out() -> None:
    result = anchored([CASE], [Label("q-1", 0, "unclear", None), Label("q-1", 1, "not stated", None)])
    assert (result["sentences labelled"], result["of them unclear, left out"]) == (2, 1)
    assert result["by hand"]["shown, and not stated"]["of"] == 1


@pytest.mark.parametrize("label", [Label("q-1", 3, "stated", None), Label("q-9", 0, "stated", None),
                                   Label("q-1", 0, "stated", "Else.")])  # fmt: skip
def test_labels_of_other_sentences_are_refused(label: Label) -> None:
    with pytest.raises(SettingsError, match="no such sentence"):
        anchored([CASE], [label])


def test_a_sheet_shows_what_is_cited_and_no_verdict_and_its_labels_become_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(kept(tmp_path / "run", CASE, answered(SILENT, "Nobody built it.", struck=[0])))
    sheet = tmp_path / "sheet.md"
    assert main(["anchor", folder, "--to-label", str(sheet), "--sentences", "3"]) == 0
    text = sheet.read_text("utf-8")
    assert "unsupported" not in text
    assert "28 is not in" not in text
    assert "“Bridge to reopen” (Courier, 2025-11-20): It reopens on 28 November." in text
    blank = [json.loads(line) for line in (tmp_path / "sheet.jsonl").read_text("utf-8").splitlines()]
    assert len(blank) == 3
    shown = {("q-1", 0), ("q-1", 1)}
    assert shown < {(line["id"], line["sentence"]) for line in blank}
    for line in blank:
        line["label"] = "stated"
    (tmp_path / "sheet.jsonl").write_text("".join(json.dumps(line) + "\n" for line in blank), "utf-8")
    capsys.readouterr()
    assert main(["anchor", folder, "--labels", str(tmp_path / "sheet.jsonl"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["by hand"]["shown, and not stated"]["of"] == 2
    assert main(["anchor", folder, "--to-label", str(sheet)]) == 1
    assert main(["anchor", folder]) == 1
