"""Calendar arithmetic: weeks, months, quarters and seasons as their first and last days."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

from dateutil.relativedelta import relativedelta

_T = TypeVar("_T")
Span = tuple[date, date]  # first and last day, both inside

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = "mon tue wed thu fri sat sun".split()
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # the month each begins in


def safely(find: Callable[[], _T | None]) -> _T | None:
    """What `find` gives, None where the calendar has no such day (30 February, the year 0)."""
    try:
        return find()
    except (ValueError, OverflowError):
        return None


def month_span(year: int, month: int, months: int = 1) -> Span:
    """The days of `months` months from the first of the given one; a month over 12 is in the next year."""
    first = date(year, 1, 1) + relativedelta(months=month - 1)
    last = first + relativedelta(months=months - 1)
    return first, last.replace(day=monthrange(last.year, last.month)[1])


def stepped(unit: str, step: int, as_of: date) -> Span:
    """The week, month … of `as_of` (step 0), the one before (-1) or after (1)."""
    monday = as_of - timedelta(as_of.weekday())
    if unit in ("week", "weekend"):
        first = monday + timedelta(7 * step + (5 if unit == "weekend" else 0))
        return first, monday + timedelta(7 * step + 6)
    if unit == "month":
        return month_span(as_of.year, as_of.month + step)
    if unit == "quarter":
        return month_span(as_of.year, (as_of.month - 1) // 3 * 3 + 1 + 3 * step, 3)
    if unit == "year":
        return month_span(as_of.year + step, 1, 12)
    if unit.endswith("day"):
        ahead = (DAYS.index(unit[:3]) - as_of.weekday()) % 7
        day = as_of + timedelta({0: DAYS.index(unit[:3]) - as_of.weekday(), 1: ahead or 7, -1: ahead - 7}[step])
        return day, day
    return _named(unit, step, as_of)


def _named(unit: str, step: int, as_of: date) -> Span:
    """A month or season: the latest that is over (-1), the next that has not begun (1), that of this year (0)."""
    begins, length = (SEASONS[unit], 3) if unit in SEASONS else (MONTHS.index(unit[:3]) + 1, 1)
    spans = [month_span(as_of.year + n, begins, length) for n in range(-2, 3)]
    if step < 0:
        return max(span for span in spans if span[1] < as_of)
    if step > 0:
        return min(span for span in spans if span[0] > as_of)
    return min(span for span in spans if span[1] >= as_of or span[0].year == as_of.year)


def shift(unit: str, n: int) -> relativedelta:
    """How long `n` hours (begun days), days, weeks, months, quarters or years are."""
    if unit == "hour":
        return relativedelta(days=-(-n // 24))
    return relativedelta(months=3 * n) if unit == "quarter" else relativedelta(**{f"{unit}s": n})  # type: ignore[arg-type]
