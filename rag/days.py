"""Days and months as texts write them: 18 Nov. = November 18th; "on Monday", by the day of publication."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

MONTHS = {
    name: n
    for n, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sept sep", "october oct", "november nov", "december dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
WHOLE_MONTHS = frozenset(name for name in MONTHS if name == "may" or len(name) > 4 or name in ("june", "july"))
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"""\b(?:
      (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m1>{_MONTH})\.?(?:,?\s+(?P<y1>\d{{4}}))?
     |(?P<m2>{_MONTH})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:\d)(?:,?\s+(?P<y2>\d{{4}}))?
     |(?P<m3>{_MONTH})\.?\s+(?P<y3>\d{{4}})
     |(?P<y4>\d{{4}})-(?P<m4>\d{{2}})-(?P<d4>\d{{2}})
     |(?:in|since|until|by|from|of|for|during|last|this|early|late|mid|and|to|through)[\s-](?P<m5>{_MONTH})
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar date, or the parts of it that are written; None for a part that is not."""

    year: int | None
    month: int
    day: int | None
    written: str

    def stands_in(self, others: Iterable[Date], published: datetime | None) -> bool:
        """Whether one of `others`, or the day of publication, has the parts that are written here.

        A year that the article leaves out is the year of its publication.
        """
        year = published.year if published else None
        days = [(o.year or year, o.month, o.day) for o in others]
        if published:
            days.append((published.year, published.month, published.day))
        return any(
            self.month == month
            and (self.day is None or self.day == day)
            and (self.year is None or self.year == other_year)
            for other_year, month, day in days
        )


_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_NEAR = {"yesterday": -1, "tomorrow": 1}  # days from that of publication, which a claim may name anyway
_DAY_TOLD = re.compile(rf"\b(?:{'|'.join([*_WEEKDAYS, *_NEAR])})\b", re.IGNORECASE)
_AHEAD = re.compile(r"\b(?:will|would|next|due|to be|(?:is|are|was|were) to|plan(?:s|ned)?|expect(?:s|ed)?)\b", re.I)


@lru_cache(maxsize=8192)
def dates(text: str) -> tuple[Date, ...]:
    """Dates with at least a month; a year alone is a number."""
    return tuple(date for match in _DATE.finditer(text) if (date := _date_of(match)))


def _date_of(match: re.Match[str]) -> Date | None:
    part = {k[0]: v for k, v in match.groupdict().items() if v is not None}
    month = int(part["m"]) if part["m"].isdigit() else MONTHS[part["m"].lower()]
    day = int(part["d"]) if "d" in part else None
    if not 1 <= month <= 12 or (day is not None and not 1 <= day <= 31):
        return None
    if part["m"] in ("may", "march") or (match["m5"] and part["m"][0].islower()):
        return None  # the verbs: "all 3 may appeal"
    return Date(int(part["y"]) if "y" in part else None, month, day, match.group().strip())


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the dates of a text stand."""
    return (match.span() for match in _DATE.finditer(text) if _date_of(match))


def days_told(text: str, published: date | None) -> list[Date]:
    """The dates that "on Monday" and "yesterday" are in an article of that day.

    A weekday is the last one; where its sentence looks ahead, it may be the next.
    """
    if published is None:
        return []
    found = []
    for match in _DAY_TOLD.finditer(text):
        word = match[0].casefold()
        if word in _NEAR:
            found.append((match[0], published + timedelta(_NEAR[word])))
            continue
        since = (published.weekday() - _WEEKDAYS.index(word)) % 7
        found.append((match[0], published - timedelta(since)))
        if _AHEAD.search(text):
            found.append((match[0], published + timedelta(7 - since)))
    return [Date(day.year, day.month, day.day, written) for written, day in found]
