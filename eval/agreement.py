"""How far a judge agrees with people, and how far its probabilities may be taken at their word.

Claims that the judge left unchecked are counted, and are in no other figure. Intervals are percentile bootstrap
intervals (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993) of 2,000 resamples of documents, always the
same ones: claims of one document are drawn together, as they share their evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import rag
from eval.labelled import Labelled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BINS = 10
_SEED = 20251205
_RESAMPLES = 2000
_AT_ONCE = 200  # resamples whose weights are in memory together


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled claim, what a judge found, and how many seconds that took."""

    labelled: Labelled
    judgement: rag.Judgement
    seconds: float

    @property
    def checked(self) -> bool:
        """Whether the judge came to a verdict."""
        return self.judgement.verdict is not rag.Verdict.UNCHECKED

    @property
    def supported(self) -> bool:
        """Whether the judge says that the claim is stated, by its own threshold."""
        return self.judgement.verdict is rag.Verdict.SUPPORTED

    @property
    def score(self) -> float:
        """How likely the claim is stated, between 0 and 1; the verdict itself where the judge has no probability."""
        probability = self.judgement.probability
        return float(self.supported) if probability is None else probability


def figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """Every figure of some judged claims, at least one; None for what they do not tell.

    stated: share of the claims that people say are stated.
    unchecked: how many the judge failed to check.
    passed right, caught wrong: shares of the stated claims that are supported, and of the others that are not.
    balanced accuracy: the mean of these two.
    AUC: how likely a stated claim scores above one that is not, equal scores counting half. It takes the verdict for
        a score where there is no probability.
    ECE, Brier: see `calibration_error` and `brier`; over the claims with a probability.
    seconds a claim: mean by the wall clock.
    """
    checked = [one for one in judged if one.checked]
    right = [float(one.supported) for one in checked if one.labelled.stated]
    wrong = [float(not one.supported) for one in checked if not one.labelled.stated]
    return {
        "claims": len(judged),
        "stated": sum(one.labelled.stated for one in judged) / len(judged),
        "unchecked": len(judged) - len(checked),
        "passed right": _mean(right),
        "caught wrong": _mean(wrong),
        "balanced accuracy": (sum(right) / len(right) + sum(wrong) / len(wrong)) / 2 if right and wrong else None,
        "balanced accuracy, 95%": _interval(checked, [float(one.supported) for one in checked], weighted_balance),
        "AUC": _auc(checked),
        "AUC, 95%": _interval(checked, [one.score for one in checked], weighted_auc),
        "ECE": calibration_error(checked),
        "Brier": brier(checked),
        "seconds a claim": sum(one.seconds for one in judged) / len(judged),
    }


def brier(checked: Sequence[Judged]) -> float | None:
    """Mean squared distance of the probability from 1 for stated claims and 0 for others; None without any."""
    return _mean([(p - one.labelled.stated) ** 2 for one in checked if (p := one.judgement.probability) is not None])


def calibration_error(checked: Sequence[Judged]) -> float | None:
    """Expected calibration error: the bins' |share stated − mean probability|, weighted by their claims.

    Guo et al., "On Calibration of Modern Neural Networks", 2017, with ten bins of equal width, (0, 0.1] the first, and
    the probability that the claim is stated in place of a network's confidence. None without probabilities.
    """
    bins = [row for row in reliability(checked).values() if row["claims"]]
    count = sum(row["claims"] for row in bins)
    return (
        sum(row["claims"] * abs(row["share stated"] - row["mean probability"]) for row in bins) / count
        if bins
        else None
    )


def reliability(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """For each tenth of the probabilities: their mean, the share of claims stated, and the number of claims."""
    edges = [number / BINS for number in range(BINS + 1)]  # divided, so that 0.7 is the edge that a judge would write
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for one in judged:
        if one.checked and (probability := one.judgement.probability) is not None:
            place = next((i for i, edge in enumerate(edges[1:]) if probability <= edge), BINS - 1)
            bins[place].append((probability, one.labelled.stated))
    return {
        f"{low:.1f} to {high:.1f}": {
            "mean probability": _mean([probability for probability, _ in here]),
            "share stated": _mean([float(stated) for _, stated in here]),
            "claims": len(here),
        }
        for low, high, here in zip(edges, edges[1:], bins)
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _auc(checked: Sequence[Judged]) -> float | None:
    from sklearn.metrics import roc_auc_score

    stated = [one.labelled.stated for one in checked]
    return float(roc_auc_score(stated, [one.score for one in checked])) if len(set(stated)) == 2 else None


def weighted_auc(scores: Array, stated: Array, weights: Array) -> Array:
    """AUC of each row of weights, NaN where a row has claims of one kind only.

    `scores` and `stated` (0 or 1) hold one number a claim, `weights` a row a resample and a column a claim. It is
    scikit-learn's figure with these weights, for thousands of resamples at once.
    """
    import numpy as np

    order = np.argsort(scores)
    _, starts = np.unique(scores[order], return_index=True)  # claims of equal score are one step of the curve
    right = np.add.reduceat((weights * stated)[:, order], starts, axis=1)
    wrong = np.add.reduceat((weights * (1 - stated))[:, order], starts, axis=1)
    above = (right * (np.cumsum(wrong, axis=1) - wrong / 2)).sum(axis=1)
    return _divided(above, right.sum(axis=1) * wrong.sum(axis=1))


def weighted_balance(supported: Array, stated: Array, weights: Array) -> Array:
    """Balanced accuracy of each row of weights, as `weighted_auc` is the AUC."""
    passed = _divided(weights @ (supported * stated), weights @ stated)
    caught = _divided(weights @ ((1 - supported) * (1 - stated)), weights @ (1 - stated))
    return (passed + caught) / 2


def _divided(above: Array, below: Array) -> Array:
    import numpy as np

    ratio: Array = np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
    return ratio


def _interval(
    checked: Sequence[Judged], values: Sequence[float], statistic: Callable[[Array, Array, Array], Array]
) -> list[float] | None:
    """95% interval over resamples of documents, without those that drew claims of one kind only."""
    import numpy as np

    if len({one.labelled.stated for one in checked}) < 2:
        return None
    stated = np.array([one.labelled.stated for one in checked], dtype=float)
    names: dict[tuple[str, str], int] = {}
    document = [names.setdefault((one.labelled.dataset, one.labelled.document), len(names)) for one in checked]
    random = np.random.default_rng(_SEED)
    found = []
    for _ in range(_RESAMPLES // _AT_ONCE):
        # How often each document is in a sample of as many as there are, drawn with replacement.
        drawn = random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=_AT_ONCE)
        found.append(statistic(np.array(values, dtype=float), stated, drawn[:, document].astype(float)))
    told = np.concatenate(found)
    told = told[~np.isnan(told)]
    return [float(edge) for edge in np.quantile(told, [0.025, 0.975])] if len(told) else None
