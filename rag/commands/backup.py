"""`rag backup` and `rag restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag import console
from rag.commands import opened, print_json
from rag.errors import ArchiveError
from rag.options import DEFAULT_ARCHIVE, ArchiveOption, JsonOption
from rag.upkeep import backup as backups
from rag.upkeep import salvage

app = typer.Typer()


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="A new folder, or a new file ending in .zip.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Back the archive up, also while it is in use: articles, vectors, conversations, settings, with their hashes."""
    if not (archive / salvage.NAME).exists():
        raise ArchiveError(f"{archive} holds no catalog", hint="Name the archive's folder with --archive.")
    with opened(archive) as place:
        made = place.upkeep.backup(target)
    if as_json:
        print_json(made)
    else:
        typer.echo(f"{made.articles:,} articles, version {made.archive_version}, backed up to {made.path}")


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A folder or .zip that `rag backup` has made.")],
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Make an archive of a backup in a new folder. Every file is checked; nothing is overwritten."""
    made = backups.restore(source, archive)
    if as_json:
        print_json(made)
    else:
        typer.echo(f"{made.articles:,} articles, version {made.archive_version} of {made.made}, are in {made.path}")
    if made.pending:
        console.error(f"{made.pending:,} passages are not embedded yet: `rag verify --repair` does it.")
