"""What the command line shows: hits, answers, articles, status, and progress on standard error."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from rag.ingest import IngestProgress
from rag.models import human
from rag.preview import Preview
from rag.reembedding import ReembedProgress
from rag.store.notes import Note
from rag.store.places import Place
from rag.types import (
    Answer,
    ArchiveStatus,
    Article,
    Checked,
    Citation,
    Done,
    Event,
    Evidence,
    Hit,
    IngestReport,
    Understood,
    Verdict,
)

_WIDTH = 100
_MARKS = {Verdict.SUPPORTED: "✓", Verdict.UNSUPPORTED: "✗", Verdict.UNCHECKED: "?"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def error(text: str) -> None:
    """A line on standard error."""
    typer.echo(text, err=True)


def printable(text: str) -> str:
    """Text from outside without what would steer a terminal."""
    return _CONTROL.sub("\ufffd", text)


def _wrapped(text: str, indent: str = "  ") -> str:
    return textwrap.fill(printable(" ".join(text.split())), _WIDTH, initial_indent=indent, subsequent_indent=indent)


def _origin(item: Hit | Citation | Article) -> str:
    day = item.published.date().isoformat() if item.published else None
    return printable(" · ".join(part for part in (item.outlet, item.byline, day) if part))


def show_hits(hits: Sequence[Hit]) -> None:
    """Passages with where they are from."""
    for hit in hits:
        typer.echo(f"{hit.rank}. {printable(hit.title or 'Untitled')}")
        typer.echo(f"   {_origin(hit)}  [{hit.article_id}:{hit.start}-{hit.end}]")
        if hit.also:
            typer.echo(f"   also in: {printable(', '.join(copy.outlet or 'an unknown outlet' for copy in hit.also))}")
        typer.echo(_wrapped(hit.text, "   ") + "\n")


def show_understood(understood: Understood | None) -> None:
    """What the question was taken to mean, and what the archive does not hold, on standard error."""
    if understood is None:
        return
    if understood.text != understood.question:
        error(printable(f"Searched as: {understood.text}"))
    if limits := understood.limits:
        error(printable(f"Limited to: {' · '.join(limits)} (--ignore switches it off)"))
    for note in understood.notes:
        error(f"notice: {printable(note)}")


def show_stream(events: Iterator[Event]) -> None:
    """The evidence at once, each sentence as it is checked, then the citations."""
    for event in events:
        if isinstance(event, Evidence):
            show_understood(event.understood)
            typer.echo(f"Evidence ({event.seconds:.2f} s)")
            for hit in event.hits:
                typer.echo(f"  {hit.rank}. {printable(hit.title or 'Untitled')} ({_origin(hit)})")
            typer.echo("")
        elif isinstance(event, Checked):
            sentence = event.sentence
            numbers = "".join(f"[{c.number}]" for c in sentence.citations)
            typer.echo(_wrapped(f"{_MARKS[sentence.verdict]} {sentence.text} {numbers}"))
            if sentence.verdict is not Verdict.SUPPORTED:
                typer.echo(_wrapped(f"struck: {sentence.reason}" if not numbers else sentence.reason, "    "))
        elif isinstance(event, Done):
            _show_end(event.answer)


def _show_end(answer: Answer) -> None:
    shown = answer.understood.notes if answer.understood else ()
    for notice in answer.notices:
        if notice not in shown:  # those stand above the evidence
            error(f"notice: {notice}")
    if answer.abstained:
        typer.echo(_wrapped(answer.text))
    if answer.nearest:
        typer.echo("\nWhat comes nearest, word for word:")
    elif answer.citations:
        typer.echo("")
    for citation in answer.nearest or answer.citations:
        mark = "-" if answer.nearest else f"[{citation.number}]"
        page = f" · page {citation.page}" if citation.page else ""
        typer.echo(f"  {mark} {printable(citation.title or 'Untitled')} · {_origin(citation)}{page}")
        typer.echo(_wrapped(f"“{citation.quote}”", "      "))
        typer.echo(f"      {printable(citation.url or citation.article_id)} ({citation.start}-{citation.end})")
    times = answer.timings
    first = f", first word {times.first_token:.1f} s" if times.first_token is not None else ""
    error(f"\n{answer.model}: evidence {times.retrieve:.2f} s{first}, total {times.total:.1f} s")


def show_articles(articles: Sequence[Article]) -> None:
    """A line an article."""
    for article in articles:
        day = article.published.date().isoformat() if article.published else "undated   "
        typer.echo(f"{article.id}  {day}  {printable(article.outlet or '-')}  {printable(article.title or 'Untitled')}")
    if not articles:
        error("No articles. `rag ingest PATH` takes some in.")


def show_article(article: Article) -> None:
    """An article's head and text."""
    for name, value in article.to_dict().items():
        if name != "text" and value:
            typer.echo(f"{name}: {printable(str(value))}")
    typer.echo("\n" + printable(article.text))


