"""Whom "he" or "she" means in cited words: not the one in the headline if another is named just before.

A headline names the article's subject, and a sentence of it may still be about somebody else: "Lu Weibing has returned
from Europe. He drove 800 kilometres there" does not say it of Lei Jun, of whom the headline speaks.
"""

from __future__ import annotations

import re

from rag.judges import Cited
from rag.sentences import sentences

_NAME = re.compile(r"\b[^\W\d_a-z][\w’-]+(?:\s+[^\W\d_a-z][\w’-]+)+")
_PRONOUN = re.compile(r"\b(?:he|she)\b", re.IGNORECASE)
PASSAGES = "\n\n\f\n\n"  # between passages of one article, which need not follow each other
_NEAR = 2  # sentences before the pronoun in which it is told who is meant


def somebody_else(claim: str, cited: Cited) -> str | None:
    """Why the cited words do not say it of the person whom the claim begins with; None if they may."""
    subject, pronoun = _NAME.search(claim), _PRONOUN.search(cited.quote)
    place = (cited.passage or "").find(cited.quote)
    if not subject or not pronoun or place < 0 or not cited.passage:
        return None
    passage = cited.passage[: place + pronoun.start()].rpartition(PASSAGES)[2]
    earlier, _, before = passage.rpartition("\n\n")
    near = [before[start:end] for start, end in sentences(before)[-_NEAR:]]
    # A paragraph may go back to the article's subject: only who is the subject just before it may be meant.
    if len(near) < _NEAR and earlier.strip() and _NAME.match(last := _last(earlier)):
        near.insert(0, last)
    said, name = " ".join(near), subject.group().split()[-1]
    if name in said or name in cited.quote or not _NAME.search(said):
        return None
    return "the cited words say it of somebody else"


def _last(paragraph: str) -> str:
    start, end = sentences(paragraph)[-1]
    return paragraph[start:end]
