"""Synthetic news: as many articles as wanted, the same for the same seed, and any of them by its number.

The words are invented. What a search's cost and quality depend on follows real news: frequencies by Zipf's law with
English function words in front, topics with words and people of their own, stories that several outlets tell within
days (some as a reprint), outlets of very unequal size, and dates over ten years.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEED = 11
TOPICS = 3000
CONTENT_WORDS = 30_000
PASSAGES = (3, 8)  # passages of an article, fewest and most
FIRST_DAY, DAYS = datetime(2015, 1, 1, tzinfo=UTC), 3653
LARGE, MIDDLING, SMALL = 0, 1, 2  # numbers of the outlets with a tenth, a hundredth and a thousandth of all articles

FUNCTION_WORDS = (
    "the of and to in a is that for on was with as by at from it be has had were are an their not but which this have "
    "they been will or more who after its about would one when there all also into out than over if what some other "
    "up could no two new first last her his can"
).split()
_SECTIONS = ("Politics", "Business", "Courts", "Health", "Science", "Culture", "Sport", "Transport", "Region")
_PAPERS = ("Courier", "Gazette", "Echo", "Observer", "Chronicle", "Herald", "Dispatch", "Radio", "Weekly", "Monitor")
_OUTLETS = 60
_REPORTERS = 12  # of each outlet
_STORIES = (1, 2, 1, 4, 3, 1, 6, 2)  # numbers of articles of stories, over and over
_SHARES = (0.34, 0.28, 0.26, 0.09, 0.03)  # of a text's words: function, general, the topic's, the story's, names
_WORDS_A_PASSAGE = 84
_TOPIC_WORDS, _TOPIC_PEOPLE, _STORY_WORDS = 120, 8, 24
_COMMON = 200  # content words above this rank belong to no topic
_REPRINTS = 0.2  # share of a story's later articles that print its first one

Article = dict[str, Any]


@dataclass(frozen=True)
class Lexicon:
    """All words by their number: function words, then content words from frequent to rare, then names.

    frequency: share of each among the function or content words; 0 for names.
    """

    words: tuple[str, ...]
    frequency: NDArray[np.float64]
    given: range
    family: range

    @property
    def function(self) -> range:
        return range(len(FUNCTION_WORDS))

    @property
    def content(self) -> range:
        return range(len(FUNCTION_WORDS), len(FUNCTION_WORDS) + CONTENT_WORDS)


@dataclass(frozen=True)
class Topic:
    """What a topic is written about with: numbers of words, the cumulated share of each, people, a section."""

    words: NDArray[np.int64]
    cumulated: NDArray[np.float64]
    people: tuple[str, ...]
    section: str


@cache
def lexicon() -> Lexicon:
    """The invented language. Frequent words are short, as in any."""
    random = np.random.default_rng((SEED, 0))
    taken = dict.fromkeys(FUNCTION_WORDS)
    for wanted, syllables, coda in ((2000, 2, 0.0), (CONTENT_WORDS, 2, 0.5)):
        while len(taken) < len(FUNCTION_WORDS) + wanted:
            taken.setdefault(_word(random, syllables, coda))
    content = list(taken)
    names: dict[str, None] = {}
    while len(names) < 3600:
        name = _word(random, 2, 0.7).capitalize()
        if name.lower() not in taken:
            names.setdefault(name)
    ranks = np.arange(CONTENT_WORDS)
    frequency = [_share(1 / (np.arange(len(FUNCTION_WORDS)) + 2.7)), _share(1 / (ranks + 5.0)), np.zeros(len(names))]
    first = len(content)
    return Lexicon(
        (*content, *names), np.concatenate(frequency), range(first, first + 600), range(first + 600, first + 3600)
    )


def _word(random: np.random.Generator, syllables: int, coda: float) -> str:
    onsets = "bcdfghlmnprstvw"
    parts = []
    for _ in range(syllables):
        parts += [onsets[random.integers(len(onsets))], "aeiou"[random.integers(5)]]
        if random.random() < coda:
            parts.append("nrlst"[random.integers(5)])
    return "".join(parts)


def _share(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


@cache
def _cumulated() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    words = lexicon()
    return tuple(np.cumsum(words.frequency[part.start : part.stop]) for part in (words.function, words.content))  # type: ignore[return-value]


@cache
def outlets() -> tuple[tuple[str, float], ...]:
    """Every outlet's name and share of the articles; LARGE, MIDDLING and SMALL come first."""
    random = np.random.default_rng((SEED, 1))
    names: dict[str, None] = {}
    while len(names) < _OUTLETS:
        names.setdefault(f"{_word(random, 2, 0.6).capitalize()} {_PAPERS[random.integers(len(_PAPERS))]}")
    fixed = [0.1, 0.01, 0.001]
    rest = _share(1 / (np.arange(_OUTLETS - len(fixed)) + 4.0)) * (1 - sum(fixed))
    return tuple(zip(names, [*fixed, *rest.tolist()]))


@cache
def _outlet_shares() -> NDArray[np.float64]:
    return np.cumsum([share for _, share in outlets()])


@lru_cache(maxsize=TOPICS)
def topic(number: int) -> Topic:
    """A topic by its number, below TOPICS."""
    random = np.random.default_rng((SEED, 2, number))
    content = lexicon().content
    # Even over the logarithm of the rank: topics share their common words and have the rare ones for themselves.
    spread = np.exp(random.uniform(np.log(_COMMON), np.log(CONTENT_WORDS - 1), _TOPIC_WORDS)).astype(np.int64)
    shares = _share(1 / (np.arange(_TOPIC_WORDS) + 3.0))
    people = tuple(_person(random) for _ in range(_TOPIC_PEOPLE))
    section = _SECTIONS[random.integers(len(_SECTIONS))]
    return Topic(random.permutation(content.start + spread), np.cumsum(shares), people, section)


