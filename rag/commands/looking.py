"""`rag articles`, `rag show` and `rag status`: what is in the archive."""

from __future__ import annotations

from typing import Annotated

import typer

from rag import console
from rag.commands import opened, print_json
from rag.options import (
    DEFAULT_ARCHIVE,
    ArchiveOption,
    BylineOption,
    FromOption,
    JsonOption,
    LanguageOption,
    OutletOption,
    SectionOption,
    ToOption,
    filters_of,
)

app = typer.Typer()


@app.command()
def articles(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    retracted: Annotated[bool, typer.Option("--retracted", help="Only those that are retracted; no filters.")] = False,
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
    with opened(archive) as place:
        found = place.upkeep.retracted()[:limit] if retracted else place.articles(filters, limit)
    if as_json:
        print_json([article.to_dict() for article in found])
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
    with opened(archive) as place:
        article, notes = place.article(article_id, version), place.upkeep.notes(article_id)
    if as_json:
        print_json(article.to_dict() | {"notes": [note.to_dict() for note in notes]})
    else:
        console.show_notes(notes)
        console.show_article(article)


@app.command()
def status(archive: ArchiveOption = DEFAULT_ARCHIVE, as_json: JsonOption = False) -> None:
    """Say what is in the archive, and what is unfinished."""
    with opened(archive) as place:
        found = place.status()
    if as_json:
        print_json(found)
    else:
        console.show_status(found)
