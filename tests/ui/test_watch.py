"""What the page says of models that load, fail and come back, and of feedback on its way to the evaluation."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eval.__main__ import main as evaluate
from eval.cases import read as read_cases
from eval.outcomes import outcome
from rag.errors import RagError
from rag.types import Checked, Delta, Sentence, Verdict
from tests import fakes
from tests.conftest import SETTINGS, Opener, run
from tests.ui.answers import WHEN, bridge_answer
from tests.ui.scripted import scripted
from ui import cards, server, turns, under
from ui.feedback import DRAFTS, WHOLE, FeedbackStore, written
from ui.users import Reader

APPLES = "How many tonnes of apples did farmers bring in?"
BOOKS = "How many books did visitors borrow on the first day?"
ORCHESTRA = "Which orchestra played in Reykjavik last Tuesday?"


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_model_that_comes_later_is_found_and_the_notice_goes(opened: Opener) -> None:
    with scripted() as first:
        port = first.server_address[1]
    writer = f"openai:http://127.0.0.1:{port}/v1#quick"  # nobody is there now
    archive = opened(settings=replace(SETTINGS, writer=writer, judge="combined:words"))
    models, said = server.Models(), list[str]()
    with server.warming(archive, said.append, models, again=0.1):
        _until(lambda: "cannot be reached" in models.notice())
        time.sleep(0.5)
        assert len(said) == 1  # the terminal is told once
        with scripted(port):
            _until(lambda: models.notice() == "")
    assert "is ready" in said[-1]


def test_a_writer_that_loads_is_said_until_it_is_there(opened: Opener) -> None:
    with scripted() as models_server:
        settings = replace(SETTINGS, writer=models_server.writer("hold"), judge="combined:words")
        models = server.Models()
        assert "still loading" in models.notice()
        with server.warming(opened(settings=settings), lambda _: None, models):
            _until(lambda: "the answer waits for it" in models.notice())
            models_server.released.set()
            _until(lambda: models.notice() == "")


def test_nothing_within_the_filters_offers_to_ask_without_them(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    wishes = {"filters": {"published_to": "1999-12-31"}}
    for _, found, _ in list(turns.ask(archive, APPLES, [], wishes))[1:]:
        assert found == cards.NOTHING_WITHIN


def test_a_sentence_that_has_begun_stays_while_the_one_before_it_is_checked(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, first = opened(), Sentence("It fell.", (), Verdict.SUPPORTED, None)
    events = [Delta("It fell. [1]"), Delta(" An apple"), Checked(0, first), Delta(" grew."), Checked(1, first)]
    monkeypatch.setattr(archive, "stream", lambda *_, **__: (event for event in events))
    shown = [update for update, _, _ in turns.ask(archive, "Why?", [])][1:]
    grey = [re.findall('<p class="sentence writing" dir="auto">(.*?)</p>', one) for one in shown]
    assert grey == [["It fell."], ["It fell. An apple"], ["An apple"], ["An apple grew."], []]


# -- feedback, all the way ----------------------------------------------------------------------------------------


def test_what_readers_say_on_the_page_is_scored_by_the_evaluation(
    opened: Opener, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, answers = opened(), under.Answers()
    archive.ingest(folder)
    for question, told in (
        (APPLES, {"kind": "useful", "facts": "310 tonnes | 310 t\n\n"}),
        (BOOKS, {"kind": "wrong fact", "facts": "1,841", "note": "It was one more."}),
        (ORCHESTRA, {"kind": "not useful", "unanswerable": True}),
        (APPLES, {"kind": "not useful", "note": "Too short."}),
    ):
        name = answers.keep("", under.Given(archive.ask(question), WHEN))
        assert under.said(answers, Reader(), archive.path, {"answer": name, **told}) == under.NOTED
    done = run("feedback", tmp_path / "cases", "--archive", archive.path)
    assert (done.returncode, done.stdout.split(", in ")[0]) == (0, "3 cases, 1 drafts that a person has to complete")

    monkeypatch.setenv("RAG_EMBEDDER", fakes.NAME)
    monkeypatch.setattr("rag.model_folder", lambda pack: folder)  # the fake embedder is no pack
    options = ["--archive", str(archive.path), "--writer", "extractive", "--judge", "combined:words"]
    command = ["run", *options, "--second", "none", "--out", str(tmp_path / "run"), "--questions"]
    assert evaluate([*command, str(tmp_path / "cases" / WHOLE)]) == 0
    found = [outcome(case) for case in read_cases(tmp_path / "run" / "cases.jsonl")]
    assert found == ["right", "no key fact", "rightly refused"]
    assert len((tmp_path / "run" / "scores.jsonl").read_text("utf-8").splitlines()) == 3
    assert evaluate([*command, str(tmp_path / "cases" / DRAFTS)]) == 1


@pytest.mark.parametrize(
    "told",
    [{"facts": "?"}, {"facts": "38 ||"}, {"facts": "38", "unanswerable": True}],
    ids=["no word", "empty", "both"],
)
def test_facts_that_cannot_be_are_said_in_words(tmp_path: Path, told: dict[str, object]) -> None:
    answers = under.Answers()
    sent = {"answer": answers.keep("", under.Given(bridge_answer(), WHEN)), "kind": "wrong fact", **told}
    assert under.said(answers, Reader(), tmp_path, sent).startswith("Nothing was noted: ")
    assert not list(tmp_path.iterdir())


def test_an_archive_without_feedback_is_said_in_words(opened: Opener, tmp_path: Path) -> None:
    with pytest.raises(RagError, match="has no feedback"):
        written(opened(), tmp_path / "cases")
    assert not (tmp_path / "cases").exists()
    FeedbackStore(tmp_path / "archive" / "feedback.sqlite3").close()
    assert written(opened(), tmp_path / "cases") == (0, 0)
