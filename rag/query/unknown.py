"""Outlets that a question speaks of and the archive does not hold.

What stands with a capital may be a person, a company or a place. Only what is named like an outlet, where the words
around it say that it published, is told to be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rag.query.names import Mention
from rag.query.publishing import may_open, outlet_published

_RUN = re.compile(r"[A-ZÀ-Þ][\w&’'-]*(?:\.\w+)*(?:\s+(?:of\s+)?[A-ZÀ-Þ][\w&’'-]*(?:\.\w+)*)*")
_THE = re.compile(r"\b[Tt]he\s+[‘'“\"]?$")
_WORD = re.compile(r"\S+\s*")
_POSSESSIVE = re.compile(r"[’']s?$")
_DOMAIN = re.compile(r"\.(?:com|org|net|news|co\.uk)$", re.IGNORECASE)
_ENDS = frozenset(
    "chronicle daily gazette herald inquirer journal magazine news newspaper tribune telegraph times weekly".split()
)
_BEGINS = frozenset("daily evening morning sunday radio".split())
# Companies and people are called so as well, hence only after "the".
_ENDS_AFTER_THE = frozenset(
    "advertiser argus bulletin courier dispatch echo globe guardian independent mercury mirror observer post record "
    "reporter review standard star sun".split()
)


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a question speaks of as an outlet and the archive does not hold."""

    name: str
    start: int
    end: int


def unknown_outlets(
    question: str, mentions: Iterable[Mention], quoted: Iterable[tuple[int, int]] = ()
) -> list[Unknown]:
    """Names that the question speaks of as outlets, that look like outlets, and that the archive does not hold.

    What stands in the places `quoted` is said by somebody else.
    """
    places = [*((m.start, m.end) for m in mentions), *quoted]
    taken = {at for start, end in places for at in range(start, end)}
    found: dict[str, Unknown] = {}
    for match in _RUN.finditer(question):
        start, end = _name(question, *match.span())
        if start >= end or not taken.isdisjoint(range(start, end)):
            continue
        if _looks_like_one(question, start, end) and outlet_published(question, start, end):
            name = question[start:end]
            found.setdefault(name.casefold(), Unknown(name, start, end))
    return list(found.values())


def _name(question: str, start: int, end: int) -> tuple[int, int]:
    """The run without words that only begin a sentence, without "The", and without a possessive ending."""
    while start < end:
        word = _WORD.match(question, start, end)
        if word is None or not may_open(word.group().strip()):
            break
        start = word.end()
    ending = _POSSESSIVE.search(question, max(start, end - 2), end)
    return start, ending.start() if ending else end


def _looks_like_one(question: str, start: int, end: int) -> bool:
    words = question[start:end].lower().split()
    if _DOMAIN.search(words[-1]) or (len(words) > 1 and (words[0] in _BEGINS or words[-1] in _ENDS)):
        return True
    the = _THE.search(question, max(0, start - 10), start) is not None
    return the and (words[-1] in _ENDS or words[-1] in _ENDS_AFTER_THE)
