"""What stands under an answer, without a browser."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from rag import Filters
from rag.errors import RagError
from tests.conftest import Opener
from tests.ui.answers import BRIDGE, FERRY, WHEN, answer, article_of, bridge_answer
from ui import turns, under
from ui.feedback import FeedbackStore, Kind
from ui.users import Reader

READER = Reader("a1", "ana")
EVIL = '"><script>alert(1)</script>'
ARTICLES = article_of(BRIDGE, FERRY)


def _kept(question: str = "When did the bridge close?") -> tuple[under.Answers, str]:
    answers = under.Answers()
    return answers, answers.keep("a1", under.Given(answer(*bridge_answer().sentences, question=question), WHEN))


def test_copy_holds_the_standing_sentences_with_their_footnotes() -> None:
    answers, name = _kept()
    shown = unescape(under.row(name, answers.get("a1", name), ARTICLES))
    assert "The bridge closed on Monday." in shown
    assert "https://courier.example/bridge" in shown
    assert "It snowed" not in shown


def test_a_row_is_escaped() -> None:
    answers, name = _kept(EVIL)
    assert "<script>" not in under.row(name, answers.get("a1", name), ARTICLES)


@pytest.mark.parametrize(("kind", "ending"), [("Markdown", ".md"), ("Word", ".docx"), ("JSON", ".json")])
def test_a_file_is_named_by_the_question(kind: str, ending: str) -> None:
    answers, name = _kept()
    file = under.taken(answers, "a1", ARTICLES, {"answer": name, "format": kind})
    assert file["name"] == f"when-did-the-bridge-close-2025-11-30{ending}"
    content = base64.b64decode(file["content"])
    assert content.startswith(b"PK") if kind == "Word" else b"The bridge closed on Monday." in content
    if kind == "JSON":
        json.loads(content)


@pytest.mark.parametrize("data", [None, [], {"answer": ["x"]}, {"answer": "guessed", "format": "JSON"}])
def test_an_answer_that_is_not_there_is_said_in_words(data: object) -> None:
    answers, _ = _kept()
    assert "no longer at hand" in under.taken(answers, "a1", ARTICLES, data)["problem"]


def test_a_format_that_is_not_there_is_said_in_words() -> None:
    answers, name = _kept()
    assert "PDF" in under.taken(answers, "a1", ARTICLES, {"answer": name, "format": "PDF"})["problem"]


def test_the_oldest_answers_are_forgotten() -> None:
    answers = under.Answers(most=2)
    first, *others = [answers.keep("a1", under.Given(bridge_answer(), datetime.now(UTC))) for _ in range(3)]
    assert all(answers.get("a1", name) for name in others)
    with pytest.raises(RagError):
        answers.get("a1", first)


def test_the_row_comes_with_the_finished_answer_alone(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    given: list[under.Given] = []
    earlier = [("Who?", "Nobody.")]

    def below(one: under.Given) -> str:
        given.append(one)
        return "BELOW"

    updates = list(turns.ask(archive, "How many tonnes of apples did farmers bring in?", earlier, below=below))
    assert ["BELOW" in shown for shown, _, _ in updates] == [False] * (len(updates) - 1) + [True]
    assert given[0].earlier == tuple(earlier)


def test_what_is_said_is_kept_with_what_it_takes_to_ask_again(tmp_path: Path) -> None:
    answers = under.Answers()
    given = under.Given(bridge_answer(), WHEN, (("Who?", "Nobody."),), Filters(outlets=("Courier",)))
    sent = {"answer": answers.keep("a1", given), "kind": "wrong fact", "note": f" {EVIL} "}
    assert under.said(answers, READER, tmp_path, sent) == "Noted."
    with FeedbackStore(tmp_path / "feedback.sqlite3") as store:
        (kept,) = store.list()
    assert (kept.kind, kept.note, kept.answer) == (Kind.WRONG_FACT, EVIL, given.answer)
    assert kept.user == "ana"
    assert (kept.history, kept.filters) == (given.earlier, given.filters)


def test_an_answer_is_at_hand_for_the_user_it_was_given_to_alone(tmp_path: Path) -> None:
    answers, name = _kept()
    data = {"answer": name, "format": "JSON", "kind": "useful"}
    assert "no longer at hand" in under.taken(answers, "b2", ARTICLES, data)["problem"]
    assert "no longer at hand" in under.said(answers, Reader("b2", "ben"), tmp_path, data)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("data", [None, {"kind": ["useful"]}, {"kind": "useful", "answer": "guessed"}])
def test_what_cannot_be_kept_is_said_in_words(tmp_path: Path, data: object) -> None:
    answers, _ = _kept()
    assert under.said(answers, READER, tmp_path, data) != "Noted."
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    answers, name = _kept()
    (tmp_path / "feedback.sqlite3").write_text("no database, and long enough to be taken for one " * 40)
    told = under.said(answers, READER, tmp_path, {"answer": name, "kind": "useful"})
    assert "feedback.sqlite3" in told


def test_all_that_can_be_said_is_offered() -> None:
    shown = under.feedback("name")
    assert all(f">{words}</button>" in shown for words in ("Useful", "Not useful", "Wrong citation", "Wrong fact"))
