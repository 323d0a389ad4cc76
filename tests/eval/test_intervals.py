"""Bootstrap intervals."""

from __future__ import annotations

import pytest

from eval.intervals import bootstrap_mean


def test_the_interval_is_the_same_each_time_and_near_the_normal_one() -> None:
    values = [1.0] * 300 + [0.0] * 100
    low, high = bootstrap_mean(values)
    assert (low, high) == bootstrap_mean(values)
    # Standard error of a share of 0.75 among 400: 0.02165; times 1.96: 0.0424
    assert low == pytest.approx(0.75 - 0.0424, abs=0.006)
    assert high == pytest.approx(0.75 + 0.0424, abs=0.006)


def test_a_lower_level_is_narrower_and_a_constant_has_no_width() -> None:
    values = [0.0, 1.0] * 50
    wide, narrow = bootstrap_mean(values), bootstrap_mean(values, level=0.5)
    assert wide[0] < narrow[0] < 0.5 < narrow[1] < wide[1]
    assert bootstrap_mean([0.25] * 9) == (0.25, 0.25)


def test_no_values_have_no_interval() -> None:
    with pytest.raises(ValueError, match="no values"):
        bootstrap_mean([])
