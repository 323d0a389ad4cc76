"""Sentence boundaries with exact offsets, in one linear pass.

A citation is a run of whole sentences, so this is part of the evidence and ours: the trained splitters at hand cut
"No. 5", "Gov. Lee" and '"What?" she asked' in two, and give up on long input.

The rules: a paragraph never holds part of another one's sentence. Inside it, a sentence ends at `. ! ? …` and their
closing quotes or brackets when white space and something that can begin a sentence follow, unless the full stop
belongs to an abbreviation, an initial or a number. Chinese and Japanese stops end a sentence by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

# Always followed by the name or number they belong to, so never the end of a sentence.
_TITLES = frozenset(
    "mr mrs ms mx dr prof gov sen rep lt gen col sgt capt cpl cmdr adm maj hon rev fr st ste messrs mme mlle supt insp "
    "pres vs v cf al viz approx est fig figs vol ed eds mt ft dept univ ave blvd rd".split()
)
# Abbreviations only in front of a number: "No. 5", "pp. 3", "Jan. 4", "c. 1900".
_BEFORE_NUMBER = frozenset(
    "no nos nr p pp art sec ch para c ca jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
# May end a sentence; does so only when what follows looks like a beginning.
_MAYBE = frozenset(
    "inc co corp ltd plc llc bros jr sr etc dist min max avg tel ext i.e e.g a.m p.m ph.d b.sc m.a".split()
)
_STARTERS = frozenset(
    "the a an this that these those he she it they we you i his her its their our my in on at by for from with without "
    "after before during since until while when where what who why how if as although though however but and or so yet "
    "there here then now today yesterday tomorrow meanwhile according under over about both each all some many most "
    "more no not one two three several another other such earlier later last next also still only even".split()
)
_OPENERS = "\"'“‘«‹([{—–-•"
_CLOSERS = "\"'”’»›)]}"
_STOP = re.compile(rf"(?<![.!?…])[.!?…]++[{re.escape(_CLOSERS)}]*+(?=\s)|[。！？]+[」』”’）】]*")
_LAST_WORD = re.compile(r"[^\s\"'“”‘’()\[\]—–/]+$")
_NEXT_WORD = re.compile(r"[^\s\"'“”‘’()\[\]—–,;:.!?]+")
_PARAGRAPH = re.compile(r"\n[ \t\u00a0]*\n\s*|\n(?=[ \t]*(?:[-*•·|#>]|\d{1,2}[.)])\s)")
_LINE = re.compile(r"\n")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]$")
_WORD_WINDOW = 40  # no abbreviation is longer; keeps a line without spaces linear


def paragraphs(text: str) -> Iterator[Span]:
    """Spans of paragraphs, trimmed, in order.

    Blank lines and list items separate paragraphs. In a text without any blank line every line is a paragraph, as
    exports of one line per paragraph have it.
    """
    separator = _PARAGRAPH if re.search(r"\n[ \t\u00a0]*\n", text) else _LINE
    start = 0
    for match in separator.finditer(text):
        yield from _trimmed(text, start, match.start())
        start = match.end()
    yield from _trimmed(text, start, len(text))


def sentences(text: str) -> list[Span]:
    """Spans of all sentences, trimmed, in order; together they hold every character that is not white space."""
    return [span for start, end in paragraphs(text) for span in _split(text, start, end)]


def _split(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for match in _STOP.finditer(text, start, end):
        stop = match.end()
        if stop < end and _ends_sentence(text, begin, match, end):
            yield from _trimmed(text, begin, stop)
            begin = stop
    yield from _trimmed(text, begin, end)


def _ends_sentence(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    mark = match.group()
    if mark[0] in "。！？":
        return True
    following = text[match.end() : match.end() + 2 * _WORD_WINDOW].lstrip()
    if not following:
        return True  # nothing but white space in sight
    bare = following.lstrip(_OPENERS + " ")
    if not bare:
        return True
    if bare[0].islower() and not (mark[-1] not in _CLOSERS and bare[:1] != following[:1]):
        return False  # '"What?" she asked', "approx. five"
    if mark != "." and not (mark[0] == "." and len(mark.rstrip(_CLOSERS)) == 1):
        return True  # ! ? … and runs of them
    return not _is_abbreviation(text[max(begin, match.start() - _WORD_WINDOW) : match.start()], bare, mark)


def _is_abbreviation(before: str, following: str, mark: str) -> bool:
    found = _LAST_WORD.search(before)
    if not found:
        return False
    word = found.group()
    lowered = word.lower().lstrip("$€£")
    if mark == "." and lowered in _TITLES:
        return True
    if lowered in _BEFORE_NUMBER and following[0].isdigit():
        return True
    next_word = _NEXT_WORD.match(following)
    begins = bool(next_word) and next_word.group().lower() in _STARTERS  # type: ignore[union-attr]
    if len(word) == 1 and word.isupper() and word != "I":
        return not begins  # "J. Rowling", but "vitamin C. The"
    if lowered in _MAYBE or ("." in word and _INITIALS.match(word)):
        return not begins  # "U.S. Senate", but "the U.S. The"
    return False


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
