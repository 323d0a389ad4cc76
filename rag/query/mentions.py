"""Who and what a short text speaks of, by capitals and simple cues: enough to tell what a pronoun may stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# What may begin a sentence and is no name: question words, auxiliaries, determiners, pronouns, prepositions.
OPENERS = frozenset(
    "a according about after all also although an and any are as at because before between but by can could did "
    "do does during each either every few for from give had has have he her his how however i if in is it its "
    "list many may might most much must my no not of on one only or our over should show since so some such "
    "summarise summarize tell than that the their them then there these they this those though to under until was "
    "we were what when where whether which while who whom whose why will with without would yes you your".split()
)
_CALENDAR = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul"
    r"|Aug|Sept?|Oct|Nov|Dec|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|[QH]\d|I)\b"
)
_CAPITAL = rf"(?!{_CALENDAR})[A-ZÀ-ÖØ-Þ](?:[\w&-]|['’](?!s\b)(?=\w)|\.(?=\w))*"
_NAME = re.compile(rf"\b{_CAPITAL}(?:\s+(?:(?:de|van|von|der|den|la|al|bin|of)\s+)*{_CAPITAL})*")
_TITLE = re.compile(
    r"^(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Lady|Lord|Mayor|Minister|President|Judge|Councillor|Captain)\b\.?\s"
)
_ORGANISATIONS = frozenset(
    "radio post courier echo times herald gazette council party alliance list ltd inc corp group company university "
    "hospital police ministry union athletic fc united committee commission court polling agency club school institute "
    "motors airlines railways bank association federation parliament senate government office department".split()
)
_BODIES = re.compile(
    r"\b(?:council|government|company|firm|party|police|committee|commission|court|board|ministry|team|club|union|hospital"
    r"|newspaper|school|university|bank|agency|parliament|jury|army|church|opposition)$"
)
_PLACES = frozenset(
    "bridge street square road lane harbour harbor island river lake bay park county valley coast quay station airport "
    "hall market city town village region district europe asia africa america australia".split()
)
_PLACED = re.compile(
    r"\b(?:in|at|near|from|across|around|outside|to"
    r"|(?:mayor|council|city|town|port|people|residents|citizens|north|south|east|west|streets|area)\s+of)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_THE = re.compile(r"\bthe\s+$", re.IGNORECASE)

_AUXILIARY = r"(?:is|are|was|were|did|does|do|has|have|had|will|would|can|could|should|must|may|might)"
_FOLLOWS = (
    r"(?:of|in|on|at|by|for|to|from|about|against|with|after|before|since|during|between|under|over|and|or|but|that|who"
    rf"|which|when|because|if|than|as|last|this|next|today|yesterday|{_AUXILIARY}|be|been)"
)
_VERB = (
    r"(?:say|do|make|take|open|close|reopen|cost|vote|decide|want|promise|demand|report|announce|publish|deliver|win|lose"
    r"|start|begin|end|happen|plan|build|pay|sell|buy|run|rise|fall|change|ask|get|give|have|become|cut|raise|earn|need)"
)
_SUBJECT = re.compile(
    rf"\b{_AUXILIARY}\s+(?P<thing>the\s+[a-z-]+(?:\s+[a-z-]+)?)(?=\s+{_VERB}\b)|\b{_AUXILIARY}\s+(?P<short>the\s+[a-z-]+)"
    r"(?=\s+[a-z]+\s*\?)",
    re.IGNORECASE,
)
_THING = re.compile(
    rf"\b(?P<thing>the\s+(?!{_FOLLOWS}\b)(?:[a-z-]+\s+)?(?!{_FOLLOWS}\b)[a-z-]+)(?=\s*(?:[?.,;!]|$)|\s+{_FOLLOWS}\b)"
)

_OWNED = re.compile(rf"({_NAME.pattern})['’]s\s+[a-z-]+(?=\s*(?:[?.,;!]|$)|\s+{_FOLLOWS}\b)")  # "Norvolt's revenue"
_OF = re.compile(rf"\s+of\s+(?:the\s+)?{_NAME.pattern}")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name or a thing: `text[start:end]`.

    `kind` is "person", "organisation" (also "the council"), "place", "thing" ("the audit"), "things" ("the traders"),
    or "name" for one of which the text does not tell. `placed`: it says only where ("in Norby").
    """

    words: str
    start: int
    end: int
    kind: str
    placed: bool = False


