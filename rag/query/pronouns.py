"""Pronouns that stand for something outside of their question, and what of the history they stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rag.query.dates import periods
from rag.query.mentions import Mention, distinct, names, replaced, same, things

_OBJECT_FOLLOWS = (
    r"\s*(?:[?.,;!]|$)|\s+(?:to|in|on|at|for|of|from|and|or|about|with|by|when|why|how|before|after"
    r"|last|this|that|again)\b"
)
_PRONOUN = re.compile(
    rf"""\b(?:(?P<person>he|him|she|(?P<her>her)(?={_OBJECT_FOLLOWS}))|(?P<persons>his|her)
    |(?P<it>(?<!is\s)(?<!was\s)it|it(?!\s+(?:the|an?|(?-i:[A-Z]\w*))\b))|(?P<its>its)|(?P<they>they|them)|(?P<their>their)
    |(?P<firm>(?:the|that|this)\ (?:company|firm|party|team|club|newspaper|paper|station|bank|group|agency|outlet))
      (?!\s+(?:[A-Z]|of\b|that\b|which\b|behind\b|who\b))
    |(?P<there>(?:from\ )?there)(?={_OBJECT_FOLLOWS}|\s+(?:now|today|yesterday|during|since|until)\b)
    |(?P<then>(?:since|by|until|before|after)\ then)
    |(?P<that>(?<=\S\s)(?:that|this|these|those)(?=\s*(?:[?.!,]|$)|\s+(?:mean|true|happen|change|work|cost|include)s?\b)
      |(?:of|about|for|with|from|is|was|are|were|owns?|runs?|drove|drives?|caused?|causes|explains?|made|behind)
        \ (?:that|those|these)\ (?!week|month|year|the\b)[a-z]+
      |(?:did|does|do|will|would|has|had|can|could|should)\ (?:that|this|those|these)
        \ (?!week|month|year|time|day)[a-z]+
      |(?:the|that|this)\ (?:other|first|second|last)?\s?ones?|the\ (?:others|latter|former)|which\ ones?
      |(?:is|was)\ it\ (?=the\b|an?\b|(?-i:[A-Z]))
      |(?:do|doing|done)\ it|then(?=\s*\?))
    )\b(?!-)""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_PRONOUN = re.compile(  # "is it true that", "how long does it take", "are there"
    r"\b(?:is|was|be|been|isn['’]t|wasn['’]t|will|would)\s+it\s+(?:be\s+)?(?:\w+\s+)?\w+\s+(?:that|to|for\s+\w+\s+to)\b"
    r"|\bdo(?:es)?\s+it\s+(?:take|matter)\b|\bdid\s+it\s+take\b|\bit\s+take\s+to\b|\bit\s+(?:is|was)\s+\w+\s+(?:that|to)\b"
    r"|\bhow\s+(?:hot|cold|warm|wet|windy|late|far)\s+(?:is|was|did)\s+it\s+\w"
    r"|\b(?:is|are|was|were|be|been|will|has|have|had)\s+there\b|\bthere\s+(?:is|are|was|were|will|has|have|had|be)\b",
    re.IGNORECASE,
)
_SOMEONE = re.compile(
    r"\b(?:(?:who|whoever|someone|somebody|anyone|everyone|nobody)\b|(?:the|an?|which|what|his|her|their|this|that|any)\s+"
    r"(?:[a-z-]+\s+)?(?:person|man|woman|president|judge|chief|boss|candidate"
    r"|suspect|victim|captain|head|author|(?!never|after|under|other|over|ever|number|water|winter|summer|paper|letter"
    r"|river|matter|order|power|offer|later|earlier|or|for|error|her)[a-z]+(?:or|er|ist|man|woman|ian)))\b",
    re.IGNORECASE,
)
_SOMETHING = re.compile(r"\b(?:the|a|an|any|another|this|that|which)\s+(?!of\b)[a-z-]+", re.IGNORECASE)
_MANY = re.compile(
    r"\b(?!does\b|this\b|was\b|has\b|its\b|his\b|always\b)[a-z]{2,}s\b|\b(?:who|people|the\s+[a-z]+)\b", re.IGNORECASE
)
_ACTS = re.compile(
    r"\s+(?:(?:has|had|will|would|also|ever|not|never)\s+)?(?:say|said|decide|vote|promise|announce|want|plan|report|publish"
    r"|pay|paid|earn|sell|sold|buy|bought|hire|employ|deliver|ask|claim|deny|denie|win|won|lose|lost|do\b|write|wrote|argue)",
    re.IGNORECASE,
)
_CONJUNCTION = re.compile(
    r"\b(?:and|or|but|if|when|while|that|because|who|which|how|why|what|whether|since|after|before|until|as|where)\s+(?!did|does"
    r"|do|is|was|are|were|has|have|will)|,",
    re.IGNORECASE,
)
_NOT_AN_OBJECT = re.compile(
    r"\b(?:is|are|was|were|did|does|do|has|have|had|will|would|can|could|should|and|or|that|if|when)\s+$", re.IGNORECASE
)
_OBJECT = re.compile(_OBJECT_FOLLOWS)
_WHICH_OF_MANY = re.compile(r"\b(?:which|what|how\s+many)\s+(?:[a-z-]+\s+)?[a-z]{2,}s\b", re.IGNORECASE)
_ANY_DAY = date(2000, 6, 15)  # only where expressions of time stand matters here


