"""The command line. Results on standard output, everything else on standard error.

Exit status: 0 done, 1 the question or input could not be served, 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

import rag
from rag import console
from rag.errors import RagError
from rag.options import (
    DEFAULT_ARCHIVE,
    ArchiveOption,
    AsOfOption,
    BylineOption,
    FromOption,
    IgnoreOption,
    JsonOption,
    LanguageOption,
    OutletOption,
    SectionOption,
    ToOption,
    WriterOption,
    filters_of,
)
from rag.types import Record

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Answers from your own archive of articles: every sentence cited, every sentence checked.",
)
models_app = typer.Typer(no_args_is_help=True, help="Model packs and writers.")
app.add_typer(models_app, name="models")

_STOPPED = "Stopped. What was taken in is kept; the same command goes on from there."


@contextmanager
def _archive(path: Path) -> Iterator[rag.Archive]:
    with rag.open(path) as archive:
        archive.progress = console.PackProgress()
        yield archive


def _print_json(value: Any) -> None:
    plain = value.to_dict() if isinstance(value, Record) else value
    typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))


@app.command()
def ingest(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or URLs.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    prune: Annotated[bool, typer.Option(help="Remove articles whose files under PATH are gone.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take in articles. What is unchanged costs nothing; what cannot be read is named, and the rest goes in."""
    with _archive(archive) as opened, console.ingest_progress() as progress:
        report = opened.ingest(paths, progress, prune=prune)
    if as_json:
        _print_json(report)
    else:
        typer.echo(
            f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
            f"{report.removed} removed, {len(report.failed)} failed"
        )
    for path, reason in report.failed:
        console.error(f"not taken in: {console.printable(f'{path}: {reason}')}")
    taken = report.added + report.updated + report.unchanged + report.removed
    if report.failed and not taken:
        raise typer.Exit(1)


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="A question, in a whole sentence.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many passages.")] = 10,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    published_from: FromOption = None,
    published_to: ToOption = None,
    outlet: OutletOption = None,
    byline: BylineOption = None,
    section: SectionOption = None,
    language: LanguageOption = None,
    as_of: AsOfOption = None,
    ignore: IgnoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find passages. No model writes anything."""
    filters = filters_of(published_from, published_to, outlet, byline, section, language)
    with _archive(archive) as opened:
        found = opened.find(question, k, filters, as_of=as_of.date() if as_of else None, ignore=ignore or ())
    console.show_understood(found.understood)
    if as_json:
        _print_json([hit.to_dict() for hit in found.hits])
    elif found.hits:
        console.show_hits(found.hits)
    else:
        console.error("Nothing found. `rag status` shows what is in the archive.")


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="A question, in a whole sentence.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    writer: WriterOption = None,
    published_from: FromOption = None,
    published_to: ToOption = None,
    outlet: OutletOption = None,
    byline: BylineOption = None,
    section: SectionOption = None,
    language: LanguageOption = None,
    as_of: AsOfOption = None,
    ignore: IgnoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question: the evidence first, then each sentence as it is checked."""
    filters = filters_of(published_from, published_to, outlet, byline, section, language)
    with _archive(archive) as opened:
        day, off = as_of.date() if as_of else None, ignore or ()
        if as_json:
            _print_json(opened.ask(question, filters=filters, writer=writer, as_of=day, ignore=off))
        else:
            console.show_stream(opened.stream(question, filters=filters, writer=writer, as_of=day, ignore=off))


@app.command()
def chat(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.")] = 7860,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Open the chat page."""
    _serve(archive, "127.0.0.1", port, browser)


@app.command()
def serve(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 7860,
) -> None:
    """Serve the chat page on this machine without opening a browser."""
    _serve(archive, "127.0.0.1", port, False)


def _serve(archive: Path, host: str, port: int, browser: bool) -> None:
    from ui import server

    with _archive(archive) as opened:
        server.run(opened, host=host, port=port, browser=browser, ready=console.error)


@app.command()
def articles(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    published_from: FromOption = None,
    published_to: ToOption = None,
    outlet: OutletOption = None,
    byline: BylineOption = None,
    section: SectionOption = None,
    language: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """List articles, newest first."""
    filters = filters_of(published_from, published_to, outlet, byline, section, language)
    with _archive(archive) as opened:
        found = opened.articles(filters, limit)
    if as_json:
        _print_json([article.to_dict() for article in found])
    else:
        console.show_articles(found)


@app.command()
def show(
    article_id: Annotated[str, typer.Argument(help="As `rag articles` lists it.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    version: Annotated[int | None, typer.Option(help="An older version.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print one article."""
    with _archive(archive) as opened:
        article = opened.article(article_id, version)
    if as_json:
        _print_json(article)
    else:
        console.show_article(article)


@app.command()
def status(archive: ArchiveOption = DEFAULT_ARCHIVE, as_json: JsonOption = False) -> None:
    """Say what is in the archive, and what is unfinished."""
    with _archive(archive) as opened:
        found = opened.status()
    if as_json:
        _print_json(found)
    else:
        console.show_status(found)


@models_app.command("list")
def models_list(as_json: JsonOption = False) -> None:
    """List model packs and writers, what each needs, and which packs are here."""
    from rag import llms, models

    packs = [
        {
            "name": pack.name,
            "kind": pack.kind,
            "licence": pack.licence,
            "bytes": pack.size,
            "state": str(models.status(pack).state),
            "needs": pack.summary,
        }
        for pack in models.packs()
    ]
    writers = [
        {"name": module.EXAMPLE, "summary": module.SUMMARY, "needs": module.NEEDS} for module in llms.schemes().values()
    ]
    writers.append({"name": "extractive", "summary": "no model: the best sentences word for word", "needs": "nothing"})
    if as_json:
        _print_json({"packs": packs, "writers": writers})
    else:
        console.show_models(packs, writers)


@models_app.command("pull")
def models_pull(name: Annotated[str, typer.Argument(help="A pack's name.")]) -> None:
    """Fetch a model pack and check every file of it."""
    from rag import models

    typer.echo(str(models.pull(name, why="as you asked", progress=console.PackProgress())))


@app.command(
    "eval", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def evaluate(context: typer.Context) -> None:
    """Measure: `rag eval --help` lists what there is."""
    from eval.__main__ import main as eval_main

    raise typer.Exit(eval_main(context.args))


def main() -> None:
    """Entry point of `rag`."""
    try:
        app()
    except RagError as error:
        console.error(f"error: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        console.error(_STOPPED)
        sys.exit(130)
    except SystemExit as end:
        if end.code == 130:  # Typer has caught Ctrl-C, and says nothing
            console.error(_STOPPED)
        raise
    except BrokenPipeError:
        sys.exit(1)  # the reader of our output, such as `head`, has gone


if __name__ == "__main__":
    main()
