"""What a sentence refers to, made plain before it is judged: "He was jailed." after "Viktor Lund denied it."."""

from __future__ import annotations

import re

from rag import forms
from rag.query import OPENING_WORDS

_SUBJECT = re.compile(r"^(?P<pronoun>He|She|It|They|Both)\b(?=\s)")
_POSSESSIVE = re.compile(r"^(?P<pronoun>His|Her|Its|Their)\b(?=\s)")
_NAME = re.compile(
    r"(?:[Tt]he\s+)?[^\W\d_a-z][\w'’.-]*(?:\s+(?:of|the|de|van|von|al|el|and|&)\s+[^\W\d_a-z][\w'’-]*|\s+[^\W\d_a-z][\w'’-]*)*"
)


def made_plain(sentence: str, before: str) -> str:
    """The sentence with a pronoun that begins it replaced by whom the sentence before begins with; else as it is.

    For judging only: what the reader sees is what was written. "They" and "both" stand for the whole first phrase.
    """
    for pattern, ending in ((_SUBJECT, ""), (_POSSESSIVE, "'s")):
        match = pattern.match(sentence)
        if match and (name := _first_name(before)):
            return f"{name}{ending}{sentence[match.end() :]}"
    return sentence


def unresolved(sentence: str) -> bool:
    """Whether a sentence begins with a pronoun."""
    return bool(_SUBJECT.match(sentence) or _POSSESSIVE.match(sentence))


def _first_name(text: str) -> str | None:
    match = _NAME.match(text)
    if not match:
        return None
    name = re.sub(r"['’]s?$", "", match.group())
    if re.sub(r"^[Tt]he\s+", "", name).split()[0].casefold() in OPENING_WORDS:
        return None  # "In Norby, Viktor Lund denied it."
    known = [word for word, begins in forms.names(text) if not begins]
    # A single capitalised word at the beginning may be any word; two in a row, or one that recurs, are a name.
    return name if " " in name or name in known else None


def uncapitalised(claim: str, question: str) -> str:
    """The claim with its first letter made small, if the question has its first word so and never capitalised.

    Writers begin with the question's words: "Rival makers …" after "How did rival makers …?" names nobody.
    """
    first = re.match(r"[^\W\d_]+", claim)
    if not first or not first.group()[0].isupper():
        return claim
    small = first.group()[0].lower() + first.group()[1:]
    words = set(re.findall(r"[^\W\d_]+", question))
    return claim[0].lower() + claim[1:] if small in words and first.group() not in words else claim
