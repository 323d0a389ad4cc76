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
_NEAR = 2  # sentences before the pronoun in which it is told who is meant


def somebody_else(claim: str, cited: Cited) -> str | None:
    """Why the cited words do not say it of the person whom the claim begins with; None if they may."""
    subject, pronoun = _NAME.search(claim), _PRONOUN.search(cited.quote)
    place = (cited.passage or "").find(cited.quote)
    if not subject or not pronoun or place < 0 or not cited.passage:
        return None
    before = cited.passage[: place + pronoun.start()].rpartition("\n\n")[2]
    near = " ".join(before[start:end] for start, end in sentences(before)[-_NEAR:])
    last = subject.group().split()[-1]
    if last in near or last in cited.quote or not _NAME.search(near):
        return None
    return "the cited words say it of somebody else"