def names(text: str) -> list[Mention]:
    """Capitalised names in order; a surname is a person where the text has the whole name, too."""
    found = [mention for match in _NAME.finditer(text) if (mention := _name(text, match))]
    surnames = {mention.words.split()[-1] for mention in found if mention.kind == "person"}
    return [
        Mention(m.words, m.start, m.end, "person") if m.kind == "name" and m.words in surnames else m for m in found
    ]


def things(text: str) -> list[Mention]:
    """What is spoken of with "the" and no capital, where it can be told where its words end."""
    found: dict[int, Mention] = {}
    for match in _OWNED.finditer(text):
        if match[1].split()[0].lower() not in OPENERS:
            found[match.start()] = Mention(match.group(), match.start(), match.end(), "thing")
    for match in [*_SUBJECT.finditer(text), *_THING.finditer(text)]:
        group = "short" if "short" in match.re.groupindex and match["short"] else "thing"
        words, start = match[group], match.start(group)
        plural = re.search(r"[^s]s$|people$|children$", words)
        kind = "organisation" if _BODIES.search(words) else "things" if plural else "thing"
        # The subject is read first: "the traders demand" is not a demand.
        of = _OF.match(text, match.end(group))
        end = of.end() if of else match.end(group)
        found.setdefault(start, Mention(f"the {text[start:end].split(None, 1)[1]}", start, end, kind))
    return [found[start] for start in sorted(found)]


def distinct(mentions: Iterable[Mention]) -> list[Mention]:
    """One mention of each, under its longest form: Halvard and Rune Halvard are one."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: -len(m.words)):
        if not any(same(mention.words, other.words) for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda m: m.start)


def same(one: str, other: str) -> bool:
    """Whether two names may be one: all words of the shorter stand in the longer."""
    a, b = (set(re.findall(r"\w+", words.lower())) - {"the"} for words in (one, other))
    return a <= b or b <= a


def replaced(text: str, start: int, end: int, words: str) -> str:
    """`text` with other words in a place; the first letter of all stays a capital."""
    made = f"{text[:start]}{words}{text[end:]}"
    return made[:1].upper() + made[1:] if text[:1].isupper() else made


def capitalised_words(text: str) -> set[str]:
    """Words that are names or parts of names, in lower case, without a possessive ending."""
    found = re.finditer(r"(?<![\w'’])[A-ZÀ-ÖØ-Þ][\w&-]*", text)
    # May inside a sentence is the month.
    return {m.group().lower() for m in found if m.group().lower() not in OPENERS or (m.start() and m.group() == "May")}


def _name(text: str, match: re.Match[str]) -> Mention | None:
    words, start = match.group(), match.start()
    opens = not text[:start].rstrip() or text[:start].rstrip()[-1] in '.?!:“"'
    first, _, rest = words.partition(" ")
    if opens and first.lower() in OPENERS:
        if not rest or not rest[0].isupper():
            return None
        start, words = start + len(first) + 1, rest
    return Mention(words, start, match.end(), *_kind(text, words, start))


def _kind(text: str, words: str, start: int) -> tuple[str, bool]:
    parts: Sequence[str] = words.lower().split()
    placed = _PLACED.search(text[:start]) is not None
    if _TITLE.match(words):
        return "person", False
    if set(parts) & _ORGANISATIONS or (words.isupper() and len(words) > 1):
        return "organisation", False
    if set(parts) & _PLACES:
        return "place", placed
    if placed:
        return "place", True
    if _THE.search(text[:start]):
        return "thing", False
    return ("person" if 2 <= len(parts) <= 3 else "name"), False
