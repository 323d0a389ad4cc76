"""`rag versions`: what an article said before."""

from __future__ import annotations

from typing import Annotated

import typer

from rag import console
from rag.commands import opened, print_json
from rag.options import DEFAULT_ARCHIVE, ArchiveOption, JsonOption
from rag.upkeep.versions import Difference, Version

app = typer.Typer()
_SIGNS = {"kept": " ", "removed": "-", "added": "+"}


@app.command()
def versions(
    article_id: Annotated[str, typer.Argument(help="As `rag articles` lists it.")],
    old: Annotated[
        int | None, typer.Option("--from", min=1, help="Compare this version; default: the last but one.")
    ] = None,
    new: Annotated[int | None, typer.Option("--to", min=1, help="With this one; default: the current.")] = None,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """List the versions of an article and show what changed between two, sentence by sentence."""
    with opened(archive) as place:
        known = place.upkeep.versions(article_id)
        numbers = [version.version for version in known]
        to = new if new is not None else numbers[-1]
        since = old if old is not None else next((n for n in reversed(numbers) if n < to), None)
        changed = place.upkeep.difference(article_id, since, to) if since is not None else None
    if as_json:
        listed = [version.to_dict() for version in known]
        print_json({"versions": listed, "difference": changed.to_dict() if changed else None})
    else:
        _show(known, changed)


def _show(known: tuple[Version, ...], changed: Difference | None) -> None:
    for version in known:
        until = f"replaced {version.replaced.isoformat(' ')}" if version.replaced else "current"
        title = console.printable(version.title or "Untitled")
        typer.echo(f"{version.version:3}  {until}  {version.characters:,} characters  {title}")
    if changed is None:
        console.error("There is no other version to compare with.")
        return
    typer.echo(f"\nversion {changed.old} to {changed.new}")
    for name, before, after in changed.fields:
        typer.echo(f"- {name}: {console.printable(before or '')}\n+ {name}: {console.printable(after or '')}")
    for change, sentence in changed.sentences:
        typer.echo(f"{_SIGNS[change]} {console.printable(sentence)}")
