"""From a question to what is searched. No model is called on the way to the evidence.

A question is made whole from the history (`follow`), the names and periods in it are read (`names`, `dates`), and it is
cut into its sides (`parts`): each becomes a `Search` of its own, with what it is limited to.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from rag.errors import SettingsError
from rag.query.names import Mention, Names, Vocabulary, head
from rag.query.parts import Place, Side, sides
from rag.query.searches import Limits, Search, searches
from rag.query.unknown import unknown_outlets
from rag.types import Understood
from rag.words import STOPWORDS, WORD, bare
from rag.words import words as words_of

if TYPE_CHECKING:
    from rag.query.dates import Period

__all__ = [
    "OPENING_WORDS", "Limits", "Names", "Query", "Search", "Vocabulary", "asked", "match_of", "stems", "terms",
    "understand",
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
_QUOTED = re.compile(r"“([^“”]*)”|„([^„“”]*)[“”]|«([^«»]*)»|\"([^\"]*)\"")
_LONGEST = 200  # characters of a quotation
_THE = re.compile(r"\W*(?:the\b\W*)?", re.IGNORECASE)
Turn = tuple[str, str]
_NO_NAMES = Names(Vocabulary())


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


def asked(question: str) -> str:
    """The question. Raises SettingsError if there is none."""
    if not question.strip():
        raise SettingsError("the question is empty", hint="Ask in a whole sentence.")
    return question


def blanked(text: str, places: Iterable[Place]) -> str:
    """`text` with spaces at `places`; as long as before."""
    pieces, at = [], 0
    for start, end in sorted(places):
        if end > at:
            pieces += [text[at:start], " " * (end - max(at, start))]
            at = end
    return "".join([*pieces, text[at:]])


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
    understood: a kind ("outlets", "bylines", "sections", "published", "happened", "phrases", "parts", "history") or one
    of the values that `Understood` shows.
    """
    off = frozenset(ignore)
    text = " ".join(question.split())
    whole = " ".join((whole or "").split()) or _made_whole(text, history if "history" not in off else ())
    quoted = _quoted(whole)
    mentions = names.find(whole)
    quoted, mentions = _apart(whole, quoted, mentions)
    kept = _switched(mentions, off)
    unknown = unknown_outlets(whole, mentions, quoted) if names.vocabulary.outlets and "outlets" not in off else []
    periods = [p for p in _periods(whole, as_of or date.today(), off) if p.role == "event" or not _in(p.start, quoted)]
    phrases = [(a, b) for a, b in quoted if "phrases" not in off and whole[a:b] not in off]
    publishing = [p for p in periods if p.role == "publication"]
    blanks = [(m.start, m.end) for m in kept] + [(p.start, p.end) for p in publishing]
    uncut = [*((m.start, m.end) for m in mentions), *((p.start, p.end) for p in periods), *quoted]
    cut = _cut(whole, [m for m in kept if m.field == "outlets"], uncut, off)
    shown = Understood(
        question=text,
        text=whole,
        outlets=_shown(kept, "outlets"),
        bylines=_shown(kept, "bylines"),
        sections=_shown(kept, "sections"),
        published=_described(publishing),
        happened=_described(p for p in periods if p.role == "event"),
        phrases=tuple(dict.fromkeys(whole[a:b] for a, b in phrases)),
        parts=_parts(whole, cut) if len(cut) > 1 else (),
        notes=tuple(f"The archive holds nothing from an outlet called {u.name}." for u in unknown),
    )
    made = tuple(searches(whole, cut, kept, periods, phrases, blanks))
    return Query(text=whole, searches=made, blanks=tuple(blanks), understood=shown)


def _made_whole(text: str, history: Sequence[Turn]) -> str:
    if not history:
        return text
    from rag.query.follow import make_whole

    return make_whole(text, history).text


def _apart(text: str, quoted: Sequence[Place], mentions: Sequence[Mention]) -> tuple[list[Place], list[Mention]]:
    """Quotations without those that only name something known, and names without those inside of a quotation."""
    names = {
        (a, b) for a, b in quoted for m in mentions if a <= m.start and m.end <= b
        and not WORD.search(text, m.end, b) and _THE.fullmatch(text, a, m.start)
    }  # fmt: skip
    others = [place for place in quoted if place not in names]
    return others, [m for m in mentions if not _in(m.start, others)]


def _in(at: int, places: Sequence[Place]) -> bool:
    i = bisect.bisect_right(places, (at, len(places) and places[-1][1])) - 1
    return i >= 0 and at < places[i][1]


def _switched(mentions: Iterable[Mention], off: frozenset[str]) -> list[Mention]:
    """The names that limit, without what is switched off."""
    kept = [m for m in mentions if m.publishes and m.field not in off and not off & {*_shown([m], m.field)}]
    return [replace(m, names=m.names - off) for m in kept if m.names - off]


def _cut(text: str, outlets: Sequence[Mention], uncut: Sequence[Place], off: frozenset[str]) -> list[Side]:
    cut = sides(text, outlets, uncut)
    if "parts" in off or (len(cut) > 1 and off & {*_parts(text, cut)}):
        every = frozenset().union(*(names for side in cut for names in side.outlets))
        return [Side(0, len(text), (every,) if every else ())]
    return cut


def _parts(text: str, cut: Iterable[Side]) -> tuple[str, ...]:
    return tuple(text[s.start : s.end].strip(" ,;") for s in cut)


def _periods(text: str, as_of: date, off: frozenset[str]) -> list[Period]:
    from rag.query.dates import describe, periods

    kinds = {"publication": "published", "event": "happened"}
    return [p for p in periods(text, as_of) if not off & {kinds[p.role], describe(p), p.text}]


def _described(periods: Iterable[Period]) -> tuple[str, ...]:
    from rag.query.dates import describe

    return tuple(dict.fromkeys(describe(p) for p in periods))


def _quoted(text: str) -> list[Place]:
    """Places of what stands in double quotation marks; one word alone is hardly a quotation."""
    places = [match.span(match.lastindex or 0) for match in _QUOTED.finditer(text)]
    return [(a, b) for a, b in places if b - a <= _LONGEST and len(WORD.findall(text[a:b])) >= 2]


def _shown(mentions: Iterable[Mention], kind: str) -> tuple[str, ...]:
    """Each mention in a few words: the name, or what several names share."""
    found = [m.names for m in mentions if m.field == kind]
    return tuple(dict.fromkeys(next(iter(n)) if len(n) == 1 else _together(n) for n in found))


def _together(names: Iterable[str]) -> str:
    """Several names in a few words: what they share before a dash, bar or colon, or else all."""
    each = sorted(names)
    heads = {head(name).casefold(): head(name) for name in each}
    return next(iter(heads.values())) if len(heads) == 1 else " / ".join(each)


def match_of(text: str) -> str:
    """A full-text expression for any word of `text` that carries meaning."""
    return " OR ".join(f'"{bare(term)}"' for term in terms(text))
