"""`python -m eval tells`: whether questions give away that they are not answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.__main__ import main
from tests.conftest import PROJECT

pytest.importorskip("sklearn")


def write(path: Path, *questions: tuple[str, bool]) -> Path:
    rows = [json.dumps({"question": text, "answerable": answered}) for text, answered in questions]
    path.write_text("\n".join(rows), "utf-8")
    return path


def test_what_gives_a_question_away_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = "Aske Sundby Ortmund Grey Weir Hall Skerra Marle Fell Quay".split()
    odd = write(
        tmp_path / "odd.jsonl",
        *((f"What did {p} cost?", True) for p in places),
        *((f"Which three firms bid for {p}?", False) for p in places),
    )
    turned = write(
        tmp_path / "turned.jsonl",
        *((f"What did {p} say?", False) for p in places),
        *((f"Which three firms left {p}?", True) for p in places),
    )
    assert main(["tells", str(odd), str(turned), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found[str(odd)][f"by {odd}"] == 1.0
    assert found[str(turned)][f"by {odd}"] == 0.0, "they sound the other way round"
    assert found[str(odd)]["questions"] == 20
    assert found[str(odd)]["answered"] == 0.5


def test_practice_articles_are_read_too(capsys: pytest.CaptureFixture[str]) -> None:
    sets = [str(PROJECT / "eval" / name) for name in ("practice/unseen", "questions/dev.jsonl")]
    assert main(["tells", *sets, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found[sets[0]]["questions"] == 1139
    assert found[sets[1]]["questions"] < 169, "follow-ups are left out"


def test_too_few_of_a_kind_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "few.jsonl", *((f"What did {n} cost?", True) for n in range(9)))
    assert main(["tells", str(file)]) == 1
    assert "fewer than 5" in capsys.readouterr().err
