"""`rag sync`: read again what was ever taken in."""

from __future__ import annotations

from typing import Annotated

import typer

from rag import console
from rag.commands import opened, print_json
from rag.errors import SettingsError
from rag.options import DEFAULT_ARCHIVE, ArchiveOption, JsonOption

app = typer.Typer()


@app.command()
def sync(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    listed: Annotated[
        bool, typer.Option("--list", help="List the places and what came of them; read nothing.")
    ] = False,
    forget: Annotated[
        str | None, typer.Option("--forget", metavar="PLACE", help="Take a place off the list; its articles stay.")
    ] = None,
    prune: Annotated[bool, typer.Option(help="Remove articles whose files are gone.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read again every file, folder and address that was ever taken in. What has not changed costs next to nothing."""
    if listed + prune + (forget is not None) > 1:
        raise typer.BadParameter("--list, --forget and --prune do not go together")
    with opened(archive) as place:
        if forget is not None:
            place.upkeep.forget(forget)
            return
        places = place.upkeep.places()
        if listed:
            print_json([p.to_dict() for p in places]) if as_json else console.show_places(places)
            return
        if not places:
            raise SettingsError("no place is recorded", hint="`rag ingest PATH…` records what it is given.")
        with console.ingest_progress() as progress:
            report = place.ingest([p.place for p in places], progress, prune=prune)
    if as_json:
        print_json(report)
    else:
        typer.echo(console.counted(report))
    console.show_failures(report)
    if report.failed and not report.added + report.updated + report.unchanged + report.removed:
        raise typer.Exit(1)
