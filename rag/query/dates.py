"""Dates and periods in a journalist's question, by rules and in well under a millisecond.

What could as well be something else (a name, a verb, a count, the quarter of a game, 03.04.2025) stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag.query.moments import Moment, moments
from rag.query.moments_context import EDGE, Lead, lead, means_time, role
from rag.query.spans import Span, month_span, safely
from rag.types import Record

_ON = re.compile(r"\s+on(?:wards?)?\b(?!\s+\w)|\s+onwards?\b", re.IGNORECASE)
_JOIN = re.compile(
    rf"\s*(?:[-–—]to[-–—]|[-–—]\s*|,?\s+(?:(?P<word>to|and|until|till|through|up\s+to)\s+)(?P<edge>{EDGE})?(?:the\s+)?)",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*,?\s*(?:(?:and|but)\s*)?", re.IGNORECASE)
_LIST = re.compile(
    r"\s*(?:,|(?:,\s*)?\b(?:and|or|than|with|versus|vs\.?))\s+(?:(?:in|of|on|for|the)\s+)*", re.IGNORECASE
)
_FUTURE = re.compile(r"\b(?:will|won['’]t|shall|going\s+to)\b", re.IGNORECASE)
_SINCE = ("since", "starting", "beginning", "on or after")
_AFTER = ("after", "later than", "following")
_BEFORE = ("before", "prior to", "earlier than", "ahead of")
_UNTIL = ("until", "till", "by", "up to", "up until", "no later than", "not later than", "through", "on or before")
_MONTHS = "January February March April May June July August September October November December".split()


@dataclass(frozen=True, slots=True)
class Period(Record):
    """Calendar days that a question speaks of: `first` and `last` are both inside, None is open.

    `text` is `question[start:end]`, with the preposition ("since last week", "published on 3 May"). `role` is
    "publication" where the question limits when something was published or reported, else "event".
    """

    first: date | None
    last: date | None
    text: str
    start: int
    end: int
    role: str


def periods(question: str, as_of: date) -> list[Period]:
    """All dates and periods of `question`, in order, never overlapping.

    What has no year is the latest that has begun by `as_of`; weeks begin on Monday; "a few" days are five.
    """
    found = list(moments(question, as_of))
    read: list[Period] = []
    i = 0
    while i < len(found):
        before = lead(question, found[i], floor=read[-1].end if read else 0)
        period = _range(question, found[i : i + 2], before, as_of)
        if period:
            i += 1
        else:
            period = _single(question, found[i], before, _as_of_next(question, found[i : i + 2], as_of))
        if period:
            read.append(period)
        i += 1
    return list(_joined(question, read))


def describe(period: Period) -> str:
    """A period in a few words: "October 2023", "3–9 March 2025", "Q3 2025", "since 17 November 2026"."""
    return describe_span(period.first, period.last)


def describe_span(first: date | None, last: date | None) -> str:
    """As `describe`, of the days alone."""
    if first is None or last is None:
        return f"since {_day(first)}" if first else f"until {_day(last)}" if last else "any time"
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if (first, last) != month_span(first.year, first.month, months):
        return _days(first, last)
    if months % 12 == 0 and first.month == 1:
        return f"{first.year}" if months == 12 else f"{first.year}–{last.year}"
    if months == 3 and first.month % 3 == 1:
        return f"Q{first.month // 3 + 1} {first.year}"
    if months == 6 and first.month in (1, 7):
        return f"{'first' if first.month == 1 else 'second'} half of {first.year}"
    end = f"{_MONTHS[last.month - 1]} {last.year}"
    if months == 1:
        return end
    start = _MONTHS[first.month - 1]
    return f"{start}–{end}" if first.year == last.year else f"{start} {first.year} – {end}"


def _days(first: date, last: date) -> str:
    if first == last:
        return _day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_day(last)}"
    start = _day(first) if first.year != last.year else f"{first.day} {_MONTHS[first.month - 1]}"
    return f"{start} – {_day(last)}"


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _range(question: str, pair: Sequence[Moment], before: Lead, as_of: date) -> Period | None:
    """The period from one expression to the next, where the words between them say so."""
    if len(pair) < 2 or pair[0].kind == "now":
        return None
    one, other = pair
    join = _JOIN.fullmatch(question, one.end, other.start)
    if not join or before.prep in (*_AFTER, *_BEFORE, *_UNTIL):
        return None
    if (join["word"] or "").lower() == "and" and before.prep != "between":
        return None
    framed = before.prep in ("between", "from", "since")
    if not framed and (other.kind == "now" or (one.bare and other.bare and not means_time(question, one, before))):
        return None
    spans = safely(lambda: _span_pair(one, other, as_of))
    if spans is None:
        return None
    first, last = _narrow(spans[0], before.edge), _narrow(spans[1], (join["edge"] or "").strip())
    start = before.start(one)
    return Period(
        min(first[0], last[0]), max(first[1], last[1]), question[start : other.end], start, other.end,
        role(question, one, before, other.end),
    )  # fmt: skip


def _span_pair(one: Moment, other: Moment, as_of: date) -> tuple[Span, Span] | None:
    """Both ends; the end without a year takes the one nearest the other's: "between November and February"."""
    if one.fixed and not other.fixed:
        a = one.latest(as_of)
        b = other.latest(a[0] + timedelta(364)) if a else None
    else:
        b = other.latest(as_of)
        a = b and one.latest(b[0])
    return (a, b) if a and b else None


