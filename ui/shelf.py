"""The Archive view as HTML: what there is, the list, adding, removing. Pure; everything from outside is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import TYPE_CHECKING

from rag.types import ArchiveStatus, Article, Hit, IngestReport
from ui import filters, plots
from ui.cards import opener
from ui.jobs import State
from ui.uploads import MOST_BYTES
from ui.words import dated, day, origin

if TYPE_CHECKING:
    from ui.known import Known

PAGE = 20  # articles of the list at a time
MOST_FILES = 500  # added at once
FORMATS = (
    "Markdown, text, HTML, PDF, Word, OpenDocument, EPUB, RTF, e-mail, Excel, CSV, JSON, XML, subtitles, zip and tar"
)
_NAMED = 12  # articles that a removal names before it only counts them
_SHOWN_FAILURES = 50


@dataclass(frozen=True, slots=True)
class Seen:
    """How far an ingest is: articles and passages, and what it reads."""

    articles: int
    embedded: int
    pending: int
    current: str


Work = State[Seen, IngestReport]


def view() -> str:
    """The view's frame, which the script fills and keeps: what is typed into it stays through a change of view."""
    return (
        '<section id="shelf" class="view" aria-labelledby="shelf-name" hidden>'
        '<h2 id="shelf-name" class="question" tabindex="-1">Archive</h2>'
        '<div class="overview"><p class="quiet">Counting</p></div>'
        f"{_adding()}"
        '<section aria-labelledby="browse-name"><h3 id="browse-name">Articles</h3>'
        '<form class="search" role="search"><label>Search <input type="search" name="search" autocomplete="off">'
        '</label><button type="submit" class="plain">Search</button></form>'
        '<div class="sieve"></div><div class="found" aria-live="polite"></div></section></section>'
        '<dialog id="removal" aria-labelledby="removal-name"><div class="page"></div></dialog>'
    )


def _adding() -> str:
    most = f"{MOST_BYTES // 1_000_000} MB"
    return (
        '<section class="adding" aria-labelledby="adding-name"><h3 id="adding-name">Add articles</h3>'
        '<div class="ways">'
        f'<div class="drop" data-most="{MOST_FILES}" data-bytes="{MOST_BYTES}"><label>Files, dropped here or chosen '
        '<input type="file" name="files" multiple aria-describedby="drop-limits"></label>'
        f'<p class="quiet" id="drop-limits">{FORMATS}; up to {most} a file, '
        f"{MOST_FILES} files at once. They are copied into the archive.</p>"
        '<label class="check"><input type="checkbox" name="replace"> Replace files that were added under the '
        "same name; earlier versions are kept</label></div>"
        '<form class="place"><label>A folder or file on this machine, or an address on the web '
        '<input type="text" name="place" autocomplete="off" spellcheck="false" '
        'placeholder="/home/me/articles or https://…"></label>'
        '<button type="submit" class="plain edged">Add</button></form></div>'
        '<div class="work" hidden><div class="seen"></div>'
        '<button type="button" class="plain edged" data-halt>Stop</button></div>'
        '<div class="told" role="status"></div><div class="refused" role="status"></div></section>'
    )


def overview(known: Known, status: ArchiveStatus, working: bool) -> str:
    """How many articles, from when, by whom; and what is unfinished, unless that is being worked at."""
    if not status.articles:
        return f'<p class="sum">The archive is empty.</p>{_unfinished(status, working)}'
    days = ""
    if status.published_from and status.published_to:
        days = f", published from {day(status.published_from)} to {day(status.published_to)}"
    undated = status.articles - sum(known.tally.months.values())
    without = f", {undated:,} without a date" if undated else ""
    return (
        f'<p class="sum"><b>{status.articles:,}</b> article{"" if status.articles == 1 else "s"} in '
        f"{status.passages:,} passage{'' if status.passages == 1 else 's'}{days}{without}.</p>"
        f"{_unfinished(status, working)}"
        f'<div class="plots">{plots.months(known.tally.months)}'
        f"{plots.outlets(known.choices.outlets, status.articles)}</div>"
    )


def _unfinished(status: ArchiveStatus, working: bool) -> str:
    if not status.unfinished or working:
        return ""
    return (
        '<p class="due">Work is unfinished: the notice at the top says what. '
        '<button type="button" class="plain edged" data-finish>Finish it now</button></p>'
    )


def sieve(known: Known) -> str:
    """The filters of the list."""
    return filters.form(known.choices, "sieve")


def listed(articles: Sequence[Article], page: int, total: int, today: date) -> str:
    """A page of the list, `page` counting from 0, of `total` articles that pass the filters."""
    if not articles:
        return '<p class="quiet">No article matches.</p>'
    rows = "".join(_row(a, opener(a.id, 0, 0, ""), a.id, "", today) for a in articles)
    first = page * PAGE
    where = f"{first + 1:,} to {first + len(articles):,} of {total:,}, newest first"
    steps = _step("Previous page", page - 1, page > 0) + _step("Next page", page + 1, first + PAGE < total)
    return f'{_bar(where)}<ul class="listed">{rows}</ul>' + (
        f'<nav class="pages" aria-label="Pages of the list">{steps}</nav>' if total > PAGE else ""
    )