def show_notes(notes: Sequence[Note]) -> None:
    """What is wrong with an article, before everything else."""
    for note in notes:
        what = "RETRACTED" if note.kind == "retraction" else "CORRECTED"
        where = "noted" if note.by_hand else "as the article itself says, found"
        typer.echo(_wrapped(f"{what} ({where} {note.time.date().isoformat()}): {note.text}", ""))
        if note.by_article:
            typer.echo(f"  corrected by {note.by_article}")


def show_status(status: ArchiveStatus) -> None:
    """Everything that `status` says."""
    typer.echo(f"archive   {status.path} (version {status.version})")
    typer.echo(f"articles  {status.articles:,} in {status.passages:,} passages")
    if status.published_from and status.published_to:
        typer.echo(f"dates     {status.published_from.date()} to {status.published_to.date()}")
    for outlet, n in status.outlets.items():
        typer.echo(f"          {n:,} {printable(outlet)}")
    typer.echo(f"embedder  {status.embedder}")
    typer.echo(f"writer    {status.writer}")
    if status.changing:
        error(f"changing the embedder: {status.changing}. `rag reembed` goes on with it.")
    if status.unfinished:
        error(f"unfinished: {status.unfinished}. Run the ingest again to complete it.")


def show_models(packs: Sequence[Mapping[str, Any]], writers: Sequence[Mapping[str, str]]) -> None:
    """Packs and writers with what they need."""
    typer.echo("Packs")
    for pack in packs:
        typer.echo(
            f"  {pack['name']:22} {pack['kind']:9} {human(pack['bytes']):>8}  {pack['state']:9} {pack['licence']}"
        )
        typer.echo(f"  {'':22} {pack['needs']}")
    typer.echo("\nWriters (--writer, RAG_WRITER or settings.toml)")
    for writer in writers:
        typer.echo(f"  {writer['name']:46} {writer['summary']}")
        typer.echo(f"  {'':46} needs {writer['needs']}")


class PackProgress:
    """Shows a pack being fetched: a line what and why, then a bar where standard error is a terminal."""

    def __init__(self) -> None:
        self._last = -1

    def announce(self, text: str, /) -> None:
        """A line of its own."""
        error(text)

    def advance(self, done: int, total: int, label: str, /) -> None:
        """Draw the bar anew when a percent has passed."""
        percent = 100 * done // max(1, total)
        if percent == self._last or not sys.stderr.isatty():
            return
        self._last = percent
        bar = "█" * (percent // 4)
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\r  {bar:25} {percent:3} %  {human(done)} of {human(total)}  {label[:30]:30}{end}")
        sys.stderr.flush()


def counted(report: IngestReport) -> str:
    """What an ingest did, in a line."""
    return (
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.removed} removed, {len(report.failed)} failed"
    )


def show_failures(report: IngestReport) -> None:
    """What an ingest could not take in, on standard error."""
    for path, reason in report.failed:
        error(f"not taken in: {printable(f'{path}: {reason}')}")


def show_previews(previews: Sequence[Preview]) -> None:
    """What files would give: how many articles, what maps where, what is guessed; what failed, on standard error."""
    for one in previews:
        if one.format:
            first = f", the first “{one.title}”" if one.title else ""
            typer.echo(printable(f"{one.path}: {one.format}, {one.articles} article{'s' * (one.articles != 1)}{first}"))
        for field, name in one.fields.items():
            typer.echo(printable(f"  {field:<10} from {name}"))
        if one.unused:
            typer.echo(printable(f"  not used:  {one.unused}"))
        for place, encoding in one.guessed.items():
            of = "" if place == one.path else f" ({place})"
            typer.echo(printable(f"  encoding guessed: {encoding}{of}"))
        for path, reason in one.failed:
            error(f"not taken in: {printable(f'{path}: {reason}')}")


def show_places(places: Sequence[Place]) -> None:
    """Places, when each was last read and what came of it."""
    for place in places:
        typer.echo(printable(place.place))
        when = place.read.astimezone().strftime("%Y-%m-%d %H:%M") if place.read else "never to its end"
        came = ", ".join(f"{n} {name}" for name, n in place.outcome.items() if n)
        typer.echo(f"  read {when}" + (f": {came}" if came else ""))
        if place.failure:
            typer.echo(_wrapped(place.failure))


@contextmanager
def ingest_progress() -> Iterator[IngestProgress]:
    """A bar of passages embedded; silent where standard error is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    shown = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}"), TimeElapsedColumn())
    with Progress(*columns, console=shown, disable=not shown.is_terminal, transient=True) as bar:
        task = bar.add_task("Reading", total=None, count="")

        def report(*, articles: int, embedded: int, pending: int, current: str) -> None:
            name = printable(current.rstrip("/").rsplit("/", 1)[-1])[-32:]
            count = f"{articles} articles, {embedded} passages"
            bar.update(task, description=name, completed=embedded, total=max(1, embedded + pending), count=count)

        yield report


@contextmanager
def reembed_bar() -> Iterator[ReembedProgress]:
    """A bar of passages embedded anew; silent where standard error is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    shown = Console(stderr=True)
    with Progress(console=shown, disable=not shown.is_terminal, transient=True) as bar:
        task = bar.add_task("Embedding", total=None)
        yield lambda *, done, total: bar.update(task, completed=done, total=total)
