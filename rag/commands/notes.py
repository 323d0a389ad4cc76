"""`rag correct`, `rag retract` and `rag reinstate`: what is known to be wrong with an article."""

from __future__ import annotations

from typing import Annotated

import typer

from rag import console
from rag.commands import opened, print_json
from rag.options import DEFAULT_ARCHIVE, ArchiveOption, JsonOption
from rag.store.notes import Note

app = typer.Typer()
ArticleArgument = Annotated[str, typer.Argument(help="As `rag articles` lists it.")]
NoteOption = Annotated[str, typer.Option("--note", help="What is wrong, in a sentence.")]


@app.command()
def correct(
    article_id: ArticleArgument,
    note: NoteOption,
    by: Annotated[str | None, typer.Option("--by", help="The article that says it right.")] = None,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Note a correction. The article stays evidence, and carries the note."""
    with opened(archive) as place:
        place.upkeep.correct(article_id, note, by)
        notes = place.upkeep.notes(article_id)
    _told(notes, as_json)


@app.command()
def retract(
    article_id: ArticleArgument,
    note: NoteOption,
    archive: ArchiveOption = DEFAULT_ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Note a retraction: the article is no evidence any more, but `rag show` still shows it."""
    with opened(archive) as place:
        place.upkeep.retract(article_id, note)
        notes = place.upkeep.notes(article_id)
    _told(notes, as_json)


@app.command()
def reinstate(
    article_id: ArticleArgument, archive: ArchiveOption = DEFAULT_ARCHIVE, as_json: JsonOption = False
) -> None:
    """Declare the retractions of an article void, printed ones too: it is evidence again."""
    with opened(archive) as place:
        voided = place.upkeep.reinstate(article_id)
        notes = place.upkeep.notes(article_id)
    if not voided:
        console.error(f"{article_id} was not retracted.")
    _told(notes, as_json)


def _told(notes: tuple[Note, ...], as_json: bool) -> None:
    if as_json:
        print_json([note.to_dict() for note in notes])
    else:
        console.show_notes(notes)
