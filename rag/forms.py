"""Literal forms in text — numbers, dates, names, quotations — brought to one shape, so that they can be compared.

30% = 30 percent = thirty per cent; 1.2bn = 1.2 billion = 1,200 million; 18 Nov. = November 18th. What is compared is
the value and what it counts, not how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

_SCALES = {
    "hundred": 2, "thousand": 3, "k": 3, "million": 6, "mn": 6, "m": 6, "mio": 6,
    "billion": 9, "bn": 9, "b": 9, "trillion": 12, "tn": 12,
}  # fmt: skip
_UNITS = dict(zip("zero one two three four five six seven eight nine".split(), range(10)))
_TEENS = dict(
    zip(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(),
        range(10, 20),
    )
)
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10)))
_ORDINALS = {
    word: n
    for n, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 1
    )
}
_MONTHS = {
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
_CURRENCIES = {
    "$": "dollar", "us$": "dollar", "hk$": "hk dollar", "a$": "a dollar", "c$": "c dollar", "usd": "dollar",
    "dollar": "dollar", "dollars": "dollar", "€": "euro", "eur": "euro", "euro": "euro", "euros": "euro",
    "£": "pound", "gbp": "pound", "pound": "pound", "pounds": "pound", "¥": "yuan", "yuan": "yuan", "rmb": "yuan",
    "cny": "yuan", "yen": "yen", "jpy": "yen", "rupee": "rupee", "rupees": "rupee", "₹": "rupee",
}  # fmt: skip

CURRENCIES = frozenset(_CURRENCIES.values())

_NUMBER_WORD = "|".join([*_TENS, *_TEENS, *_UNITS])
_NUMBER = re.compile(
    rf"""(?<![\w.])
    (?P<sign>[-−](?=\d))?
    (?P<before>(?:US|HK|A|C)?\$|[€£¥₹])?\s?
    (?:(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)
      |(?P<words>\b(?:{_NUMBER_WORD})(?:[-\s](?:{_NUMBER_WORD}))*\b))
    (?P<ordinal>st|nd|rd|th)?
    (?P<scale>[-\s]?(?:hundred|thousand|million|billion|trillion|mn|mio|bn|tn)\b|(?:k|m|b)\b)?
    (?P<unit>\s?%|[-\s]?(?:per[\s-]?cent|percent|pct)\b(?:age\s+points?\b)?|\s?percentage\s+points?\b
      |[-\s](?:{"|".join(k for k in _CURRENCIES if k.isalpha())})\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
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
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]+)[\"”»]")
_ARTEFACT = re.compile(r"(?<=\w)\s+-\s+(?=\w)")
_SAME_MARKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " "})
_LETTER = r"[0-9A-Za-z\u00c0-\u052f]"  # of scripts that part words by spaces
_NAME = re.compile(r"[^\W\d_][\w'’.&-]*")


@dataclass(frozen=True, slots=True)
class Number:
    """A number by its value and what it counts: "%", "points", a currency, or "" (anything else or nothing)."""

    value: Decimal
    unit: str
    written: str

    def stands_in(self, others: Iterable[Number]) -> bool:
        """Whether one of `others` has the value and the unit; a currency may be left out."""
        return any(o.value == self.value and _same_unit(o.unit, self.unit) for o in others)


def _same_unit(one: str, other: str) -> bool:
    # "113 billion" may leave out the yuan, but 30 people are not 30 percent, nor is the third three.
    return one == other or ("" in (one, other) and not {one, other} & {"%", "points", "th"})


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


# The same sentences are held against each claim of an answer, alone and in runs: they are read once.
@lru_cache(maxsize=8192)
def numbers(text: str) -> tuple[Number, ...]:
    """Numbers in figures and words; dates are left out, and so is "one", which is mostly no number."""
    spans = [match.span() for match in _DATE.finditer(text) if _date_of(match)]
    found = []
    for match in _NUMBER.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in spans):
            continue
        if (number := _number_of(match)) is not None:
            found.append(number)
    for match in re.finditer(r"\b[a-z]+(?:th|st|nd|rd)\b", text, re.IGNORECASE):
        if (n := _ORDINALS.get(match.group().lower())) is not None:
            found.append(Number(Decimal(n), "th", match.group()))
    return tuple(found)


