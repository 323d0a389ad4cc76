"""Fitting what judges are calibrated with: boosted trees over signals, and lines over log-odds.

Signals are bound to their meaning: more of the claim's words held never lowers the odds, a lost "allegedly" never
raises them. So what a data set happens to reward (its wrong sentences copied more closely than its right ones) cannot
be learnt. In each data set stated and not stated weigh the same, and the data sets too, as far as `weights` say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Signals that count for a claim; of the rest, all count against it but those of FREE.
FOR = frozenset(
    "covered covered_inside in_one_sentence in_order neighbours exact_runs number_fits names_together".split()
)
FREE = frozenset({"claim_length", "evidence_length"})
_TREES, _LEAVES, _SHRINK, _FEWEST, _PENALTY = 150, 6, 0.05, 20, 3.0


def weights_of(sets: Sequence[str], stated: Sequence[bool], shares: Mapping[str, float]) -> NDArray[Any]:
    """A weight a claim: each data set's share, half of it for stated claims; the weights' mean is 1."""
    import numpy as np

    which, labels = np.array(sets), np.array(stated, bool)
    weights = np.zeros(len(labels))
    for name in set(sets):
        for label in (True, False):
            rows = (which == name) & (labels == label)
            weights[rows] = shares.get(name, 1.0) / max(1, rows.sum())
    scaled: NDArray[Any] = weights * len(weights) / weights.sum()
    return scaled


def trees(table: NDArray[Any], names: Sequence[str], stated: NDArray[Any], weights: NDArray[Any]) -> dict[str, Any]:
    """Boosted trees in the form of `calibration.json`: bias, names and trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    ways = [0 if name in FREE else 1 if name in FOR else -1 for name in names]
    model = HistGradientBoostingClassifier(
        monotonic_cst=ways,
        max_iter=_TREES,
        max_leaf_nodes=_LEAVES,
        learning_rate=_SHRINK,
        min_samples_leaf=_FEWEST,
        l2_regularization=_PENALTY,
        early_stopping=False,
    ).fit(table, stated, sample_weight=weights)
    return {
        "bias": float(model._baseline_prediction.ravel()[0]),
        "names": list(names),
        "trees": [_nodes(predictor.nodes) for (predictor,) in model._predictors],
    }


def _nodes(nodes: Any) -> list[list[float]]:
    return [
        [round(float(n["value"]), 5)]
        if n["is_leaf"]
        else [int(n["feature_idx"]), float(n["num_threshold"]), int(n["left"]), int(n["right"])]
        for n in nodes
    ]


def odds(fitted: Mapping[str, Any], table: NDArray[Any]) -> NDArray[Any]:
    """The log-odds that fitted trees give each row."""
    import numpy as np

    found = np.full(len(table), fitted["bias"])
    for i, row in enumerate(table.tolist()):
        for tree in fitted["trees"]:
            node = tree[0]
            while len(node) > 1:
                node = tree[node[2] if row[node[0]] <= node[1] else node[3]]
            found[i] += node[0]
    return found


def line(columns: Mapping[str, Sequence[float]], stated: Sequence[bool], weights: NDArray[Any]) -> dict[str, Any]:
    """A logistic regression in the form of `calibration.json`, without its threshold."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    table = np.column_stack([np.array(column, float) for column in columns.values()])
    model = LogisticRegression(C=10.0, max_iter=1000).fit(table, stated, sample_weight=weights)
    return {"bias": float(model.intercept_[0]), "weights": dict(zip(columns, map(float, model.coef_[0])))}


def line_odds(fitted: Mapping[str, Any], columns: Mapping[str, Sequence[float]]) -> NDArray[Any]:
    """The log-odds that a fitted line gives each claim."""
    import numpy as np

    total = sum(np.array(columns[name], float) * weight for name, weight in fitted["weights"].items())
    return np.asarray(fitted["bias"] + total)
