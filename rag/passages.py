"""Passages: runs of whole sentences within token limits, with exact offsets."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.furniture import furniture
from rag.sentences import Span, sentences
from rag.types import Passage

Counter = Callable[[list[str]], list[int]]

_CLAUSE = re.compile(r"[,;:、，；：—–]\s*")
_SPACE = re.compile(r"\s+")
_BREAK = "\n\n"
_CHARACTERS_A_TOKEN = 6  # more than prose has: where the search for the longest piece begins


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `maximum` tokens as `count` counts them (a batch of texts to their numbers of tokens)."""

    count: Counter
    maximum: int


def split(text: str, limits: Sequence[Limit]) -> list[Passage]:
    """Cut `text` into passages of whole sentences that keep every limit.

    For every passage `text[p.start:p.end] == p.text`; passages do not overlap, and their sentences together hold every
    character that is neither white space nor furniture (`rag/furniture.py`), which may stand between two sentences of
    a passage. They are filled evenly, so that no article ends in a passage of three words. A sentence that is too long
    by itself is cut at a clause, else at white space, else between characters; its pieces then count as sentences.
    """
    spans = [piece for span in _fitting(text, _told(text), limits) for piece in span]
    sizes = [_counts(text, spans, limit) for limit in limits]
    groups = _fill(sizes, [limit.maximum for limit in limits])
    passages = [_passage(text, spans[first:last]) for first, last in groups]
    return [kept for passage in passages for kept in _halved(text, passage, limits)]


def searched(text: str, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    """`text` without what stands between its sentences `spans` but white space, and their places in what is left."""
    kept, places, end = "", [], 0
    for start, stop in spans:
        between = text[end:start]
        kept += between if not between.strip() else _BREAK if kept else ""
        places.append((len(kept), len(kept) + stop - start))
        kept += text[start:stop]
        end = stop
    return kept, places


def _told(text: str) -> list[Span]:
    """The sentences that are not furniture."""
    hidden = furniture(text)
    ends = [end for _, end in hidden]
    told = []
    for start, end in sentences(text):
        at = bisect_left(ends, end)
        if at == len(hidden) or hidden[at][0] > start:
            told.append((start, end))
    return told


def _counts(text: str, spans: Sequence[Span], limit: Limit) -> list[int]:
    # White space in front belongs to the count: the sum is then what the joined text has, give or take a token.
    pieces = [text[spans[i - 1][1] if i else start : end] for i, (start, end) in enumerate(spans)]
    return limit.count(pieces) if pieces else []


def _fill(sizes: Sequence[Sequence[int]], maxima: Sequence[int]) -> list[tuple[int, int]]:
    """Evenly filled runs (first, last + 1) of sentences, from each sentence's size under each limit."""
    if not sizes[0]:
        return []
    # A sentence's load is its share of the limit that it strains most.
    loads = [max(size / maximum for size, maximum in zip(row, maxima)) for row in zip(*sizes)]
    remaining = sum(loads)
    runs, first, load, target = [], 0, 0.0, _even(remaining)
    for i, next_load in enumerate(loads):
        if i > first and (load + next_load > 1 or load + next_load / 2 > target):
            runs.append((first, i))
            remaining -= load  # what earlier runs left over is shared out, so that it does not end up as a last crumb
            first, load, target = i, 0.0, _even(remaining)
        load += next_load
    return [*runs, (first, len(loads))]


def _even(load: float) -> float:
    """The load of each run when `load` is shared out among as few as hold it."""
    return load / max(1, math.ceil(load - 1e-9))


def _passage(text: str, spans: Sequence[Span]) -> Passage:
    start, end = spans[0][0], spans[-1][1]
    return Passage(start=start, end=end, text=text[start:end], sentences=tuple(spans))


def _exceeds(text: str, limits: Sequence[Limit]) -> bool:
    return any(limit.count([text])[0] > limit.maximum for limit in limits)


def _halved(text: str, passage: Passage, limits: Sequence[Limit]) -> list[Passage]:
    """The passage, or its halves: counts of joined text can differ from the sum by a token at a seam."""
    if len(passage.sentences) == 1 or not _exceeds(passage.text, limits):
        return [passage]
    middle = len(passage.sentences) // 2
    halves = (_passage(text, passage.sentences[:middle]), _passage(text, passage.sentences[middle:]))
    return [kept for half in halves for kept in _halved(text, half, limits)]


def _fitting(text: str, spans: Sequence[Span], limits: Sequence[Limit]) -> list[list[Span]]:
    """Each sentence as a list of pieces that keep the limits: itself, where it does."""
    over = [False] * len(spans)
    for limit in limits:
        # In ASCII a token is at least a character, so that most sentences need not be counted.
        long = [i for i, (a, b) in enumerate(spans) if b - a > limit.maximum or not text[a:b].isascii()]
        for i, size in zip(long, limit.count([text[slice(*spans[i])] for i in long]) if long else []):
            over[i] = over[i] or size > limit.maximum
    return [_pieces(text, span, limits) if too_long else [span] for span, too_long in zip(spans, over)]


def _pieces(text: str, span: Span, limits: Sequence[Limit]) -> list[Span]:
    position, stop = span
    pieces = []
    while position < stop:
        if text[position].isspace():  # not measured: some tokenizers count a piece as less with a space in front
            position += 1
            continue
        end = _longest(text, position, stop, limits)
        if end < stop:
            end = _break_before(text, position, end)
        piece = text[position:end]
        pieces.append((position, position + len(piece.rstrip())))
        position = end
    return [(start, end) for start, end in pieces if start < end]


def _longest(text: str, start: int, stop: int, limits: Sequence[Limit]) -> int:
    """An offset up to which the text from `start` keeps the limits, close to the last such."""
    end = min(stop, start + _CHARACTERS_A_TOKEN * min(limit.maximum for limit in limits))
    while True:
        excess = max(limit.count([text[start:end]])[0] / limit.maximum for limit in limits)
        if excess <= 1:
            return end
        end = start + max(1, min(end - start - 1, int((end - start) / excess)))


def _break_before(text: str, start: int, end: int) -> int:
    """The last good place to cut in the second half of start..end: after a clause, at white space, or `end`."""
    middle = (start + end) // 2
    for pattern in (_CLAUSE, _SPACE):
        places = [match.end() for match in pattern.finditer(text, middle, end)]
        if places:
            return places[-1]
    return end
