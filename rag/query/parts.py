"""The sides of a question: what it asks of one outlet, and what of another.

"Did the Post say that A, while the Echo reported B?" is two searches, one in each paper; asked as one, the louder side
fills the list. A side is a stretch of the question around each outlet (or list of outlets) that it names; the cut
between two lies at the last conjunction before the second.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.query.names import Mention
from rag.words import STOPWORDS, WORD

Place = tuple[int, int]

_STRONG = re.compile(
    r";\s*|—\s*|(?<!\d)\s–\s+"
    r"|,\s*(?:and|but|or|while|whereas|whilst|although|though|yet|then|unlike|as\s+opposed\s+to|in\s+contrast\s+(?:to|with)"
    r"|compared\s+(?:to|with))\s+"
    r"|\s(?:while|whereas|whilst|although|but|versus|vs\.?|in\s+contrast\s+(?:to|with)|as\s+opposed\s+to"
    r"|compared\s+(?:to|with)|in\s+comparison\s+(?:to|with)|rather\s+than)\s+",
    re.IGNORECASE,
)
# A comma in "25 March, 2025" or "2,000" parts nothing.
_WEAK = re.compile(r",(?!\s*\d{4}\b)(?!\d)\s*|\s(?:and|or|than|after|before|that|which|when)\s+", re.IGNORECASE)
_LIST = re.compile(
    r"(?:[’'”\"]|[’']s)?[”\"]?\s*(?:,|and|or|&|,\s*and|,\s*or)\s*(?:by\s+|from\s+|in\s+)?(?:both\s+)?(?:the\s+)?[‘'“\"]?",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"\bthe\s+[‘'“\"]?$|[‘'“\"]$", re.IGNORECASE)
# "Trade and Industry", "Grant & Sons", "12 and 14": the joint is inside of one thing.
_PAIR = re.compile(r"[A-ZÀ-Þ\d][^\s,;]*\s(?:and|or)\s+$")

_CLAUSE = re.compile(rf"{_STRONG.pattern}|,(?!\s*\d{{4}}\b)(?!\d)\s*|:\s+", re.IGNORECASE)
_EMPTY = STOPWORDS | frozenset(
    "compare report reports piece pieces story stories coverage account version one s".split()
)
_SHORTEST = 4  # words that carry meaning; a shorter clause is too little to search by
_MOST = 16  # sides, and outlets in a list: each is a search, and no reader asks for more


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a question: its place, and the outlets it is about, each a set of names that all are meant."""

    start: int
    end: int
    outlets: tuple[frozenset[str], ...]


def sides(question: str, mentions: Sequence[Mention], kept: Iterable[Place] = ()) -> list[Side]:
    """The sides of `question`, in order; together they are the whole of it.

    `mentions` are those of outlets. No cut is made inside of the places `kept`: dates, names, quotations. From the
    16th on, what is named goes together.
    """
    lists = _lists(question, mentions)
    if not lists:
        return [Side(0, len(question), ())]
    lists[_MOST - 1 :] = [list(itertools.chain.from_iterable(lists[_MOST - 1 :]))] if lists[_MOST - 1 :] else []
    whole = _merged([*kept, *((m.start, m.end) for m in mentions)])
    cuts = [0]
    for before, after in itertools.pairwise(lists):
        cuts.append(_cut(question, before[-1].end, after[0].start, whole))
    cuts.append(len(question))
    places = list(zip(cuts, cuts[1:], lists))
    found: list[tuple[int, int, list[Mention]]] = []
    for start, end, group in places:
        if found and (_says_nothing(question, *found[-1]) or _says_nothing(question, start, end, group)):
            begun, _, earlier = found.pop()
            found.append((begun, end, [*earlier, *group]))
        else:
            found.append((start, end, group))
    return [Side(start, end, _few(dict.fromkeys(mention.names for mention in group))) for start, end, group in found]


def _says_nothing(question: str, start: int, end: int, named: Sequence[Mention]) -> bool:
    """Whether a side asks nothing of its own, as in "… differ from the Echo's?": it then shares its neighbour's."""
    names = _merged((m.start, m.end) for m in named)
    words = (m for m in WORD.finditer(question, start, end) if not _inside(m.start(), m.end(), names))
    return not any(m.group().lower() not in _EMPTY for m in words)


def _few(outlets: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
    each = tuple(outlets)
    return each if len(each) <= _MOST else (frozenset().union(*each),)


def _lists(question: str, mentions: Sequence[Mention]) -> list[list[Mention]]:
    """Mentions that stand in one list ("the Post, the Echo and Radio Varren") together."""
    lists: list[list[Mention]] = []
    for mention in mentions:
        if lists and _LIST.fullmatch(question, lists[-1][-1].end, mention.start):
            lists[-1].append(mention)
        else:
            lists.append([mention])
    return lists


def _cut(question: str, start: int, end: int, kept: Sequence[Place]) -> int:
    """Where the side of the outlet named at `end` begins, after `start`."""
    for pattern in (_STRONG, _WEAK):
        places = [m.end() for m in pattern.finditer(question, start, end) if not _inside(m.start(), m.end(), kept)]
        if pattern is _WEAK:
            places = [p for p in places if p >= _named_at(question, end) or not _pairs(question, p)]
        if places:
            return places[-1]
    return max(start, _named_at(question, end))


def _named_at(question: str, start: int) -> int:
    """Where the name at `start` begins with the article and mark before it."""
    article = _ARTICLE.search(question, max(0, start - 8), start)
    return article.start() if article else start


def _pairs(question: str, place: int) -> bool:
    following = question[place : place + 1]
    return (following.isupper() or following.isdigit()) and bool(_PAIR.search(question, max(0, place - 40), place))


def _merged(places: Iterable[Place]) -> list[Place]:
    """Places in order, those that overlap made one."""
    merged: list[Place] = []
    for start, end in sorted(places):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _inside(start: int, end: int, places: Sequence[Place]) -> bool:
    """Whether `start` to `end` touches one of `places`, which are in order and do not overlap."""
    i = bisect.bisect_left(places, (end, end)) - 1
    return i >= 0 and start < places[i][1]


def clauses(question: str, place: Place, blanks: Sequence[Place], kept: Iterable[Place] = ()) -> list[Place]:
    """The clauses of a side, in order; together they are the whole of it.

    What is short without the blanks goes with what follows, so that each says enough to search by. No cut is made in a
    blank nor in the places `kept`.
    """
    start, end = place
    empty = _merged(blanks)
    whole = _merged([*empty, *kept])
    cuts = [m.end() for m in _CLAUSE.finditer(question, start, end) if not _inside(m.start(), m.end(), whole)]
    found: list[Place] = []
    begun = read = start
    words: set[str] = set()
    for cut in [*(c for c in cuts if start < c < end), end]:
        words |= {
            m.group().lower() for m in WORD.finditer(question, read, cut) if not _inside(m.start(), m.end(), empty)
        } - STOPWORDS
        read = cut
        if len(words) >= _SHORTEST:
            found.append((begun, cut))
            begun, words = cut, set()
    if begun < end or not found:  # a short rest belongs to the last one
        found[-1:] = [(found[-1][0] if found else start, end)]
    return found
