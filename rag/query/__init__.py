"""From a question to what is searched. No model is called on the way to the evidence.

A question is made whole from the history (`follow`), the names and periods in it are read (`names`, `dates`), and it is
cut into its sides (`parts`): each becomes a `Search` of its own, with what it is limited to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from rag.query.names import Mention, Names, Unknown, Vocabulary, unknown_outlets
from rag.query.parts import Place, Side, clauses, sides
from rag.types import Understood
from rag.words import STOPWORDS, WORD, bare
from rag.words import words as words_of

if TYPE_CHECKING:
    from rag.query.dates import Period

__all__ = [
    "OPENING_WORDS", "Limits", "Names", "Query", "Search", "Vocabulary", "stems", "terms", "understand",
]  # fmt: skip

# Words that may begin a sentence and name nothing.
OPENING_WORDS = STOPWORDS | frozenset(
    "additionally although among another around back besides compared currently despite earlier either elsewhere "
    "even finally first following for fourth furthermore given however including indeed instead it's last later "
    "like meanwhile moreover much nearly nevertheless next none nothing one overall previously recently second "
    "several similarly since still subsequently there's third though thus today together tomorrow two three four five "
    "six seven eight nine ten eleven twelve unlike within without yes yesterday yet".split()
)
# Single marks stand around titles and names too: those are not asked for word for word.
_QUOTED = re.compile(r"“([^“”]{4,200})”|\"([^\"]{4,200})\"")
Span = tuple[date | None, date | None]
Turn = tuple[str, str]
_NO_NAMES = Names(Vocabulary())


@dataclass(frozen=True, slots=True)
class Limits:
    """What one search is limited to; empty means everything, several values of one kind mean any of them."""

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


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready: `text` is what is searched and answered, `blanks` the places in it that only limit."""

    text: str
    searches: tuple[Search, ...]
    blanks: tuple[Place, ...]
    understood: Understood

    def words(self, place: Place | None = None) -> str:
        """The text at `place`, or all of it, with blanks for what only limits."""
        start, end = place or (0, len(self.text))
        return blanked(self.text, self.blanks)[start:end]


def blanked(text: str, places: Iterable[Place]) -> str:
    """`text` with spaces at `places`; as long as before."""
    for start, end in places:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def terms(text: str) -> list[str]:
    """Words that carry meaning, lower-case, in order, once each; all words where there are no such."""
    words = list(dict.fromkeys(word.lower() for word in words_of(text)))
    return [word for word in words if word not in STOPWORDS] or words


def stems(text: str) -> list[str]:
    """`terms` cut to five letters and without artefacts: deliver, delivered and deliveries become one."""
    return list(dict.fromkeys(term[:5] for term in terms(text)))


def understand(
    question: str,
    history: Sequence[Turn] = (),
    *,
    whole: str | None = None,
    names: Names = _NO_NAMES,
    as_of: date | None = None,
    ignore: Iterable[str] = (),
) -> Query:
    """Make a question ready for searching.

    `history` holds earlier (question, answer) turns, oldest first; `whole` is the question if it was made whole
    already. Periods such as "last week" are counted from `as_of` (None: today). `ignore` switches off what would be
    understood: a kind ("outlets", "bylines", "sections", "published", "phrases", "parts", "history") or one of the
    names and periods that `Understood` shows.
    """
    off = frozenset(ignore)
    text = " ".join(question.split())
    whole = whole or _made_whole(text, history if "history" not in off else ())
    kept, unknown = _mentions(whole, names, off)
    periods = _periods(whole, as_of or date.today(), off)
    quoted = _quoted(whole, kept) if "phrases" not in off else []
    publishing = [p for p in periods if p.role == "publication"]
    blanks = [(m.start, m.end) for m in kept] + [(p.start, p.end) for p in publishing]
    found = [m for m in kept if m.field == "outlets"]
    cut = sides(whole, found) if "parts" not in off else [Side(0, len(whole), tuple(m.names for m in found))]
    if "parts" in off and found:
        cut = [replace(cut[0], outlets=(frozenset().union(*cut[0].outlets),))]
    searches = [s for side in cut for s in _searches(whole, side, kept, periods, quoted, tuple(blanks))]
    shown = Understood(
        question=text,
        text=whole,
        outlets=_shown(kept, "outlets"),
        bylines=_shown(kept, "bylines"),
        sections=_shown(kept, "sections"),
        published=_described(publishing),
        happened=_described(p for p in periods if p.role == "event"),
        phrases=tuple(whole[a:b] for a, b in quoted),
        parts=tuple(whole[s.start : s.end].strip(" ,;") for s in cut) if len(cut) > 1 else (),
        notes=tuple(f"The archive holds nothing from an outlet called {u.name}." for u in unknown),
    )
    return Query(text=whole, searches=tuple(dict.fromkeys(searches)), blanks=tuple(blanks), understood=shown)