@dataclass(frozen=True, slots=True)
class _Reference:
    """One pronoun that points outside: what kind of word it is and where."""

    kind: str
    start: int
    end: int
    words: str
    acts: bool  # "it" as what says, decides or sells: a body rather than a thing


def points_outside(text: str) -> bool:
    """Whether a text has a pronoun with nothing in the text itself that it could stand for."""
    return bool(_references(text))


def resolved(body: str, last: str, answer: str) -> str | None:
    """A question with its pronouns replaced by names of the last question, else of its answer.

    None where one of them fits nothing, or two things equally well.
    """
    made, taken = body, {name.words for name in names(body)}
    for reference in reversed(_first_of_each(_references(body))):
        words = _stands_for(reference, last, answer, taken)
        if words is None:
            if reference.kind == "firm":
                continue
            return None
        made = replaced(made, reference.start, reference.end, words)
    return None if made == body else made[:1].upper() + made[1:]


def _references(text: str) -> list[_Reference]:
    silent = [match.span() for match in _NO_PRONOUN.finditer(text)]
    found = []
    for match in _PRONOUN.finditer(text):
        kind = next(kind for kind in _KINDS if match[kind])
        if any(start <= match.start() < end for start, end in silent) and kind in ("it", "there"):
            continue
        if not _bound(match.group().lower(), kind, text[: match.start()], text[match.end() :]):
            acts = _ACTS.match(text, match.end()) is not None
            found.append(_Reference(kind, match.start(), match.end(), match.group(), acts))
    return found


_KINDS = ("person", "persons", "it", "its", "they", "their", "firm", "there", "then", "that")
_GROUPS = {"persons": "person", "its": "it", "their": "they"}


def _bound(word: str, kind: str, before: str, after: str) -> bool:
    """Whether something before a pronoun, or after its opening phrase ("In his speech, what …"), is what it means."""
    if word in ("he", "him", "she", "them") or (word == "her" and kind == "person"):
        before = re.sub(r"\bwho\b", "", before, flags=re.IGNORECASE)  # "Who asked her?", but "Who lost their job?"
    if word in ("it", "him", "her", "them") and _is_lone_object(before, after):
        return False
    kind = _GROUPS.get(kind, kind)
    if "," in after and not re.search(r"\b(?:did|does|do|is|was|has|will)\b", before) and names(after.split(",", 1)[1]):
        return True
    named = names(before)
    if kind == "person":
        return any(name.kind in ("person", "name") for name in named) or _SOMEONE.search(before) is not None
    if kind == "there":
        return any(name.kind in ("place", "name") for name in named) or re.search(r"\bwhere\b", before) is not None
    if kind == "then":
        return (
            bool(periods(before, _ANY_DAY)) or re.search(r"\b(?:when|after|once)\b", before, re.IGNORECASE) is not None
        )
    if kind == "they":
        return bool(named) or _MANY.search(before) is not None
    if kind == "that":
        return "," in before or " and " in before
    return bool(named) or _SOMETHING.search(before) is not None


