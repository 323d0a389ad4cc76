"""The searches of a question: one for each outlet of each side, with what it is limited to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from rag.query.names import Mention
from rag.query.parts import Place, Side, clauses

if TYPE_CHECKING:
    from rag.query.dates import Period

Span = tuple[date | None, date | None]

# "…, in March 2025?" and "… in articles published in March 2025?" at the end of a question are said of all of it.
_OF_ALL = re.compile(
    r"(?:,|\b(?:both|each|all|articles|reports|pieces|stories|columns|interviews)"
    r"(?:\s+(?:that|which))?(?:\s+(?:were|was|are|all|both))*)\s*$",
    re.IGNORECASE,
)
_REACH = 60


@dataclass(frozen=True, slots=True)
class Limits:
    """What one search is limited to; empty means everything, several values of one kind mean any of them.

    `phrases` are asked for word for word, all of them.
    """

    outlets: frozenset[str] = frozenset()
    bylines: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    published: tuple[Span, ...] = ()
    phrases: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.outlets or self.bylines or self.sections or self.published or self.phrases)


@dataclass(frozen=True, slots=True)
class Search:
    """One side of a question: its place in the text, its clauses' places, and what it is limited to.

    `happened` holds the periods that it says something happened in: they nudge and do not decide.
    """

    place: Place
    clauses: tuple[Place, ...]
    limits: Limits
    happened: tuple[Span, ...] = ()


def searches(
    text: str,
    cut: Sequence[Side],
    mentions: Sequence[Mention],
    periods: Sequence[Period],
    quoted: Sequence[Place],
    blanks: Sequence[Place],
) -> list[Search]:
    """A search for each outlet of each side, or one for a side that names none, in order and each once."""
    kept = [*((p.start, p.end) for p in periods), *quoted]
    dated = _dated(text, cut, mentions, periods)
    found = []
    for side, times in zip(cut, dated):
        limits = Limits(
            bylines=_named(mentions, "bylines", side),
            sections=_named(mentions, "sections", side),
            published=_spans(times, "publication"),
            phrases=tuple(dict.fromkeys(text[a:b] for a, b in quoted if _within(a, side))),
        )
        place = (side.start, side.end)
        parts = tuple(clauses(text, place, blanks, kept))
        for outlets in side.outlets or (frozenset(),):
            found.append(Search(place, parts, replace(limits, outlets=outlets), _spans(times, "event")))
    return list(dict.fromkeys(found))


def _within(start: int, side: Side) -> bool:
    return side.start <= start < side.end


def _named(mentions: Iterable[Mention], kind: str, side: Side) -> frozenset[str]:
    return frozenset(n for m in mentions if m.field == kind and _within(m.start, side) for n in m.names)


def _spans(periods: Iterable[Period], role: str) -> tuple[Span, ...]:
    return tuple(dict.fromkeys((p.first, p.last) for p in periods if p.role == role))


def _dated(
    text: str, cut: Sequence[Side], mentions: Sequence[Mention], periods: Sequence[Period]
) -> list[list[Period]]:
    """The periods of each side: those that stand in it, and where it has none of the role, those said of all."""
    own = [[p for p in periods if _within(p.start, side)] for side in cut]
    if len(cut) < 2:
        return own
    first = min((m.start for m in mentions if m.field == "outlets"), default=0)
    # "In March 2025, did the Post say A, while the Echo said B?"
    front = [p for p in own[0] if p.end <= first]
    after = text[periods[-1].end :].strip(" ?.!”\"'’)") if periods else ""
    last = periods[-1] if periods else None
    ends = [last] if last and not after and _OF_ALL.search(text, max(0, last.start - _REACH), last.start) else []
    return [
        [*mine, *(p for p in (*front, *ends) if p not in mine and not any(p.role == other.role for other in mine))]
        for mine in own
    ]
