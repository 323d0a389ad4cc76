"""What a sentence states more firmly than the words it cites: "about 70" told as 70, what is said as what is so.

A judge of meaning lets such sentences pass more often than not, since nearly all of their words are there. They need
not be struck: whoever finds one quotes the cited words instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag import forms
from rag.judges import Cited
from rag.judges.reading import paired
from rag.judges.reasons import KINDS
from rag.judges.signals import marked

# Those of `marks` whose loss turns what is claimed or planned into what is so.
_LOST = ("lost_alleged", "lost_said", "lost_expected", "lost_planned", "lost_possible")
# Other ways to tell that somebody says it than `marks` knows.
_SAYS = re.compile(
    r"\b(?:sp[eo]ke?\w*|admit\w*|insist\w*|confirm\w*|den(?:y|ied|ies|ial)|warn\w*|not(?:es|ed)|acknowledg\w*|alleg\w*|"
    r"claim\w*|accus\w*|propos\w*|promis\w*|predict\w*|forecast\w*|pledg\w*|apologi\w*|repl(?:y|ied|ies)|ask\w*|"
    r"demand\w*|prais\w*|critici\w*|testif\w*|conced\w*|suggest\w*|recommend\w*|urg(?:e|es|ed)|rejected)\b",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(?:about|around|some|roughly|approximately|nearly|almost|up to|at least|at most|no more than|more than|over|"
    r"fewer than|less than|under|an estimated)\s+(?:the |a |an )?$",
    re.IGNORECASE,
)


def loosened(claim: str, evidence: Sequence[Cited]) -> str | None:
    """What is lost, as a reason; None if nothing is."""
    found = marked(paired(claim, evidence))
    for name in _LOST:
        if found[name] and not (name == "lost_said" and _SAYS.search(claim)):
            return KINDS[name]
    return _unhedged(claim, "\n".join(cited.quote for cited in evidence))


def _unhedged(claim: str, words: str) -> str | None:
    said = list(_hedged(words))
    for number, hedge in _hedged(claim):
        same = [other for known, other in said if number.stands_in([known])]
        if same and not hedge and all(same):
            return f"it leaves out “{same[0]}”"
    return None


def _hedged(text: str) -> Iterator[tuple[forms.Number, str]]:
    """Each number of a text with the hedge before it, "" if there is none."""
    after = 0
    for number in forms.numbers(text):
        place = text.find(number.written, after)
        if place < 0:
            continue
        after = place + len(number.written)
        match = _HEDGE.search(text, max(0, place - 30), place)
        yield number, match.group().strip() if match else ""
