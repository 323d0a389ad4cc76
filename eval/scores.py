"""From cases to figures: every metric's value for every case, and what they come to over many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval import metrics
from eval.cases import Case
from eval.intervals import bootstrap_mean
from eval.metrics import Failed, Metric


@dataclass(frozen=True, slots=True)
class Score:
    """One metric over some cases: the values and the reasons of failures, by question.

    Cases that the metric says nothing of are in neither; a failure is never part of a mean.
    """

    metric: Metric
    values: Mapping[str, float]
    failed: Mapping[str, str]

    @property
    def mean(self) -> float | None:
        """Of the values; None without any."""
        return sum(self.values.values()) / len(self.values) if self.values else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95% bootstrap interval of the mean."""
        return bootstrap_mean(list(self.values.values())) if self.values else None

    def row(self) -> dict[str, Any]:
        """The line that it has in tables."""
        return {
            "mean": self.mean,
            "95% interval": list(self.interval) if self.interval else None,
            "questions": len(self.values),
            "failed": len(self.failed),
            "better": self.metric.better,
        }


def scores(cases: Sequence[Case]) -> dict[str, Score]:
    """Every metric over the cases, by name, in the order of `metrics.discovered`."""
    return {name: _score(metric, cases) for name, metric in metrics.discovered().items()}


def _score(metric: Metric, cases: Sequence[Case]) -> Score:
    found = {case.id: metric.of(case) for case in cases}
    return Score(
        metric,
        {id: float(value) for id, value in found.items() if isinstance(value, float | int)},
        {id: value.reason for id, value in found.items() if isinstance(value, Failed)},
    )


def lines(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """One object a case: {"id", "type", "scores": {metric: number or null}, "failed": {metric: why}}."""
    found = scores(cases)
    return [
        {
            "id": case.id,
            "type": case.asked.type,
            "scores": {name: score.values.get(case.id) for name, score in found.items()},
            "failed": {name: score.failed[case.id] for name, score in found.items() if case.id in score.failed},
        }
        for case in cases
    ]


def table(cases: Sequence[Case]) -> dict[str, Any]:
    """The figures as tables: every metric over all cases, and the guarded ones by type of question."""
    found = scores(cases)
    types = sorted({case.asked.type for case in cases})
    by_type = {kind: scores([case for case in cases if case.asked.type == kind]) for kind in types}
    shown = ("right", "key-fact recall", "false answer", "false refusal", "faithful, literally", "evidence recall")
    return {
        "figures": {name: score.row() for name, score in found.items() if score.values or score.failed},
        "by type of question": {
            kind: {
                "questions": sum(case.asked.type == kind for case in cases),
                **{name: some[name].mean for name in shown if name in some},
            }
            for kind, some in by_type.items()
        },
    }
