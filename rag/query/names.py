"""Outlets, bylines and sections of the archive, however a question writes them.

A name is known by itself and by what people shorten it to: without "The", without ".com", without what follows a dash,
bar or colon ("Radio Varren - Sport" is "Radio Varren"), by its capitals ("Pellhaven Evening Gazette": PEG), and by its
last word where no other outlet ends so ("the Gazette"). A short form may stand for several outlets: all are meant.
Names of people and sections count only where the question says that they published ("a piece by Hollander", "in the
business section"), since a question also asks about people and business.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

Field = Literal["outlets", "bylines", "sections"]

_TOKEN = re.compile(r"[^\W_]+(?:[.&'’][^\W_]+)*")
_TAIL = re.compile(r"\s+[-|–—]\s+|:\s+|\s*\|\s*")
_DOMAIN = re.compile(r"\.(?:com|org|net|news|co\.uk)$", re.IGNORECASE)
_SMALL = frozenset("a an and at by for in of on the to".split())
_PIECE = (
    r"(?:article|report|piece|story|stories|coverage|review|interview|column|editorial|analysis|item|dispatch|reporting|"
    r"journalist|reporter|columnist|account|version|obituary|profile|series|headline)s?"
)
_SAYS = (
    r"(?:reported|reports?|wrote|writes?|say|claim|suggest|describe|mention|note|cover|publish|print|published|publishes|described|describes|covered|covers|said|says|noted|notes|"
    r"claimed|claims|suggested|suggests|ran|carried|quoted|quotes)"
)
_BEFORE = re.compile(
    r"(?:according to|as told to|(?:reported|published|covered|written|noted|described|mentioned|discussed|quoted|"
    rf"highlighted|claimed|featured|detailed|told|stated|{_PIECE})(?:\s+\w+ly)?\s+(?:by|in|from|on|at|of)|read in|"
    r"(?:^|\W)by|(?:^|\W)from)(?:\s+both)?(?:\s+the)?\s*[‘'“\"]?$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"[’'”\"]?(?:[’']s?)?\s+(?:(?:\w+\s+){{0,2}}?{_PIECE}\b|(?:\w+ly\s+)?{_SAYS}\b)|[’'”\"]?\s*[:,]?\s*(?:says|writes)",
    re.IGNORECASE,
)
_SECTION = re.compile(r"\s+(?:section|pages?|desk|coverage|stories|articles|news|reporting|reports)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What an archive holds: names as published, and the first and last day of publication."""

    outlets: tuple[str, ...] = ()
    bylines: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A known name in a question: the field, the names it stands for as published, and its place.

    `publishes` says whether the words around it speak of it as the one that published.
    """

    field: Field
    names: frozenset[str]
    start: int
    end: int
    publishes: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a question speaks of as an outlet and the archive does not hold."""

    name: str
    start: int
    end: int


@dataclass
class Names:
    """A vocabulary made ready for looking names up; build it once an archive version."""

    vocabulary: Vocabulary
    _by_key: dict[str, dict[Field, set[str]]] = field(default_factory=lambda: defaultdict(dict))
    _capitals: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _first: set[str] = field(default_factory=set)
    _longest: int = 1

    def __post_init__(self) -> None:
        for kind in ("outlets", "bylines", "sections"):
            for name in getattr(self.vocabulary, kind):
                for short in _short_forms(name) if kind == "outlets" else {name}:
                    self._add(kind, short, name)
        for last, names in _by_last_word(self.vocabulary.outlets).items():
            if len(names) == 1:
                self._add("outlets", f"the {last}", *names)
        for last, names in _by_last_word(self.vocabulary.bylines).items():
            self._add("bylines", last, *names)
        for name in self.vocabulary.outlets:
            words = [w for w in _TOKEN.findall(_head(name)) if w.lower() not in _SMALL]
            if len(words) >= 3:
                self._capitals["".join(w[0].upper() for w in words)].add(name)

    def _add(self, kind: Field, form: str, *names: str) -> None:
        key = _key(form)
        if key:
            self._by_key[key].setdefault(kind, set()).update(names)
            words = key.split()
            self._longest = max(self._longest, len(words))
            self._first.add(words[0])

    def find(self, question: str) -> list[Mention]:
        """The names in `question`, in order, the longest first where several begin at one place."""
        tokens = [(_bare(m.group()), m.start()) for m in _TOKEN.finditer(question)]
        lower = [word.lower() for word, _ in tokens]
        found, i = [], 0
        while i < len(tokens):
            mention, used = None, 1
            if lower[i] in self._first or tokens[i][0] in self._capitals:
                mention, used = self._at(question, tokens[i : i + self._longest], lower[i : i + self._longest])
            if mention is not None:
                found.append(mention)
            i += used
        found = _coordinated(question, found)
        # Where one outlet is asked for what it published, so are the others: "did the Post say A, and the Echo B?"
        if any(m.field == "outlets" and m.publishes for m in found):
            found = [replace(m, publishes=True) if m.field == "outlets" else m for m in found]
        return found

    def _at(self, question: str, tokens: list[tuple[str, int]], lower: list[str]) -> tuple[Mention | None, int]:
        for n in range(len(tokens), 0, -1):
            words = [word for word, _ in tokens[:n]]
            known = self._by_key.get(" ".join(lower[:n]), {})
            if n == 1 and words[0].isupper() and words[0] in self._capitals:
                known = {**known, "outlets": self._capitals[words[0]] | known.get("outlets", set())}
            start, end = tokens[0][1], tokens[n - 1][1] + len(words[-1])
            for kind, names in known.items():
                mention = self._judged(question, kind, frozenset(names), start, end, words)
                if mention is not None:
                    return mention, n
        return None, 1

    def _judged(
        self, question: str, kind: Field, names: frozenset[str], start: int, end: int, words: list[str]
    ) -> Mention | None:
        publishes = bool(_BEFORE.search(question[:start]) or _AFTER.match(question[end:]))
        named = [w for w in words if w.lower() not in _SMALL]
        written_as_name = all(not w[0].isalpha() or w[0].isupper() for w in named)
        if kind == "outlets":
            accepted = written_as_name or publishes
        elif kind == "bylines":
            accepted = written_as_name and publishes
        else:
            accepted = bool(_SECTION.match(question[end:]))
            publishes = accepted
        return Mention(kind, names, start, end, publishes) if accepted else None


