"""How far a mean over questions may be trusted: bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def bootstrap(size: int, figure: Callable[[Sequence[int]], float], level: float = 0.95) -> tuple[float, float]:
    """The same for a figure that is no mean, such as F1: `figure` of the places (0 … size − 1) of each resample.

    Raises ValueError without values.
    """
    import numpy as np

    if not size:
        raise ValueError("no values")
    random = np.random.default_rng(_SEED)
    values = [figure(random.integers(0, size, size).tolist()) for _ in range(_RESAMPLES)]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
