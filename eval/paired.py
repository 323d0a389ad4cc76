"""Two runs over the same questions: each metric's difference, question by question.

What a question is hard or easy by falls out of its difference, so that far smaller changes show than in two means side
by side. Questions that only one run has a value for are in no difference: neither a failure nor "no value" is a number.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eval.cases import Case
from eval.intervals import bootstrap_mean
from eval.metrics import HIGHER, Metric
from eval.scores import scores

_ROUNDED = 1e-6  # a difference up to this is none: scores may have been kept with six digits


@dataclass(frozen=True, slots=True)
class Paired:
    """One metric over the questions that both runs have values for.

    differences: after − before, by question. before: what the first run had, by question; only `mean_before` and
    `mean_after` need it.
    """

    metric: Metric
    differences: Mapping[str, float]
    before: Mapping[str, float] = field(default_factory=dict)

    @property
    def mean_before(self) -> float | None:
        """The first run's mean over these questions; None without any."""
        values = [self.before[id] for id in self.differences if id in self.before]
        return sum(values) / len(values) if values else None

    @property
    def mean_after(self) -> float | None:
        """The second run's mean over these questions; None without any."""
        values = [self.before[id] + more for id, more in self.differences.items() if id in self.before]
        return sum(values) / len(values) if values else None

    @property
    def mean(self) -> float | None:
        """Of the differences; None without any."""
        return sum(self.differences.values()) / len(self.differences) if self.differences else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95% bootstrap interval of the mean difference; None without any.

        It has no width where all differences are the same, of a single question too.
        """
        return bootstrap_mean(list(self.differences.values())) if self.differences else None

    @property
    def changed(self) -> int:
        """Questions whose value is another."""
        return sum(abs(difference) > _ROUNDED for difference in self.differences.values())

    @property
    def worse(self) -> bool:
        """Whether the interval lies wholly on the worse side of 0."""
        if self.interval is None:
            return False
        low, high = self.interval
        return high < -_ROUNDED if self.metric.better == HIGHER else low > _ROUNDED

    @property
    def better(self) -> bool:
        """Whether the interval lies wholly on the better side of 0."""
        if self.interval is None:
            return False
        low, high = self.interval
        return low > _ROUNDED if self.metric.better == HIGHER else high < -_ROUNDED


def paired(cases_a: Sequence[Case], cases_b: Sequence[Case]) -> dict[str, Paired]:
    """Every metric's differences B − A, by name, over the questions of `alike`; without values some are empty."""
    ids = {a.id for a, _ in alike(cases_a, cases_b)}
    before = scores([case for case in cases_a if case.id in ids])
    after = scores([case for case in cases_b if case.id in ids])
    found = {}
    for name, score in before.items():
        was, now = score.values, after[name].values
        shared = [id for id in was if id in now]
        found[name] = Paired(score.metric, {id: now[id] - was[id] for id in shared}, {id: was[id] for id in shared})
    return found


def alike(cases_a: Sequence[Case], cases_b: Sequence[Case]) -> list[tuple[Case, Case]]:
    """Cases of both runs that were asked the same and are labelled the same, in A's order; notes may differ."""
    others = {case.id: case for case in cases_b}
    return [(a, others[a.id]) for a in cases_a if a.id in others and _question(a) == _question(others[a.id])]


def _question(case: Case) -> object:
    return dataclasses.replace(case.asked, notes="")
