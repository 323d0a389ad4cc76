"""`python -m eval retrieval`: what it prints, what it keeps, and what it refuses."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

import rag
from eval.__main__ import main
from eval.benchmarks import retrieval
from eval.kept import default_place
from eval.questions import Question
from eval.systems import Retrieved
from tests import fakes

QUESTIONS = [
    ("What did the library in Sundby count?", "number", ["Visitors borrowed 1,840 books on the first day."]),
    ("How many tonnes of apples were brought in?", "number", ["brought in 310 tonnes of apples", "a fifth more"]),
    ("Who sings in the choir?", "single_fact", ["words that no article has"]),
    ("Who was the first on the moon?", "nobody says", []),
]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of questions about the articles of `folder`; archives use the fake embedder, and a cache of the test's."""
    monkeypatch.setenv("RAG_EMBEDDER", fakes.NAME)
    monkeypatch.setenv("RAG_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "questions.jsonl"
    records = [
        {"query": q, "question_type": kind, "evidence_list": [{"fact": f} for f in facts]}
        for q, kind, facts in QUESTIONS
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def measured(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    assert main(["retrieval", *map(str, arguments), "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_the_figures_are_means_over_the_questions_that_have_evidence(
    folder: Path, asked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = measured(capsys, folder, "--queries", asked)
    assert result["questions"] == 3
    assert result["questions without evidence, left out"] == 1
    assert (result["articles"], result["articles not taken in"]) == (3, 0)
    ours = result["figures"]["ours"]
    assert ours["Hits@10"] == ours["fact recall@10"] == ours["all facts@10"] == pytest.approx(2 / 3)
    low, high = result["95% intervals"]["ours"]["Hits@10"]
    assert 0 <= low < 2 / 3 < high <= 1
    kinds = result["by type of question"]["ours"]
    assert {kind: row["questions"] for kind, row in kinds.items()} == {"number": 2, "single_fact": 1}
    assert (kinds["number"]["Hits@10"], kinds["single_fact"]["Hits@10"]) == (1, 0)
    times = result["milliseconds a question"]["ours"]
    assert 0 < times["p50"] <= times["p95"]
    assert "difference from ours, 95% intervals" not in result


def test_the_archive_is_built_once_and_kept_in_the_cache(
    folder: Path, asked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(capsys, folder, "--queries", asked)
    (place,) = (tmp_path / "cache" / "eval").iterdir()
    before = (place / "catalog.sqlite3").stat().st_ino
    measured(capsys, folder, "--queries", asked)
    assert list((tmp_path / "cache" / "eval").iterdir()) == [place]
    assert (place / "catalog.sqlite3").stat().st_ino == before


def test_the_place_in_the_cache_follows_articles_and_settings(folder: Path, asked: Path) -> None:
    settings = rag.Settings()
    place = default_place(folder, settings)
    assert place == default_place(folder, rag.Settings(without="title"))
    assert place != default_place(folder, rag.Settings(passage_tokens=100))
    (folder / "library.md").write_text("The library in Sundby is closed again.", "utf-8")
    assert place != default_place(folder, settings)


def test_a_corpus_file_is_taken_in_without_the_questions_beside_it(
    asked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = tmp_path / "bench"
    bench.mkdir()
    records = [{"title": "Library", "body": QUESTIONS[0][2][0], "url": "https://a.example/1", "source": "A"}]
    (bench / "corpus.json").write_text(json.dumps(records), "utf-8")
    asked.rename(bench / "asked.jsonl")
    result = measured(capsys, bench, "--queries", "asked.jsonl", "--archive", tmp_path / "kept")
    assert result["articles"] == 1
    assert result["figures"]["ours"]["Hits@4"] == pytest.approx(1 / 3)
    assert (tmp_path / "kept" / "catalog.sqlite3").exists()


def test_questions_among_the_articles_are_refused(
    folder: Path, asked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.rename(folder / "asked.jsonl")
    assert main(["retrieval", str(folder), "--queries", "asked.jsonl"]) == 1
    assert "is among the articles" in capsys.readouterr().err


def test_an_archive_that_holds_other_articles_is_refused(
    folder: Path, asked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(capsys, folder, "--queries", asked, "--archive", tmp_path / "kept")
    (folder / "library.md").unlink()
    assert main(["retrieval", str(folder), "--queries", str(asked), "--archive", str(tmp_path / "kept")]) == 1
    assert "holds 3 articles" in capsys.readouterr().err


def test_what_cannot_be_read_is_counted_and_named(
    folder: Path, asked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty.md").write_text("", "utf-8")
    assert main(["retrieval", str(folder), "--queries", str(asked)]) == 0
    shown = capsys.readouterr()
    assert "empty.md: the file is empty" in shown.err
    assert f"{'articles not taken in':32} 1\n" in shown.out


def test_without_json_there_are_tables(folder: Path, asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retrieval", str(folder), "--queries", str(asked), "--ceiling"]) == 0
    shown = capsys.readouterr().out
    assert "\nfigures\n        Hits@10  Hits@4" in shown
    assert "\nby type of question: ours\n" in shown
    assert f"{'facts within one passage':32} 0.750\n" in shown
    assert f"{'questions with such a fact':32} 0.667\n" in shown


def test_the_run_names_passages_by_their_offsets(
    folder: Path, asked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(
        capsys, folder, "--queries", asked, "--limit", "2", "--archive", tmp_path / "kept", "--run", tmp_path / "r"
    )
    lines = [line.split() for line in (tmp_path / "r").read_text().splitlines()]
    assert {line[0] for line in lines} == {"1", "2"}
    relevant = [line.split()[2] for line in (tmp_path / "r.qrels").read_text().splitlines() if line.endswith(" 1")]
    article_id, _, span = relevant[0].partition(":")
    start, end = map(int, span.split("-"))
    with rag.open(tmp_path / "kept") as archive:
        assert QUESTIONS[0][2][0] in archive.article(article_id).text[start:end]


def test_a_part_that_is_not_there_is_refused(folder: Path, asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retrieval", str(folder), "--queries", str(asked), "--without", "no such part"]) == 1
    shown = capsys.readouterr().err
    assert "without" in shown
    assert "articles of" not in shown  # said before anything is taken in


def test_a_run_that_cannot_be_written_is_refused_at_once(
    folder: Path, asked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["retrieval", str(folder), "--queries", str(asked), "--run", str(tmp_path / "no" / "r")]) == 1
    shown = capsys.readouterr().err
    assert "to write r into" in shown
    assert "articles of" not in shown


def test_stock_without_its_extra_is_refused_at_once(
    folder: Path, asked: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name.endswith(".bm25") else found(name))
    assert main(["retrieval", str(folder), "--queries", str(asked), "--stock"]) == 1
    shown = capsys.readouterr().err
    assert "not installed\nRun: pip install -e '.[bench]'" in shown
    assert "articles of" not in shown


@pytest.mark.skipif(not hasattr(rag, "RETRIEVAL_PARTS"), reason="retrieval has no parts that can be left out yet")
def test_ablation_has_a_row_without_each_part(folder: Path, asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = measured(capsys, folder, "--queries", asked, "--ablation")
    rows = ["ours", *(f"without {part}" for part in rag.RETRIEVAL_PARTS)]
    assert list(result["figures"]) == rows
    assert list(result["difference from ours, 95% intervals"]) == rows[1:]


def test_systems_are_compared_question_by_question() -> None:
    question = Question("1", "What was sold?", "number", ("the quay",))
    hit, miss = (Retrieved("a:0-8", text) for text in ("the quay", "the gulls"))
    first = [retrieval.Searched(question, (text,), 10.0) for text in (hit, hit, miss, miss)]
    second = [retrieval.Searched(question, (text,), 30.0) for text in (hit, hit, miss, hit)]
    tables = retrieval.tables({"first": first, "second": second})
    assert {name: row["Hits@4"] for name, row in tables["figures"].items()} == {"first": 0.5, "second": 0.75}
    # The two agree on three of four questions, so the difference is never negative, as unpaired ones would be.
    (name,) = (name for name in tables if name.startswith("difference from first"))
    assert tables[name] == {"second": {figure: [0.0, 0.75] for figure in tables["figures"]["first"]}}
    assert tables["milliseconds a question"]["second"] == {"p50": 30, "p95": 30, "mean": 30}


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_that_is_none_is_wrong_usage(asked: Path, limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["retrieval", ".", "--queries", str(asked), "--limit", limit])
    assert end.value.code == 2
