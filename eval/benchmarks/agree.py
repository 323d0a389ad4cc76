"""How far two labellers, blind to each other, agree on the questions of eval/questions/.

The first labels are those of the question's file, or for questions that were settled afterwards those in
`settled.jsonl`; the second are in `second.jsonl`. Agreement on whether the archive answers a question is Cohen's kappa
(Cohen 1960, by scikit-learn), 1 being agreement and 0 what chance gives. On questions that both call answerable: the
share of one's key facts that stand in the other's answer, and whether they cite an article in common.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval import asked
from eval.asked import Asked
from eval.benchmarks.run import QUESTIONS
from eval.outcomes import holds, rate
from rag.errors import SettingsError

SUMMARY = "how far two labellers of the questions agree"
PARTS = ("dev", "test")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("folder", nargs="?", type=Path, default=QUESTIONS, help="dev, test, second and settled .jsonl")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Agreement over all questions and in each part. Raises ReadError, or SettingsError if labels are missing."""
    first = {part: asked.load([options.folder / f"{part}.jsonl"]) for part in PARTS}
    before = {record["id"]: record["first"] for _, record in asked.objects(options.folder / "settled.jsonl")}
    second = {record["id"]: record for _, record in asked.objects(options.folder / "second.jsonl")}
    pairs = {part: [(_before(q, before), second.get(q.id)) for q in questions] for part, questions in first.items()}
    if missing := [q.id for some in pairs.values() for q, other in some if other is None]:
        raise SettingsError(f"no second label of {', '.join(missing[:5])}")
    everything: list[Any] = [pair for some in pairs.values() for pair in some]
    return {
        "questions": len(everything),
        "settled in writing": len(before),
        "agreement": {name: agreement(some) for name, some in {"all": everything, **pairs}.items()},
    }


def _before(question: Asked, settled: Mapping[str, Mapping[str, Any]]) -> Asked:
    """The question as its first labeller had it."""
    was = settled.get(question.id)
    if was is None:
        return question
    facts = tuple(tuple(forms) for forms in was["key_facts"])
    quotes = tuple(asked.Quote(quote["article"], quote["quote"]) for quote in was["evidence"])
    return dataclasses.replace(
        question, answerable=was["answerable"], reference=was["answer"], key_facts=facts, evidence=quotes
    )


def agreement(pairs: Sequence[tuple[Asked, Mapping[str, Any]]]) -> dict[str, Any]:
    """Figures of some pairs of labels."""
    from sklearn.metrics import cohen_kappa_score

    both = [(one, other) for one, other in pairs if one.answerable and other["answerable"]]
    kappa = cohen_kappa_score([one.answerable for one, _ in pairs], [other["answerable"] for _, other in pairs])
    ours = [holds(other["answer"], forms) for one, other in both for forms in one.key_facts]
    theirs = [holds(one.reference, forms) for one, other in both for forms in other["key_facts"]]
    shared = [
        bool({quote.article for quote in one.evidence} & {quote["article"] for quote in other["evidence"]})
        for one, other in both
    ]
    return {
        "questions": len(pairs),
        "answerable or not, differ": sum(one.answerable != other["answerable"] for one, other in pairs),
        "Cohen's kappa": float(kappa),
        "first's facts in second's answer": rate(sum(ours), len(ours))["rate"],
        "second's facts in first's answer": rate(sum(theirs), len(theirs))["rate"],
        "an article in common": rate(sum(shared), len(shared))["rate"],
    }
