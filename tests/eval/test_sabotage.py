"""The gate is worth what it catches: each sabotage of the real pipeline must turn it red and name the right figure.

The pipeline is the real one over corpus/ with the default embedder, without a model that writes: sentences are those of
the extractive writer, the judge is `combined:words`. Each sabotage changes one thing in it, or in what comes out of it
where nothing inside would let it through. Questions are a sample of every type.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import rag
from eval import asked, scores
from eval.asked import Asked
from eval.benchmarks.gate import FLOORS, Scored, floors, judged
from eval.benchmarks.run import QUESTIONS, answer, findings, sampled
from eval.metrics.faithfulness import LITERAL
from eval.runs import Run, begin
from eval.systems import Response
from eval.systems.ours import Ours
from rag.judges import Judgement
from rag.pertinence import Pertinence
from rag.types import Verdict
from tests.conftest import CORPUS

SETTINGS = rag.Settings(writer="extractive", judge="combined:words")
MANY, FEW = 48, 6
Change = Callable[[Asked, Response], Response]


REAL = Pertinence.odds


@pytest.fixture(scope="module", autouse=True)
def read_once() -> Iterator[None]:
    """Most of a question's time is the reading of it with its passages: the same ones are read but once."""
    known: dict[Any, Any] = {}

    def odds(self: Pertinence, question: str, hits: Sequence[rag.Hit]) -> Any:
        key = (question, tuple((hit.title, hit.text, hit.sentences) for hit in hits))
        if key not in known:
            known[key] = REAL(self, question, hits)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pertinence, "odds", odds)
        yield


@pytest.fixture(scope="module")
def archive(corpus_archive: rag.Archive) -> Iterator[rag.Archive]:
    with rag.open(corpus_archive.path, SETTINGS) as opened:
        yield opened


@pytest.fixture(scope="module")
def questions() -> list[Asked]:
    return sampled(asked.load([QUESTIONS / "dev.jsonl"]), MANY)


@pytest.fixture(scope="module")
def honest(archive: rag.Archive, questions: list[Asked], tmp_path_factory: pytest.TempPathFactory) -> Scored:
    return measured(Ours(archive), questions, archive, tmp_path_factory.mktemp("honest"))


def measured(system: Any, questions: Sequence[Asked], archive: rag.Archive, folder: Path) -> Scored:
    """The scores of a run, by the harness itself."""
    run = begin(folder / "run", {"system": "ours", "settings": {}, "archive": {}, "questions": {}, "begun": ""})
    answer(run, system, questions, archive)
    return scored(run)


def scored(run: Run) -> Scored:
    literal = rag.open_judge(LITERAL)
    cases = [dataclasses.replace(c, findings=tuple(findings(literal, LITERAL, c))) for c in run.cases()]
    found = scores.scores(cases)
    return Scored(
        frozenset(case.id for case in cases),
        {name: score.values for name, score in found.items()},
        {name: score.failed for name, score in found.items()},
    )


def gate(current: Scored, baseline: Scored) -> tuple[str, set[str]]:
    result = judged(current, baseline, floors(FLOORS))
    return result["gate"], {name for name, row in result["guarded"].items() if row["verdict"] != "green"}


@dataclass(frozen=True)
class Sabotaged:
    """What the archive answers, spoilt on the way out."""

    inner: Ours
    change: Change
    name: str = "ours"

    def ask(self, question: Asked) -> Response:
        return self.change(question, self.inner.ask(question))


def test_an_unchanged_system_is_green_ten_times_of_ten(
    archive: rag.Archive, honest: Scored, questions: list[Asked], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pertinence, "odds", REAL)
    few = asked.spaced(questions, FEW)
    baseline = Scored(frozenset(q.id for q in few), honest.values, {})
    for time in range(10):
        again = measured(Ours(archive), few, archive, tmp_path / str(time))
        assert gate(again, baseline) == ("green", set())


