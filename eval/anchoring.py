"""A judge's figure with its error: what labels by hand say of it.

A judge looked at all N claims of a run; people looked at n of them, drawn without regard to the judge. The share of
claims that are stated is estimated by prediction-powered inference (Angelopoulos et al., "Prediction-powered
inference", Science 2023, for a mean):

    mean over all N of the judge's verdicts (0 or 1)  +  mean over the n of (label − verdict)

with the standard error sqrt(var(verdicts) / N + var(label − verdict) / n) and a normal 95% interval. It is right on
average however bad the judge is, and narrow if the judge is good. Claims are taken as independent; those of one answer
are not quite. A label "unclear" is left out and counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from eval.asked import Label
from eval.cases import Case
from eval.outcomes import rate
from rag.errors import SettingsError
from rag.types import Verdict

_Z = 1.959964  # standard normal quantile of 97.5%
Key = tuple[str, int]


def anchored(cases: Sequence[Case], labels: Sequence[Label]) -> dict[str, Any]:
    """Each judge against the labels, and the corrected share of claims that are stated. Raises SettingsError."""
    written = {(c.id, i): s for c in cases if c.answer for i, s in enumerate(c.answer["sentences"])}
    for label in labels:
        sentence = written.get((label.id, label.sentence))
        if sentence is None or label.text not in (None, sentence["text"]):
            raise SettingsError(
                f"the label of sentence {label.sentence} of {label.id!r} is of no such sentence",
                hint="Labels belong to the run that they were made for.",
            )
    shown = {(case.id, i) for case in cases for i, _ in case.claims}
    stated = {(one.id, one.sentence): one.label == "stated" for one in labels if one.label != "unclear"}
    standing = [value for key, value in stated.items() if key in shown]
    struck = [value for key, value in stated.items() if key not in shown]
    names = sorted({name for case in cases for name in case.judges})
    return {
        "sentences labelled": len(labels),
        "of them unclear, left out": sum(one.label == "unclear" for one in labels),
        "by hand": {
            "shown, and not stated": rate(standing.count(False), len(standing), per=100),
            "struck, and stated": rate(struck.count(True), len(struck), per=100),
            "stated, of all that was written": rate(list(stated.values()).count(True), len(stated), per=100),
        },
        "judges, on what is shown": {name: _judge(verdicts(cases, name), stated) for name in names},
    }


def verdicts(cases: Sequence[Case], judge: str) -> dict[Key, bool]:
    """What a judge said of each claim shown, against all that it cites; without those that it failed to judge."""
    found: dict[Key, bool] = {}
    for case in cases:
        for index, sentence in case.claims:
            finding = case.found(judge, index)
            if finding and finding.verdict != Verdict.UNCHECKED:
                found[case.id, index] = finding.verdict == Verdict.SUPPORTED
            elif not sentence["citations"]:
                found[case.id, index] = False
    return found


def _judge(said: Mapping[Key, bool], stated: Mapping[Key, bool]) -> dict[str, Any]:
    both = [(said[key], stated[key]) for key in stated if key in said]
    passed = [truth for verdict, truth in both if verdict]
    right = [verdict for verdict, truth in both if truth]
    wrong = [not verdict for verdict, truth in both if not truth]
    estimate = corrected(list(said.values()), both)
    return {
        "labelled": len(both),
        "precision": sum(passed) / len(passed) if passed else None,
        "recall": sum(right) / len(right) if right else None,
        "wrong ones caught": f"{sum(wrong)} of {len(wrong)}",
        "faithful by it": sum(said.values()) / len(said) if said else None,
        "corrected": estimate[0] if estimate else None,
        "95% interval": list(estimate[1:]) if estimate else None,
    }


def corrected(said: Sequence[bool], both: Sequence[tuple[bool, bool]]) -> tuple[float, float, float] | None:
    """The share stated, and its interval cut to 0 … 1; None without verdicts or labels. See the module."""
    if not said or len(both) < 2:
        return None
    errors = [float(truth) - float(verdict) for verdict, truth in both]
    estimate = sum(said) / len(said) + sum(errors) / len(errors)
    half = _Z * sqrt(_variance([float(v) for v in said]) / len(said) + _variance(errors) / len(errors))
    return min(1.0, max(0.0, estimate)), max(0.0, estimate - half), min(1.0, estimate + half)


def _variance(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / max(1, len(values) - 1)