_OUTLET_LIKE = re.compile(
    r"(?:\b(?:according to|reported by|published (?:by|in)|covered by"
    r"|(?:article|report|piece|story|coverage)s? (?:from|in|by)(?: both)?)\s+[‘'“\"]?)"
    r"((?:[Tt]he\s+)?(?:[A-Z][\w&.’-]*)(?:\s+(?:of|[A-Z][\w&.’-]*))*)"
    r"|((?:[Tt]he\s+)?(?:[A-Z][\w&.’-]*)(?:\s+(?:of|[A-Z][\w&.’-]*))*)[’'”\"]?(?:[’']s)?"
    r"\s+(?:article|report|piece|story|coverage)\b"
)
_PRESS = frozenset(
    "advertiser broadcasting bulletin chronicle courier daily dispatch echo evening examiner express financial gazette "
    "globe guardian herald independent insider journal magazine mail media mercury mirror monitor morning network news "
    "newspaper observer post press radio record register reporter review standard star sun telegraph television times "
    "today tribune tv week weekly wire world".split()
)


def unknown_outlets(question: str, mentions: Iterable[Mention]) -> list[Unknown]:
    """Names that the question speaks of as outlets, that look like outlets, and that the archive does not hold."""
    taken = [(m.start, m.end) for m in mentions]
    found = []
    for match in _OUTLET_LIKE.finditer(question):
        group = 1 if match.group(1) else 2
        start, end, name = match.start(group), match.end(group), match.group(group)
        overlaps = any(start < b and a < end for a, b in taken)
        words = [w.lower().strip("’'.") for w in name.split()]
        if not overlaps and any(w in _PRESS for w in words):
            found.append(Unknown(name, start, end))
    return found


def _coordinated(question: str, mentions: list[Mention]) -> list[Mention]:
    """In "by X, Y and Z" the words around one outlet speak for all."""
    changed = list(mentions)
    for order in (range(1, len(changed)), range(len(changed) - 2, -1, -1)):
        for i in order:
            other = i - 1 if order.step > 0 else i + 1
            between = question[min(changed[i].end, changed[other].end) : max(changed[i].start, changed[other].start)]
            joined = re.fullmatch(
                r"[’'”\"]?\s*(?:,|and|or|&|,\s*and|,\s*or)\s*(?:the\s+)?[‘'“\"]?", between, re.IGNORECASE
            )
            if joined and changed[other].publishes and changed[i].field == changed[other].field == "outlets":
                changed[i] = Mention("outlets", changed[i].names, changed[i].start, changed[i].end, True)
    return changed


def _bare(word: str) -> str:
    return re.sub(r"[’']s?$", "", word)


def _key(form: str) -> str:
    return " ".join(_bare(word).lower() for word in _TOKEN.findall(form))


def _head(name: str) -> str:
    return _TAIL.split(name)[0].strip()


def _short_forms(name: str) -> set[str]:
    forms = {name, _head(name)}
    forms |= {_DOMAIN.sub("", form) for form in forms}
    forms |= {form[4:] for form in forms if form.lower().startswith("the ")}
    return {form for form in forms if len(form) >= 3}


def _by_last_word(names: Iterable[str]) -> Mapping[str, set[str]]:
    last: dict[str, set[str]] = defaultdict(set)
    for name in names:
        words = _TOKEN.findall(_head(name))
        if len(words) >= 2 and len(words[-1]) >= 3:
            last[words[-1].lower()].add(name)
    return last
