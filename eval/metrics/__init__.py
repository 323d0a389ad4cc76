"""What a case is worth. A metric is a small function over one `Case`; a new file in this folder adds its own.

    @metric("key-fact recall", better=HIGHER, guarded=True)
    @answered
    def recall(case: Case) -> Value: …

The docstring says the formula, the range, where the definition is from, and what it is blind to. A value is a number;
None where the metric says nothing of the case (abstention of an answerable question, faithfulness of an abstention);
or Failed, which is counted and shown and is never part of a mean: `@answered` gives it where the system failed. Values
are not negative; one without a unit is a share, "0 to 1" in its docstring, or "1 if …".
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Literal

from eval.cases import Case

HIGHER: Literal["higher"] = "higher"
LOWER: Literal["lower"] = "lower"


@dataclass(frozen=True, slots=True)
class Failed:
    """No value, because something did not work: the system or the judge."""

    reason: str


Value = float | None | Failed
Measure = Callable[[Case], Value]


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure with its name and which way is better. `guarded`: a significant fall turns the gate red."""

    name: str
    better: Literal["higher", "lower"]
    guarded: bool
    unit: str
    group: str
    measure: Measure

    @property
    def about(self) -> str:
        """What it says, from its docstring."""
        return " ".join((self.measure.__doc__ or "").split())

    def of(self, case: Case) -> Value:
        """Its value for a case."""
        return self.measure(case)


def metric(
    name: str, *, better: Literal["higher", "lower"], guarded: bool = False, unit: str = ""
) -> Callable[[Measure], Measure]:
    """Marks a function as a metric; its group is its file."""

    def mark(measure: Measure) -> Measure:
        group = measure.__module__.rpartition(".")[2]
        measure.metric = Metric(name, better, guarded, unit, group, measure)  # type: ignore[attr-defined]
        return measure

    return mark


@cache
def discovered() -> dict[str, Metric]:
    """Every metric by its name, in the order of files and of their lines. Raises ValueError for a name used twice."""
    found: dict[str, Metric] = {}
    for info in pkgutil.iter_modules(__path__):
        for thing in vars(import_module(f"{__name__}.{info.name}")).values():
            known = getattr(thing, "metric", None)
            if isinstance(known, Metric) and known.measure.__module__ == f"{__name__}.{info.name}":
                if known.name in found:
                    raise ValueError(f"two metrics are called {known.name!r}")
                found[known.name] = known
    return found


def answered(measure: Measure) -> Measure:
    """For a metric of answers: a system that failed has no value but Failed."""

    def checked(case: Case) -> Value:
        return Failed(case.failure or "no answer") if case.answer is None else measure(case)

    checked.__doc__, checked.__module__, checked.__name__ = measure.__doc__, measure.__module__, measure.__name__
    return checked