def test_random_passages_are_seen_in_the_evidence(
    archive: rag.Archive, honest: Scored, questions: list[Asked], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.retrieve import Retriever

    search, draw = Retriever.search, random.Random(1)

    def at_random(self: Any, query: Any, k: int, filters: rag.Filters) -> Any:
        found = search(self, self.understand(draw.choice(questions).question), k, filters)
        return dataclasses.replace(found, understood=search(self, query, 1, filters).understood)

    monkeypatch.setattr(Retriever, "search", at_random)
    colour, names = gate(measured(Ours(archive), questions, archive, tmp_path), honest)
    assert colour == "red"
    assert {"evidence recall", "evidence MRR", "key-fact recall"} <= names


def test_a_changed_digit_in_one_answer_of_five_is_seen_in_what_the_words_cited_state(
    archive: rag.Archive, honest: Scored, questions: list[Asked], tmp_path: Path
) -> None:
    counted = iter(range(10_000))

    def change(question: Asked, response: Response) -> Response:
        shown = [s for s in response.answer["sentences"] if s["verdict"] == Verdict.SUPPORTED]
        figures = [s for s in shown if any(c.isdigit() for c in s["text"])]
        if not figures or next(counted) % 5:
            return response
        old = figures[0]["text"]
        at = next(i for i, c in enumerate(old) if c.isdigit())
        new = old[:at] + str((int(old[at]) + 1) % 10) + old[at + 1 :]
        sentences = [{**s, "text": new} if s is figures[0] else s for s in response.answer["sentences"]]
        text = response.answer["text"].replace(old, new)
        return dataclasses.replace(response, answer={**response.answer, "sentences": sentences, "text": text})

    colour, names = gate(measured(Sabotaged(Ours(archive), change), questions, archive, tmp_path), honest)
    assert colour == "red"
    assert "faithful, literally" in names


def test_shuffled_citations_are_seen_in_what_the_words_cited_state(
    archive: rag.Archive, honest: Scored, questions: list[Asked], tmp_path: Path
) -> None:
    before: list[list[Any]] = []

    def change(question: Asked, response: Response) -> Response:
        mine = [c for s in response.answer["sentences"] for c in s["citations"]]
        before.append(mine)
        others = [c for some in before[-2:-1] for c in some]  # those of the answer before this one
        if not mine or not others:
            return response
        sentences = [
            {**s, "citations": [{**c, **{k: others[0][k] for k in c if k != "number"}} for c in s["citations"]]}
            for s in response.answer["sentences"]
        ]
        return dataclasses.replace(response, answer={**response.answer, "sentences": sentences})

    colour, names = gate(measured(Sabotaged(Ours(archive), change), questions, archive, tmp_path), honest)
    assert colour == "red"
    assert "faithful, literally" in names


def test_a_judge_that_always_says_yes_is_seen_in_what_the_words_cited_state(
    archive: rag.Archive, questions: list[Asked], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a writer that gets a figure wrong behind each sentence: the real judge strikes that, this one does not."""
    from rag.write import ExtractiveWriter

    write = ExtractiveWriter.write

    def careless(self: ExtractiveWriter, brief: Any) -> Iterator[str]:
        yield from write(self, brief)
        if brief.extracts:
            yield f"{(brief.extracts[0].hit.outlet or 'A paper')} gave the figure of 987,654 in 1907. [1]\n"

    monkeypatch.setattr(ExtractiveWriter, "write", careless)
    baseline = measured(Ours(archive), questions, archive, tmp_path / "careless")
    assert scores_mean(baseline, "faithful, literally") > 0.97

    class Yes:
        name = "yes"

        def judge(self, claim: str, evidence: Sequence[rag.Cited]) -> Judgement:
            return Judgement(Verdict.SUPPORTED, "yes", 1.0)

        def judge_all(self, pairs: Sequence[tuple[str, Sequence[rag.Cited]]]) -> list[Judgement]:
            return [self.judge(*pair) for pair in pairs]

    monkeypatch.setattr("rag.check.missing", lambda claim, evidence: None)
    with rag.open(archive.path, SETTINGS) as other:
        monkeypatch.setattr(other, "_judge", Yes())
        colour, names = gate(measured(Ours(other), questions, other, tmp_path / "yes"), baseline)
    assert colour == "red"
    assert "faithful, literally" in names


def scores_mean(found: Scored, name: str) -> float:
    values = found.values[name]
    return sum(values.values()) / len(values)


def test_abstention_switched_off_is_seen_in_false_answers(
    archive: rag.Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On all working questions that the archive does not answer: this writer answers most of them as it is."""
    silent = [question for question in asked.load([QUESTIONS / "dev.jsonl"]) if not question.answerable]
    honest = measured(Ours(archive), silent, archive, tmp_path / "honest")
    monkeypatch.setattr("rag.write._ENOUGH", -10.0)
    monkeypatch.setattr("rag.answer.Session._to_the_point", lambda self, found: iter(()))
    colour, names = gate(measured(Ours(archive), silent, archive, tmp_path / "off"), honest)
    assert colour == "red"
    assert "false answer" in names


def test_hidden_newest_articles_are_seen_in_the_evidence_and_in_facts(
    honest: Scored, questions: list[Asked], tmp_path: Path
) -> None:
    newest = {
        max(quote.article for quote in q.evidence)
        for q in questions
        if q.type in ("latest", "correction", "timeline", "across", "disagreement")
    }
    old = [str(path) for path in sorted(CORPUS.glob("*.md")) if path.name not in newest]
    with rag.open(tmp_path / "old", SETTINGS) as archive:
        archive.ingest(old)
        colour, names = gate(measured(Ours(archive), questions, archive, tmp_path), honest)
    assert colour == "red"
    assert "evidence recall" in names


def test_a_system_that_fails_is_red_and_says_so(
    archive: rag.Archive, honest: Scored, questions: list[Asked], tmp_path: Path
) -> None:
    class Broken:
        name = "ours"

        def ask(self, question: Asked) -> Response:
            raise TimeoutError("the model did not answer")

    result = judged(measured(Broken(), questions, archive, tmp_path), honest, floors(FLOORS))
    assert result["gate"] == "red"
    assert f"{MANY} more failed" in result["because of"]
