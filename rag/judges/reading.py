"""A sentence and what it cites, read once: words by their stems and places, numbers, and the sentences it draws on."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from rag import forms
from rag.judges import Cited
from rag.judges.surroundings import known
from rag.sentences import sentences
from rag.words import STOPWORDS, WORD, stemmed

NEAR = 6  # words on either side that tell what a number or a name is about
_PAIR = 8  # words that may stand between two neighbours
_YEAR = 4  # figures of a year
_DRAWN_ON = 3  # cited sentences that one sentence draws on, at most


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its stem, its place in the text, and whether it means something by itself."""

    stem: str
    start: int
    content: bool
    capital: bool


@dataclass(frozen=True)
class Reading:
    """A text made ready to be compared."""

    text: str

    @cached_property
    def tokens(self) -> list[Token]:
        return [
            Token(stemmed(m.group()), m.start(), m.group().casefold() not in STOPWORDS, m.group()[0].isupper())
            for m in WORD.finditer(self.text)
        ]

    @cached_property
    def stems(self) -> set[str]:
        return {token.stem for token in self.tokens if token.content}

    @cached_property
    def close(self) -> frozenset[tuple[str, str]]:
        """Pairs of stems that stand near each other, in their order."""
        tokens = self.tokens
        return frozenset(
            (token.stem, other.stem) for i, token in enumerate(tokens) for other in tokens[i + 1 : i + 1 + _PAIR]
        )

    @cached_property
    def numbers(self) -> list[tuple[forms.Number, int]]:
        """Numbers, each with the index of the token where it begins."""
        found, after = [], 0
        for number in forms.numbers(self.text):
            place = self.text.find(number.written, after)
            place = place if place >= 0 else self.text.find(number.written)
            found.append((number, self._index(place)))
            after = max(after, place + len(number.written))
        return found

    def _index(self, place: int) -> int:
        return next((i for i, token in enumerate(self.tokens) if token.start >= place), max(0, len(self.tokens) - 1))

    def around(self, index: int, reach: int = NEAR) -> set[str]:
        """Content stems near a token, without itself and without small figures, which are parts of numbers."""
        near = range(max(0, index - reach), min(len(self.tokens), index + reach + 1))
        stems = {self.tokens[i].stem for i in near if i != index and self.tokens[i].content}
        return {stem for stem in stems if not stem.isdigit() or len(stem) == _YEAR}


# The sentences of one answer's evidence are held against each claim, in several runs: they are read once.
read = lru_cache(maxsize=2048)(Reading)


@dataclass(frozen=True)
class Pair:
    """A sentence and what it cites, read once for all signals."""

    claim: Reading
    parts: tuple[Reading, ...]  # the sentences of the cited words, in order
    origin: Reading  # headlines, outlets, bylines, full names (`surroundings.known`), days of publication

    @cached_property
    def there(self) -> set[str]:
        """Content stems of the cited words."""
        return set().union(*(part.stems for part in self.parts)) if self.parts else set()

    @cached_property
    def absent(self) -> list[forms.Number]:
        """The claim's numbers that neither the cited words nor their origin say; a year may be that of a date there."""
        every = (*self.parts, self.origin)
        there = [number for part in every for number in forms.numbers(part.text)]
        years = {date.year for part in every for date in forms.dates(part.text)}
        return [
            number
            for number in forms.numbers(self.claim.text)
            if not number.stands_in(there) and not (number.unit == "" and number.value in years)
        ]

    @cached_property
    def years_around(self) -> set[float]:
        """Years that the day of publication or the headline gives and the cited words do not."""
        inside = {date.year for part in self.parts for date in forms.dates(part.text)}
        inside |= {int(number.value) for part in self.parts for number, _ in part.numbers}
        around = {date.year for date in forms.dates(self.origin.text)}
        return {float(year) for year in around if year and year not in inside}

    @cached_property
    def unheld(self) -> list[str]:
        """The claim's words that neither the cited words nor their origin hold, as written, in order."""
        held = self.there | self.origin.stems
        words = [m.group() for m in WORD.finditer(self.claim.text)]
        return [word for word, token in zip(words, self.claim.tokens) if token.content and token.stem not in held]

    @cached_property
    def nearest(self) -> Reading:
        """The cited sentence that holds most of the claim."""
        return max(self.parts, key=lambda part: self.held(part.stems), default=Reading(""))

    def held(self, stems: set[str]) -> float:
        """The share of the claim's content stems among `stems`; 1 for a claim that has none."""
        wanted = self.claim.stems
        return len(wanted & stems) / len(wanted) if wanted else 1.0

    @cached_property
    def aligned(self) -> list[Reading]:
        """The cited sentences that the claim draws on: those that add to what is held, most first, three at most."""
        chosen: list[Reading] = []
        left = set(self.claim.stems)
        while left and len(chosen) < _DRAWN_ON:
            best = max(self.parts, key=lambda part: len(part.stems & left), default=None)
            if best is None or len(best.stems & left) < max(1, len(self.claim.stems) // 5):
                break
            chosen.append(best)
            left -= best.stems
        return chosen


def paired(claim: str, evidence: Sequence[Cited]) -> Pair:
    """Read a claim and its evidence."""
    parts = [read(cited.quote[a:b]) for cited in evidence for a, b in sentences(cited.quote)]
    days = [day for cited in evidence if cited.published for day in _days(cited.quote, cited.published)]
    return Pair(read(claim), tuple(parts), read("\n".join([*map(known, evidence), *days])))


def _days(quote: str, published: date) -> list[str]:
    """The day of publication, and those that "on Monday" and "yesterday" mean by it."""
    told = forms.days_told(quote, published)
    return [
        f"{published:%A %B} {published.day} {published.year}",
        *(f"{day.written} {calendar.month_name[day.month]} {day.day} {day.year}" for day in told),
    ]
