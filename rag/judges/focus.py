"""What a model reads of the cited words: all if they are short, else the sentences that the claim draws on.

Reading is what costs on a CPU, and a small model does better on a few sentences than on a page.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag import tokens
from rag.forms import smoothed
from rag.judges import Cited
from rag.judges.premises import origin
from rag.sentences import sentences
from rag.words import STOPWORDS, stemmed
from rag.words import words as words_of

BUDGET = 160  # tiktoken tokens of cited words


def focused(claim: str, evidence: Sequence[Cited], budget: int = BUDGET) -> str:
    """The cited words, each citation with its origin in front, cut to about `budget` tokens; "…" where one is cut.

    Sentences are chosen by what they add to the claim's words, then the ones before them, which say who "he" is.
    """
    every = [(n, a, b) for n, cited in enumerate(evidence) for a, b in sentences(cited.quote)]
    spans = [(n, a, b) for n, a, b in every if any(c.isalnum() for c in evidence[n].quote[a:b])]
    texts = [evidence[n].quote[a:b] for n, a, b in spans]
    chosen = set(range(len(spans)))
    if sum(sizes := tokens.counts(texts)) > budget:
        follows = {i for i in range(1, len(spans)) if spans[i][0] == spans[i - 1][0]}
        chosen = _chosen(set(_stems(claim)), [set(_stems(text)) for text in texts], sizes, follows, budget)
    parts = []
    for n, cited in enumerate(evidence):
        own = [i for i, (m, _, _) in enumerate(spans) if m == n and i in chosen]
        if own:
            joined = "".join(texts[i] + (" " if i + 1 in own or i == own[-1] else " … ") for i in own)
            parts.append(f"{origin(cited)}{smoothed(joined)}")
    return "\n\n".join(parts)


def _chosen(wanted: set[str], stems: list[set[str]], sizes: list[int], follows: set[int], budget: int) -> set[int]:
    chosen: set[int] = set()
    left, used = set(wanted), 0
    rest = list(range(len(stems)))
    while rest:
        # What is still to be found counts most; what was found already, a little.
        best = max(rest, key=lambda i: (len(stems[i] & left) + 0.2 * len(stems[i] & wanted), -i))
        if not stems[best] & wanted and chosen:
            break
        rest.remove(best)
        for i in (best, best - 1) if best in follows else (best,):
            if i not in chosen and (used + sizes[i] <= budget or not chosen):
                chosen.add(i)
                used += sizes[i]
        left -= stems[best]
        if used >= budget:
            break
    return chosen


def _stems(text: str) -> list[str]:
    return [stemmed(word) for word in words_of(text) if word.casefold() not in STOPWORDS]
