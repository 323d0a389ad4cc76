"""`rag eval show`: one case in a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.__main__ import main
from tests.eval.hand import BRIDGE, SILENT, answered, failed, kept


@pytest.fixture
def run(tmp_path: Path) -> str:
    """A run of an answer with a struck sentence, whose writer speaks to the terminal, and of a failure."""
    prompt = (("system", "the rules"), ("user", "the last message"))
    raw = "red: \x1b[31m, turned: \u202e, half: \ud83d"
    case = answered(BRIDGE, "It reopens on 28 November.", "It is open.", struck=[1], prompt=prompt, raw=raw)
    return str(kept(tmp_path / "run", case, failed(SILENT)))


def test_a_case_from_question_to_scores(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", run, "q-1"]) == 0
    out = capsys.readouterr().out
    parts = (
        "q-1 (date) in run: right\n",
        "QUESTION\nWhen does the bridge reopen?\n",
        "asked before: Is the bridge closed?",
        "REFERENCE\nOn 28 November.\n",
        "found: 28 November\n",
        "not found: 15 September\n",
        "in passage 1: “It reopens on 28 November.” bridge.md\n",
        "1. Bridge to reopen, Courier, 2025-11-20 https://courier.example/bridge\n",
        "»It reopens on\n     28 November.«",
        "PROMPT, the last of 2 messages (user)\n  the last message\n",
        "RAW OUTPUT\n",
        "1. It reopens on 28 November.\n     supported: the cited words state it\n     [1] “",
        "literal on [1]: supported, 1 date\n",
        "2. It is open.\n     unsupported: 28 is not in the cited words\n",
        "SCORES\n",
        "key-fact recall                  1.000\n",
    )
    places = [out.find(part) for part in parts]
    assert -1 not in places, [part for part, place in zip(parts, places) if place < 0]
    assert places == sorted(places)
    assert "the rules" not in out


def test_foreign_text_cannot_steer_the_terminal(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["show", run, "q-1"])
    assert "red: �[31m, turned: �, half: �" in capsys.readouterr().out


def test_a_failure_says_why(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", run, "q-2"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("q-2 (near_miss) in run: failed\n")
    assert "  right                            failed: the writer was too late\n" in out
    assert out.endswith("FAILURE\n  the writer was too late\n")


def test_as_json(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", run, "q-1", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["case"]["asked"]["question"] == BRIDGE.question
    assert (said["outcome"], said["scores"]["right"]) == ("right", 1.0)
    assert said["gold"][0]["ranks"] == [1]


def test_an_unknown_id_is_an_error_that_names_near_ones(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", run, "q1"]) == 1
    assert "There is: q-1." in capsys.readouterr().err
