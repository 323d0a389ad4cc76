"""How far a mean over questions may be trusted: bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence

_SEED = 20251205
_RESAMPLES = 2000
_AT_ONCE = 200  # resamples whose indices are in memory together


def bootstrap_mean(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean: 2,000 resamples with replacement, always the same ones.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13. `values` holds one figure a question;
    figures over the same questions are resampled alike. Raises ValueError without values.
    """
    import numpy as np

    if not values:
        raise ValueError("no values")
    random = np.random.default_rng(_SEED)
    sample = np.asarray(values, dtype=float)
    means = [
        sample[random.integers(0, len(sample), (_AT_ONCE, len(sample)))].mean(axis=1)
        for _ in range(_RESAMPLES // _AT_ONCE)
    ]
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
