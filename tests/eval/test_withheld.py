"""Questions asked while what answers them is withheld."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import rag
from eval import withheld
from eval.__main__ import main
from eval.asked import Asked, Quote
from eval.systems import Response
from eval.systems.ours import connect
from eval.withheld import Withholding
from tests.conftest import Opener, write_article

COST = Asked(
    "cost", "What will the repairs of the Weir Bridge cost?", "number", True, "12.5 million crowns",
    (("12.5 million",),), (Quote("bridge.md", "The repairs will cost 12.5 million crowns."),),
)  # fmt: skip
[ASKED] = withheld.of([COST])


@pytest.fixture
def archive(opened: Opener, folder: Path) -> rag.Archive:
    """Three articles, of which one answers, and one more that tells the cost in words of its own."""
    write_article(
        folder / "echo.md",
        "The Weir Bridge was closed on Tuesday. Ortmund has set 12.5 million aside for it, its mayor said.",
        title="Bridge closed",
        outlet="Ortmund Echo",
        published="2024-03-20",
    )
    made = opened()
    assert made.ingest(folder).added == 4
    return made


@dataclass
class Scripted:
    """A system that cites the likeliest article, and says what it is told to."""

    archive: rag.Archive
    text: str
    cites: tuple[str, ...] = ()
    searched: list[set[str]] = field(default_factory=list)
    name: str = "scripted"

    def ask(self, question: Asked) -> Response:
        hits = self.archive.search(question.question)
        self.searched.append({hit.article_id for hit in hits})
        ids = self.cites or tuple(hit.article_id for hit in hits[:1])
        answer: dict[str, Any] = {
            "abstained": False,
            "text": self.text,
            "sentences": [{"citations": [{"article_id": id} for id in ids]}],
        }
        return Response(answer)


def ids(archive: rag.Archive, *names: str) -> set[str]:
    return {article.id for article in archive.articles() if Path(article.source).stem in names}


def test_only_questions_with_an_answer_and_without_a_history_are_asked() -> None:
    follow_up = replace(COST, id="then", history=(("What will the bridge cost?", "12.5 million."),))
    no_answer = replace(COST, id="none", answerable=False, key_facts=())
    assert [question.id for question in withheld.of([COST, follow_up, no_answer])] == ["cost-withheld"]
    assert (ASKED.question, ASKED.answerable, ASKED.key_facts) == (COST.question, False, ())


def test_what_answers_is_not_found_and_comes_back(archive: rag.Archive) -> None:
    system = Scripted(archive, "It will cost 90 crowns.")
    Withholding.over(system, archive, [COST]).ask(ASKED)
    [searched] = system.searched
    assert searched
    assert not searched & ids(archive, "bridge", "echo"), "the one of its evidence, and the one with its key fact"
    assert archive.upkeep.retracted() == []
    assert ids(archive, "bridge") & {hit.article_id for hit in archive.search(COST.question)}


def test_ours_abstains_from_what_was_withheld(archive: rag.Archive) -> None:
    system = connect(archive, "")
    assert "12.5 million" in system.ask(COST).answer["text"]
    assert "12.5" not in str(Withholding.over(system, archive, [COST]).ask(ASKED).answer)


def test_what_the_rest_of_the_archive_tells_is_withheld_too(archive: rag.Archive) -> None:
    both = replace(COST, key_facts=(("12.5 million",), ("seven to two",)))  # which the Echo does not have
    system = Scripted(archive, "It will cost 12.5 million.")
    with pytest.raises(RuntimeError, match="whatever is withheld"):
        Withholding.over(system, archive, [both]).ask(ASKED)
    first, second, *_ = system.searched
    assert ids(archive, "echo") & first
    assert not ids(archive, "echo") & second
    assert archive.upkeep.retracted() == []


def test_what_was_retracted_before_stays_so(archive: rag.Archive) -> None:
    [bridge] = ids(archive, "bridge")
    archive.upkeep.retract(bridge, "It was made up.")
    Withholding.over(Scripted(archive, "Nothing."), archive, [COST]).ask(ASKED)
    assert [article.id for article in archive.upkeep.retracted()] == [bridge]


def test_the_command_leaves_the_archive_as_it_was(
    archive: rag.Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_EMBEDDER", archive.settings.embedder)
    monkeypatch.setenv("RAG_WRITER", "extractive")
    questions, out = tmp_path / "questions.jsonl", tmp_path / "run"
    record = {**COST.to_dict(), "answer": COST.reference}
    questions.write_text(json.dumps(record) + "\n", "utf-8")
    version = archive.version
    command = ["run", "--questions", questions, "--withhold", "--archive", archive.path, "--second", "none"]
    assert main([*map(str, command), "--judge", "literal", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["asked"] == 1
    [case] = [json.loads(line) for line in (out / "cases.jsonl").read_text("utf-8").splitlines()]
    assert (case["asked"]["id"], case["asked"]["answerable"], case["failure"]) == ("cost-withheld", False, None)
    assert archive.version == version
    [bridge] = ids(archive, "bridge")
    assert archive.upkeep.notes(bridge) == ()
