"""`rag remove`: articles taken out for good."""

from __future__ import annotations

from typing import Annotated

import typer

from rag import console
from rag.commands import opened, print_json
from rag.options import DEFAULT_ARCHIVE, ArchiveOption, JsonOption
from rag.upkeep.removal import Removed

app = typer.Typer()


@app.command()
def remove(
    article_ids: Annotated[list[str] | None, typer.Argument(help="As `rag articles` lists them.")] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="Everything that came from this file, folder or URL.")
    ] = None,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Remove articles with all their versions, so that nothing of them stays in the archive's files.

    They stay out: every later ingest leaves them out and says so, until `rag ingest --again` takes them in.
    """
    if not article_ids and source is None:
        raise typer.BadParameter("name articles, or a place with --source")
    with opened(archive) as place:
        wanted = [*(article_ids or ()), *(place.upkeep.ids_from(source) if source is not None else ())]
        removed = place.upkeep.remove(wanted)
    if as_json:
        print_json(removed)
    else:
        _show(removed)


def _show(removed: Removed) -> None:
    for article_id, title in removed.articles:
        typer.echo(f"removed {article_id}  {console.printable(title or 'Untitled')}")
    typer.echo(
        f"{len(removed.articles)} articles, {removed.versions} older versions and {removed.passages} passages "
        "are gone: text, full-text entries and vectors"
    )
    for place in removed.sources:
        console.error(f"may still be at: {console.printable(place)}")
    for row in removed.quoting:
        console.error(f"still quoted in {row.file} ({row.table}): {console.printable(row.name)}")
    for line in removed.left:
        console.error(f"left: {console.printable(line)}")
    console.error("No later ingest takes these articles in, unless it is `rag ingest --again PLACE`.")
    console.error("Backups made before still hold them.")
