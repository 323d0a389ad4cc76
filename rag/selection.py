"""Which sentences of the evidence the writer is shown.

Reading is what costs on a CPU, so a small budget goes to the sentences that matter: the likeliest first, less so the
longer they are, each with the one before it where it begins with a "he" or "the company" that would hang in the air.

The weights are those of a logistic regression of "what is asked stands in this sentence", on the sentences of the first
six passages for 121 working questions about corpus/ and the 80 of `eval/questions/retrieval.jsonl`. They were fitted by
a trial that is not in the project: change them only by measuring.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag import tokens
from rag.prompts import SAME_ARTICLE, Brief, Extract, origin
from rag.retrieve import Found
from rag.retrieve.within import Within
from rag.types import Hit

Floats = NDArray[np.float64]

# Each feature of a sentence with its weight; see `Within` for the first four.
_WEIGHTS = {
    "near": 4.21,
    "near_part": 3.33,
    "held": 5.87,
    "held_part": 0.48,
    "held, sentence before": 0.86,
    "held, sentence after": -0.33,
    "near, sentence before": 0.54,
    "near, sentence after": 0.81,
    "held, best of the passage": -4.27,
    "near, best of the passage": -7.66,
    "log of the passage's rank": -1.0,
    "log of the passage's score": 0.64,
    "first passage of its article": -0.93,
    "has what the question's kind asks for": 0.53,
    "has quotation marks": -0.38,
}
_BIAS = -1.59
_LENGTH = 0.3  # how much a sentence must be likelier to be worth its tokens, logarithm against logarithm
_QUOTATION = re.compile('["“]')
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


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a hit, both by number. `score`: log-odds that what is asked stands in it. `size`: in tokens."""

    hit: int
    number: int
    text: str
    score: float
    size: int


def brief_for(question: str, found: Found, budget: int) -> Brief:
    """The sentences of the evidence that matter most, in order, within `budget` tiktoken tokens."""
    hits = found.hits
    texts = [_texts(hit) for hit in hits]
    if not any(texts):
        return Brief(question, ())
    kinds = [given for asked, given in _KINDS if asked.search(question)]
    scores = [_scores(hit, found.within.get(hit.passage_id), own, kinds) for hit, own in zip(hits, texts)]
    sizes = tokens.counts([text for own in texts for text in own])
    places = [(h, i) for h, own in enumerate(texts) for i in range(len(own))]
    every = {
        (h, i): _Sentence(h, i, texts[h][i], float(scores[h][i]), size)
        for (h, i), size in zip(places, sizes, strict=True)
    }
    chosen = _chosen(every, hits, budget)
    extracts = []
    for h, hit in enumerate(hits):
        shown = sorted(i for known, i in chosen if known == h)
        if shown:
            spans = tuple(hit.sentences[i] for i in shown)
            extracts.append(Extract(hit, spans, tuple(every[h, i].score for i in shown)))
    return Brief(question, tuple(extracts))


def _chosen(every: dict[tuple[int, int], _Sentence], hits: Sequence[Hit], budget: int) -> set[tuple[int, int]]:
    """What of the sentences goes into the budget, the line that says where each is from included."""
    origins = tokens.counts([origin(hit) for hit in hits])
    again = tokens.count(SAME_ARTICLE)
    chosen: set[tuple[int, int]] = set()
    used = 0

    def cost(sentence: _Sentence) -> int:
        shown = {h for h, _ in chosen}
        if sentence.hit in shown:
            return sentence.size
        article = hits[sentence.hit].article_id
        return sentence.size + (again if any(hits[h].article_id == article for h in shown) else origins[sentence.hit])

    def worth(sentence: _Sentence) -> float:
        return float(-np.logaddexp(0, -sentence.score) - _LENGTH * np.log(max(1, sentence.size)))

    for sentence in sorted(every.values(), key=worth, reverse=True):
        before = every.get((sentence.hit, sentence.number - 1))
        for one in (sentence, before) if before and _HANGS.match(sentence.text) else (sentence,):
            place = (one.hit, one.number)
            if place not in chosen and used + cost(one) <= budget:
                used += cost(one)
                chosen.add(place)
    return chosen


def _texts(hit: Hit) -> list[str]:
    return [hit.text[start - hit.start : end - hit.start] for start, end in hit.sentences]


def _scores(hit: Hit, within: Within | None, texts: Sequence[str], kinds: Sequence[re.Pattern[str]]) -> Floats:
    """The log-odds of each sentence of a hit, shape (S,)."""
    count = len(texts)
    figures = [np.zeros(count)] * 4  # the passage has changed since it was found
    if within is not None and len(within.near) >= count:
        figures = [
            np.asarray(part[:count], float) for part in (within.near, within.near_part, within.held, within.held_part)
        ]
    near, near_part, held, held_part = figures
    rows = [
        near,
        near_part,
        held,
        held_part,
        _shifted(held, 1),
        _shifted(held, -1),
        _shifted(near, 1),
        _shifted(near, -1),
        np.full(count, held.max(initial=0)),
        np.full(count, near.max(initial=-1)),
        np.full(count, np.log(hit.rank)),
        np.full(count, np.log(max(hit.score, 1e-4))),
        np.array([float(i == 0 and hit.start == 0) for i in range(count)]),
        np.array([float(any(kind.search(text) for kind in kinds)) for text in texts]),
        np.array([float(bool(_QUOTATION.search(text))) for text in texts]),
    ]
    weighed: Floats = np.array(list(_WEIGHTS.values())) @ np.array(rows) + _BIAS
    return weighed


def _shifted(values: Floats, by: int) -> Floats:
    """The value of the sentence before (by 1) or after (by -1), 0 where there is none."""
    moved = np.zeros_like(values)
    if by > 0:
        moved[by:] = values[:-by]
    else:
        moved[:by] = values[-by:]
    return moved
