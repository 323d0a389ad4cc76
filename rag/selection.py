"""Which sentences of the evidence the writer is shown.

Reading is what costs on a CPU, so a small budget goes to the sentences that matter: the likeliest first (`rag.likely`),
less so the longer they are, each with the one before it where it begins with a "he" or "the company" that would hang in
the air.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag import tokens
from rag.likely import Likely
from rag.prompts import SAME_ARTICLE, Brief, Extract, origin
from rag.types import Hit

_LENGTH = 0.3  # how much a sentence must be likelier to be worth its tokens, logarithm against logarithm
_HANGS = re.compile(
    r"\W*(?:he|she|it|they|this|that|these|those|his|her|its|their|but|and|"
    r"the (?:company|council|firm|group|club|plant|bridge|court|ministry|government|team|project))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a hit, both by number. `score`: log-odds that what is asked stands in it. `size`: in tokens."""

    hit: int
    number: int
    text: str
    score: float
    size: int


def brief_for(question: str, likely: Likely, budget: int) -> Brief:
    """The sentences of the evidence that matter most, in order, within `budget` tiktoken tokens."""
    hits = likely.hits
    texts = [_texts(hit) for hit in hits]
    if not any(texts):
        return Brief(question, ())
    sizes = tokens.counts([text for own in texts for text in own])
    places = [(h, i) for h, own in enumerate(texts) for i in range(len(own))]
    every = {
        (h, i): _Sentence(h, i, texts[h][i], float(likely.odds[h][i]), size)
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
