"""Marking words in a text: cited spans strongly, the question's words lightly. Pure; the text is escaped here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise

Span = tuple[int, int]

_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_FORM = 5  # letters by which forms of a word are taken for one: deliver, delivered, deliveries
_PLAIN = frozenset(
    "a about after all also an and any are as at be been before but by can could did do does during for from had has "
    "have her him his how in into is it its many may more most much not of off on one or other over said say says she "
    "should so than that the their them then there these they this those to up was we were what when where which while "
    "who whom whose why will with would you your article articles report reported reports according".split()
)


def joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that overlap or touch as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return found


def asked_words(question: str) -> frozenset[str]:
    """The beginnings of a question's words that carry meaning."""
    words = (match.group().casefold() for match in _WORD.finditer(question))
    return frozenset(_form(word) for word in words if word not in _PLAIN and (len(word) > 2 or word.isdigit()))


def _form(word: str) -> str:
    return word.casefold().removesuffix("’s").removesuffix("'s").removesuffix("s")[:_FORM]


def places(text: str, asked: frozenset[str]) -> list[Span]:
    """Where `text` holds words of the question, in whatever form."""
    if not asked:
        return []
    return [match.span() for match in _WORD.finditer(text) if _form(match.group()) in asked]


def marked(text: str, cited: Sequence[Span], asked: Sequence[Span] = (), *, at: int = 0) -> str:
    """`text` as HTML: `cited` spans in `<mark>`, `asked` ones in `<b>`.

    `at` is where the text begins, counted as the spans are. Spans may overlap and reach beyond the text.
    """
    strong = joined((start - at, end - at) for start, end in cited)
    light = joined((start - at, end - at) for start, end in asked)
    edges = sorted({0, len(text), *(e for span in strong for e in span if 0 < e < len(text))})
    return "".join(_piece(text, a, b, light, _inside(a, strong)) for a, b in pairwise(edges))


def _inside(position: int, spans: Sequence[Span]) -> bool:
    return any(start <= position < end for start, end in spans)


def _piece(text: str, start: int, end: int, light: Sequence[Span], cited: bool) -> str:
    body = "".join(_lightly(text, start, end, light))
    return f"<mark>{body}</mark>" if cited else body


def _lightly(text: str, start: int, end: int, light: Sequence[Span]) -> Iterator[str]:
    at = start
    for a, b in light:
        a, b = max(a, at), min(b, end)
        if a < b:
            yield escape(text[at:a])
            yield f'<b class="asked">{escape(text[a:b])}</b>'
            at = b
    yield escape(text[at:end])
