"""Numbers as texts write them, by their value and what they count.

30% = 30 percent = thirty per cent; 1.2bn = 1.2 billion = 1,200 million; half a million = 500,000. What is compared is
the value and what it counts, not how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile

from rag import days
from rag.words import STOPWORDS, stemmed

_SCALES = {
    "dozen": 12, "hundred": 10**2, "thousand": 10**3, "k": 10**3, "million": 10**6, "mn": 10**6, "m": 10**6,
    "mio": 10**6, "billion": 10**9, "bn": 10**9, "b": 10**9, "trillion": 10**12, "tn": 10**12,
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
_CURRENCIES = {
    "$": "dollar", "us$": "dollar", "hk$": "hk dollar", "a$": "a dollar", "c$": "c dollar", "usd": "dollar",
    "dollar": "dollar", "dollars": "dollar", "€": "euro", "eur": "euro", "euro": "euro", "euros": "euro",
    "£": "pound", "gbp": "pound", "pound": "pound", "pounds": "pound", "¥": "yuan", "yuan": "yuan", "rmb": "yuan",
    "cny": "yuan", "yen": "yen", "jpy": "yen", "rupee": "rupee", "rupees": "rupee", "₹": "rupee",
    "crown": "crown", "crowns": "crown", "krone": "crown", "kroner": "crown", "krona": "crown", "kronor": "crown",
    "franc": "franc", "francs": "franc", "chf": "franc", "peso": "peso", "pesos": "peso", "zloty": "zloty",
    "zlotys": "zloty", "rouble": "rouble", "roubles": "rouble", "ruble": "rouble", "rubles": "rouble",
    "reais": "real", "lira": "lira",
}  # fmt: skip

CURRENCIES = frozenset(_CURRENCIES.values())

_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}")
_SPACES = str.maketrans("", "", ",\u00a0\u2009\u202f")  # that part thousands
_COUNTED = re.compile(r"\s+([^\W\d_]{2,})(?:\s+([^\W\d_]{2,}))?")
_NUMBER_WORD = "|".join([*_TENS, *_TEENS, *_UNITS])
_NUMBER = re.compile(
    rf"""(?<![\w.])
    (?P<sign>[-−](?=\d))?
    (?P<before>(?:US|HK|A|C)?\$|[€£¥₹])?\s?
    (?:(?P<digits>\d{{1,3}}(?:[,\u00a0\u2009\u202f]\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+|,\d{{1,2}}(?![\d,]))?)
      |(?P<few>\b(?:half\s+)?an?(?=\s(?:dozen|hundred|thousand|million|billion|trillion)\b))
      |(?P<words>\b(?:{_NUMBER_WORD})(?:[-\s](?:{_NUMBER_WORD}))*\b))
    (?P<ordinal>st|nd|rd|th)?
    (?P<scale>[-\s]?(?:dozen|hundred|thousand|million|billion|trillion|mn|mio|bn|tn)\b|(?:k|m|b)\b)?
    (?P<unit>\s?%|[-\s]?(?:per[\s-]?cent|percent|pct)\b(?:age\s+points?\b)?|\s?percentage\s+points?\b
      |[-\s](?:{"|".join(k for k in _CURRENCIES if k.isalpha())})\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number by its value and what it counts: "%", "points", a currency, or "" (anything else or nothing).

    below: it is written with a minus, which is not in the value. counted: the stems of the words behind it, of which
    one is what it counts; none where they tell nothing ("400 in May").
    """

    value: Decimal
    unit: str
    written: str
    below: bool = False
    counted: frozenset[str] = field(default=frozenset(), compare=False)

    def stands_in(self, others: Iterable[Number]) -> bool:
        """Whether one of `others` has the value and the unit; a currency may be left out."""
        return any(o.value == self.value and _same_unit(o.unit, self.unit) for o in others)


def _same_unit(one: str, other: str) -> bool:
    # "113 billion" may leave out the yuan, but 30 people are not 30 percent, nor is the third three.
    return one == other or ("" in (one, other) and not {one, other} & {"%", "points", "th"})


# The same sentences are held against each claim of an answer, alone and in runs: they are read once.
@lru_cache(maxsize=8192)
def numbers(text: str) -> tuple[Number, ...]:
    """Numbers in figures and words; dates are left out, and so is "one", which is mostly no number."""
    spans = list(days.spans(text))
    found = []
    for match in _NUMBER.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in spans):
            continue
        if (number := _number_of(match, text)) is not None:
            found.append(number)
    for match in re.finditer(r"\b[a-z]+(?:th|st|nd|rd)\b", text, re.IGNORECASE):
        if (n := _ORDINALS.get(match.group().lower())) is not None:
            found.append(Number(Decimal(n), "th", match.group()))
    return tuple(found)


def _number_of(match: re.Match[str], text: str) -> Number | None:
    digits, words = match["digits"], match["words"]
    if match["few"] is not None:
        value: Decimal | None = Decimal("0.5" if match["few"].lower().startswith("half") else 1)
    elif words is not None:
        value = _words_value(words.lower())
        if value is None or (words.lower() in ("one", "zero") and not (match["scale"] or match["unit"])):
            return None
    else:
        plain = digits.replace(",", ".") if _DECIMAL_COMMA.fullmatch(digits) else digits.translate(_SPACES)
        value = Decimal(plain)
    assert value is not None
    if match["scale"]:
        value *= _SCALES[match["scale"].strip().strip("-").lower()]
    unit = (match["unit"] or match["before"] or "").strip(" -").lower()
    if unit.endswith(("points", "point")):
        unit = "points"
    elif unit.startswith(("%", "per", "pct")):
        unit = "%"
    else:
        unit = _CURRENCIES.get(unit, "")
    if match["ordinal"]:
        unit = "th"
    counted = frozenset[str]() if unit else _counted(text, match.end())
    return Number(value.normalize(), unit, match.group().strip(), match["sign"] is not None, counted)


def _counted(text: str, end: int) -> frozenset[str]:
    behind = _COUNTED.match(text, end)
    words = takewhile(lambda word: word.lower() not in STOPWORDS, filter(None, behind.groups() if behind else ()))
    return frozenset(map(stemmed, words))


def _words_value(words: str) -> Decimal | None:
    total = 0
    for word in re.split(r"[-\s]+", words):
        part = _TENS.get(word, _TEENS.get(word, _UNITS.get(word)))
        if part is None or (total and (total % 10 or part >= 10)):
            return None  # "five six" is no number
        total += part
    return Decimal(total)
