"""`rag models list` and `rag models pull`."""

from __future__ import annotations

from typing import Annotated

import typer

from rag import console
from rag.commands import print_json
from rag.options import JsonOption

GROUP = "models"
app = typer.Typer(no_args_is_help=True, help="Model packs and writers.")


@app.command("list")
def models_list(as_json: JsonOption = False) -> None:
    """List model packs and writers, what each needs, and which packs are here."""
    from rag import llms, models

    packs = [pack.to_dict() for pack in models.listed()]
    writers = [
        {"name": module.EXAMPLE, "summary": module.SUMMARY, "needs": module.NEEDS} for module in llms.schemes().values()
    ]
    writers.append({"name": "extractive", "summary": "no model: the best sentences word for word", "needs": "nothing"})
    if as_json:
        print_json({"packs": packs, "writers": writers})
    else:
        console.show_models(packs, writers)


@app.command("pull")
def models_pull(name: Annotated[str, typer.Argument(help="A pack's name.")]) -> None:
    """Fetch a model pack and check every file of it."""
    from rag import models

    typer.echo(str(models.pull(name, why="as you asked", progress=console.PackProgress())))
