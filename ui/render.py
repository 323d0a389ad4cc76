"""HTML of a question and its answer, from the archive's own types. Pure; everything from outside is escaped here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from html import escape

from rag.types import Answer, Citation, Sentence, Understood, Verdict
from ui.cards import opener
from ui.words import dated, origin

_LABELS = {
    Verdict.SUPPORTED: "stands",
    Verdict.UNSUPPORTED: "struck",
    Verdict.UNCHECKED: "not checked",
}
LEGEND = (
    '<p class="legend"><span class="mark supported" aria-hidden="true"></span>stated by the cited words '
    '<span class="mark unsupported" aria-hidden="true"></span>struck, with the reason '
    '<span class="mark unchecked" aria-hidden="true"></span>not checked</p>'
)
_NEAREST = (
    '<h3 class="label">What comes nearest, word for word</h3>'
    '<p class="quiet missed">The answer may have been missed: read these before concluding that there is none.</p>'
)
# What `Understood` holds, as the reader is told it, in the order it is told. "history" is the follow-up made whole.
_CHIPS = (
    ("outlets", "From"),
    ("bylines", "By"),
    ("sections", "Section"),
    ("published", "Published"),
    ("happened", "About"),
    ("phrases", "Word for word"),
    ("parts", "Side"),
)


def understood(meant: Understood | None, ignored: Collection[str] = ()) -> str:
    """What the question was taken to mean, as chips that can be taken away, and those taken away, to put back."""
    if meant is None:
        return ""
    chips = [_chip("Read as", meant.text, "history")] if meant.text != meant.question else []
    for kind, label in _CHIPS:
        chips += [_chip(label, value, value) for value in getattr(meant, kind)]
    chips += [_gone(value) for value in ignored]
    notes = "".join(f'<p class="note" dir="auto">{escape(note)}</p>' for note in meant.notes)
    if not chips:
        return notes
    return f'<ul class="chips" aria-label="What the question was understood as">{"".join(chips)}</ul>{notes}'


def _chip(label: str, value: str, ignore: str) -> str:
    shown = escape(value)
    return (
        f'<li class="chip"><span class="kind">{label}</span> <bdi>{shown}</bdi>'
        f'<button type="button" data-ignore="{escape(ignore)}" aria-label="Ask without: {label} {shown}" '
        'title="Ask again without this"><span aria-hidden="true">×</span></button></li>'
    )


def _gone(value: str) -> str:
    shown = "the questions before" if value == "history" else escape(value)
    return (
        f'<li class="chip gone"><span class="kind">Without</span> <bdi>{shown}</bdi>'
        f'<button type="button" data-restore="{escape(value)}" aria-label="Ask with it again: {shown}" '
        'title="Ask again with this"><span aria-hidden="true">+</span></button></li>'
    )


def question(text: str) -> str:
    """The question as a heading."""
    return f'<h2 class="question" dir="auto">{escape(text)}</h2>'


def writing(asked: str, chips: str, sentences: Sequence[Sentence], rest: str, turn: str, status: str) -> str:
    """An answer on its way: checked sentences, what is being written, and what is going on."""
    body = "".join(sentence(s, turn, n) for n, s in enumerate(sentences))
    tail = f'<p class="sentence writing" dir="auto">{escape(rest)}</p>' if rest.strip() else ""
    return (
        f'{question(asked)}{chips}<div class="answer" data-turn="{turn}">{body}{tail}</div>'
        f'<p class="quiet working">{escape(status)}</p>'
    )


def sentence(item: Sentence, turn: str, index: int) -> str:
    """One sentence with its verdict and its citations."""
    label, text = _LABELS[item.verdict], escape(item.text)
    mark = f'<span class="mark {item.verdict.value}" role="img" aria-label="{label}" title="{label}"></span>'
    name = f"{turn}-{index}"
    if item.verdict is Verdict.SUPPORTED:
        body = text + "".join(map(_cite, item.citations))
    else:
        body = f"<s>{text}</s>" if item.verdict is Verdict.UNSUPPORTED else text
        body += (
            f'<span class="why"><button type="button" aria-describedby="{name}-why">{label}</button>'
            f'<span class="reason" role="tooltip" id="{name}-why">{escape(item.reason or "no reason given")}</span>'
            "</span>"
        )
    return f'<p class="sentence {item.verdict.value}" data-name="{name}" dir="auto">{mark}{body}</p>'


def _cite(c: Citation, name: str = "Citation") -> str:
    return (
        f'<button type="button" class="cite" data-number="{c.number}" data-called="{name}" '
        f"{opener(c.article_id, c.start, c.end, c.quote)} "
        f'aria-label="{name} {c.number}: open these words">{c.number}</button>'
    )


def answer(item: Answer, chips: str, turn: str, today: date, below: str = "") -> str:
    """A whole answer with its sources, each of which opens on the cited words. `below` is HTML to put under them."""
    notes = item.understood.notes if item.understood else ()
    notices = "".join(f'<p class="notice">{escape(notice)}</p>' for notice in item.notices if notice not in notes)
    body = "".join(sentence(s, turn, n) for n, s in enumerate(item.sentences))
    if item.abstained:
        body += abstained(item.text, item.nearest)
    times = item.timings
    foot = (
        f"{escape(item.model)} · archive {escape(item.archive_version)} · evidence {times.retrieve:.2f}\u00a0s · "
        f"total {times.total:.1f}\u00a0s"
    )
    legend = LEGEND if item.sentences else ""
    return (
        f'{question(item.question)}{chips}{notices}<div class="answer done" data-turn="{turn}">{body}</div>{legend}'
        f"{sources(item, today)}{below}<p class='quiet foot'>{foot}</p>"
    )


def abstained(text: str, nearest: Sequence[Citation]) -> str:
    """That the archive does not say, and the words that come nearest, each of which opens where it stands."""
    said = text.partition(" Nearest coverage:")[0] if nearest else text  # an earlier release kept none
    near = "".join(f'<li dir="auto"><q>{escape(c.quote)}</q>{_cite(c, "Nearest")}</li>' for c in nearest)
    body = f'<div class="abstained"><p dir="auto">{escape(said)}</p></div>'
    return f'{body}{_NEAREST}<ul class="nearest">{near}</ul>' if near else body


def sources(item: Answer, today: date) -> str:
    """The articles cited, or nearest, each once, with the numbers of its quotes. It opens at the first of them."""
    also = {hit.article_id: [copy.article_id for copy in hit.also] for hit in item.evidence}
    cited: dict[str, list[Citation]] = {}
    for citation in item.citations or item.nearest:
        cited.setdefault(citation.article_id, []).append(citation)
    rows = []
    for article_id, citations in cited.items():
        first = citations[0]
        place = opener(article_id, first.start, first.end, first.quote, also.get(article_id, ()))
        rows.append(
            f'<li><span class="numbers">{", ".join(str(c.number) for c in citations)}</span>'
            f'<button type="button" class="read" {place}><bdi>{escape(first.title or "Untitled")}</bdi></button>'
            f'<span class="origin">{dated(first.published, today)} · {origin(first)}</span></li>'
        )
    label = "Where to read them" if item.abstained else "Sources"
    return f'<h3 class="label">{label}</h3><ul class="sources">{"".join(rows)}</ul>' if rows else ""


def problem(asked: str, message: str) -> str:
    """What went wrong, in words."""
    return f'{question(asked)}<p class="notice problem">{escape(message)}</p>'
