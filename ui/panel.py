"""The article in the side panel: the whole text, with the cited span marked exactly. HTML is escaped here.

The span is that of the version it was quoted from: an article that has changed since is shown as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any

from rag.errors import ArchiveError, RagError
from rag.types import Article
from ui.cards import opener
from ui.marks import Span, marked
from ui.words import dated, day, link, origin

if TYPE_CHECKING:
    from rag import Archive

_LINE = re.compile(r"[^\n]+")
_MOST_VERSIONS = 50
_MOST_ALSO = 12
_AT_ONCE = 60_000  # characters of a text; more would keep the reader waiting, and comes as it is scrolled to
_SOON = 4_000
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a control asks to open: an article, the quoted span, and others of the same story.

    `more` is "before" or "after" where the article is open already and only text from `at` on is wanted.
    """

    article_id: str
    start: int
    end: int
    quote: str
    version: int | None = None
    also: tuple[str, ...] = ()
    more: str = ""
    at: int = 0


def wanted_from(data: Any) -> Wanted:
    """From what the browser sent, whatever that is: what makes no sense is left out."""
    known = data if isinstance(data, dict) else {}

    def number(name: str) -> int | None:
        text = str(known.get(name, ""))
        return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else None

    return Wanted(
        article_id=str(known.get("article", "")),
        start=number("start") or 0,
        end=number("end") or 0,
        quote=str(known.get("quote", "")),
        version=number("version"),
        also=tuple(str(known.get("also", "")).split()[:_MOST_ALSO]),
        more=str(known.get("more", "")),
        at=number("at") or 0,
    )


def opened(archive: Archive, wanted: Wanted, today: date) -> str:
    """The panel's content for what is wanted; what cannot be opened is said in words."""
    try:
        if wanted.more:
            return further(archive.article(wanted.article_id, wanted.version), wanted)
        current = archive.article(wanted.article_id)
        versions = _versions(archive, current)
    except RagError as error:
        return f'<h2 tabindex="-1">This article cannot be opened</h2><p class="notice">{escape(error.message)}</p>'
    noted = _noted(archive, current.id)
    return article(versions, _chosen(versions, wanted), wanted, list(_others(archive, wanted)), today, noted)


def _versions(archive: Archive, current: Article) -> list[Article]:
    """All versions, oldest first; the last is the current one."""
    found: list[Article] = []
    for number in range(1, _MOST_VERSIONS + 1):
        try:
            found.append(archive.article(current.id, number))
        except ArchiveError:
            break
    return found or [current]


def _noted(archive: Archive, article_id: str) -> str:
    """What has been said of an article since: that it is withdrawn or wrong in something, and by which article."""
    found = []
    for note in archive.upkeep.notes(article_id):
        what = "Withdrawn" if note.kind == "retraction" else "Corrected"
        button = ""
        if note.by_article:
            place = opener(note.by_article, 0, 0, "")
            button = f' <button type="button" class="plain" {place}>Open the correction</button>'
        found.append(f'<p class="notice" dir="auto"><strong>{what}.</strong> {escape(note.text)}{button}</p>')
    return "".join(found)


def _stands(item: Article, wanted: Wanted) -> bool:
    return item.text[wanted.start : wanted.end] == wanted.quote


def _chosen(versions: Sequence[Article], wanted: Wanted) -> int:
    """Which version to show, from 0: the one asked for, or the newest in which the quoted words stand."""
    if wanted.version is not None and 1 <= wanted.version <= len(versions):
        return wanted.version - 1
    newest = len(versions) - 1
    return next((n for n in range(newest, -1, -1) if _stands(versions[n], wanted)), newest)


def _others(archive: Archive, wanted: Wanted) -> Iterator[Article]:
    for other in wanted.also:
        try:
            yield archive.article(other)
        except ArchiveError:  # gone since the question was asked: there is nothing to open
            continue


def article(
    versions: Sequence[Article], shown: int, wanted: Wanted, others: Sequence[Article], today: date, noted: str = ""
) -> str:
    """One version of an article as the panel shows it, and which other versions and articles there are.

    `noted` is the HTML of what has been said of the article since.
    """
    item = versions[shown]
    stands = _stands(item, wanted)
    spans = [(wanted.start, wanted.end)] if stands else []
    changed = "" if shown == len(versions) - 1 else '<p class="notice">This is an earlier version.</p>'
    if not stands:
        changed += '<p class="notice">The quoted words are not in this version.</p>'
    return (
        f'<p class="when">{dated(item.published, today)}</p>'
        f'<h2 tabindex="-1" dir="auto">{escape(item.title or "Untitled")}</h2>'
        f'<p class="origin">{origin(item)} {link(item.url)}</p>{noted}{_where(item, wanted) if stands else ""}'
        f"{_copy(item, wanted) if stands else ''}{changed}"
        f'{_version_list(versions, shown, wanted)}<div class="text">{_around(item, shown + 1, wanted, spans)}</div>'
        f"{_same_story(others)}"
    )


