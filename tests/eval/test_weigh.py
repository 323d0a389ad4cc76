"""`python -m eval weigh`: weights from questions whose answering sentences are known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rag
from eval.__main__ import main
from rag.likely import NAMES, READ
from tests import fakes
from tests.conftest import write_article

TOPICS = {
    "ferry": ("The ferry sank in the harbour on Monday.", "When did the ship go down?"),
    "bridge": ("The bridge was closed because its cables had rusted.", "Why is nobody allowed across the bridge?"),
    "school": ("Each pupil gets a hot lunch for two crowns.", "What do children pay for a meal at school?"),
    "tower": ("Ilse Brandt, an engineer, drew the plans for the tower.", "Who designed the tower?"),
    "strike": ("Drivers of the night buses stopped work for a week.", "How long did the bus crews walk out?"),
}
AROUND = ("It had been talked about for weeks.", "The mayor did not want to comment on it.")


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    rows = []
    for name, (answer, question) in TOPICS.items():
        write_article(tmp_path / "articles" / f"{name}.md", f"{AROUND[0]} {answer} {AROUND[1]}", title=f"The {name}")
        quotes = [{"article": f"{name}.md", "quote": answer}]
        rows.append({"article": f"{name}.md", "question": question, "answerable": True, "quotes": quotes})
        asked = f"What did the mayor say about the {name}?"
        rows.append({"article": f"{name}.md", "question": asked, "answerable": False, "quotes": []})
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return file


def archive(tmp_path: Path, **settings: str) -> str:
    with rag.open(tmp_path / "A", rag.Settings(writer="extractive", **settings)) as made:  # type: ignore[arg-type]
        made.ingest(str(tmp_path / "articles"))
    return str(tmp_path / "A")


def test_what_is_written_weighs_every_figure(
    questions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("sklearn")
    file = tmp_path / "likely.json"
    command = ["weigh", str(questions), "--archive", archive(tmp_path), "--write", str(file)]
    assert main([*command, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["questions"], result["answered"]) == (10, 5)
    assert result["read"]["auc"] > 0.5
    kept = json.loads(file.read_text("utf-8"))
    assert kept["read"].keys() == {"bias", *NAMES, *READ}
    assert "unread" in kept["from"]


def test_an_archive_whose_embedder_reads_nothing_is_an_error(
    questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_EMBEDDER", fakes.NAME)
    place = archive(tmp_path, embedder=fakes.NAME)
    assert main(["weigh", str(questions), "--archive", place]) == 1
    assert "reads nothing together" in capsys.readouterr().err
