"""`python -m eval fit`: folds that do not leak, weights that find what they were fitted to find."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rag
from eval import questions
from eval.__main__ import main
from eval.benchmarks.fit import folds_of
from rag.retrieve.rank import load
from tests import fakes
from tests.conftest import SETTINGS


def asked(*facts: str) -> questions.Question:
    return questions.Question("1", "?", "kind", facts)


def test_questions_that_share_a_fact_are_in_one_fold() -> None:
    chosen = [asked("a"), asked("b"), asked("c", "a"), asked("d"), asked("c"), asked("e")]
    folds = folds_of(chosen, 2)
    assert sorted(i for fold in folds for i in fold) == list(range(6))
    assert [len(fold) for fold in folds] == [3, 3]
    assert {0, 2, 4} in map(set, folds)


def test_a_group_larger_than_a_fold_is_cut() -> None:
    assert sorted(map(len, folds_of([asked("a")] * 9, 3))) == [3, 3, 3]


def test_the_weights_that_are_written_serve_a_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setenv("RAG_EMBEDDER", fakes.NAME)
    monkeypatch.setenv("RAG_WRITER", "extractive")
    things = ("otters", "herons", "beavers", "pikes", "newts", "toads", "swans", "voles")
    folder = tmp_path / "articles"
    folder.mkdir()
    for n, thing in enumerate(things):
        (folder / f"{n}.txt").write_text(f"In the reeds of Norby {n + 20} {thing} were counted by the ranger.", "utf-8")
    asked = [(f"How many {thing} were counted?", f"{n + 20} {thing}") for n, thing in enumerate(things)]
    records = [{"query": query, "question_type": "number", "evidence_list": [{"fact": fact}]} for query, fact in asked]
    (tmp_path / "asked.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    weights = tmp_path / "weights.json"
    arguments = ["--queries", tmp_path / "asked.jsonl", "--archive", tmp_path / "archive", "--folds", "2"]
    assert main(["fit", *map(str, (folder, *arguments, "--write", weights)), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["questions"] == 8
    assert printed["candidates"] == 64
    record = json.loads(weights.read_text("utf-8"))
    assert record["weights"] == printed["weights"]
    assert record["provenance"]["questions"] == 8
    assert load(str(weights)).bias == pytest.approx(record["bias"])
    with rag.open(tmp_path / "archive", SETTINGS.override({"weights": str(weights)}, "test")) as archive:
        for query, fact in asked:
            assert fact in archive.search(query)[0].text


def test_one_fold_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "asked.jsonl").write_text("", "utf-8")
    arguments = ["--queries", tmp_path / "asked.jsonl", "--archive", tmp_path / "a", "--folds", "1"]
    assert main(["fit", *map(str, (tmp_path, *arguments))]) == 1
    assert "--folds" in capsys.readouterr().err
