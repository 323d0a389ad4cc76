"""Sources that give another value for the same thing: each is put beside the answer, word for word, newest first.

"The repairs cost 26.9 million" in June and "18.4 million" in February are both in the archive. Which one a writer takes
up is chance; the reader is shown both, and when one of them is a correction that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rag.forms import Number
from rag.judges.reading import Reading
from rag.types import Citation, Hit
from rag.words import stemmed

_FITS = 0.6  # share of the words around a number that must be around the other one too
_FEWEST = 3  # such words, or nothing is known of what the number counts
_MOST = 2
_AS_MUCH = 0.8
_FARTHEST = 20.0  # one value of the same thing may be so many times the other
_TIMES = frozenset(stemmed(w) for w in "first second third fourth quarter half year month week day".split())
_MEASURES = frozenset(
    stemmed(word)
    for word in "kilometres km metres miles feet hectares acres hours minutes seconds days weeks months years tonnes "
    "kilograms kg grams litres degrees kilowatts megawatts decibels".split()
)
_BEHIND = 4  # tokens from a number to its measure: "6.8" are two, "million" is one more
_PERIOD = re.compile(
    r"\b(?:first|second|third|fourth|january|february|march|april|may|june|july|august|september|october|november|"
    r"december|(?:19|20)\d\d|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
    re.IGNORECASE,
)
_CORRECTION = re.compile(r"\bcorrect(?:ion|s|ed)\b|\brevis(?:ion|ed|es)\b|\bin error\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Other:
    """A sentence of the evidence that gives another value, at its place in its article."""

    hit: Hit
    start: int
    end: int

    @property
    def quote(self) -> str:
        """The sentence as published."""
        return self.hit.text[self.start - self.hit.start : self.end - self.hit.start]

    @property
    def text(self) -> str:
        """A sentence for the answer."""
        day = f" of {self.hit.published.day} {self.hit.published:%B %Y}" if self.hit.published else ""
        outlet = self.hit.outlet or "another article"
        is_correction = _CORRECTION.search(f"{self.hit.title or ''} {self.hit.kind or ''}")
        what = f"a correction in {outlet}" if is_correction else outlet
        return f"Another value, from {what}{day}: “{self.quote}”"


def others(text: str, citations: Sequence[Citation], hits: Sequence[Hit], question: str = "") -> list[Other]:
    """The sentences of other articles that give another value for a number of `text`, newest first, two at most.

    They speak of what `question` asks about nearly as much as the cited words do.
    """
    claim = Reading(text)
    cited = {citation.article_id for citation in citations}
    quotes = " ".join(citation.quote for citation in citations)
    asked = Reading(question).stems
    least = _AS_MUCH * len(asked & Reading(f"{quotes} {' '.join(c.title or '' for c in citations)}").stems)
    found = []
    for hit in hits:
        if hit.article_id in cited or _another_year(f"{text} {quotes}", hit):
            continue
        for start, end in hit.sentences:
            part = Reading(hit.text[start - hit.start : end - hit.start])
            about = part.stems | Reading(hit.title or "").stems
            if len(asked & about) >= least and any(_differs(claim, quotes, n, i, part) for n, i in claim.numbers):
                found.append(Other(hit, start, end))
                break  # one sentence an article
    oldest = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda other: other.hit.published or oldest, reverse=True)[:_MOST]


def _differs(claim: Reading, quotes: str, number: Number, index: int, part: Reading) -> bool:
    about = _subject(claim, index)
    if len(about) < _FEWEST or number.unit == "th" or any(number.stands_in([other]) for other, _ in part.numbers):
        return False
    if _periods(part.text) - _periods(f"{claim.text} {quotes}"):
        return False  # it speaks of another time
    measure = _measure(claim, index)
    alike = (i for other, i in part.numbers if other.unit == number.unit and _counts(other, number))
    return any(_fits(about, part, i) and _measure(part, i) == measure for i in alike)


def _measure(text: Reading, index: int) -> str:
    """What a number measures, "kilometr", or "" where it counts something or is money: 84 lorries are no 6.8 km."""
    near = (token.stem for token in text.tokens[index + 1 : index + _BEHIND])
    return next((stem for stem in near if stem in _MEASURES), "")


def _counts(other: Number, number: Number) -> bool:
    """Whether both may count the same: "two quarters" is no other value for 1,064 patients."""
    least, most = sorted((float(other.value), float(number.value)))
    return most <= _FARTHEST * max(1.0, least)


def _subject(text: Reading, index: int) -> set[str]:
    """The words around a number that tell what it counts: a period is none of them."""
    return {stem for stem in text.around(index) if stem not in _TIMES and not stem.isdigit()}


def _another_year(claim: str, hit: Hit) -> bool:
    """Whether the claim is about a year in which, or in the next of which, the hit was not published."""
    years = {int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", claim)}
    return bool(years) and hit.published is not None and not {hit.published.year, hit.published.year - 1} & years


def _fits(about: set[str], part: Reading, index: int) -> bool:
    return len(about & _subject(part, index)) >= _FITS * len(about)


def _periods(text: str) -> set[str]:
    return {match.group().casefold() for match in _PERIOD.finditer(text)}


def premises(question: str, hits: Sequence[Hit]) -> Iterator[str]:
    """For each number of the question that no evidence has: what the evidence says in its place, as a notice."""
    asked = Reading(question)
    every = [Reading(hit.text[a - hit.start : b - hit.start]) for hit in hits for a, b in hit.sentences]
    said = [number for part in every for number, _ in part.numbers]
    for number, index in asked.numbers:
        about = asked.around(index)
        year = not number.unit and 1900 <= number.value <= 2100
        if year or number.unit == "th" or len(about) < _FEWEST or number.stands_in(said):
            continue
        for part in every:
            for other, i in part.numbers:
                if other.unit == number.unit and _fits(about, part, i):
                    yield f"The question says {number.written}; the archive says {other.written}: “{part.text}”"
                    return