def _made_whole(text: str, history: Sequence[Turn]) -> str:
    if not history:
        return text
    from rag.query.follow import make_whole

    return make_whole(text, history).text


def _mentions(text: str, names: Names, off: frozenset[str]) -> tuple[list[Mention], list[Unknown]]:
    """The names that limit, and what is spoken of as an outlet but is none of the archive."""
    mentions = names.find(text)
    unknown = unknown_outlets(text, mentions) if names.vocabulary.outlets and "outlets" not in off else []
    kept = [m for m in mentions if m.publishes and m.field not in off and not off & {*m.names, *_shown([m], m.field)}]
    return kept, unknown


def _periods(text: str, as_of: date, off: frozenset[str]) -> list[Period]:
    from rag.query.dates import describe, periods

    found = [] if "published" in off else periods(text, as_of)
    return [p for p in found if not off & {describe(p), p.text}]


def _described(periods: Iterable[Period]) -> tuple[str, ...]:
    from rag.query.dates import describe

    return tuple(dict.fromkeys(describe(p) for p in periods))


def _quoted(text: str, mentions: Sequence[Mention]) -> list[Place]:
    """Places of what stands in quotation marks and is no outlet's name; one word alone is hardly a quotation."""
    places = [match.span(match.lastindex or 0) for match in _QUOTED.finditer(text)]
    return [
        (a, b)
        for a, b in places
        if len(WORD.findall(text[a:b])) >= 2 and not any(m.start < b and a < m.end for m in mentions)
    ]


def _searches(
    text: str,
    side: Side,
    mentions: Sequence[Mention],
    periods: Sequence[Period],
    quoted: Sequence[Place],
    blanks: tuple[Place, ...],
) -> list[Search]:
    """A search for each outlet of a side, or one where it names none."""

    def within(start: int, end: int) -> bool:
        return side.start <= start and end <= side.end

    bylines, sections = (
        frozenset(n for m in mentions if m.field == kind and within(m.start, m.end) for n in m.names)
        for kind in ("bylines", "sections")
    )
    here = [p for p in periods if within(p.start, p.end)]
    limits = Limits(
        bylines=bylines,
        sections=sections,
        published=tuple((p.first, p.last) for p in here if p.role == "publication"),
        phrases=tuple(text[a:b] for a, b in quoted if within(a, b)),
    )
    place = (side.start, side.end)
    parts = tuple(clauses(text, place, blanks))
    happened = tuple((p.first, p.last) for p in here if p.role == "event")
    every = side.outlets or (frozenset(),)
    return [Search(place, parts, replace(limits, outlets=outlets), happened) for outlets in every]


def _shown(mentions: Iterable[Mention], kind: str) -> tuple[str, ...]:
    """Each mention in a few words: the name, or the beginning that several names share."""
    found = [m.names for m in mentions if m.field == kind]
    return tuple(dict.fromkeys(next(iter(n)) if len(n) == 1 else _common(n) for n in found))


def _common(names: Iterable[str]) -> str:
    first, *others = sorted(names)
    shared = first
    while shared and not all(other.startswith(shared) for other in others):
        shared = shared[:-1]
    return shared.rstrip(" -|–—:,") or " / ".join([first, *others])


def match_of(text: str) -> str:
    """A full-text expression for any word of `text` that carries meaning."""
    return " OR ".join(f'"{bare(term)}"' for term in terms(text))