def _person(random: np.random.Generator) -> str:
    words = lexicon()
    return " ".join(words.words[random.integers(part.start, part.stop)] for part in (words.given, words.family))


def topic_of(number: int) -> int:
    """The number of the topic of article `number`; a few topics are in the news much more than others."""
    story, _ = _story_of(number)
    return int(TOPICS * np.random.default_rng((SEED, 3, story)).random() ** 2)


def _story_of(number: int) -> tuple[int, int]:
    """Number of the story, and which of its articles it is."""
    rounds, left = divmod(number, sum(_STORIES))
    for place, size in enumerate(_STORIES):
        if left < size:
            return rounds * len(_STORIES) + place, left
        left -= size
    raise AssertionError("left is less than the sum")


def article(number: int) -> Article:
    """One article as a record that can be ingested: text, title, outlet, byline, published, url, section, language."""
    story, part = _story_of(number)
    told = np.random.default_rng((SEED, 3, story))
    subject = topic(int(TOPICS * told.random() ** 2))
    happened = FIRST_DAY + timedelta(days=int(told.integers(DAYS - 4)))
    theme = _drawn(told, subject.cumulated, _STORY_WORDS)
    people = [*told.choice(subject.people, 3), _person(told), _person(told)]
    random = np.random.default_rng((SEED, 4, number))
    which = min(int(np.searchsorted(_outlet_shares(), random.random())), _OUTLETS - 1)
    published = happened + timedelta(days=int(part and random.integers(4)), minutes=int(random.integers(1440)))
    if part and random.random() < _REPRINTS:
        first = article(number - part)
        title, text = first["title"], first["text"]
    else:
        length = int(random.integers(PASSAGES[0], PASSAGES[1] + 1))
        text = _text(random, subject, subject.words[theme], people, _WORDS_A_PASSAGE * length)
        title = _title(random, subject.words[theme], people)
    outlet = outlets()[which][0]
    return {
        "title": title,
        "text": text,
        "outlet": outlet,
        "byline": [_reporter(which, int(i)) for i in set(random.integers(_REPORTERS, size=1 + int(part == 1)))],
        "published": published.isoformat(),
        "url": f"https://{outlet.lower().replace(' ', '-')}.example/{published.year}/{number}",
        "section": subject.section,
        "language": "en",
    }


@lru_cache(maxsize=_OUTLETS * _REPORTERS)
def _reporter(outlet: int, number: int) -> str:
    return _person(np.random.default_rng((SEED, 5, outlet, number)))


def _drawn(random: np.random.Generator, cumulated: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    return np.minimum(np.searchsorted(cumulated, random.random(count)), len(cumulated) - 1)


def _title(random: np.random.Generator, theme: NDArray[np.int64], people: list[str]) -> str:
    words = [lexicon().words[i] for i in random.choice(theme, int(random.integers(4, 7)), replace=False)]
    return " ".join([people[random.integers(len(people))], *words])


def _text(random: np.random.Generator, subject: Topic, theme: NDArray[np.int64], people: list[str], length: int) -> str:
    """`length` words in sentences of 8 to 28, in paragraphs of two to four sentences."""
    function, content = _cumulated()
    source = np.searchsorted(np.cumsum(_SHARES), random.random(length))
    numbers = np.where(
        source == 0,
        _drawn(random, function, length),
        np.where(source == 1, _drawn(random, content, length) + len(FUNCTION_WORDS), 0),
    )
    numbers = np.where(source == 2, subject.words[_drawn(random, subject.cumulated, length)], numbers)
    numbers = np.where(source == 3, theme[random.integers(len(theme), size=length)], numbers)
    known = lexicon().words
    words = [known[i] for i in numbers.tolist()]
    for place in np.flatnonzero(source >= 4).tolist():
        words[place] = people[random.integers(len(people))] if random.random() < 0.7 else _figure(random)
    paragraphs: list[list[str]] = [[]]
    room = int(random.integers(2, 5))
    begin = 0
    while begin < length:
        end = begin + int(random.integers(8, 29))
        end = length if length - end < 8 else end  # no crumb at the end
        sentence = " ".join(words[begin:end])
        if len(paragraphs[-1]) == room:
            paragraphs.append([])
            room = int(random.integers(2, 5))
        paragraphs[-1].append(f"{sentence[0].upper()}{sentence[1:]}.")
        begin = end
    return "\n\n".join(" ".join(sentences) for sentences in paragraphs)


def _figure(random: np.random.Generator) -> str:
    return f"{random.integers(2, 100)}%" if random.random() < 0.3 else f"{int(10 ** random.uniform(0.5, 6)):,}"


def articles(first: int, last: int) -> Iterator[Article]:
    """Articles `first` to `last` - 1."""
    return (article(number) for number in range(first, last))


def questions(count: int, among: int, *, plain: bool = False) -> list[str]:
    """Questions made of whole sentences, 10 to 30 words, of the first `among` articles.

    Every fourth names the outlet and every fourth the month of its article, unless `plain`.
    """
    random = np.random.default_rng((SEED, 6))
    found: list[str] = []
    while len(found) < count:
        told = article(int(random.integers(among)))
        sentences = [s for s in re.findall(r"[^.]+", told["text"]) if 10 <= len(s.split()) <= 30]
        if not sentences:
            continue
        sentence = " ".join(sentences[random.integers(len(sentences))].split())
        month = datetime.fromisoformat(told["published"]).strftime("%B %Y")
        named = ("", f" according to {told['outlet']}", "", f" in {month}")[0 if plain else len(found) % 4]
        found.append(f"{sentence}{named}?")
    return found
