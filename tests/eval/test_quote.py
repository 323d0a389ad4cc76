"""`python -m eval quote`: what tells whether quoted words answer, of questions asked with and without their answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import rag
from eval.__main__ import main
from rag import quoting
from tests import fakes
from tests.conftest import Opener, write_article
from tests.eval.test_weigh import TOPICS, questions

__all__ = ["questions"]
ANSWERS = {question: answer for answer, question in TOPICS.values()}


class Margins:
    """A judge whose model knows the answers."""

    name = "made-up"
    asked = 0

    def answer_margin(self, question: str, answer: str) -> float:
        Margins.asked += 1
        return 2.0 if ANSWERS[question] in answer else -2.0


@pytest.fixture
def command(
    questions: Path, opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[str], rag.Archive]:
    pytest.importorskip("sklearn")
    monkeypatch.setattr(rag, "open_judge", lambda name: Margins())
    monkeypatch.setenv("RAG_EMBEDDER", fakes.NAME)
    archive = opened()
    archive.ingest(tmp_path / "articles")
    written = ["--cache", str(tmp_path / "cache.jsonl"), "--write", str(tmp_path / "made.json"), "--json"]
    return ["quote", str(questions), "--archive", str(archive.path), *written], archive


def test_every_question_is_looked_up_with_its_answer_and_without(
    command: tuple[list[str], rag.Archive], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Margins.asked = 0
    assert main(command[0]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert result["questions"] == 5  # of ten, those that are answered
    assert 5 < result["sentences"] <= 10
    assert 0 < result["answering"] <= 5  # none while the articles that answer are taken away
    assert result["odds alone, margin alone"][1] == 1.0
    assert result["asked"]["while withheld"] == 0.0
    kept = (tmp_path / "cache.jsonl").read_bytes()
    assert Margins.asked == kept.count(b"\n") <= result["sentences"]
    before = Margins.asked
    assert main(command[0]) == 0
    assert Margins.asked == before  # nothing is asked twice
    (tmp_path / "cache.jsonl").write_bytes(kept[:-9])
    assert main(command[0]) == 0
    assert Margins.asked == before + 1  # but what was being written when it was stopped
    assert (tmp_path / "cache.jsonl").read_bytes() == kept
    (tmp_path / "cache.jsonl").write_bytes(b'["a", 1]\n[3]\n')
    capsys.readouterr()
    assert main(command[0]) == 1
    assert "cache.jsonl:2: not [key, value]" in capsys.readouterr().err
    assert command[1].upkeep.retracted() == []  # it was a copy from which articles were taken away


def test_what_it_writes_is_what_answers_are_weighed_by(
    command: tuple[list[str], rag.Archive], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(command[0]) == 0
    monkeypatch.setattr(quoting, "FILE", tmp_path / "made.json")
    quoting._shipped.cache_clear()
    try:
        asked, unasked = quoting._shipped()
        assert set(asked.weights) == {"odds", "margin"}
        assert set(unasked.weights) == {"odds"}
        assert asked.weights["margin"] > 0
    finally:
        quoting._shipped.cache_clear()


def test_questions_of_another_archive_are_an_error(
    questions: Path, opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(rag, "open_judge", lambda name: Margins())
    monkeypatch.setenv("RAG_EMBEDDER", fakes.NAME)
    archive = opened()
    write_article(tmp_path / "other" / "rain.md", "It rained all day.", title="Rain")
    archive.ingest(tmp_path / "other")
    assert main(["quote", str(questions), "--archive", str(archive.path), "--cache", str(tmp_path / "c.jsonl")]) == 1
    assert "Is it the questions' archive?" in capsys.readouterr().err


def test_what_ships_says_where_it_is_from_and_tells_better_with_a_model() -> None:
    made = json.loads(quoting.FILE.read_text("utf-8"))
    assert made["made_by"].startswith("python -m eval quote eval/practice/corpus.jsonl ")
    assert made["from"]["asked"]["auc"] > made["from"]["unasked"]["auc"] > 0.7
    assert made["asked"]["weights"]["odds"] > 0
    assert made["unasked"]["weights"]["odds"] > 0
