"""Corrections and retractions as newspapers print them: in the headline, or in a note above or below the article; and
those that a web page declares of its article without printing them.

Of what is printed, only what speaks of this very article in the paper's own voice is recognised: a label such as
"Correction:", or a sentence such as "This article has been corrected", at the beginning of one of the first or last
paragraphs. What a report says of other articles, and what stands in quotation marks, is no note. Everything else is
noted by hand.

The words are in `notes.json`, by language. All of them count for every article: few say what language they are in.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from rag.sentences import paragraphs, sentences
from rag.types import Article

Kind = Literal["correction", "retraction"]
CORRECTION: Kind = "correction"
RETRACTION: Kind = "retraction"

# By language, lists of words; " … " is where a date may stand. Behind an editor's label words may be less exact: "the
# article" is this one (`the`, `of_the`), and what is withdrawn (`withdrawn`) is no law or product.
FILE = Path(__file__).with_suffix(".json")

_FIRST, _LAST = 3, 4  # paragraphs of an article where notes stand
_LONGEST = 1000  # characters; a longer paragraph is no note but a text without paragraphs
# Beside a label: "(4 March 2024)", ", March 4, 2024", " vom 4. März 2024", " 2024-03-04".
_DAY = r"(?:\d{1,2}(?!\d)[^:–—]{1,24}\d{4}|\d{4}-\d\d-\d\d)"
_DATED = rf"(?:\s*\([^)]{{1,40}}\)|,\s(?:[^:–—.]|\d\.){{1,30}}\d{{4}}|\s(?:[^:–—.\d]{{0,20}}\s)?{_DAY})?"
# Within a sentence: " am 4. März 2024".
_WHEN = r"(?:\s[^;!?\"“”„«»]{0,20}\d[^;!?\"“”„«»]{0,30})?\s"
_CORRECTING_KINDS = ("correction", "clarification")
_CORRECTED_KIND = "corrected"
_RETRACTED_KINDS = ("canceled", "cancelled", "retracted", "withdrawn", "killed")
_HEADLINE = re.compile(
    r"[\"“]([^\"“”\n]{12,250})[\"”]|„([^„“”\n]{12,250})[“”]|«([^«»\n]{12,250})»|»([^«»\n]{12,250})«|”([^“”\n]{12,250})”"
)
_FEWEST_WORDS = 3  # of a headline in quotation marks
_LONGEST_EXCERPT = 500  # characters of a correction that are noted with what it corrects
_MARKS = re.compile(r"^[\s*_>#-]+|[*_]+$")  # emphasis of Markdown around a note


@dataclass(frozen=True, slots=True)
class Printed:
    """A note that stands in an article: what it is, and its words."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class _Forms:
    """What headlines and paragraphs begin with. `correcting`: the headline of an article that corrects another."""

    retracted_head: re.Pattern[str]
    retracted: re.Pattern[str]
    corrected_head: re.Pattern[str]
    corrected: re.Pattern[str]
    correcting: re.Pattern[str]


def printed(article: Article) -> list[Printed]:
    """The corrections and retractions that an article itself carries, in the order of its text."""
    found = []
    forms = _forms()
    title = (article.title or "").strip()
    if forms.retracted_head.match(_composed(title)) or (title.startswith("RETRACTED ") and not title.isupper()):
        found.append(Printed(RETRACTION, title))
    elif forms.corrected_head.match(_composed(title)):
        found.append(Printed(CORRECTION, title))
    spans = list(paragraphs(article.text))
    if taken_back(article.kind):
        found.append(Printed(RETRACTION, f"Its source calls it {article.kind}."))
    for start, end in spans[:_FIRST] + spans[max(_FIRST, len(spans) - _LAST) :]:
        text = _MARKS.sub("", article.text[start:end])
        if len(text) > _LONGEST:
            continue
        if forms.retracted.match(_composed(text)):
            found.append(Printed(RETRACTION, text))
        elif forms.corrected.match(_composed(text)):
            found.append(Printed(CORRECTION, text))
    if article.correction and not any(_bare(article.correction) in _bare(note.text) for note in found):
        found.append(Printed(CORRECTION, _beginning(article.correction)))
    if (article.kind or "").casefold() == _CORRECTED_KIND and not found:
        found.append(Printed(CORRECTION, "Its source says that it has been corrected."))
    return list(dict.fromkeys(found))


def taken_back(kind: str | None) -> bool:
    """Whether a source calls an article by this kind since it takes it back."""
    return (kind or "").casefold() in _RETRACTED_KINDS


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def corrects(article: Article) -> list[str]:
    """The headlines, as quoted, of the articles that an article of corrections names; none if it is not one."""
    correcting = _forms().correcting.match(_composed(article.title or ""))
    if not (correcting or (article.kind or "").casefold() in _CORRECTING_KINDS):
        return []
    paras = [article.text[start:end] for start, end in paragraphs(article.text)][:_FIRST]
    found = (match[match.lastindex or 0] for para in paras for match in _HEADLINE.finditer(para))
    quoted = (words.strip().rstrip(",.;") for words in found)
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


@cache
def _forms() -> _Forms:
    languages: Iterable[Mapping[str, list[str]]] = json.loads(FILE.read_text("utf-8")).values()
    labels, retracted, corrected = (
        _any(word for language in languages for word in language[name])
        for name in ("labels", "retracted_labels", "corrected_labels")
    )
    retractions, corrections = zip(*map(_sayings, languages))
    return _Forms(
        retracted_head=_begins(
            rf"[\[(]?\s*{retracted}\s*[\])]?\s*[:–—]",
            rf"[\[(]\s*{retracted}\s*[\])]",
            rf".*[\[(]\s*{retracted}\s*[\])]$",
        ),
        retracted=_begins(rf"{retracted}\s*[:–—]", *retractions),
        # "Correction: …" is the headline of an article of its own, which corrects another.
        corrected_head=_begins(rf"{corrected}\s*[:–—-]"),
        corrected=_begins(rf"{labels}{_DATED}\s*[:–—]", *corrections),
        correcting=_begins(rf"\W*{labels}(?!\w)"),
    )


def _sayings(language: Mapping[str, list[str]]) -> tuple[str, str]:
    """The sentences by which a paper says in a language that it has retracted an article, or corrected it."""
    words = {name: _any(found) for name, found in language.items()}
    label = rf"{words['editor']}\s*[:.–—-]+\s*"
    own, spoken = (rf"[\[(]?\s*{start}" for start in (rf"(?:{label})?", label))
    retraction = (
        rf"{own}{words['this']}\s{words['retracted']}"
        rf"|{spoken}(?:{words['this']}|{words['the']})\s(?:{words['retracted']}|{words['withdrawn']})"
    )
    correction = (
        rf"{own}(?:{words['this']}\s{words['corrected']}|{words['earlier']}\s{words['of_this']}|{words['sentences']})"
        rf"|{spoken}(?:{words['the']}\s{words['corrected']}|{words['earlier']}\s{words['of_the']})"
    )
    return rf"(?:{retraction})(?!\w)", rf"(?:{correction})(?!\w)"


def _any(found: Iterable[str]) -> str:
    """One of these words, as a pattern; nothing at all where there are none."""
    forms = [re.escape(words).replace(r"\ …\ ", _WHEN).replace(r"\ ", r"\s+").replace("'", "['’]") for words in found]
    return f"(?:{'|'.join(forms)})" if forms else r"(?!)"


def _begins(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


def _composed(text: str) -> str:
    """The text with each accent in one character with its letter, as the words are written."""
    return unicodedata.normalize("NFC", text)
