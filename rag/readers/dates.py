"""Dates as sources write them. A date is taken when day, month and year are all there, and never completed."""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

# Nothing that people put into an archive is older than the press; databases write 0001 and 9999 for "none".
_FIRST_YEAR, _LAST_YEAR = 1600, 9998
_LONGEST = 100  # characters; a longer text is prose with a date in it
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_YEAR_FIRST = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})(?!\d)", re.ASCII)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[\s./-]+(\d{1,2})[\s./,-]+\d{4}(?!\d)")
_RFC_2822 = re.compile(r"(?:[A-Za-z]{3},\s*)?\d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|[A-Z]{3,4})")
# Abbreviations that mean one zone only. IST, for one, is India, Ireland and Israel.
_ZONES = frozenset(
    [
        "UTC",
        "GMT",
        "Z",
        "EST",
        "EDT",
        "CST",
        "CDT",
        "MST",
        "MDT",
        "PST",
        "PDT",
        "CET",
        "CEST",
        "WET",
        "WEST",
        "EET",
        "EEST",
        "BST",
        "AEST",
        "AEDT",
        "JST",
    ]
)


def parse_date(value: object, zone: str) -> datetime | None:
    """`value` as a moment with a time zone, or None where it does not tell one for certain.

    Takes dates and datetimes, ISO 8601, RFC 2822, seconds or milliseconds since 1970 (as a number or its digits), and
    written dates in many languages. 03/04/2025 is None: it is March to some and April to others. A value without a
    zone is in `zone` (an IANA name), one without a time is midnight there.
    """
    home = ZoneInfo(zone)
    found: datetime | None = None
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime.combine(value, time())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = _from_number(value)
    elif isinstance(value, str):
        text = " ".join(value.split())
        if _NUMBER.fullmatch(text):
            found = _from_number(float(text))
        elif len(text) <= _LONGEST:
            found = _from_iso(text) or _from_mail(text) or _from_words(text)
    return _placed(found, home) if found else None


def _placed(found: datetime, home: tzinfo) -> datetime | None:
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        return None
    offset = found.utcoffset()
    if offset is None:
        return found.replace(tzinfo=home)
    # One kind of zone in the whole project, whatever class a library made up.
    return found.replace(tzinfo=UTC if not offset else timezone(offset))


def _from_number(value: float) -> datetime | None:
    """Seconds (nine or ten digits) or milliseconds (twelve or thirteen) since 1970, or a date such as 20251118."""
    if not 0 < value < 1e14:  # also not a number, and endless
        return None
    digits = len(str(int(value)))
    if digits == 8 and value == int(value):
        return _from_iso(str(int(value)))
    if digits in (12, 13):
        value /= 1000
    elif digits not in (9, 10):
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)


def _from_iso(text: str) -> datetime | None:
    padded = _YEAR_FIRST.sub(lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}", text, count=1)
    # The standard library accepts any separator, also a digit: 17010120591230 is no date.
    if re.match(r"\d{9,}(?!T)", padded):
        return None
    try:
        return datetime.fromisoformat(padded)
    except ValueError:
        return None


def _from_mail(text: str) -> datetime | None:
    if not _RFC_2822.fullmatch(text) or not _zone_is_clear(text.rpartition(" ")[2]):
        return None
    try:
        return email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None


def _from_words(text: str) -> datetime | None:
    """A written date such as "18. November 2025, 14:30"."""
    year = _YEAR.search(text)
    numeric = _NUMERIC.search(text)
    if not year:
        return None
    if numeric and int(numeric[1]) != int(numeric[2]) and max(int(numeric[1]), int(numeric[2])) <= 12:
        return None  # day and month could be either
    import dateparser

    found: datetime | None
    try:
        found = dateparser.parse(
            text,
            settings={
                "STRICT_PARSING": True,
                "REQUIRE_PARTS": ["day", "month", "year"],
                "PARSERS": ["absolute-time"],  # no "yesterday": it would mean another day on each reading
            },
        )
    except (ValueError, OverflowError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return None  # the library stumbles over some texts that are no dates
    if found is None or found.year != int(year[0]) or found.day not in map(int, re.findall(r"\d+", text)):
        return None
    return found if found.tzinfo is None or _zone_is_clear(found.tzname() or "") else None


def _zone_is_clear(name: str) -> bool:
    return not re.fullmatch(r"[A-Za-z]+", name) or name.upper() in _ZONES
