"""Options that several commands share."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from rag.types import Filters

DEFAULT_ARCHIVE = Path(".rag")
ArchiveOption = Annotated[
    Path, typer.Option("--archive", envvar="RAG_ARCHIVE", help="Folder of the archive.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
FieldOption = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        help="Where records carry a field, as in text=body_html; may be repeated. Kept in the archive's settings.",
        metavar="FIELD=NAME",
    ),
]
WriterOption = Annotated[
    str | None, typer.Option("--writer", help="Who writes: `rag models list` shows the choices; `extractive` is none.")
]
FromOption = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Published on this day or later.")
]
ToOption = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Published on this day or earlier.")
]
OutletOption = Annotated[list[str] | None, typer.Option("--outlet", help="Only this outlet; may be repeated.")]
BylineOption = Annotated[list[str] | None, typer.Option("--byline", help="Only this author; may be repeated.")]
SectionOption = Annotated[list[str] | None, typer.Option("--section", help="Only this section; may be repeated.")]
LanguageOption = Annotated[list[str] | None, typer.Option("--language", help="Only this language, as in `en`.")]
AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        help='The day that "last week" is counted from; default: today, or the last day of the archive.',
    ),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        help="Do not limit by what the question says: outlets, bylines, sections, published, phrases, parts, or one "
        "value that is shown as understood; may be repeated.",
    ),
]


def filters_of(
    published_from: datetime | None,
    published_to: datetime | None,
    outlets: list[str] | None,
    bylines: list[str] | None,
    sections: list[str] | None,
    languages: list[str] | None,
) -> Filters:
    """The filters that a command was given. Raises BadParameter if they contradict each other."""
    try:
        return Filters(
            published_from=published_from.date() if published_from else None,
            published_to=published_to.date() if published_to else None,
            outlets=tuple(outlets or ()),
            bylines=tuple(bylines or ()),
            sections=tuple(sections or ()),
            languages=tuple(languages or ()),
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
