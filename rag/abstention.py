"""The answer that the archive does not say: what was searched, and what came nearest.

A reader who gets no answer is not sent away. Where the archive does hold one, it often stands among the likeliest
sentences of the evidence: they are given as published, with their places, and never as an answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rag.corrections import correction_of, with_what_puts_it_right
from rag.likely import Likely
from rag.quoting import FARTHEST
from rag.retrieve.corrected import Corrections
from rag.types import Citation, Filters, Verdict

_NEAREST = 3  # sentences


def abstention(nearest: Sequence[Citation], filters: Filters, articles: int, verdicts: Collection[Verdict]) -> str:
    """The statement that the archive does not say: what was searched, and which articles came nearest."""
    if not articles and not filters:
        return "The archive is empty: no articles have been taken in yet."
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
    """The sentences of the evidence that most likely hold what was asked, likeliest first, up to three of them; one,
    however unlikely, where there is evidence.

    No words are given twice. A number that a correction puts right is given with the correction, or by it alone.
    """
    found: list[Citation] = []
    for odds, hit, (start, end) in likely.likeliest():
        if len(found) == _NEAREST or (found and odds < FARTHEST):
            break
        citation = hit.citation(len(found) + 1, *with_what_puts_it_right(hit, (start, end), corrections))
        if fix := correction_of(citation.quote, (citation,), likely.hits, corrections):
            citation = fix.hit.citation(citation.number, fix.start, fix.end)
        if not any(_shared(citation, known) for known in found):
            found.append(citation)
    return tuple(found)


def _shared(one: Citation, other: Citation) -> bool:
    overlaps = one.article_id == other.article_id and one.start < other.end and other.start < one.end
    return overlaps or one.quote == other.quote


def _named(citation: Citation) -> str:
    day = citation.published.date().isoformat() if citation.published else ""
    known = ", ".join(part for part in (citation.outlet, day) if part)
    title = f"“{citation.title}”" if citation.title else "an article without a headline"
    return title + (f" ({known})" if known else "")
