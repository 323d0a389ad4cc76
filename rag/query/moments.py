"""Expressions of time in text — a day, a month, last week, Q3 — each with the calendar days that it covers.

An expression without a year or with a weekday only means the latest that has begun by a given day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rag.query.spans import DAYS, MONTHS, SEASONS, Span, month_span, safely, shift, stepped

_ORDINALS = "first second third fourth".split()
_NUMBERS = dict(zip("one two three four five six seven eight nine ten eleven twelve".split(), range(1, 13)))
_NUMBERS |= {"a": 1, "an": 1, "couple of": 2, "a couple of": 2, "few": 5, "several": 7}

_NTHS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth "
    "twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first"
).split()
_NTH_DAY = f"(?:{'|'.join(_NTHS)})"
_MONTH = (
    r"(?:(?:january|february|march|april|may|june|july|august|september|october|november|december)\b"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
)
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_YEAR = r"(?:19|20)\d\d(?![\d%]|[.,:]\d)"
_WHICH_YEAR = rf"(?:{_YEAR}|(?:(?<=of\s)the|last|this|next)\s+year)"
_SEASON = r"(?:spring|summer|autumn|fall|winter)"
_NTH = r"(?:first|second|third|fourth|1st|2nd|3rd|4th)"
_TO = r"\s*(?:[-–—]|\b(?:to|through|until|and)\b)\s*"
COUNT = r"(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|couple\s+of|few|several)"
_PART_OF_DAY = r"(?:\s+(?:morning|afternoon|evening|night))?"

_MOMENT = re.compile(
    rf"""(?<![\w$€£¥/])(?<!\d[.,/-])(?=[0-9a-z])(?:
     (?=\d)(?:
        (?P<iso>(?P<iso_y>{_YEAR})(?P<sep>[-/])(?P<iso_m>\d{{1,2}})(?P=sep)(?P<iso_d>\d{{1,2}})
          (?:T\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?)?)(?![\d/-])
       |(?P<year_quarter>(?P<yq_y>{_YEAR})[\s-]?q(?P<yq_q>[1-4]))
       |(?P<day_month>(?P<dm_from>\d{{1,2}})(?:st|nd|rd|th)?(?:{_TO}(?P<dm_to>\d{{1,2}})(?:st|nd|rd|th)?)?
          \s+(?:of\s+)?(?P<dm_m>{_MONTH})(?:(?:,?\s+|,)(?:of\s+)?(?P<dm_y>{_WHICH_YEAR}))?)
       |(?P<years>(?P<ys_from>{_YEAR})(?:\s?[-–—]\s?(?P<ys_to>{_YEAR}))?(?![-/]\d))
       |(?P<ago>(?P<ago_n>\d{{1,3}})\s+(?P<ago_u>day|week|month|year)s?\s+ago)
     )
     |(?:{_DAY},?\s+(?:the\s+)?)?(?:
        (?P<month_day>(?P<md_m>{_MONTH})\s+(?:the\s+)?(?P<md_from>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|[:.]\d|\s*[ap]\.?m\b)
          (?:{_TO}(?P<md_to>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]))?(?:(?:,?\s+|,)(?P<md_y>{_WHICH_YEAR}))?)
       |(?<=\s)(?P<day_month2>(?P<dn_d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<dn_m>{_MONTH})
          (?:(?:,?\s+|,)(?:of\s+)?(?P<dn_y>{_WHICH_YEAR}))?)
     )
     |(?P<month>(?P<mo_m>{_MONTH})(?:(?:,?\s+(?:of\s+)?|-)(?P<mo_y>{_WHICH_YEAR}))?)
     |(?P<quarter>(?:q(?P<q_n>[1-4])|(?P<q_nth>{_NTH})[\s-]quarter)(?:(?:,?\s+(?:of\s+)?)?(?P<q_y>{_WHICH_YEAR}))?)
     |(?P<half>(?:h(?P<h_n>[12])|(?P<h_nth>first|second)[\s-]half)(?:(?:,?\s+(?:of\s+)?)?(?P<h_y>{_WHICH_YEAR}))?)
     |(?P<season>(?P<s_n>{_SEASON})(?:\s+(?:of\s+)?(?P<s_y>{_WHICH_YEAR}))?)
     |(?P<daily>(?:the\s+)?day\s+before\s+yesterday|yesterday|today|tomorrow|tonight|last\s+night
        |this\s+(?:morning|afternoon|evening)){_PART_OF_DAY}
     |(?P<rolling>(?P<r_w>past|last|next)\s+(?:(?P<r_n>{COUNT})\s+)?(?P<r_u>hour|day|week|month|quarter|year)
        (?(r_n)s?|)(?<!(?:last|next)\sday)(?<!(?:last|next)\shour)(?!\s+of\b))
     |(?P<which>(?P<w_w>this|last|next|current|coming)\s+(?:calendar\s+)?
        (?P<w_u>weekend|week|month|quarter|year|{_SEASON}|{_DAY}|{_MONTH}(?!\s+\d))(?!\s+of\b)){_PART_OF_DAY}
     |(?P<ago2>(?P<ag_n>an?(?:\s+couple\s+of)?|{COUNT})\s+(?P<ag_u>day|week|month|year)s?\s+ago)
     |(?P<named_day>(?P<nd_d>{_NTH_DAY})\s+of\s+(?P<nd_m>{_MONTH})(?:(?:,?\s+|,)(?:of\s+)?(?P<nd_y>{_WHICH_YEAR}))?)
     |(?P<current>(?<=of\s)the\s+(?P<c_u>year|quarter|month|week))
     |(?P<weekday>{_DAY}){_PART_OF_DAY}
     |(?P<weekend>weekend)
     |(?P<now>now|(?:the\s+)?present(?:\s+day)?)
    )(?!\w)""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One expression: `text[start:end]` of the text it was found in.

    `latest(day)` is what it covers: the latest that has begun by `day`, the same for every `day` where `fixed`.
    None where the calendar has no such day. `bare` expressions mean a time only where the words around say so.
    """

    kind: str
    start: int
    end: int
    fixed: bool
    bare: bool
    latest: Callable[[date], Span | None]


def moments(text: str, as_of: date) -> Iterator[Moment]:
    """All expressions of time in `text`, in order; relative ones ("last week") are counted from `as_of`."""
    for match in _MOMENT.finditer(text):
        kind = next(kind for kind in _READERS if match[kind])
        if found := _READERS[kind](match, as_of):
            yield found


def _yearly(
    match: re.Match[str], kind: str, year: str | None, as_of: date, in_year: Callable[[int], Span], start: int = -1
) -> Moment:
    """A moment that comes once a year, or once at all where the year is written."""
    words = year.lower().split() if year else []
    if len(words) == 2:
        known = None if words[0] == "the" else as_of.year + {"last": -1, "this": 0, "next": 1}[words[0]]
    else:
        known = int(words[0]) if words else None

    def latest(day: date) -> Span | None:
        if known is not None:
            return safely(lambda: in_year(known))
        # Nine years back there is a 29 February even across 1900 or 2100.
        spans = (safely(lambda y=y: in_year(y)) for y in range(day.year, day.year - 9, -1))  # type: ignore[misc]
        return next((span for span in spans if span and span[0] <= day), None)

    bare = not words and kind not in ("day", "days")
    return Moment(kind, match.start() if start < 0 else start, match.end(), known is not None, bare, latest)


def _fixed(match: re.Match[str], kind: str, find: Callable[[], Span | None], bare: bool = False) -> Moment:
    return Moment(kind, match.start(), match.end(), True, bare, lambda _: safely(find))


def _month(word: str) -> int:
    return MONTHS.index(word[:3].lower()) + 1


def _day(match: re.Match[str], as_of: date, prefix: str) -> Moment | None:
    month, first = _month(match[f"{prefix}_m"]), int(match[f"{prefix}_from"])
    last, start = int(match[f"{prefix}_to"] or first), match.start()
    if first > last:  # "Ward 12 and 9 March", "from 28 to 3 March"
        if prefix == "md":
            return None
        first, start = last, match.start("dm_to")
    kind = "days" if first != last else "day"
    return _yearly(
        match, kind, match[f"{prefix}_y"], as_of, lambda y: (date(y, month, first), date(y, month, last)), start
    )


def _iso(match: re.Match[str], as_of: date) -> Moment:
    def day() -> Span:
        found = date(int(match["iso_y"]), int(match["iso_m"]), int(match["iso_d"]))
        return found, found

    return _fixed(match, "day", day)


def _weekday_month(match: re.Match[str], as_of: date) -> Moment:
    month, day = _month(match["dn_m"]), int(match["dn_d"])
    return _yearly(match, "day", match["dn_y"], as_of, lambda y: (date(y, month, day), date(y, month, day)))


def _named_day(match: re.Match[str], as_of: date) -> Moment:
    month, day = _month(match["nd_m"]), _NTHS.index(match["nd_d"].lower()) + 1
    return _yearly(match, "day", match["nd_y"], as_of, lambda y: (date(y, month, day), date(y, month, day)))


def _years(match: re.Match[str], as_of: date) -> Moment:
    first, last = int(match["ys_from"]), int(match["ys_to"] or match["ys_from"])
    return _fixed(match, "year", lambda: (date(first, 1, 1), date(last, 12, 31)), bare=match["ys_to"] is None)


def _quarter(match: re.Match[str], as_of: date) -> Moment:
    n = int(match["q_n"] or _nth(match["q_nth"]))
    return _yearly(match, "quarter", match["q_y"], as_of, lambda y: month_span(y, 3 * n - 2, 3))


def _half(match: re.Match[str], as_of: date) -> Moment:
    n = int(match["h_n"] or _nth(match["h_nth"]))
    return _yearly(match, "half", match["h_y"], as_of, lambda y: month_span(y, 6 * n - 5, 6))


def _nth(word: str) -> int:
    return int(word[0]) if word[0].isdigit() else _ORDINALS.index(word.lower()) + 1


def _daily(match: re.Match[str], as_of: date) -> Moment:
    word = " ".join(match["daily"].lower().split())
    back = 2 if word.endswith("before yesterday") else {"yesterday": 1, "last night": 1, "tomorrow": -1}.get(word, 0)
    return _fixed(match, "day", lambda: (as_of - timedelta(back), as_of - timedelta(back)))


def _which(match: re.Match[str], as_of: date) -> Moment | None:
    which, unit = match["w_w"].lower(), match["w_u"].lower()
    if match["w_u"] in ("may", "march"):  # "this may change"
        return None
    step = {"this": 0, "current": 0, "last": -1, "next": 1, "coming": 1}[which]
    return _fixed(match, _kind_of(unit), lambda: stepped(unit, step, as_of))


def _kind_of(unit: str) -> str:
    if unit in ("week", "weekend", "month", "quarter", "year"):
        return unit
    return "season" if unit in SEASONS else "day" if unit.endswith("day") else "month"


def _rolling(match: re.Match[str], as_of: date) -> Moment:
    which, unit = match["r_w"].lower(), match["r_u"].lower()
    if match["r_n"] is None and which != "past":  # "last week" is the calendar's, "the past week" the last seven days
        return _fixed(match, unit, lambda: stepped(unit, {"last": -1, "next": 1}[which], as_of))
    length = shift(unit, _count(match["r_n"] or "one"))
    return _fixed(match, "rolling", lambda: (as_of, as_of + length) if which == "next" else (as_of - length, as_of))


def _ago(match: re.Match[str], count: str, unit: str, as_of: date) -> Moment:
    unit = unit.lower()

    def covered() -> Span:
        day = as_of - shift(unit, _count(count))
        return (day, day) if unit == "day" else stepped(unit, 0, day)

    return _fixed(match, unit, covered)


def _count(word: str) -> int:
    word = " ".join(word.lower().split())
    return int(word) if word.isdigit() else _NUMBERS[word]


def _weekday(match: re.Match[str], as_of: date) -> Moment:
    wanted = DAYS.index(match["weekday"][:3].lower())

    def latest(day: date) -> Span | None:
        return safely(lambda: (found := day - timedelta((day.weekday() - wanted) % 7), found))

    return Moment("weekday", match.start(), match.end(), False, False, latest)


_READERS: dict[str, Callable[[re.Match[str], date], Moment | None]] = {
    "iso": _iso,
    "year_quarter": lambda m, today: _yearly(
        m, "quarter", m["yq_y"], today, lambda y: month_span(y, 3 * int(m["yq_q"]) - 2, 3)
    ),
    "day_month": lambda m, today: _day(m, today, "dm"),
    "month_day": lambda m, today: _day(m, today, "md"),
    "day_month2": _weekday_month,
    "years": _years,
    "ago": lambda m, today: _ago(m, m["ago_n"], m["ago_u"], today),
    "ago2": lambda m, today: _ago(m, m["ag_n"], m["ag_u"], today),
    "month": lambda m, today: _yearly(m, "month", m["mo_y"], today, lambda y: month_span(y, _month(m["mo_m"]))),
    "quarter": _quarter,
    "half": _half,
    "season": lambda m, today: _yearly(
        m, "season", m["s_y"], today, lambda y: month_span(y, SEASONS[m["s_n"].lower()], 3)
    ),
    "daily": _daily,
    "rolling": _rolling,
    "which": _which,
    "named_day": _named_day,
    "current": lambda m, today: _fixed(m, "current", lambda: stepped(m["c_u"].lower(), 0, today), bare=True),
    "weekday": _weekday,
    "weekend": lambda m, today: Moment(
        "weekend",
        m.start(),
        m.end(),
        False,
        True,
        lambda day: safely(lambda: stepped("weekend", -1, day + timedelta(2))),
    ),
    "now": lambda m, today: _fixed(m, "now", lambda: (today, today), bare=True),
}
