"""Outlets, bylines and sections of the archive, however a question writes them.

A name is known by itself and by what people shorten it to: without "The", without ".com", without what follows a dash,
bar or colon ("Radio Varren - Sport" is "Radio Varren"), by its capitals ("Pellhaven Evening Gazette": PEG), and by its
last word with "the" before it ("the Gazette"). A short form may stand for several outlets: all are meant.
Names of people and sections count only where the question says that they published ("a piece by Hollander", "in the
business section"), since a question also asks about people and business. So do outlets named with an ordinary word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, NamedTuple

from rag.query.publishing import byline_published, outlet_published, part_of_longer, section_meant

Field = Literal["outlets", "bylines", "sections"]

_TOKEN = re.compile(r"[^\W_]+(?:[.&'’][^\W_]+)*")
_TAIL = re.compile(r"\s+[-|–—]\s+|:\s+|\s*\|\s*")
_DOMAIN = re.compile(r"\.(?:com|org|net|news|co\.uk)$", re.IGNORECASE)
_SMALL = frozenset("a an and at by for in of on the to".split())
_PARTICLES = frozenset("van von de der den ter ten la le di da del bin al el".split())
_PARTS = re.compile(r"[,;?!()\"“”]")  # stands in no name
_LISTED = re.compile(
    r"(?:[’'”\"]|[’']s)?[”\"]?\s*(?:,|and|or|&|,\s*and|,\s*or|and\s+by|and\s+from|,\s*and\s+by)\s*(?:the\s+)?[‘'“\"]?",
    re.IGNORECASE,
)
_ONE_OF = re.compile(r"\b(?:an?|another|this|that|recent|latest|first)\s+[‘'“\"]?$", re.IGNORECASE)
# "A piece by Hollander in the Courier", "the Courier's Hollander wrote".
_OF_BYLINE = re.compile(r"\s+(?:of|in|for|at|from)\s+(?:the\s+)?[‘'“\"]?|[’']s?\s+", re.IGNORECASE)
# Where a second side begins: "…, and the Echo", "while in the Echo", "unlike the Echo", "compared with the Echo".
_JOINT = re.compile(
    r"(?:[,;—–]|\b(?:and|but|while|whereas|although|or|than|versus|vs\.?|unlike|as|(?:compared|contrast(?:ed)?)\s+(?:with|to)"
    r"|with|that\s+of|those\s+of))\s+(?:(?:did|does|do|has|had|what|that|in|by|from|both|how|also|of)\s+){0,2}"
    r"(?:the\s+)?[‘'“\"]?$",
    re.IGNORECASE,
)
_REACH = 60


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


class _Word(NamedTuple):
    key: str
    written: str
    start: int
    end: int


@dataclass
class Names:
    """A vocabulary made ready for looking names up; build it once an archive version."""

    vocabulary: Vocabulary
    _by_key: dict[str, dict[Field, set[str]]] = field(default_factory=lambda: defaultdict(dict))
    _capitals: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _joined: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _first: set[str] = field(default_factory=set)
    _longest: int = 1

    def __post_init__(self) -> None:
        for name in self.vocabulary.outlets:
            for short in _short_forms(name):
                self._add("outlets", short, name)
                self._joined[_key(short).replace(" ", "")].add(name)
            for capitals in _capitals(name):
                self._capitals[capitals].add(name)
        for last, names in _by_last_word(self.vocabulary.outlets).items():
            self._add("outlets", f"the {last}", *names)
        for name in self.vocabulary.bylines:
            for form in (name, *_surnames(name)):
                self._add("bylines", form, name)
        for name in self.vocabulary.sections:
            self._add("sections", name, name)

    def _add(self, kind: Field, form: str, *names: str) -> None:
        key = _key(form)
        if not set(key.split()) <= _SMALL:
            self._by_key[key].setdefault(kind, set()).update(names)
            words = key.split()
            self._longest = max(self._longest, len(words))
            self._first.add(words[0])

    def find(self, question: str) -> list[Mention]:
        """The names in `question`, in order, the longest first where several begin at one place."""
        words = [_word(m) for m in _TOKEN.finditer(question)]
        # Where nothing or everything is written in capitals, they do not tell a name.
        cased = question != question.lower() and question != question.upper()
        found: list[Mention] = []
        i = 0
        while i < len(words):
            mention, used = self._at(question, words, i, cased)
            if mention is None:
                mention = self._bare(question, words[i], found[-1:], cased)
            if mention is not None:
                found.append(mention)
            i += used
        found = _promoted(question, _coordinated(question, found))
        return [m for m in found if m.publishes or m.field == "outlets"]

    def _at(self, question: str, words: Sequence[_Word], i: int, cased: bool) -> tuple[Mention | None, int]:
        first = words[i]
        if "." in first.written and _DOMAIN.search(first.written):
            bare = _DOMAIN.sub("", first.written.lower().removeprefix("www."))
            names = self._joined.get(_key(bare).replace(" ", ""))
            if names:
                published = outlet_published(question, first.start, first.end)
                return Mention("outlets", frozenset(names), first.start, first.end, published), 1
        capitals = self._capitals.get(first.written)
        if first.key not in self._first and not capitals:
            return None, 1
        for n in range(min(self._longest, len(words) - i), 0, -1):
            some = words[i : i + n]
            known = self._by_key.get(" ".join(w.key for w in some), {})
            if n == 1 and capitals:
                known = {**known, "outlets": capitals | known.get("outlets", set())}
            if not known or (n > 1 and _PARTS.search(question[some[0].end : some[-1].start])):
                continue
            judged = [_judged(question, kind, frozenset(names), some, cased) for kind, names in known.items()]
            mentions = [m for m in judged if m is not None]
            if mentions:
                return max(mentions, key=lambda m: m.publishes), n
        return None, 1

    def _bare(self, question: str, word: _Word, before: Sequence[Mention], cased: bool) -> Mention | None:
        """An outlet by its last word without "the": "a Courier report", and in a list, "the Post, Echo and Courier"."""
        names = self._by_key.get(f"the {word.key}", {}).get("outlets")
        if not names:
            return None
        listed = before and before[0].field == "outlets" and _LISTED.fullmatch(question, before[0].end, word.start)
        if not listed and not _ONE_OF.search(question, max(0, word.start - _REACH), word.start):
            return None
        return _judged(question, "outlets", frozenset(names), [word], cased)


def _judged(question: str, kind: Field, names: frozenset[str], words: Sequence[_Word], cased: bool) -> Mention | None:
    start, end = words[0].start, words[-1].end
    if kind == "sections":
        foreign = len(words) == 1 and part_of_longer(question, start, start, cased)
        meant = not foreign and section_meant(question, start, end)
        return Mention(kind, names, start, end, True) if meant else None
    named = [w.written for w in words if w.key not in _SMALL and not (kind == "bylines" and w.key in _PARTICLES)]
    written_as_name = not cased or all(not w[0].isalpha() or w[0].isupper() for w in named)
    single = len(named) < 2
    if single and (not written_as_name or part_of_longer(question, start, end, cased)):
        return None
    if kind == "bylines":
        return Mention(kind, names, start, end, byline_published(question, start, end)) if written_as_name else None
    publishes = outlet_published(question, start, end)
    return Mention(kind, names, start, end, publishes) if written_as_name or publishes else None


def _coordinated(question: str, mentions: list[Mention]) -> list[Mention]:
    """In "by X, Y and Z" the words around one name speak for all; "by X in the Courier" speaks of both."""
    changed = list(mentions)
    for order in (range(1, len(changed)), range(len(changed) - 2, -1, -1)):
        for i in order:
            other = i - 1 if order.step > 0 else i + 1
            one, two = changed[i], changed[other]
            if one.publishes or not two.publishes or "sections" in (one.field, two.field):
                continue
            between = question[min(one.end, two.end) : max(one.start, two.start)]
            if one.field == two.field:
                joined = _LISTED.fullmatch(between) and (one.field == "outlets" or order.step > 0)
            else:
                joined = _OF_BYLINE.fullmatch(between) and one.field == "outlets"
            if joined:
                changed[i] = replace(one, publishes=True)
    return changed


def _promoted(question: str, mentions: list[Mention]) -> list[Mention]:
    """Where one outlet is asked for what it published, so are others: who begins a second side, is named again, or is
    named in full. To limit the search to one of two would lose what the other says.

    "Did the Post say that it rained, and the Echo that it snowed?"
    """
    asked = False
    for i, mention in enumerate(mentions):
        if mention.field == "outlets":
            joint = asked and _JOINT.search(question, max(0, mention.start - _REACH), mention.start)
            mentions[i] = replace(mention, publishes=True) if joint else mention
            asked = asked or mention.publishes
    said = {m.names for m in mentions if m.field == "outlets" and m.publishes}
    if said:
        said |= {m.names for m in mentions if m.field == "outlets" and _in_full(question[m.start : m.end])}
    return [replace(m, publishes=True) if m.field == "outlets" and m.names in said else m for m in mentions]


def _in_full(name: str) -> bool:
    return sum(word.lower() not in _SMALL for word in _TOKEN.findall(name)) >= 2


def _word(match: re.Match[str]) -> _Word:
    written = match.group()
    if written[-2:-1] in ("'", "’") and written[-1] == "s":
        written = written[:-2]
    return _Word(_plain(written), written, match.start(), match.start() + len(written))


def _plain(word: str) -> str:
    """A word as it is looked up: lower case, without accents; "U.S" as "us"."""
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    word = word.lower().replace("’", "'")
    return word if "." not in word or _DOMAIN.search(word) else word.replace(".", "")


def _key(form: str) -> str:
    return " ".join(filter(None, (_word(m).key for m in _TOKEN.finditer(form))))


def head(name: str) -> str:
    """A name without what follows a dash, bar or colon."""
    return _TAIL.split(name)[0].strip()


def _short_forms(name: str) -> set[str]:
    forms = {name, head(name)}
    forms |= {_DOMAIN.sub("", form) for form in forms}
    forms |= {form[4:] for form in forms if form.lower().startswith("the ")}
    return {form for form in forms if len(form) >= 2}


def _capitals(name: str) -> set[str]:
    """The capitals that a name of three or more words is known by, with and without its small words."""
    words = _TOKEN.findall(head(name))
    words = words[1:] if words and words[0].lower() == "the" else words
    large = [w for w in words if w.lower() not in _SMALL]
    return {"".join(w[0].upper() for w in some) for some in (words, large) if len(some) >= 3}


def _surnames(name: str) -> set[str]:
    """The last word of a person's name, and with the particles before it: Vries, de Vries."""
    words = _TOKEN.findall(name)
    if len(words) < 2 or len(words[-1]) < 3:
        return set()
    begin = len(words) - 1
    while begin > 1 and words[begin - 1].lower() in _PARTICLES:
        begin -= 1
    return {words[-1], " ".join(words[begin:])}


def _by_last_word(names: Iterable[str]) -> Mapping[str, set[str]]:
    last: dict[str, set[str]] = defaultdict(set)
    for name in names:
        words = _TOKEN.findall(head(name))
        if len(words) >= 2 and len(words[-1]) >= 3:
            last[words[-1].lower()].add(name)
    return last
