"""HTML of the chat page, from the archive's own types. Pure; everything from outside is escaped here and only here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rag.types import Answer, Citation, Hit, Sentence, Understood, Verdict

_LABELS = {
    Verdict.SUPPORTED: "stands",
    Verdict.UNSUPPORTED: "struck",
    Verdict.UNCHECKED: "not checked",
}
LEGEND = (
    '<p class="legend"><span class="mark supported" aria-hidden="true"></span>stands in the cited words '
    '<span class="mark unsupported" aria-hidden="true"></span>struck, with the reason '
    '<span class="mark unchecked" aria-hidden="true"></span>not checked</p>'
)


def _origin(item: Hit | Citation) -> str:
    day = f"{item.published.day} {item.published:%B %Y}" if item.published else None
    return " · ".join(escape(part) for part in (item.outlet, item.byline, day) if part)


def _link(url: str | None) -> str:
    if not url or not url.startswith(("http://", "https://")):
        return ""
    return f'<a class="original" href="{escape(url)}" rel="noopener noreferrer" target="_blank">original</a>'


def evidence(hits: Sequence[Hit], answer: Answer | None = None, meant: Understood | None = None) -> str:
    """Cards of the evidence under what the question was taken to mean; the words that the answer cites are marked."""
    shown = understood(meant)
    if not hits:
        return f'{shown}<p class="quiet">Nothing in the archive comes near this question.</p>'
    return shown + "".join(_card(hit, answer.citations if answer else ()) for hit in hits)


def understood(meant: Understood | None) -> str:
    """What the question was taken to mean, where it was not taken as it stands."""
    if meant is None:
        return ""
    lines = []
    if meant.text != meant.question:
        lines.append(f"Searched as: {escape(meant.text)}")
    if meant.limits:
        lines.append(f"Limited to: {escape(' · '.join(meant.limits))}")
    lines += map(escape, meant.notes)
    return "".join(f'<p class="understood" dir="auto">{line}</p>' for line in lines)


def _card(hit: Hit, citations: Sequence[Citation]) -> str:
    return (
        '<article class="card">'
        f"<h3>{escape(hit.title or 'Untitled')}</h3>"
        f'<p class="origin">{_origin(hit)} {_link(hit.url)}</p>{_copies(hit)}'
        f'<p class="passage" dir="auto">{marked(hit, citations)}</p></article>'
    )


def _copies(hit: Hit) -> str:
    if not hit.also:
        return ""
    names = ", ".join(escape(copy.outlet or "an unknown outlet") for copy in hit.also)
    return f'<p class="origin">also in: {names}</p>'


def marked(hit: Hit, citations: Sequence[Citation]) -> str:
    """The passage with cited spans in `<mark>`; overlapping spans are joined."""
    spans = sorted((c.start, c.end) for c in citations if c.article_id == hit.article_id)
    parts, position = [], hit.start
    for start, end in spans:
        start, end = max(start, position), min(end, hit.end)
        if start < end:
            parts.append(escape(hit.text[position - hit.start : start - hit.start]))
            parts.append(f"<mark>{escape(hit.text[start - hit.start : end - hit.start])}</mark>")
            position = end
    parts.append(escape(hit.text[position - hit.start :]))
    return "".join(parts)


def question(text: str) -> str:
    """The question as a heading."""
    return f'<h2 class="question" dir="auto">{escape(text)}</h2>'


def writing(asked: str, sentences: Sequence[Sentence], rest: str, turn: str, status: str) -> str:
    """An answer on its way: checked sentences, what is being written, and what is going on."""
    body = "".join(sentence(s, turn) for s in sentences)
    tail = f'<span class="sentence writing">{escape(rest)}</span>' if rest.strip() else ""
    return f'{question(asked)}<div class="answer">{body}{tail}</div><p class="quiet" role="status">{escape(status)}</p>'


def sentence(item: Sentence, turn: str) -> str:
    """One sentence with its verdict and its citations."""
    label, reason = _LABELS[item.verdict], escape(item.reason)
    links = "".join(
        f'<a class="cite" href="#{turn}-source-{c.number}" aria-label="Citation {c.number}: open the cited words">'
        f"{c.number}</a>"
        for c in item.citations
    )
    text = escape(item.text)
    if item.verdict is Verdict.UNSUPPORTED:
        body = f'<s>{text}</s> <span class="reason">struck: {reason}</span>'
    else:
        body = text
    return (
        f'<p class="sentence {item.verdict.value}" dir="auto">'
        f'<span class="mark {item.verdict.value}" role="img" aria-label="{label}" title="{label}: {reason}"></span>'
        f"{body}{links}</p>"
    )


def answer(item: Answer, turn: str) -> str:
    """A whole answer with its sources, each of which opens on the cited words."""
    notices = "".join(f'<p class="notice" role="alert">{escape(notice)}</p>' for notice in item.notices)
    body = "".join(sentence(s, turn) for s in item.sentences)
    if item.abstained:
        body += f'<p class="abstained" dir="auto">{escape(item.text)}</p>'
    times = item.timings
    foot = (
        f"{escape(item.model)} · archive {escape(item.archive_version)} · evidence {times.retrieve:.2f} s · "
        f"total {times.total:.1f} s"
    )
    return (
        f'{question(item.question)}{notices}<div class="answer">{body}</div>{LEGEND}'
        f"{sources(item, turn)}<p class='quiet foot'>{foot}</p>"
    )


def sources(item: Answer, turn: str) -> str:
    """The citations as a list, and for each the passage that a click opens, with its words marked."""
    rows, opened = [], []
    for c in item.citations:
        name = f"{turn}-source-{c.number}"
        rows.append(
            f'<li value="{c.number}"><a href="#{name}">{escape(c.title or "Untitled")}</a>'
            f'<span class="origin">{_origin(c)}</span></li>'
        )
        hit = next(h for h in item.evidence if h.article_id == c.article_id and h.start <= c.start < h.end)
        opened.append(
            f'<section class="source" id="{name}" aria-label="Source {c.number}">'
            f'<a class="close" href="#{turn}">close</a><h3>{escape(c.title or "Untitled")}</h3>'
            f'<p class="origin">{_origin(c)} {_link(c.url)}</p>'
            f'<p class="passage" dir="auto">{marked(hit, [c])}</p></section>'
        )
    return f'<ol class="sources" id="{turn}">{"".join(rows)}</ol>{"".join(opened)}' if rows else ""


def problem(asked: str, message: str) -> str:
    """What went wrong, in words."""
    return f'{question(asked)}<p class="notice" role="alert">{escape(message)}</p>'
