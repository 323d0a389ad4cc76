"""Literal forms: what is the same said differently, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from rag import forms

PUBLISHED = datetime(2025, 11, 20, 9, 30, tzinfo=UTC)


def same_number(left: str, right: str) -> bool:
    (a,), (b,) = forms.numbers(left), forms.numbers(right)
    assert a.stands_in([b]) == b.stands_in([a])
    return a.stands_in([b])


@pytest.mark.parametrize(
    "forms_of_one",
    [
        ["30%", "30 %", "30 percent", "30 per cent", "thirty per cent", "thirty percent", "30 pct", "30.0%"],
        ["1.2bn", "1.2 billion", "1,200 million", "1.20bn", "1200m", "1,200,000,000"],
        ["$5m", "5 million dollars", "US$5 million", "$5,000,000", "five million dollars"],
        ["€3bn", "3 billion euros", "3bn euros"],
        ["£12", "12 pounds", "twelve pounds"],
        ["0.5 percentage points", "0.5 percentage point"],
        ["third", "3rd"],
        ["twenty-one", "21", "twenty one"],
        ["40,000", "40000", "40k", "forty thousand"],
    ],
)
def test_the_same_number_written_differently(forms_of_one: list[str]) -> None:
    assert all(same_number(a, b) for a in forms_of_one for b in forms_of_one)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("30%", "31%"),
        ("1.2bn", "1.2m"),
        ("$5m", "€5m"),
        ("$5m", "5 million euros"),
        ("£12", "12 dollars"),
        ("HK$10", "$10"),
        ("30%", "30 percentage points"),
        ("$30", "30%"),
        ("3rd", "3%"),
        ("4.2", "42"),
        ("1,234", "1.234"),
    ],
)
def test_different_numbers(left: str, right: str) -> None:
    assert not same_number(left, right)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("No one came.", []),
        ("7–5 and 16-year-olds", ["7", "5", "16"]),
        ("It ended at 3.5.", ["3.5"]),
        ("On 18 November 2025 they met 4 times", ["4"]),
        ("All 3 may appeal and 40 march on", ["3", "40"]),
        ("They march 10 miles", ["10"]),
        ("zero hours, one of them", []),
        ("A1 and B2", []),
        ("1.2 billion people", ["1200000000"]),
    ],
)
def test_what_counts_as_a_number(text: str, values: list[str]) -> None:
    assert [number.value for number in forms.numbers(text)] == [Decimal(v) for v in values]


@pytest.mark.parametrize(
    "left", ["18 Nov.", "November 18th", "18th of November", "Nov 18, 2025", "18 November 2025", "2025-11-18"]
)
@pytest.mark.parametrize("right", ["18 Nov.", "November 18th", "2025-11-18", "on 18 November"])
def test_the_same_date_written_differently(left: str, right: str) -> None:
    (date,), others = forms.dates(left), forms.dates(right)
    assert date.stands_in(others, PUBLISHED)


@pytest.mark.parametrize(
    ("claimed", "there"),
    [
        ("19 November", "18 November"),
        ("18 October", "18 November"),
        ("18 November 2024", "18 November"),
        ("2025-11-18", "18 November 2024"),
        ("November 2024", "in November"),
        ("18 November", "in November"),
    ],
)
def test_different_dates(claimed: str, there: str) -> None:
    (date,) = forms.dates(claimed)
    assert not date.stands_in(forms.dates(there), PUBLISHED)


def test_the_day_of_publication_is_known_and_only_that() -> None:
    (published,), (other,) = forms.dates("20 November 2025"), forms.dates("21 November 2025")
    assert published.stands_in([], PUBLISHED)
    assert not published.stands_in([], None)
    assert not other.stands_in([], PUBLISHED)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("On Monday the council met.", [17]),
        ("The council met on Thursday.", [20]),  # the day of publication
        ("It rained on Friday and yesterday.", [14, 19]),
        ("The council will meet on Monday.", [17, 24]),  # which of the two a sentence that looks ahead does not say
        ("It reopens tomorrow.", [21]),
        ("The council met in November.", []),
    ],
)
def test_the_days_that_weekdays_are_by_the_day_of_publication(text: str, days: list[int]) -> None:
    assert [date.day for date in forms.days_told(text, PUBLISHED)] == days
    assert forms.days_told(text, None) == []


def test_a_year_left_out_stays_open_without_a_day_of_publication() -> None:
    (date,) = forms.dates("18 November 2025")
    assert not date.stands_in(forms.dates("18 November"), None)
    assert forms.dates("18 November")[0].stands_in(forms.dates("18 November"), None)


@pytest.mark.parametrize(
    "text",
    ["They may leave.", "It may well march on.", "to march in the street", "all 3 may appeal", "they march 10 miles",
     "a decision that may 5 years on be undone", "45 May", "2025-13-01", "3:15 p.m."],
)  # fmt: skip
def test_no_dates(text: str) -> None:
    assert forms.dates(text) == ()


@pytest.mark.parametrize("text", ["in May", "since March", "5 May", "May 5", "March 2024", "late May"])
def test_may_and_march_as_months(text: str) -> None:
    assert [date.month for date in forms.dates(text)] == [5 if "May" in text else 3]


def test_quotations() -> None:
    assert forms.quotations('She said "yes" and “no, not now”, «jamais».') == ["yes", "no, not now", "jamais"]
    assert forms.quotations("It's the players' year.") == []


def test_names_without_endings_and_without_months() -> None:
    assert forms.names("Hale’s ally, Eva Stenmark-Roe, met I in May.") == [
        ("Hale", True),
        ("Eva", False),
        ("Stenmark-Roe", False),
    ]


@pytest.mark.parametrize(
    ("quotation", "text", "found"),
    [
        ("rose year-on-year", "Sales rose year - on - year, he said", "rose year - on - year"),
        ('it\'s a "must"', "for us it’s a “must” now", "it’s a “must”"),
        ("we — all of us", "and we - all of us - go", "we - all of us"),
        ("two  spaces", "has two\nspaces here", "two\nspaces"),
        ("exactly this.", "said exactly this and left", "exactly this"),
        ("we go", "then we go", "we go"),
        ("we stay", "then we go", None),
        ("10 ships", "saw 110 ships", None),
        ("he can win", "she can win", None),
        ("he can win", "“he can win”", "he can win"),
        ("the art", "the artist", None),
        ("he can't win", "she can’t win", None),
        ("rain?", "rain!", None),
        ("", "text", None),
        ("下雨", "今天下雨了", "下雨"),
    ],
)
def test_exact_gives_back_the_articles_own_bytes(quotation: str, text: str, found: str | None) -> None:
    got = forms.exact(quotation, text)
    assert got == found
    assert got is None or got in text


def test_smoothed_is_for_reading_only() -> None:
    assert forms.smoothed("“It’s  year - on - year”\n – yes\u00a0") == '"It\'s year-on-year" - yes'
