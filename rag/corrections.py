"""What a correction calls wrong is not told as a fact, though an article that was found still states it.

An article of corrections quotes the mistake before it puts it right: "The article said that the estimate was 64 percent
higher. The correct figure is 46 percent." Only numbers are looked for: they are what is corrected most, and what can be
told for certain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag import forms
from rag.retrieve.corrected import Corrections
from rag.types import Citation, Hit

_MISTAKE = re.compile(
    r"\b(?:said|gave|given|reported|stated|misstated|wrote|put|described|called|headlined|should have|wrong\w*|errors?|"
    r"mistaken\w*|incorrect\w*|instead of|rather than|not)\b",
    re.IGNORECASE,
)
_PUT_RIGHT = re.compile(
    r"\b(?:correct|right|true|actual|in fact|therefore|instead|rather than|and not|, not)\b", re.IGNORECASE
)
_NEXT = 2  # sentences after the mistake within which it is put right


@dataclass(frozen=True, slots=True)
class Correction:
    """The sentences of a correction that name a mistake and put it right, at their place."""

    hit: Hit
    start: int
    end: int

    @property
    def quote(self) -> str:
        """The sentences as published."""
        return self.hit.text[self.start - self.hit.start : self.end - self.hit.start]

    @property
    def text(self) -> str:
        """A sentence for the answer."""
        day = f" of {self.hit.published.day} {self.hit.published:%B %Y}" if self.hit.published else ""
        return f"A correction in {self.hit.outlet or 'another article'}{day}: “{self.quote}”"


def correction_of(
    text: str, citations: Sequence[Citation], hits: Sequence[Hit], corrections: Corrections
) -> Correction | None:
    """The correction of a number that `text` takes from an article, if one of `hits` has it."""
    correcting = {id for citation in citations for id in corrections.get(citation.article_id, ())}
    numbers = forms.numbers(text)
    for hit in hits:
        if hit.article_id not in correcting:
            continue
        sentences = [hit.text[start - hit.start : end - hit.start] for start, end in hit.sentences]
        for n in range(len(sentences)):
            if (last := _put_right(numbers, sentences, n)) is not None:
                return Correction(hit, hit.sentences[n][0], hit.sentences[last][1])
    return None


def with_what_puts_it_right(hit: Hit, span: tuple[int, int], corrections: Corrections) -> tuple[int, int]:
    """The span of a sentence of a hit; up to what puts it right, if it names a mistake in an article of corrections.
    Another span is left as it is."""
    if span in hit.sentences and any(hit.article_id in correcting for correcting in corrections.values()):
        sentences = [hit.text[start - hit.start : end - hit.start] for start, end in hit.sentences]
        n = hit.sentences.index(span)
        if (last := _put_right(forms.numbers(sentences[n]), sentences, n)) is not None:
            return span[0], hit.sentences[last][1]
    return span


def _put_right(numbers: Sequence[forms.Number], sentences: Sequence[str], n: int) -> int | None:
    """The sentence that puts right a number which sentence `n` calls a mistake; None if it does not."""
    said = forms.numbers(sentences[n])
    wrong = [number for number in numbers if number.unit != "th" and number.stands_in(said)]
    if not wrong or not _MISTAKE.search(sentences[n]):
        return None
    for at in range(n, min(n + 1 + _NEXT, len(sentences))):
        right = [other for other in forms.numbers(sentences[at]) if not other.stands_in(said if at > n else wrong)]
        for number in wrong:
            others = [other for other in right if other.unit == number.unit and other.value != number.value]
            told = any(other.stands_in(numbers) for other in others)  # "39, not 43"
            if others and not told and _PUT_RIGHT.search(sentences[at]):
                return at
    return None
