"""Follow-up questions made whole from the history, by rules: "and in May?", "why?", "how old is he?".

A rule changes a question only where the conversation leaves one reading. Otherwise the last whole question is put
before the new one, which always works for searching, and the result says that it is not sure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.query.ellipsis import completed, fragment
from rag.query.mentions import OPENERS
from rag.query.pronouns import points_outside, resolved
from rag.query.rewrite import Turn, accepted, rewrite_messages

__all__ = ["Turn", "Whole", "accepted", "make_whole", "rewrite_messages"]

_TURNS = 6  # how far back a chain of follow-ups is read
_LONG = 12  # words: a longer question says itself what it is about, whatever its pronouns stand for
_COURTESY = re.compile(
    r"(?:thanks?|thank\s+you|ok|okay|great|good|hello|hi|yes|no)\b(?:\s+(?:a\s+lot|very\s+much|you|so\s+much))?[\s.!,]*",
    re.IGNORECASE,
)
_LEAD = re.compile(r"(?:(?:and|but|so|or|ok|okay)\b,?\s+)+", re.IGNORECASE)
_AUXILIARY = (
    r"(?:is|are|was|were|did|does|do|has|have|had|will|would|can|could|should|must|isn['’]t|wasn['’]t|didn['’]t"
    r"|hasn['’]t)"
)
# "What was it in May?" asks what was asked before, of May: the period alone is new.
_SAME_OF = re.compile(
    r"(?:what|how\s+(?:much|many|high|low|big|large))\s+(?:is|was|are|were)\s+(?:it|that|this|they"
    r"|the\s+(?:figure|number|average|total|amount|value|rate|share))\s+"
    r"(?=(?:in|on|at|during|for|after|before|by|last|this)\b)",
    re.IGNORECASE,
)
# "And after the inquiry had ended?" has no clause of its own.
_HANGING = re.compile(r"(?:after|before|since|during|until|once|if|without|despite|because)\b[^,]*", re.IGNORECASE)
_BARE = re.compile(
    r"(?P<word>why|when|where|how|since\s+when|until\s+when|how\s+much|how\s+long|how\s+often|by\s+how\s+much|who"
    r"|by\s+whom|why\s+not)\s*\?*",
    re.IGNORECASE,
)
_ASKS_HOW = re.compile(
    rf"(?:(?:why|when|where|how|how\s+long|how\s+often|since\s+when|until\s+when|by\s+how\s+much)\s+)?"
    rf"(?P<rest>{_AUXILIARY}\s.+)",
    re.IGNORECASE,
)
_ELSE = re.compile(r"(?P<word>who|what|where|when|why)\s+else\s*\?*", re.IGNORECASE)
_WHO_SAID = re.compile(
    r"(?:who\s+(?:said|says|claims|claimed|reported|reports|wrote|told\s+you)\s+(?:that|this|so|it)|says\s+who)\s*\?*",
    re.IGNORECASE,
)
_IS_TRUE = re.compile(
    r"(?:is|was)\s+(?:that|this|it)\s+(?:really\s+)?(?:true|right|correct|so)\s*\?*|really\s*\?+", re.IGNORECASE
)
_MORE = re.compile(
    r"(?:(?:please|can\s+you|could\s+you)\s+)?(?:(?:tell|give|show)\s+(?:me|us)\s+)?(?:some\s+|any\s+)?"
    r"(?:more|(?:more\s+)?details?|go\s+on|are\s+you\s+sure|sources?|explain|elaborate|anything\s+else)(?:\s+(?:details?|please|about\s+(?:it|that|this)))*"
    r"\s*[?.!]*",
    re.IGNORECASE,
)
_MARK = re.compile(r"\s*\[\d+\]")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’]?\s+(?=[\"“A-ZÀ-Þ])")


@dataclass(frozen=True, slots=True)
class Whole:
    """A question as it is to be searched and answered.

    `changed` tells that `text` says more than `original`; `sure` is False where the rules could only put the last
    whole question before it, so that a model may do better.
    """

    text: str
    original: str
    changed: bool
    sure: bool


def make_whole(question: str, history: Sequence[Turn]) -> Whole:
    """Make a question whole from the turns before it, oldest first. A question that stands alone is left as it is."""
    last: Whole | None = None
    answer = ""
    for asked, answered in history[-_TURNS:]:
        if asked.strip() and not _COURTESY.fullmatch(asked.strip()):
            last, answer = _whole(asked, last, answer), answered
    return _whole(question, last, answer)


def _whole(question: str, last: Whole | None, answer: str) -> Whole:
    text = " ".join(question.split())
    alone = Whole(text, question, False, True)
    if last is None or not text or _COURTESY.fullmatch(text):
        return alone
    body = _LEAD.sub("", text, count=1) if _LEAD.match(text) else text
    body = _SAME_OF.sub("", body, count=1) if _SAME_OF.match(body) else body
    kind = _kind(text, body)
    if kind is None:
        return alone
    made = kind(body, last.text, answer) if last.sure and last.text else None
    if made:
        return Whole(made, question, True, True)
    if len(text.split()) > _LONG and not points_outside(_first_clause(body)):
        return alone
    return Whole(f"{last.text} {text}", question, True, False)


def _first_clause(text: str) -> str:
    """What stands before the first comma, as a question; "" if that is long too, and says itself what it is about."""
    clause = text.split(",", 1)[0]
    return f"{clause.rstrip(' ?')}?" if len(clause.split()) <= _LONG else ""


_Rule = Callable[[str, str, str], str | None]


def _kind(text: str, body: str) -> _Rule | None:
    """The rule that makes a question whole, None for one that stands alone."""
    for pattern, rule in _PATTERNS:
        if pattern.fullmatch(body):
            return rule
    if fragment(text, body):
        return lambda body, last, answer: completed(body, last, answer)
    if body != text and _HANGING.fullmatch(body):
        return _never
    if points_outside(body):
        return resolved
    return None


def _bare(body: str, last: str, answer: str) -> str | None:
    """ "Why?" asks of what was asked before: its own question word gives way, or the two are joined."""
    match = _BARE.fullmatch(body)
    assert match is not None
    word = " ".join(match["word"].lower().split())
    asked = _ASKS_HOW.fullmatch(last)
    if word in ("who", "by whom", "why not"):
        return f"{_open(last)}, and {word}?" if last.endswith("?") else None
    if asked:
        return f"{word[0].upper()}{word[1:]} {asked['rest'][0].lower()}{asked['rest'][1:]}"
    return f"{_open(last)}, and {word}?" if last.endswith("?") else None


def _open(question: str) -> str:
    return question.rstrip(" ?")


def _else(body: str, last: str, answer: str) -> str | None:
    match = _ELSE.fullmatch(body)
    assert match is not None
    word, _, rest = last.partition(" ")
    if word.lower() != match["word"].lower() or not rest or rest.startswith("else "):
        return None
    return f"{word} else {rest}"


def _who_said(body: str, last: str, answer: str) -> str | None:
    stated = _stated(answer)
    return f"Who said that {stated}?" if stated else None


def _is_true(body: str, last: str, answer: str) -> str | None:
    stated = _stated(answer)
    return f"Is it true that {stated}?" if stated else None


def _stated(answer: str) -> str | None:
    """What an answer of one sentence states; it must have a citation, or it is a refusal."""
    sentences = _SENTENCE_END.split(_MARK.sub("", answer).strip())
    if len(sentences) != 1 or not _MARK.search(answer) or len(answer.split()) > 40:
        return None
    sentence = sentences[0].rstrip(" .!")
    first = sentence.split(" ", 1)[0]
    if points_outside(sentence) or not sentence:
        return None
    return sentence[0].lower() + sentence[1:] if first.lower() in OPENERS else sentence


def _never(body: str, last: str, answer: str) -> str | None:
    return None


_PATTERNS: tuple[tuple[re.Pattern[str], _Rule], ...] = (
    (_WHO_SAID, _who_said),
    (_IS_TRUE, _is_true),
    (_ELSE, _else),
    (_BARE, _bare),
    (_MORE, _never),
)