def _is_lone_object(before: str, after: str) -> bool:
    """Whether a pronoun is the object of the only clause, whose subject it is not: "What does the mayor say of it?"."""
    if not _OBJECT.match(after) or _NOT_AN_OBJECT.search(before):
        return False
    spoken_of = [m.span() for m in _SOMETHING.finditer(before)]
    spoken_of += [(m.start, m.end) for m in names(before) if not any(a <= m.start < b for a, b in spoken_of)]
    return len(spoken_of) <= 1 and not _CONJUNCTION.search(before.lstrip(), 1)


def _first_of_each(references: Sequence[_Reference]) -> list[_Reference]:
    """The first reference of each kind; "he … his" is one person, and the second is bound to the name put in."""
    firsts: dict[str, _Reference] = {}
    for reference in references:
        firsts.setdefault(_GROUPS.get(reference.kind, reference.kind), reference)
    return list(firsts.values())


def _stands_for(reference: _Reference, last: str, answer: str, taken: set[str]) -> str | None:
    if reference.kind == "then":
        found = periods(last, _ANY_DAY)
        if len(found) != 1:
            return None
        when = re.sub(
            r"^(?:published\s+)?(?:in|on|since|after|before|during|at|from|by)\s+(?:the\s+)?", "", found[0].text
        )
        return f"{reference.words.split()[0]} {when}"
    if reference.kind == "that":
        return None
    for source in (last, answer):
        fits = [m for m in _candidates(reference, source) if not any(same(m.words, name) for name in taken)]
        if len(fits) > 1 and reference.kind in ("it", "its"):
            fits = list(_likelier(reference, fits))
        if len(fits) > 1:
            return None
        if fits:
            return _put(reference, fits[0], source)
    return None


def _likelier(reference: _Reference, fits: Sequence[Mention]) -> Sequence[Mention]:
    """A body for what acts or has something of its own, else the thing; "Norvolt's revenue" rather than Norvolt."""
    acts = reference.acts or reference.kind == "its"
    bodies = [m for m in fits if m.kind in ("organisation", "name")]
    rest = [m for m in fits if m not in bodies]
    chosen = (bodies if acts else rest) or fits
    return [m for m in chosen if not any(o is not m and o.start <= m.start and m.end <= o.end for o in chosen)]


def _candidates(reference: _Reference, source: str) -> list[Mention]:
    kind, named = _GROUPS.get(reference.kind, reference.kind), distinct(names(source))
    if kind == "person":
        return [m for m in named if m.kind in ("person", "name") and _may_be(reference.words, m.words)]
    if kind == "there":
        return [m for m in named if m.kind == "place"]
    if kind == "firm":
        return [m for m in named if m.kind in ("organisation", "name")]
    if kind == "they" and _WHICH_OF_MANY.search(source):
        return []  # "Which outlets …?": they are in the answer
    wanted = "thing" if kind == "it" else "things"
    kinds = ("organisation", "name", "place", "thing") if kind == "it" else ("organisation",)
    times = periods(source, _ANY_DAY)  # "it" is no quarter
    return [
        *(m for m in named if m.kind in kinds and not m.placed),
        *(
            m
            for m in things(source)
            if m.kind in (wanted, "organisation") and not any(t.start <= m.start < t.end for t in times)
        ),
    ]


def _may_be(pronoun: str, name: str) -> bool:
    title = name.split()[0].rstrip(".").lower()
    if pronoun.lower() in ("he", "him", "his"):
        return title not in ("mrs", "ms", "miss", "lady")
    return title not in ("mr", "sir", "lord")


def _put(reference: _Reference, mention: Mention, source: str) -> str:
    words = mention.words
    if re.search(r"\bthe\s+$", source[: mention.start], re.IGNORECASE):
        words = f"the {words}"
    if reference.kind == "there":
        lead = re.search(r"\b(in|at|near)\s+(?:the\s+)?$", source[: mention.start], re.IGNORECASE)
        where = lead[1].lower() if lead else "in" if mention.placed else "at"
        return f"{'from' if reference.words.lower().startswith('from') else where} {words}"
    if reference.kind in ("persons", "its", "their"):
        return f"{words}'" if words.endswith("s") and mention.kind == "things" else f"{words}'s"
    return words
