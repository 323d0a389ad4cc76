"""The answer that the archive does not say: what was searched, and what came nearest.

A reader who gets no answer is not sent away. Where the archive does hold one, it mostly stands among the likeliest
sentences of the evidence: they are given as published, with their places, and never as an answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rag.corrections import correction_of
from rag.likely import Likely
from rag.retrieve.corrected import Corrections
from rag.types import Citation, Filters, Verdict

_NEAREST = 3  # sentences
_FARTHEST = -3.0  # log-odds of the others: what holds the answer less often than one time in twenty is not near


def abstention(nearest: Sequence[Citation], filters: Filters, articles: int, verdicts: Collection[Verdict]) -> str:
    """The statement that the archive does not say: what was searched, and which articles came nearest."""
    scope = f"{articles:,} article{'s' if articles != 1 else ''}"
    if filters:
        scope += " within the chosen filters"
    lines = [f"The archive does not say. Searched: {scope}."]
    if Verdict.UNCHECKED in verdicts:
        lines = [f"What the writer wrote could not be checked, so nothing of it is given. Searched: {scope}."]
    elif verdicts:
        lines.append("What the writer wrote did not stand up to checking.")
    if nearest:
        lines.append("Nearest coverage: " + "; ".join(dict.fromkeys(map(_named, nearest))) + ".")
    return " ".join(lines)


def nearest(likely: Likely, corrections: Corrections) -> tuple[Citation, ...]:
    """The sentences of the evidence that most likely hold what was asked, likeliest first, each text once: at least
    one, however unlikely, where there is evidence.

    In place of a sentence with a number that a correction puts right it is the correction.
    """
    places = [
        (odds, hit, span)
        for hit, own in zip(likely.hits, likely.odds, strict=True)
        for odds, span in zip(own.tolist(), hit.sentences, strict=True)
    ]
    found: dict[str, Citation] = {}
    for odds, hit, (start, end) in sorted(places, key=lambda place: -place[0]):
        if len(found) == _NEAREST or (found and odds < _FARTHEST):
            break
        citation = hit.citation(len(found) + 1, start, end)
        if fix := correction_of(citation.quote, (citation,), likely.hits, corrections):
            citation = fix.hit.citation(citation.number, fix.start, fix.end)
        found.setdefault(citation.quote, citation)
    return tuple(found.values())


def _named(citation: Citation) -> str:
    day = citation.published.date().isoformat() if citation.published else ""
    known = ", ".join(part for part in (citation.outlet, day) if part)
    return f"“{citation.title or citation.quote[:60]}”" + (f" ({known})" if known else "")