def nearest(hits: Sequence[Hit], today: date) -> str:
    """What a search found, an article once, each opening at the passage that it was found by."""
    once: dict[str, Hit] = {}
    for hit in hits:
        once.setdefault(hit.article_id, hit)
    if not once:
        return '<p class="quiet">Nothing in the archive comes near this.</p>'
    rows = []
    for hit in once.values():
        place = opener(hit.article_id, hit.start, hit.end, hit.text, [copy.article_id for copy in hit.also])
        words = f'<p class="snippet" dir="auto">{escape(hit.text)}</p>'
        rows.append(_row(hit, place, hit.article_id, words, today))
    counted = f"{len(rows)} article{'' if len(rows) == 1 else 's'}, the nearest first"
    return f'{_bar(counted)}<ul class="listed">{"".join(rows)}</ul>'


def _row(item: Article | Hit, place: str, id: str, words: str, today: date) -> str:
    title = escape(item.title or "Untitled")
    return (
        f'<li><input type="checkbox" value="{escape(id)}" aria-label="Choose: {title}"><div>'
        f'<button type="button" class="read" {place}><bdi>{title}</bdi></button>'
        f'<span class="origin">{dated(item.published, today)}{" · " if origin(item) else ""}{origin(item)}</span>'
        f"{words}</div></li>"
    )


def _bar(where: str) -> str:
    return (
        f'<div class="chosen-bar"><span class="quiet">{where}</span>'
        '<label class="check"><input type="checkbox" data-all> All of these</label>'
        '<button type="button" class="plain" data-removal disabled>Remove…</button></div>'
    )


def _step(name: str, page: int, there: bool) -> str:
    return f'<button type="button" class="plain" data-page="{page}"{"" if there else " disabled"}>{name}</button>'


def work(state: Work) -> str:
    """How far an ingest is, for those who watch."""
    seen = state.seen
    if state.stopping:
        return '<p>Stopping after what is being embedded now. <span class="quiet">Nothing is lost by it.</span></p>'
    if seen is None:
        return "<p>Beginning</p><progress></progress>"
    left = f", {seen.pending:,} to go" if seen.pending else ""
    name = seen.current.rsplit("/", 1)[-1]
    return (
        f"<p>{seen.articles:,} article{'' if seen.articles == 1 else 's'} seen, {seen.embedded:,} "
        f'passage{"" if seen.embedded == 1 else "s"} embedded{left} <bdi class="quiet">{escape(name)}</bdi></p>'
        f'<progress max="{max(1, seen.embedded + seen.pending)}" value="{seen.embedded}" '
        'aria-label="Passages embedded"></progress>'
    )


def outcome(state: Work) -> str:
    """What came of an ingest that has ended: the report, that it was stopped, or what went wrong; "" before any."""
    if state.running or not state.number:
        return ""
    if state.problem:
        return f'<p class="notice problem">{escape(state.problem)}</p>'
    if state.result is None:
        return (
            '<p class="notice">Stopped. What was taken in is here, and nothing is broken; the rest can be finished.</p>'
        )
    return report(state.result)


def report(done: IngestReport) -> str:
    """What an ingest did, and what failed and why."""
    counted = (
        (done.added, "added"),
        (done.updated, "updated"),
        (done.unchanged, "unchanged"),
        (len(done.failed), "failed"),
    )
    said = ", ".join(f"{count:,} {what}" for count, what in counted if count) or "nothing was found there"
    rows = "".join(
        f"<li><bdi>{escape(path)}</bdi>: {escape(reason)}</li>" for path, reason in done.failed[:_SHOWN_FAILURES]
    )
    more = len(done.failed) - _SHOWN_FAILURES
    rows += f"<li>and {more:,} more</li>" if more > 0 else ""
    return f"<p>Done: {said}.</p>" + (f'<ul class="failed">{rows}</ul>' if rows else "")


def removal(articles: Sequence[Article], uploaded: int, elsewhere: int) -> str:
    """What goes if these articles are removed; `uploaded` and `elsewhere` count where their files are."""
    named = "".join(
        f'<li><bdi>{escape(a.title or "Untitled")}</bdi> <span class="origin">{origin(a)}</span></li>'
        for a in articles[:_NAMED]
    )
    more = len(articles) - _NAMED
    named += f"<li>and {more:,} more</li>" if more > 0 else ""
    what = "This article" if len(articles) == 1 else f"These {len(articles):,} articles"
    goes = (
        f"<p>{what} will be taken out of the archive with all versions. Answers that cite them keep their quotes.</p>"
    )
    if uploaded:
        goes += f"<p>{uploaded:,} uploaded file{' goes' if uploaded == 1 else 's go'} with that.</p>"
    if elsewhere:
        place = "a file that stays where it is" if elsewhere == 1 else "files that stay"
        goes += (
            f"<p>{elsewhere:,} came from {place}, or from the web: taking that in again leaves out what was removed, "
            "until <code>rag ingest --again</code>.</p>"
        )
    return (
        f'<h2 id="removal-name">Remove {len(articles):,} article{"" if len(articles) == 1 else "s"}?</h2>{goes}'
        f'<ul tabindex="0" aria-label="What goes">{named}</ul><div class="verdicts">'
        '<button type="button" class="plain edged problem-edge" data-remove>Remove</button>'
        '<button type="button" class="plain edged" data-close>Keep them</button></div>'
    )
