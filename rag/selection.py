"""Which sentences of the evidence the writer is shown.

Reading is what costs on a CPU, so a small budget goes to the sentences that matter: the likeliest first, each with the
one before it where it begins with a "he" or "the company" that would hang in the air.

The weights are rounded from a logistic regression of "a labelled fact stands in this sentence" over 356 questions that
the retrieval was worked on with. They were fitted by a trial that is not in the project: change them only by measuring.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from rag import tokens
from rag.prompts import Brief, Extract, origin
from rag.retrieve import Found
from rag.retrieve.within import Within
from rag.types import Hit

_NEAR, _NEAR_PART, _HELD, _HELD_PART, _RANK, _KIND = 1.4, 1.4, 3.7, 4.2, -0.86, 0.45
_HANGS = re.compile(
    r"\W*(?:he|she|it|they|this|that|these|those|his|her|its|their|but|and|"
    r"the (?:company|council|firm|group|club|plant|bridge|court|ministry|government|team|project))\b",
    re.IGNORECASE,
)
# What kind of thing a question asks for, and what a sentence that gives it has.
_KINDS = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(given, flags))
    for asked, given, flags in (
        (
            r"\bhow (?:many|much|long|large|big|far|high|old|often)\b|\bwhat (?:share|percentage|percent|price|figure|"
            r"number|revenue)\b|\bby what\b",
            r"\d",
            0,
        ),
        (
            r"\bwhen\b|\b(?:what|which) (?:date|month|year|day)\b",
            r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tues|wednes|thurs|fri|satur|sun)[a-z]*\b|\b\d{4}\b",
            re.IGNORECASE,
        ),
        (
            r"\bwhy\b|\breason\b|\bgrounds\b|\bexplain",
            r"\b(?:because|since|due|so that|reason|after|owing|to avoid|blam)",
            re.IGNORECASE,
        ),
        (r"\b(?:say|said|told|comment|argue|warn|explain|according)\b", r"[\"“”]|\bsaid\b|\btold\b", 0),
        (r"\bwho\b", r"[a-z] [A-Z][a-z]+ [A-Z][a-z]+", 0),
    )
)


def brief_for(question: str, found: Found, budget: int) -> Brief:
    """The sentences of the evidence that matter most, in order, within `budget` tiktoken tokens."""
    hits = found.hits
    places = [(h, i) for h, hit in enumerate(hits) for i in range(len(hit.sentences))]
    texts = [_text(hits[h], i) for h, i in places]
    if not texts:
        return Brief(question, ())
    kinds = [given for asked, given in _KINDS if asked.search(question)]
    scores = [
        _score(hits[h], i, found.within.get(hits[h].passage_id), text, kinds) for (h, i), text in zip(places, texts)
    ]
    sizes = dict(zip(places, tokens.counts(texts)))
    origins = tokens.counts([origin(hit) for hit in hits])
    chosen: set[tuple[int, int]] = set()
    used = 0
    for n in sorted(range(len(places)), key=lambda n: -scores[n]):
        h, i = places[n]
        for place in ((h, i), (h, i - 1)) if i and _HANGS.match(texts[n]) else ((h, i),):
            # The first sentence of a passage brings the line that says where it is from.
            size = sizes[place] + (0 if any(h == known for known, _ in chosen) else origins[h])
            if place not in chosen and used + size <= budget:
                chosen.add(place)
                used += size
    extracts = []
    for h, hit in enumerate(hits):
        spans = tuple(hit.sentences[i] for i in range(len(hit.sentences)) if (h, i) in chosen)
        if spans:
            extracts.append(Extract(hit, spans))
    return Brief(question, tuple(extracts))


def _text(hit: Hit, i: int) -> str:
    start, end = hit.sentences[i]
    return hit.text[start - hit.start : end - hit.start]


def _score(hit: Hit, i: int, within: Within | None, text: str, kinds: Sequence[re.Pattern[str]]) -> float:
    """How likely a sentence holds what is asked, as log-odds up to a constant."""
    score = _RANK * math.log1p(hit.rank - 1) + _KIND * any(kind.search(text) for kind in kinds)
    if within is None or i >= len(within.near):
        return score  # the passage has changed since it was found
    near = _NEAR * within.near[i] + _NEAR_PART * within.near_part[i]
    return float(score + near + _HELD * within.held[i] + _HELD_PART * within.held_part[i])