def _single(question: str, moment: Moment, before: Lead, as_of: date) -> Period | None:
    if not means_time(question, moment, before):
        return None
    told = role(question, moment, before, moment.end)
    span = safely(lambda: moment.latest(_limit(question, moment, before, told, as_of)))
    if span is None:
        return None
    if before.week is not None:
        span = _week(span, before.week)
    end = moment.end
    onwards = _ON.match(question, end) if before.prep in ("from", *_SINCE) else None
    if onwards:
        end = onwards.end()
    bounds = safely(lambda: _bounded(span, before, bool(onwards)))
    start = before.start(moment)
    return bounds and Period(*bounds, question[start:end], start, end, told)


def _week(span: Span, nth: str) -> Span:
    """The week (from Monday) of a day, or the first to fourth or last seven days of something longer."""
    first, last = span
    if first == last:
        monday = first - timedelta(first.weekday())
        return monday, monday + timedelta(6)
    if nth == "last":
        return last - timedelta(6), last
    if nth:
        first += timedelta(7 * ("first", "second", "third", "fourth").index(nth))
        return first, first + timedelta(6)
    return span


def _as_of_next(question: str, pair: Sequence[Moment], as_of: date) -> date:
    """For "May and June 2025": the day by which May must have begun is that of June."""
    if len(pair) == 2 and pair[1].fixed and _LIST.fullmatch(question, pair[0].end, pair[1].start):
        span = pair[1].latest(as_of)
        return span[0] if span else as_of
    return as_of


def _limit(question: str, moment: Moment, before: Lead, told: str, as_of: date) -> date:
    """The day by which a moment without a year must have begun: a time limit of an event lies ahead."""
    if told == "event" and before.prep in (*_UNTIL, "before"):
        if moment.kind == "weekday":
            return as_of + timedelta(6)
        if _FUTURE.search(question):
            return as_of + timedelta(364)
    return as_of


def _bounded(span: Span, before: Lead, onwards: bool) -> tuple[date | None, date | None]:
    first, last = _narrow(span, before.edge)
    if onwards or before.prep in _SINCE:
        return first, None
    if before.prep in _AFTER:
        return last + timedelta(1), None
    if before.prep in _BEFORE:
        return None, last if before.edge.startswith("end") else first - timedelta(1)
    if before.prep in _UNTIL:
        return None, last
    return first, last


def _narrow(span: Span, edge: str) -> Span:
    """The early, middle or late third of whole months, of a month (by tens of days), or else all of it."""
    words = edge.lower().replace("-", " ").split()
    part = next((n for n, names in enumerate(_PARTS) if names & set(words)), None)
    if part is None:
        return span
    first, last = span
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if span != month_span(first.year, first.month, months):
        return span
    if months == 1:
        return first.replace(day=10 * part + 1), last if part == 2 else first.replace(day=10 * part + 10)
    third = months // 3
    return month_span(first.year, first.month + part * third, third) if months % 3 == 0 else span


_PARTS = ({"early", "beginning", "start"}, {"mid", "middle"}, {"late", "end"})


def _joined(question: str, read: Sequence[Period]) -> Iterator[Period]:
    """Periods with "after X and before Y" made one."""
    held: Period | None = None
    for period in read:
        if held and _bound_each_other(held, period) and _AND.fullmatch(question, held.end, period.start):
            text = question[held.start : period.end]
            held = Period(held.first, period.last, text, held.start, period.end, held.role)
            continue
        if held:
            yield held
        held = period
    if held:
        yield held


def _bound_each_other(one: Period, other: Period) -> bool:
    if one.first is None or other.last is None:
        return False
    return one.last is None and other.first is None and one.first <= other.last