def _number_of(match: re.Match[str]) -> Number | None:
    digits, words = match["digits"], match["words"]
    if words is not None:
        value = _words_value(words.lower())
        if value is None or (words.lower() in ("one", "zero") and not (match["scale"] or match["unit"])):
            return None
    else:
        value = Decimal(digits.replace(",", ""))
    if match["scale"]:
        value = value.scaleb(_SCALES[match["scale"].strip().strip("-").lower()])
    unit = (match["unit"] or match["before"] or "").strip(" -").lower()
    if unit.endswith(("points", "point")):
        unit = "points"
    elif unit.startswith(("%", "per", "pct")):
        unit = "%"
    else:
        unit = _CURRENCIES.get(unit, "")
    if match["ordinal"]:
        unit = "th"
    return Number(value.normalize(), unit, match.group().strip())


def _words_value(words: str) -> Decimal | None:
    total = 0
    for word in re.split(r"[-\s]+", words):
        part = _TENS.get(word, _TEENS.get(word, _UNITS.get(word)))
        if part is None or (total and (total % 10 or part >= 10)):
            return None  # "five six" is no number
        total += part
    return Decimal(total)


@lru_cache(maxsize=8192)
def dates(text: str) -> tuple[Date, ...]:
    """Dates with at least a month; a year alone is a number."""
    return tuple(date for match in _DATE.finditer(text) if (date := _date_of(match)))


def _date_of(match: re.Match[str]) -> Date | None:
    part = {k[0]: v for k, v in match.groupdict().items() if v is not None}
    month = int(part["m"]) if part["m"].isdigit() else _MONTHS[part["m"].lower()]
    day = int(part["d"]) if "d" in part else None
    if not 1 <= month <= 12 or (day is not None and not 1 <= day <= 31):
        return None
    if part["m"] in ("may", "march") or (match["m5"] and part["m"][0].islower()):
        return None  # the verbs: "all 3 may appeal"
    return Date(int(part["y"]) if "y" in part else None, month, day, match.group().strip())


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


def quotations(text: str) -> list[str]:
    """What stands in double quotation marks, without them."""
    return [match.group(1) for match in _QUOTED.finditer(text)]


def names(text: str) -> list[tuple[str, bool]]:
    """Capitalised words, each with whether it begins the sentence (and so may be no name at all).

    Possessive endings and full stops are taken off. Months, and "I", are no names.
    """
    found = []
    first = True
    for match in _NAME.finditer(text):
        word = re.sub(r"['’]s?$", "", match.group().rstrip(".'’-"))
        if word[:1].isupper() and word != "I" and word.lower() not in _MONTHS:
            found.append((word, first))
        first = text[match.end() : match.end() + 2].strip() in (":",) or text[match.end() : match.end() + 3] in (
            ': "',
            ', "',
        )
    return found


def smoothed(text: str) -> str:
    """The text with one kind of quotation marks and dashes, single spaces, and "year - on - year" mended."""
    return re.sub(r"\s+", " ", _ARTEFACT.sub("-", text.translate(_SAME_MARKS))).strip()


def says(text: str, words: str) -> bool:
    """Whether `text` holds `words` byte for byte and as whole words: "she can" does not say "he can"."""
    before = f"(?<!{_LETTER})" if re.match(_LETTER, words) else ""
    after = f"(?!{_LETTER})" if re.search(f"{_LETTER}$", words) else ""
    return re.search(before + re.escape(words) + after, text) is not None


def exact(quotation: str, text: str) -> str | None:
    """The run of `text` that says `quotation` byte for byte, or the same but for marks, dashes and spaces.

    None if `text` does not say it. What comes back is always `text`'s own bytes.
    """
    if quotation.strip() and says(text, quotation):
        return quotation
    pieces = [re.escape(piece) for piece in re.split(r"[\s\-–—]+", smoothed(quotation).strip(" ,.")) if piece]
    if not pieces:
        return None
    marks = {"'": "['’‘]", '"': '["“”]'}
    pattern = r"[\s\-–—]+".join("".join(marks.get(c, c) for c in piece) for piece in pieces)
    found = re.search(f"(?<!{_LETTER}){pattern}(?!{_LETTER})", text)
    return found.group() if found else None
