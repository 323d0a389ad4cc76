"""What a sentence and the words it cites have in common, in figures that need no model.

Each signal is a number with a meaning of its own, and most come with a reason that a reader understands. None decides
by itself: `combined` weighs them. They look for the ways in which a sentence made of an article's own words can be
wrong: a number beside another thing, a name in another's role, a source or a doubt left out, a "not" lost, a plan
told as done, a "first" that nobody said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise

from rag import forms
from rag.demonyms import same_place
from rag.judges.arithmetic import computed
from rag.judges.marks import ADDED, LOST, marks
from rag.judges.reading import NEAR, Pair
from rag.words import WORD, stemmed

_PRONOUNS = frozenset("he she it they his her its their this that these those".split())


def signals(pair: Pair) -> dict[str, float]:
    """Every signal by its name; all are finite, most lie between 0 and 1."""
    return {name: float(function(pair)) for name, function in SIGNALS.items()} | marked(pair)


def marked(pair: Pair) -> dict[str, float]:
    """For each kind of mark (`marks.KINDS`): 1 if the claim lost it, 1 if it added it."""
    claim = marks(pair.claim.text)
    near = set().union(*(marks(part.text) for part in pair.aligned)) if pair.aligned else set()
    all_ = set().union(*(marks(part.text) for part in pair.parts), marks(pair.origin.text))
    return {f"lost_{kind}": float(kind in near and kind not in claim) for kind in LOST} | {
        f"added_{kind}": float(kind in claim and kind not in all_) for kind in ADDED
    }


def covered(pair: Pair) -> float:
    """Share of the claim's words that the cited words, or their article's headline, outlet and byline hold."""
    return pair.held(pair.there | pair.origin.stems)


def covered_inside(pair: Pair) -> float:
    """The same without headline, outlet and byline."""
    return pair.held(pair.there)


def in_one_sentence(pair: Pair) -> float:
    """The largest share that one cited sentence holds."""
    return pair.held(pair.nearest.stems)


def in_order(pair: Pair) -> float:
    """The longest run of the claim's words, gaps allowed, that the nearest sentence has in the same order, as a share.

    The longest common subsequence (as in ROUGE-L, Lin 2004): a swap of who did what to whom lowers it.
    """
    claim = [token.stem for token in pair.claim.tokens if token.content]
    there = [token.stem for token in pair.nearest.tokens if token.content]
    longest = [0] * (len(there) + 1)
    for stem in claim:
        before = 0
        for j, other in enumerate(there, 1):
            before, longest[j] = longest[j], before + 1 if stem == other else max(longest[j], longest[j - 1])
    return longest[-1] / len(claim) if claim else 1.0


def neighbours(pair: Pair) -> float:
    """Share of the claim's neighbouring words that stand near each other in a cited sentence too."""
    claim = [token.stem for token in pair.claim.tokens if token.content]
    pairs = {(a, b) for a, b in pairwise(claim) if a != b}
    if not pairs:
        return 1.0
    near = [part.close for part in (*pair.parts, pair.origin)]
    return sum(any((a, b) in close or (b, a) in close for close in near) for a, b in pairs) / len(pairs)


def exact_runs(pair: Pair) -> float:
    """Share of the claim's runs of three words, small ones too, that the cited words have word for word."""
    claim = [token.stem for token in pair.claim.tokens]
    runs = set(zip(claim, claim[1:], claim[2:]))
    if not runs:
        return 1.0
    held: set[tuple[str, str, str]] = set()
    for part in pair.parts:
        stems = [token.stem for token in part.tokens]
        held |= set(zip(stems, stems[1:], stems[2:]))
    return len(runs & held) / len(runs)


def number_fits(pair: Pair) -> float:
    """How well the cited words near each number are those near it in the claim; the worst one, 1 without numbers."""
    return min((_number_fit(pair, number, i)[0] for number, i in _told(pair)), default=1.0)


def number_rival(pair: Pair) -> float:
    """How much better another number of the cited words would fit there, at worst; 0 without numbers."""
    return max((_number_fit(pair, number, i)[1] for number, i in _told(pair)), default=0.0)


def _told(pair: Pair) -> list[tuple[forms.Number, int]]:
    """The claim's numbers, save a year that only the article's date or headline gives: it stands beside no words."""
    return [(n, i) for n, i in pair.claim.numbers if n.unit or n.value not in pair.years_around]


