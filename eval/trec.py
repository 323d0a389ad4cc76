"""Runs and relevance judgements in TREC's format, for evaluators such as ir-measures and trec_eval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from eval.questions import Question
from eval.retrieval_metrics import matches
from eval.systems import Retrieved


def write(run: Path, tag: str, searched: Iterable[tuple[Question, Sequence[Retrieved]]]) -> None:
    """Write `run` (question Q0 text rank score tag) and `run`.qrels (question 0 text relevance).

    The score is 1 / rank: evaluators sort by it, and our ranks are not always those of the hits' scores. Judged is
    what was retrieved, 1 where it holds a fact and else 0, so that a question without any relevant text counts too;
    texts that were not retrieved are not judged, so figures of recall and of average precision do not follow from it.
    """
    lines, judgements = [], []
    for question, texts in searched:
        found = matches([text.text for text in texts], question.facts)
        for rank, (text, facts) in enumerate(zip(texts, found, strict=True), 1):
            lines.append(f"{question.id} Q0 {text.id} {rank} {1 / rank:.6f} {tag}\n")
            judgements.append(f"{question.id} 0 {text.id} {int(bool(facts))}\n")
    run.write_text("".join(lines), "utf-8")
    run.with_name(run.name + ".qrels").write_text("".join(judgements), "utf-8")
