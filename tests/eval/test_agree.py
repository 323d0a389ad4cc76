"""Agreement of two labellers: of our own files, and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.asked import Asked, Quote
from eval.benchmarks.agree import agreement
from eval.benchmarks.run import QUESTIONS


def asked(number: int, answerable: bool) -> Asked:
    facts = (("seven",),) if answerable else ()
    return Asked(f"q{number}", f"Q{number}?", "fact", answerable, "Seven came.", facts, (Quote("a.md", "x"),))


def label(answerable: bool, answer: str = "It was seven.", article: str = "a.md") -> dict[str, object]:
    facts = [["7", "seven"], ["March"]] if answerable else []
    return {"answerable": answerable, "answer": answer, "key_facts": facts, "evidence": [{"article": article}]}


def test_kappa_and_shared_facts_by_hand() -> None:
    pairs = [(asked(1, True), label(True)), (asked(2, True), label(True, "Eight.", "b.md")),
             (asked(3, False), label(False)), (asked(4, False), label(True))]  # fmt: skip
    found = agreement(pairs)
    assert found["answerable or not, differ"] == 1
    assert found["Cohen's kappa"] == pytest.approx(0.5)  # 3 of 4 agree, 2 of 4 by chance
    assert found["first's facts in second's answer"] == 0.5
    assert found["second's facts in first's answer"] == 0.5
    assert found["an article in common"] == 0.5


def test_our_own_questions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["agree", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["questions"] == 301
    assert found["agreement"]["all"]["Cohen's kappa"] > 0.9
    assert found["agreement"]["all"]["answerable or not, differ"] == 2  # before they were settled


def test_a_missing_second_label_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in QUESTIONS.glob("*.jsonl"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    lines = (tmp_path / "second.jsonl").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "second.jsonl").write_text("".join(lines[1:]), "utf-8")
    assert main(["agree", str(tmp_path)]) == 1
    assert "no second label of dev-01" in capsys.readouterr().err
