"""Whether words speak of something else than a sentence does, in the same turn of phrase.

"Xiaomi's smartphone factory opened in October" is not what "its household-appliance factory opened in October" says,
though nearly all of its words are there: the factory is another. Words that merely lack a detail are not meant, nor
those that say it otherwise ("share price", "stock price"): an embedder tells how near two phrases are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from rag.words import STOPWORDS, WORD, stemmed

Likeness = Callable[[str, str], float]  # cosine of two phrases
# From here on two phrases may mean the same; chosen on one article and pairs of phrases that were looked at.
ALIKE = 0.6
_LINKS = frozenset("of for in at on by from".split())
# What a noun stands before is not told apart by it.
_DOING = re.compile(
    r".+(?:ed|ing)|fell|rose|went|put|said|made|took|got|won|lost|began|came|gave|kept|met|paid|ran|saw|sold|bought|"
    r"spent|stood|told|grew|shut|hit|let|set|cut|cost|has|have|had|will|would|can|could|may|might|should"
)

_Tokens = Sequence[tuple[str, str]]  # words with their stems


def swapped(claim: str, words: str, insisted: str, likeness: Likeness) -> str | None:
    """The word of `claim` that stands in a place which `words` give to something else: before the same noun, or behind
    it ("share of …"). Only of those that `insisted`, the question, has too, and `words` nowhere. None if there is none.
    """
    said = _tokens(words)
    there, wanted = {stem for _, stem in said}, {stem for word, stem in _tokens(insisted) if _telling(word)}
    told = _tokens(claim)
    for at, (word, stem) in enumerate(told):
        if not _telling(word) or stem not in wanted or stem in there:
            continue
        for own, others in (_before(told, at, said), _behind(told, at, said)):
            if others and all(other and likeness(own, other) < ALIKE for other in others):
                return word
    return None


def _tokens(text: str) -> list[tuple[str, str]]:
    return [(word, stemmed(word)) for word in WORD.findall(re.sub(r"['’]s\b", "", text))]


def _telling(word: str) -> bool:
    """Whether a word tells a thing from others; names have a check of their own (`rag.asked`)."""
    return word.islower() and word not in STOPWORDS


def _places(said: _Tokens, word: str) -> Iterator[int]:
    wanted = stemmed(word)
    return (at for at, (_, stem) in enumerate(said) if stem == wanted)


def _before(told: _Tokens, at: int, said: _Tokens) -> tuple[str, list[str]]:
    """The word with its noun, and what stands before that noun in `said`; "" where nothing tells it apart there."""
    noun = told[at + 1][0] if at + 1 < len(told) else ""
    if not _telling(noun) or _DOING.fullmatch(noun):
        return "", []
    before = [said[place - 1][0] if place else "" for place in _places(said, noun)]
    return f"{told[at][0]} {noun}", [f"{word} {noun}" if _telling(word) else "" for word in before]


def _behind(told: _Tokens, at: int, said: _Tokens) -> tuple[str, list[str]]:
    """What the word begins behind a noun and "of", and what `said` has there; "" where it has nothing there."""
    if at < 2 or told[at - 1][0] not in _LINKS or not _telling(told[at - 2][0]):
        return "", []
    link = told[at - 1][0]
    found = []
    for place in _places(said, told[at - 2][0]):
        follows = place + 2 < len(said) and said[place + 1][0] == link and _telling(said[place + 2][0])
        found.append(_phrase(said, place + 2) if follows else "")
    return _phrase(told, at), found


def _phrase(tokens: _Tokens, at: int) -> str:
    """The word at a place, with the next one if it is of the same phrase."""
    return " ".join(word for word, _ in tokens[at : at + 2] if _telling(word))
