"""How judges' figures become probabilities: what was fitted on labelled claims, kept in `calibration.json`.

The file says what it was made from and by which command (`python -m eval calibrate`). Nothing in it is set by hand.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("calibration.json")
_STEEPEST = 60.0  # log-odds beyond which a float no longer tells


def chance(odds: float) -> float:
    """The probability of log-odds."""
    return 1 / (1 + math.exp(-max(-_STEEPEST, min(_STEEPEST, odds))))


@dataclass(frozen=True, slots=True)
class Line:
    """A logistic regression: bias and weights on the log-odds scale. A claim stands from `threshold` (probability)."""

    bias: float
    weights: Mapping[str, float]
    threshold: float

    def odds(self, figures: Mapping[str, float]) -> float:
        """Log-odds. Raises KeyError if a figure is missing."""
        return self.bias + sum(weight * figures[name] for name, weight in self.weights.items())


@dataclass(frozen=True, slots=True)
class Trees:
    """Gradient-boosted trees (Friedman 2001) over the signals, each signal bound to count one way only.

    A node is (signal's index in `names`, greatest value that goes left, left node, right node) or (log-odds,).
    """

    bias: float
    names: Sequence[str]
    trees: Sequence[Sequence[Sequence[float]]]
    threshold: float

    def odds(self, figures: Mapping[str, float]) -> float:
        """Log-odds. Raises KeyError if a figure is missing."""
        row = [figures[name] for name in self.names]
        return self.bias + sum(_leaf(tree, row) for tree in self.trees)

    def against(self, figures: Mapping[str, float], best: Mapping[str, float]) -> list[tuple[float, str]]:
        """What lowers the odds, as (log-odds lost, name), most first: each figure against the `best` it could be."""
        odds = self.odds(figures)
        lost = [(self.odds({**figures, name: best[name]}) - odds, name) for name in self.names if name in best]
        return sorted(((loss, name) for loss, name in lost if loss > 0), reverse=True)


def _leaf(tree: Sequence[Sequence[float]], row: Sequence[float]) -> float:
    node = tree[0]
    while len(node) > 1:
        index, most, left, right = node
        node = tree[int(left if row[int(index)] <= most else right)]
    return node[0]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What ships: the signals weighed, the model's margins, and the signals' odds together with a margin.

    local and answers weigh "margin"; combined weighs "words" (log-odds of the signals) and "margin".
    """

    words: Trees
    local: Line
    combined: Line
    answers: Line


def read(text: str) -> Calibration:
    """A calibration file's text. Raises KeyError, TypeError or ValueError if it is none."""
    found: dict[str, Any] = json.loads(text)
    lines = {name: Line(**found[name]) for name in ("local", "combined", "answers")}
    return Calibration(words=Trees(**found["words"]), **lines)


@cache
def shipped() -> Calibration:
    """The calibration that comes with the project."""
    return read(FILE.read_text("utf-8"))
