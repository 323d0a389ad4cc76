"""The sides of a question: what it asks of one outlet, and what of another.

"Did the Post say that A, while the Echo reported B?" is two searches, one in each paper; asked as one, the louder side
fills the list. A side is a stretch of the question around each outlet (or list of outlets) that it names; the cut
between two lies at the last conjunction before the second.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.query.names import Mention
from rag.words import STOPWORDS, WORD

Place = tuple[int, int]

_STRONG = re.compile(
    r"[;—–]\s*"
    r"|,\s*(?:and|but|or|while|whereas|whilst|although|though|yet|then|unlike|as\s+opposed\s+to|in\s+contrast\s+(?:to|with)"
    r"|compared\s+(?:to|with))\s+"
    r"|\s+(?:while|whereas|whilst|although|but|versus|vs\.?|in\s+contrast\s+(?:to|with)|as\s+opposed\s+to"
    r"|compared\s+(?:to|with)|in\s+comparison\s+(?:to|with)|rather\s+than)\s+",
    re.IGNORECASE,
)
# A comma in "25 March, 2025" or "2,000" parts nothing.
_WEAK = re.compile(r",(?!\s*\d{4}\b)(?!\d)\s*|\s+(?:and|or|than|after|before|that|which|when)\s+", re.IGNORECASE)
_LIST = re.compile(
    r"[’'”\"]?\s*(?:,|and|or|&|,\s*and|,\s*or)\s*(?:by\s+|from\s+|in\s+)?(?:both\s+)?(?:the\s+)?[‘'“\"]?", re.IGNORECASE
)


_CLAUSE = re.compile(rf"{_STRONG.pattern}|,(?!\s*\d{{4}}\b)(?!\d)\s*|:\s+", re.IGNORECASE)
_SHORTEST = 4  # words that carry meaning; a shorter clause is too little to search by


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a question: its place, and the outlets it is about, each a set of names that all are meant."""

    start: int
    end: int
    outlets: tuple[frozenset[str], ...]


def sides(question: str, mentions: Sequence[Mention]) -> list[Side]:
    """The sides of `question`, in order; together they are the whole of it. `mentions` are those of outlets."""
    lists = _lists(question, mentions)
    if not lists:
        return [Side(0, len(question), ())]
    cuts = [0]
    for before, after in itertools.pairwise(lists):
        cuts.append(_cut(question, before[-1].end, after[0].start))
    cuts.append(len(question))
    return [
        Side(start, end, tuple(dict.fromkeys(mention.names for mention in group)))
        for start, end, group in zip(cuts, cuts[1:], lists)
    ]


def _lists(question: str, mentions: Sequence[Mention]) -> list[list[Mention]]:
    """Mentions that stand in one list ("the Post, the Echo and Radio Varren") together."""
    lists: list[list[Mention]] = []
    for mention in mentions:
        if lists and _LIST.fullmatch(question[lists[-1][-1].end : mention.start]):
            lists[-1].append(mention)
        else:
            lists.append([mention])
    return lists


def _cut(question: str, start: int, end: int) -> int:
    for pattern in (_STRONG, _WEAK):
        places = [match.end() for match in pattern.finditer(question, start, end)]
        if places:
            return places[-1]
    return end


def clauses(question: str, place: Place, blanks: Sequence[Place]) -> list[Place]:
    """The clauses of a side, in order; together they are the whole of it.

    What is short without the blanks goes with what follows, so that each says enough to search by. No cut is made in a
    blank.
    """
    start, end = place
    cuts = [m.end() for m in _CLAUSE.finditer(question, start, end) if not _inside(m.span(), blanks)]
    found: list[Place] = []
    begun = start
    for cut in [*(c for c in cuts if start < c < end), end]:
        if _size(question, (begun, cut), blanks) >= _SHORTEST:
            found.append((begun, cut))
            begun = cut
    if begun < end:  # a short rest belongs to the last one
        found[-1:] = [(found[-1][0] if found else start, end)]
    return found


def _inside(span: Place, blanks: Sequence[Place]) -> bool:
    return any(a < span[1] and span[0] < b for a, b in blanks)


def _size(question: str, place: Place, blanks: Sequence[Place]) -> int:
    words = [m for m in WORD.finditer(question, *place) if not _inside(m.span(), blanks)]
    return len({m.group().lower() for m in words} - STOPWORDS)
