"""`python -m eval teach`: what is read from the practice articles, and that what was learnt is what is read later."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from eval.__main__ import main
from eval.practising import Question, load
from rag.errors import SettingsError
from rag.pertinence import FILE, PACK, Pertinence, folder
from rag.sentences import sentences
from rag.types import Hit

OURS = Path(__file__).parents[2] / "eval" / "practice"
FERRY = """TITLE: Ferry sinks
OUTLET: Echo
DATE: 2024-03-05
1| The ferry sank in the harbour on Monday.
2| Its owner, Petra Holm, blamed a leaking valve.
4| Forty people were saved.
Q
1	When did the ship go down?
2,4	What was the cause, and how many lived?
N2	Who built the valve?
"""
OTHER = FERRY.replace("ferry", "barge").replace("Forty", "Sixty").replace("a leaking valve", "a rock")


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    made = tmp_path / "practice"
    made.mkdir()
    for name, text in (("1-1-1", FERRY), ("1-1-2", OTHER), ("2-1-1", FERRY), ("2-1-2", OTHER)):
        (made / f"{name}.txt").write_text(text, "utf-8")
    return made


def test_an_article_is_read_with_its_questions(practice: Path) -> None:
    first = load(practice)[0]
    assert (first.subject, first.title, len(first.sentences)) == ("1-1", "Ferry sinks", 3)
    assert first.questions == (
        Question("When did the ship go down?", True, (0,)),
        Question("What was the cause, and how many lived?", True, (1, 2)),
        Question("Who built the valve?", False, (1,)),
    )


@pytest.mark.parametrize("line", ["9\tWhich one?", "no number", "1|"])
def test_a_line_that_is_none_is_named(practice: Path, line: str) -> None:
    (practice / "1-1-2.txt").write_text(f"{FERRY}{line}\n", "utf-8")
    with pytest.raises(SettingsError, match=r"1-1-2\.txt, line 11"):
        load(practice)


def test_a_folder_without_articles_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no articles"):
        load(tmp_path)


def test_our_own_articles_can_be_read() -> None:
    articles = load(OURS)
    questions = [question for article in articles for question in article.questions]
    assert len(articles) >= 48
    assert len(questions) > 2000
    assert 0.1 < sum(not question.answered for question in questions) / len(questions) < 0.3


def test_what_ships_is_measured_on_articles_that_it_was_not_taught(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("sklearn")
    for name in ("3-1-1.txt", "3-1-2.txt"):
        shutil.copy(OURS / "unseen" / name, tmp_path)
    assert main(["teach", str(tmp_path), "--measure", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["questions"] == 0
    assert result["questions_kept_back"] > 80
    assert result["taught"]["first_answers"] > result["cosine"]["first_answers"] + 0.1


def test_going_on_from_what_ships_gives_no_figures(
    practice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is kept back of these folders may be what the shipped weights were learnt from."""
    assert main(["teach", str(practice), "--onto"]) == 1
    assert "--all" in capsys.readouterr().err
    file = tmp_path / "learnt.safetensors"
    assert main(["teach", str(practice), str(practice), "--onto", "--all", "--epochs", "1", "--write", str(file)]) == 0
    with safe_open(str(file), "numpy") as kept, safe_open(str(FILE), "numpy") as shipped:
        made = kept.metadata()
        assert json.loads(made["onto"]) == shipped.metadata()
        assert made["made_by"].endswith("--epochs 1 --onto --all")
        moved = np.abs(kept.get_tensor("line").astype(float) - shipped.get_tensor("line")).max()
    assert 0 < moved < 0.1, "it went on from there"


def test_what_is_taught_is_what_is_read(
    practice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The learner's odds after teaching, and those that the package reads from the file it wrote, are the same."""
    pytest.importorskip("sklearn")
    from eval import teaching

    taught: list[teaching.Learner] = []
    begin = teaching.begin
    monkeypatch.setattr(teaching, "begin", lambda seed: [taught.append((made := begin(seed))[0]), made][1])
    file = tmp_path / "learnt.safetensors"
    assert main(["teach", str(practice), "--epochs", "3", "--write", str(file)]) == 0
    assert "first_answers" in capsys.readouterr().out
    _, tokenizer = begin(0)
    text = "The ferry sank in the harbour on Monday. Its owner, Petra Holm, blamed a leaking valve."
    spans = tuple(sentences(text))
    hit = Hit(
        rank=1, score=1.0, passage_id="p", article_id="a", start=0, end=len(text), text=text, sentences=spans,
        title="Ferry sinks",
    )  # fmt: skip
    question = "Why did the ship go down?"
    (learnt,) = Pertinence(folder(), file).odds(question, [hit])
    (shipped,) = Pertinence(folder()).odds(question, [hit])
    (told,) = teaching.odds(
        taught[0], [[teaching.Passage(teaching.laid_out(tokenizer, question, "Ferry sinks", text, spans), [], [])]]
    )
    np.testing.assert_allclose(learnt, told, atol=0.1)
    assert np.abs(learnt - shipped).max() > 0.2
    assert PACK in str(folder())
