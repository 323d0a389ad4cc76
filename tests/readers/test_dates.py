"""Dates: what is certain is taken, with a zone; nothing is completed or guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.readers.base import Context, parse_date

OSLO = Context("Europe/Oslo")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2023-11-27 08:45:59.000000000Z", utc(2023, 11, 27, 8, 45, 59)),
        ("2023-10-07T16:06:00+00:00", utc(2023, 10, 7, 16, 6)),
        ("2025-03-04T10:00:00+0100", utc(2025, 3, 4, 9)),
        ("Mon, 06 Nov 2023 10:00:00 GMT", utc(2023, 11, 6, 10)),
        ("Mon, 6 Nov 2023 10:00:00 -0500", utc(2023, 11, 6, 15)),
        ("Nov. 27, 2023, 5:00 a.m. EST", utc(2023, 11, 27, 10)),
        (1700000000, utc(2023, 11, 14, 22, 13, 20)),
        (1700000000.5, utc(2023, 11, 14, 22, 13, 20, 500000)),
        (1700000000000, utc(2023, 11, 14, 22, 13, 20)),
        ("1700000000", utc(2023, 11, 14, 22, 13, 20)),
        (datetime(2025, 3, 4, 10, tzinfo=UTC), utc(2025, 3, 4, 10)),
    ],
)
def test_moments_with_a_zone(value: object, moment: datetime) -> None:
    assert parse_date(value, OSLO) == moment


@pytest.mark.parametrize(
    "value",
    [
        "2025-03-04",
        "2025/3/4",
        "2025.03.04",
        "20250304",
        20250304,
        date(2025, 3, 4),
        "4 March 2025",
        "March 4th, 2025",
        "Tue, 4 Mar 2025",
        "4. März 2025",
        "4 марта 2025",
        "2025年3月4日",
    ],
)
def test_a_day_is_midnight_at_home(value: object) -> None:
    assert parse_date(value, OSLO) == datetime(2025, 3, 4, tzinfo=ZoneInfo("Europe/Oslo"))


def test_a_time_without_a_zone_is_at_home() -> None:
    home = ZoneInfo("Europe/Oslo")
    assert parse_date("2025-07-04 10:30", OSLO) == datetime(2025, 7, 4, 10, 30, tzinfo=home)
    assert parse_date("18. November 2025, 14:30 Uhr", OSLO) == datetime(2025, 11, 18, 14, 30, tzinfo=home)


@pytest.mark.parametrize("value", ["25/03/2025", "03/25/2025"])
def test_numbers_that_can_be_one_day_only(value: str) -> None:
    assert parse_date(value, Context()) == utc(2025, 3, 25)


@pytest.mark.parametrize(
    "value",
    [
        "03/04/2025",
        "3.4.2025",
        "03-04-2025 10:00",
        "18/11/25",
        "November 2025",
        "2025",
        2025,
        "2025-11",
        "yesterday",
        "Tuesday",
        "2 days ago",
        "31 February 2025",
        "2025-02-31",
        "12 May 2025 and 13 June 2026",
        "18 November 2025 10:00 IST",
        "0001-01-01T00:00:00",
        "9999-12-31",
        "17010120591230",
        0,
        -5,
        True,
        float("nan"),
        float("inf"),
        10**400,
        "9" * 400,
        None,
        "",
        [],
        {"date": "2025-03-04"},
        "Published in the edition of 4 March 2025 " + "and read ever since " * 10,
    ],
)
def test_what_is_not_certain_is_none(value: object) -> None:
    assert parse_date(value, OSLO) is None


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1700, 1, 1), datetime(2300, 1, 1), timezones=OFFSETS))
def test_iso_dates_come_back_as_they_were(moment: datetime) -> None:
    found = parse_date(moment.isoformat(), Context())
    assert found == moment
    assert found.utcoffset() == moment.utcoffset()


@given(
    st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.dates(), st.datetimes(), st.none(), st.booleans())
)
def test_anything_gives_a_moment_with_a_zone_or_none(value: object) -> None:
    found = parse_date(value, OSLO)
    assert found is None or found.utcoffset() is not None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["2025", "1999", "4", "31", "May", "mars", "10:00", "UTC", "at", ",", ".", "/", "-", "am"]),
        max_size=6,
    ).map(" ".join)
)
def test_texts_like_dates_name_their_year_and_day(text: str) -> None:
    found = parse_date(text, Context())
    assert found is None or (str(found.year) in text and str(found.day) in text)