def _number_fit(pair: Pair, number: forms.Number, index: int) -> tuple[float, float]:
    about = pair.claim.around(index)
    if not about:
        return 1.0, 0.0
    own, others = 0.0, 0.0
    for part in pair.parts:
        for other, i in part.numbers:
            fit = len(about & part.around(i, NEAR + 2)) / len(about)
            if number.stands_in([other]):
                own = max(own, fit)
            elif other.unit == number.unit:
                others = max(others, fit)
    return own, max(0.0, others - own)


def names_together(pair: Pair) -> float:
    """For each name of the claim, how much of the claim the sentences that name it hold; the least of them."""
    least = 1.0
    for name in {stemmed(word) for word, begins in forms.names(pair.claim.text) if not begins}:
        held: set[str] = set()
        for n, part in enumerate(pair.parts):
            before = pair.parts[n - 1] if n else None
            begins = part.tokens[0].stem if part.tokens else ""
            if name in part.stems or (before and name in before.stems and begins in _PRONOUNS):
                held |= part.stems
        if name in pair.there:
            least = min(least, pair.held(held | {name}))
    return least


def name_order(pair: Pair) -> float:
    """1 if two names of the claim stand in the nearest sentence in the other order, else 0."""
    claim = [stemmed(word) for word, _ in forms.names(pair.claim.text)]
    there = [token.stem for token in pair.nearest.tokens if token.capital]
    shared = list(dict.fromkeys(stem for stem in claim if stem in there))
    return float(shared != sorted(shared, key=there.index)) if len(shared) > 1 else 0.0


def missing(kind: Callable[[str], Iterable[object]], found: Callable[[Pair], int]) -> Callable[[Pair], float]:
    """Share of the claim's forms of a kind that the cited words do not hold; 0 without any."""

    def share(pair: Pair) -> float:
        every = len(list(kind(pair.claim.text)))
        return found(pair) / every if every else 0.0

    return share


def _numbers_missing(pair: Pair) -> int:
    there = [n for part in (*pair.parts, pair.origin) for n in forms.numbers(part.text)]
    return sum(not computed(number, there, pair.claim.text) for number in pair.absent)


def _names_missing(pair: Pair) -> int:
    read = (*pair.parts, pair.origin)
    there = {token.stem for part in read for token in part.tokens}

    def held(word: str) -> bool:
        return stemmed(word) in there or any(same_place(word, w) for part in read for w in WORD.findall(part.text))

    return sum(not all(map(held, WORD.findall(name))) for name, begins in forms.names(pair.claim.text) if not begins)


def _dates_missing(pair: Pair) -> int:
    there = [date for part in (*pair.parts, pair.origin) for date in forms.dates(part.text)]
    return sum(not date.stands_in(there, None) for date in forms.dates(pair.claim.text))


def _quotations_missing(pair: Pair) -> int:
    return sum(
        not any(forms.exact(said.rstrip(",. "), part.text) for part in pair.parts)
        for said in forms.quotations(pair.claim.text)
    )


def claim_length(pair: Pair) -> float:
    """Content words of the claim, a tenth each, three at most."""
    return min(3.0, len([t for t in pair.claim.tokens if t.content]) / 10)


def evidence_length(pair: Pair) -> float:
    """Logarithm of the number of cited sentences: what a share of words means depends on how many could hold it."""
    return math.log1p(len(pair.parts))


SIGNALS: dict[str, Callable[[Pair], float]] = {
    "covered": covered,
    "covered_inside": covered_inside,
    "in_one_sentence": in_one_sentence,
    "in_order": in_order,
    "neighbours": neighbours,
    "exact_runs": exact_runs,
    "number_fits": number_fits,
    "number_rival": number_rival,
    "names_together": names_together,
    "name_order": name_order,
    "numbers_missing": missing(forms.numbers, _numbers_missing),
    "names_missing": missing(lambda text: [n for n, begins in forms.names(text) if not begins], _names_missing),
    "dates_missing": missing(forms.dates, _dates_missing),
    "quotations_missing": missing(forms.quotations, _quotations_missing),
    "claim_length": claim_length,
    "evidence_length": evidence_length,
}
