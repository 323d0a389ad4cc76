"""`rag verify`: whether an archive is sound, and putting it right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag import console
from rag.commands import opened, print_json
from rag.errors import ArchiveError
from rag.options import DEFAULT_ARCHIVE, ArchiveOption, JsonOption
from rag.store.lock import write_lock
from rag.upkeep import salvage
from rag.upkeep.findings import Health
from rag.upkeep.salvage import Salvaged

app = typer.Typer()


@app.command()
def verify(
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    repair: Annotated[bool, typer.Option("--repair", help="Put right what can be put right.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check catalog, full-text index and vectors against each other. Exit status 1 if something is wrong."""
    if not (archive / salvage.NAME).exists():
        raise ArchiveError(f"{archive} holds no catalog", hint="Name the archive's folder with --archive.")
    damaged = salvage.damage(archive)
    if damaged and not repair:
        raise ArchiveError(
            "\n".join([f"{archive / salvage.NAME} is damaged:", *map(console.printable, damaged)]),
            hint="`rag restore` brings back a backup; `rag verify --repair` copies what can still be read.",
        )
    salvaged = _salvaged(archive) if damaged else None
    with opened(archive) as place:
        health = place.upkeep.verify(repair=repair)
    if as_json:
        print_json(health.to_dict() | {"salvaged": salvaged.to_dict() if salvaged else None})
    else:
        if salvaged:
            _show_salvaged(salvaged)
        _show(health, repair)
    if health.findings or (salvaged and salvaged.lost):
        raise typer.Exit(1)


def _salvaged(archive: Path) -> Salvaged:
    with write_lock(archive):
        return salvage.salvage(archive)


def _show_salvaged(salvaged: Salvaged) -> None:
    for line in (*salvaged.damage, *salvaged.notes):
        console.error(f"catalog: {console.printable(line)}")
    typer.echo(f"{salvaged.articles:,} articles copied into a new catalog; the damaged one is {salvaged.kept}")
    for article_id, place in salvaged.lost:
        console.error(f"lost: {article_id}  {console.printable(place)}")
    console.error("Run `rag ingest` on the same files again: what is lost, or missing unnoticed, comes back.")


def _show(health: Health, repair: bool) -> None:
    for done in health.repaired:
        typer.echo(f"repaired: {console.printable(done)}")
    for finding in health.findings:
        console.error(f"{finding.part}: {console.printable(finding.text)}")
        console.error(f"  {'to do' if repair else 'a repair'}: {console.printable(finding.remedy)}")
    counted = f"{health.articles:,} articles, {health.versions:,} older versions, {health.passages:,} passages"
    typer.echo(f"{counted}: {'sound' if not health.findings else f'{len(health.findings)} findings'}")
