"""`rag reembed`: finding by another embedder."""

from __future__ import annotations

from typing import Annotated

import typer

from rag import console
from rag.commands import opened, print_json
from rag.options import DEFAULT_ARCHIVE, ArchiveOption, JsonOption

app = typer.Typer()


@app.command()
def reembed(
    embedder: Annotated[str, typer.Argument(help="A pack, st:ID-or-folder or llama-index:module:Class.")] = "",
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Embed all passages by another embedder, which then serves; until then the present one does.

    Ctrl-C loses nothing: without a name, a change that was begun goes on. The present embedder's name gives it up.
    """
    with opened(archive) as place, console.reembed_bar() as progress:
        made = place.upkeep.reembed(embedder, progress)
        serves = place.status().embedder
    if as_json:
        print_json({"embedded": made, "embedder": serves})
    else:
        typer.echo(f"{made:,} passages embedded; {console.printable(serves)} serves")
