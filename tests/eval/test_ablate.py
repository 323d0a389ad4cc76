"""`rag eval ablate`: one row a variant, and what it would be without checking."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import rag
from eval.__main__ import main
from eval.benchmarks import ablate
from eval.outcomes import outcome
from eval.runs import Run
from tests import fakes
from tests.conftest import Opener
from tests.eval.hand import BRIDGE, SILENT, answered, failed


def test_without_checking_all_that_was_written_is_shown() -> None:
    struck = answered(BRIDGE, "It reopens on 28 November.", struck=[0])
    assert outcome(struck) == "refused"
    shown = ablate.unchecked(struck)
    assert outcome(shown) == "right"
    assert [sentence["text"] for _, sentence in shown.claims] == ["It reopens on 28 November."]
    assert outcome(ablate.unchecked(answered(SILENT, "Nobody.", struck=[0]))) == "answered although not answerable"
    assert outcome(ablate.unchecked(answered(SILENT))) == "rightly refused"  # nothing was written
    assert ablate.unchecked(failed(BRIDGE)) == failed(BRIDGE)


def test_a_row_counts_failures_and_leaves_them_out_of_means() -> None:
    row = ablate.row([answered(BRIDGE, "It reopens on 28 November."), failed(SILENT)])
    assert (row["questions"], row["failed"], row["right"]) == (2, 1, 1.0)


def test_every_variant_is_known_to_the_archive() -> None:
    for changes in ablate.VARIANTS.values():
        settings = {name: value for name, value in changes.items() if name != "system"}
        rag.Settings().override(settings, "test")
        parts = changes.get("without", "").split(",")
        assert set(parts) - {""} <= set(rag.RETRIEVAL_PARTS)


def test_one_table(
    tmp_path: Path, opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_EMBEDDER", fakes.NAME)
    archive = opened()
    archive.ingest(folder)
    line = {"id": "q1", "question": "How much will the repairs of the Weir Bridge cost?", "type": "number",
            "answerable": True, "answer": "12.5 million crowns.", "key_facts": [["12.5 million"]],
            "evidence": []}  # fmt: skip
    (tmp_path / "questions.jsonl").write_text(json.dumps(line) + "\n", "utf-8")
    arguments = ["ablate", "--questions", str(tmp_path / "questions.jsonl"), "--archive", str(archive.path),
                 "--out", str(tmp_path / "runs"), "--only", "as shipped", "--only", "words only", "--json"]  # fmt: skip
    assert main(arguments) == 0
    rows: dict[str, Any] = json.loads(capsys.readouterr().out)["variants"]
    assert list(rows) == ["as shipped", "no checking", "words only"]
    assert all(row["questions"] == 1 and row["failed"] == 0 for row in rows.values())
    assert rows["no checking"]["faithful, literally"] is None
    assert Run(tmp_path / "runs" / "words-only").about["settings"]["without"] == "dense,sentence-vectors"
