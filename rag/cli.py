"""The command line. Results on standard output, everything else on standard error.

Exit status: 0 done, 1 the question or input could not be served, 2 wrong usage.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rag import commands, console, watching
from rag import settings as settings_file
from rag.commands import opened, print_json
from rag.errors import RagError
from rag.options import (
    DEFAULT_ARCHIVE,
    ArchiveOption,
    AsOfOption,
    BylineOption,
    FieldOption,
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
from rag.preview import preview
from rag.readers.fields import mapping

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Answers from your own archive of articles: every sentence cited, every sentence checked.",
)
commands.join(app)

_STOPPED = "Stopped. What was taken in is kept; the same command goes on from there."


@app.callback()
def hand(context: typer.Context) -> None:
    # To `rag.commands.users`: the page is started from here alone. Without a docstring, which would be the help.
    context.obj = _accounts


def _accounts() -> object:
    from ui import accounts

    return accounts


@app.command()
def ingest(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or URLs: pages, feeds, sitemaps.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    prune: Annotated[bool, typer.Option(help="Remove articles whose files under PATH are gone.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Take in, too, what `rag remove` took out.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Then go on with what changes in these folders.")] = False,
    field: FieldOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go in and what maps where.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take in articles. What is unchanged costs nothing; what cannot be read is named, and the rest goes in.

    What was removed stays out, and is named too, unless --again.
    """
    if again and (watch or dry_run):
        raise typer.BadParameter("--again goes neither with --watch nor with --dry-run")
    if dry_run:
        _previewed(paths, archive, field, as_json)
        return
    if field:
        archive.mkdir(parents=True, exist_ok=True)
        settings_file.keep(archive, settings_file.load(archive), {"fields": _fields(field)})
    if watch:
        with opened(archive) as place:
            watching.run(place, paths, prune=prune, as_json=as_json)
        return
    with opened(archive) as place, console.ingest_progress() as progress:
        report = place.ingest(paths, progress, prune=prune, again=again)
    if as_json:
        print_json(report)
    else:
        typer.echo(console.counted(report))
    console.show_failures(report)
    taken = report.added + report.updated + report.unchanged + report.removed
    if not taken and not report.failed:
        console.error("Nothing to read was found there. Is it the right folder? What is hidden is not read.")
    if report.failed and not taken:
        raise typer.Exit(1)


def _previewed(paths: list[str], archive: Path, field: list[str] | None, as_json: bool) -> None:
    settings = settings_file.load(archive)
    if field:
        settings = settings.override({"fields": _fields(field)}, "--field")
    found = list(preview(paths, settings))
    if as_json:
        print_json([one.to_dict() for one in found])
    else:
        console.show_previews(found)
    if not any(one.articles for one in found):
        raise typer.Exit(1)


def _fields(field: list[str]) -> str:
    setting = ", ".join(field)
    mapping(setting)  # says what is wrong with it
    return setting


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
    with opened(archive) as place:
        found = place.find(question, k, filters, as_of=as_of.date() if as_of else None, ignore=ignore or ())
    console.show_understood(found.understood)
    if as_json:
        print_json([hit.to_dict() for hit in found.hits])
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
    with opened(archive) as place:
        day, off = as_of.date() if as_of else None, ignore or ()
        if as_json:
            print_json(place.ask(question, filters=filters, writer=writer, as_of=day, ignore=off))
        else:
            console.show_stream(place.stream(question, filters=filters, writer=writer, as_of=day, ignore=off))


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
    host: Annotated[str, typer.Option(help="Address to bind; any but this machine's own needs users.")] = "127.0.0.1",
    https: Annotated[bool, typer.Option("--https", help="A proxy in front speaks https with the readers.")] = False,
) -> None:
    """Serve the chat page without opening a browser: on this machine, or with --host to others, who sign in."""
    _serve(archive, host, port, False, https)


def _serve(archive: Path, host: str, port: int, browser: bool, https: bool = False) -> None:
    from ui import server

    with opened(archive) as place:
        server.run(place, host=host, port=port, browser=browser, ready=console.error, secure=https)


@app.command()
def feedback(
    folder: Annotated[Path, typer.Argument(help="Where cases.jsonl and drafts.jsonl go.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Write what readers said of answers as questions for `rag eval run --questions`, and as drafts of some."""
    from ui.feedback import written

    with opened(archive) as place:
        whole, drafts = written(place, folder)
    if as_json:
        print_json({"cases": whole, "drafts": drafts})
    else:
        typer.echo(f"{whole} cases, {drafts} drafts that a person has to complete, in {folder}")


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
