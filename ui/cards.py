"""The evidence as cards. Pure; everything from outside is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from rag.types import Answer, Citation, Evidence, Hit
from ui.marks import asked_words, marked, places
from ui.words import dated, day, link, origin

OPEN_AT_ONCE = 10  # cards; the rest is folded away, a keystroke from being seen
NOTHING = '<p class="quiet">Nothing in the archive comes near this question.</p>'
NOTHING_WITHIN = (
    "<p>Nothing within the filters comes near this question.</p>"
    '<p><button type="button" class="plain" data-wide>Ask again without filters</button></p>'
)
LIKELY = "Marked: what most likely answers"
CITED = "Marked: what the answer cites"
NEAREST = "Marked: what comes nearest"


def evidence(
    hits: Sequence[Hit], question: str, today: date, by: Answer | Evidence | None = None, limited: bool = False
) -> str:
    """What was found on a question, best first, with words marked by what is known: see `LIKELY` and the others.

    `limited` says that the reader's filters kept articles out.
    """
    if not hits:
        return NOTHING_WITHIN if limited else NOTHING
    asked = asked_words(question)
    told, citations = _marks(by)
    cards = [card(hit, citations, asked, today) for hit in hits]
    shown, folded = cards[:OPEN_AT_ONCE], cards[OPEN_AT_ONCE:]
    rest = ""
    if folded:
        rest = f'<details class="rest"><summary>{len(folded)} more</summary>{"".join(folded)}</details>'
    return (f'<p class="told">{told}</p>' if citations else "") + "".join(shown) + rest


def _marks(by: Answer | Evidence | None) -> tuple[str, Sequence[Citation]]:
    if isinstance(by, Answer):
        return (CITED, by.citations) if by.citations else (NEAREST, by.nearest)
    return LIKELY, by.nearest if by else ()


def card(hit: Hit, citations: Sequence[Citation], asked: frozenset[str], today: date) -> str:
    """One passage with where it comes from. Its title opens the article."""
    cited = [(c.start, c.end) for c in citations if c.article_id == hit.article_id]
    light = [(start + hit.start, end + hit.start) for start, end in places(hit.text, asked)]
    attributes = opener(hit.article_id, hit.start, hit.end, hit.text, [copy.article_id for copy in hit.also])
    return (
        '<article class="card">'
        f'<p class="when">{dated(hit.published, today)}</p>'
        f'<h3 dir="auto"><button type="button" class="read" {attributes}>{escape(hit.title or "Untitled")}</button>'
        "</h3>"
        f'<p class="origin">{origin(hit)} {link(hit.url)}</p>'
        f'<p class="passage" dir="auto">{marked(hit.text, cited, light, at=hit.start)}</p>'
        f"{_copies(hit)}</article>"
    )


def opener(article_id: str, start: int, end: int, quote: str, also: Sequence[str] = ()) -> str:
    """The attributes by which a control opens an article at a span. `also` are articles of the same story."""
    return (
        f'data-article="{escape(article_id)}" data-start="{start}" data-end="{end}" '
        f'data-quote="{escape(quote)}" data-also="{escape(" ".join(also))}"'
    )


def _copies(hit: Hit) -> str:
    if not hit.also:
        return ""
    rows = []
    for copy in hit.also:
        when = f", {day(copy.published)}" if copy.published else ""
        name = f"<bdi>{escape(copy.outlet or 'an unknown outlet')}</bdi>"
        rows.append(f"{name}{when} {link(copy.url)}".strip())
    return f'<p class="also">Same story: {"; ".join(rows)}</p>'