def text(body: str, spans: Sequence[Span], start: int = 0, end: int | None = None) -> str:
    """The text as paragraphs, one a line, with `spans` of the whole text marked in whatever paragraphs they touch.

    `start` and `end` take a part of it.
    """
    lines = _LINE.finditer(body, start, len(body) if end is None else end)
    return "".join(f'<p dir="auto">{marked(line.group(), spans, at=line.start())}</p>' for line in lines)


def _around(item: Article, version: int, wanted: Wanted, spans: Sequence[Span]) -> str:
    """The text around the quoted words, and controls by which the rest comes."""
    start = _cut(item.text, wanted.start - _AT_ONCE // 2)
    end = _cut(item.text, max(wanted.end, start + _AT_ONCE))
    before, after = _more("before", item, version, start), _more("after", item, version, end)
    return f"{before}{text(item.text, spans, start, end)}{after}"


def further(item: Article, wanted: Wanted) -> str:
    """The next part of a text that is open, before or after a place, and the control for what is still left."""
    version = wanted.version or 0
    if wanted.more == "before":
        start = _cut(item.text, wanted.at - _AT_ONCE)
        return _more("before", item, version, start) + text(item.text, (), start, wanted.at)
    end = _cut(item.text, wanted.at + _AT_ONCE)
    return text(item.text, (), wanted.at, end) + _more("after", item, version, end)


def _cut(body: str, at: int) -> int:
    """Where to part a text near a place: between lines if one ends soon, else between words; within the text."""
    if at <= 0:
        return 0
    line = body.find("\n", at, at + _SOON)
    if line >= 0:
        return line
    space = _SPACE.search(body, at)
    return space.start() if space else len(body)


def _more(where: str, item: Article, version: int, at: int) -> str:
    left = at if where == "before" else len(item.text) - at
    if not left:
        return ""
    name = "Earlier" if where == "before" else "Further"
    return (
        f'<button type="button" class="plain more" data-more="{where}" data-of="{escape(item.id)}" '
        f'data-version="{version}" data-at="{at}">{name} text, {left:,} characters</button>'
    )


def _place(item: Article, start: int) -> str | None:
    """Page or time of what stands at an offset, where the article has such."""
    page, time = item.page_at(start), item.time_at(start)
    if page is not None:
        return f"page {page}"
    return None if time is None else f"{int(time // 3600)}:{int(time // 60) % 60:02}:{int(time) % 60:02}"


def _where(item: Article, wanted: Wanted) -> str:
    place = _place(item, wanted.start) if wanted.quote else None
    return f'<p class="origin">The quoted words: {place}</p>' if place else ""


def quoted(item: Article, quote: str, start: int = 0) -> str:
    """The quote, which stands at `start`, with where that is, as plain text to paste."""
    when = day(item.published) if item.published else None
    parts = [item.outlet, item.byline, when, _place(item, start), item.url]
    return f"“{quote}”\n{', '.join(part for part in parts if part)}".rstrip()


def _copy(item: Article, wanted: Wanted) -> str:
    if not wanted.quote:
        return ""
    copied = escape(quoted(item, wanted.quote, wanted.start))
    return f'<p class="tools"><button type="button" class="plain" data-copy="{copied}">Copy the quote</button></p>'


def _version_list(versions: Sequence[Article], shown: int, wanted: Wanted) -> str:
    if len(versions) < 2:
        return ""
    rows = []
    for number, item in enumerate(versions, 1):
        when = item.updated or item.published
        name = f"Version {number}" + (f", {day(when)}" if when else "")
        name += " (current)" if number == len(versions) else ""
        place = opener(item.id, wanted.start, wanted.end, wanted.quote, wanted.also)
        here = ' aria-current="true"' if number == shown + 1 else ""
        rows.append(
            f'<li><button type="button" class="read" {place} data-version="{number}"{here}>{name}</button></li>'
        )
    return f'<details class="versions"><summary>{len(versions)} versions</summary><ul>{"".join(rows)}</ul></details>'


def _same_story(others: Sequence[Article]) -> str:
    rows = [
        f'<li><button type="button" class="read" {opener(o.id, 0, 0, "")}><bdi>{escape(o.title or "Untitled")}</bdi>'
        f'</button> <span class="origin">{origin(o)}{f" · {day(o.published)}" if o.published else ""}</span></li>'
        for o in others
    ]
    return f'<section class="same"><h3>The same story elsewhere</h3><ul>{"".join(rows)}</ul></section>' if rows else ""
