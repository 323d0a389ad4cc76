"""Corrections and retractions as newspapers print them: in the headline, or in a note above or below the article; and
those that a web page declares of its article without printing them.

Of what is printed, only what speaks of this very article in the paper's own voice is recognised: a label such as
"Correction:", or a sentence such as "This article has been corrected", at the beginning of one of the first or last
paragraphs. What a report says of other articles, and what stands in quotation marks, is no note. Everything else is
noted by hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.sentences import paragraphs, sentences
from rag.types import Article

Kind = Literal["correction", "retraction"]
CORRECTION: Kind = "correction"
RETRACTION: Kind = "retraction"

_FIRST, _LAST = 3, 4  # paragraphs of an article where notes stand
_LONGEST = 1000  # characters; a longer paragraph is no note but a text without paragraphs
_PIECE = r"this (?:article|story|report|post|piece|column|interview)"
_EDITOR = r"(?:editor(?:['’]?s|s['’])? note\s*[:.–—-]\s*)?"
_RETRACTED_HEAD = re.compile(
    r"[\[(]?\s*retracted\s*[\])]?\s*[:–—]|[\[(]\s*retracted\s*[\])]|.*[\[(]\s*retracted\s*[\])]$", re.IGNORECASE
)
_RETRACTED_TEXT = re.compile(
    rf"(?:retracted\s*[:–—]|{_EDITOR}{_PIECE} (?:has been|is) (?:retracted|withdrawn)\b)", re.IGNORECASE
)
# "Correction: …" is the headline of an article of its own, which corrects another.
_CORRECTED_HEAD = re.compile(r"corrected\s*[:–—-]", re.IGNORECASE)
_CORRECTED_TEXT = re.compile(
    r"(?:(?:corrections?|clarifications?|corrections? and clarifications?|erratum|corrigendum)"
    r"(?:\s*\([^)]{1,40}\)|,? [^:–—.]{1,30}\d{4})?\s*[:–—]"
    rf"|{_EDITOR}{_PIECE} (?:has been|was) (?:corrected|amended|updated to correct|changed to correct)\b"
    rf"|{_EDITOR}(?:an earlier|a previous|the original|an original) version of {_PIECE}\b)",
    re.IGNORECASE,
)
_CORRECTING_HEAD = re.compile(r"\W*(?:corrections?|clarifications?|erratum|corrigendum)\b", re.IGNORECASE)
_CORRECTING_KINDS = ("correction", "clarification")
_CORRECTED_KIND = "corrected"
_RETRACTED_KINDS = ("canceled", "cancelled", "retracted", "withdrawn", "killed")
_HEADLINE = re.compile(r"[\"“]([^\"“”\n]{12,250})[\"”]")
_FEWEST_WORDS = 3  # of a headline in quotation marks
_LONGEST_EXCERPT = 500  # characters of a correction that are noted with what it corrects
_MARKS = re.compile(r"^[\s*_>#-]+|[*_]+$")  # emphasis of Markdown around a note


@dataclass(frozen=True, slots=True)
class Printed:
    """A note that stands in an article: what it is, and its words."""

    kind: Kind
    text: str


def printed(article: Article) -> list[Printed]:
    """The corrections and retractions that an article itself carries, in the order of its text."""
    found = []
    title = (article.title or "").strip()
    if _RETRACTED_HEAD.match(title) or (title.startswith("RETRACTED ") and not title.isupper()):
        found.append(Printed(RETRACTION, title))
    elif _CORRECTED_HEAD.match(title):
        found.append(Printed(CORRECTION, title))
    spans = list(paragraphs(article.text))
    if (article.kind or "").casefold() in _RETRACTED_KINDS:
        found.append(Printed(RETRACTION, f"Its source calls it {article.kind}."))
    for start, end in spans[:_FIRST] + spans[max(_FIRST, len(spans) - _LAST) :]:
        text = _MARKS.sub("", article.text[start:end])
        if len(text) > _LONGEST:
            continue
        if _RETRACTED_TEXT.match(text):
            found.append(Printed(RETRACTION, text))
        elif _CORRECTED_TEXT.match(text):
            found.append(Printed(CORRECTION, text))
    if article.correction and not any(_bare(article.correction) in _bare(note.text) for note in found):
        found.append(Printed(CORRECTION, _beginning(article.correction)))
    if (article.kind or "").casefold() == _CORRECTED_KIND and not found:
        found.append(Printed(CORRECTION, "Its source says that it has been corrected."))
    return list(dict.fromkeys(found))


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def corrects(article: Article) -> list[str]:
    """The headlines, as quoted, of the articles that an article of corrections names; none if it is not one."""
    if not (_CORRECTING_HEAD.match(article.title or "") or (article.kind or "").casefold() in _CORRECTING_KINDS):
        return []
    paras = [article.text[start:end] for start, end in paragraphs(article.text)][:_FIRST]
    quoted = (match[1].rstrip(",.;") for para in paras for match in _HEADLINE.finditer(para))
    return list(dict.fromkeys(words for words in quoted if len(words.split()) >= _FEWEST_WORDS))


def excerpt(correction: Article) -> str:
    """The beginning of an article that corrects another, in whole sentences."""
    return _beginning(correction.text)


def _beginning(whole: str) -> str:
    text = ""
    for start, end in sentences(whole):
        more = " ".join(whole[start:end].split())
        if text and len(text) + len(more) >= _LONGEST_EXCERPT:
            break
        text = f"{text} {more}".strip()
    return text
