"""Rows of a table as articles: what CSV, TSV and Excel share.

The first row that is not empty names the columns, by the names that `rag.readers.fields` lists; each further row is an
article. A table without a column for the text is an error that names the columns it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rag.errors import ReadError
from rag.readers.base import Context, one_line
from rag.readers.fields import names_of, plain_name
from rag.readers.json_records import article_or_error
from rag.types import Article

_SHOWN = 12  # columns that an error names
_LONGEST_NAME = 60  # characters of a column's name in an error

Row = tuple[int, Sequence[object] | ReadError]


def articles(rows: Iterable[Row], source: str, place: str, context: Context) -> Iterator[Article | ReadError]:
    """The article of each row, or a ReadError, both named `place` and the row's number.

    `rows` are (number, cells), the header first; an error in place of the cells is passed on. Raises ReadError naming
    `source` when there is no row, no row below the header, or no column for the text.
    """
    header: list[str] | None = None
    found = False
    for number, cells in rows:
        if isinstance(cells, ReadError):
            yield cells
        elif header is None:
            if any(map(_filled, cells)):
                header = _header(cells, source, context)
        elif any(map(_filled, cells)):
            found = True
            yield _article(header, cells, f"{place}{number}", context)
    if header is None:
        raise ReadError(source, "the table is empty")
    if not found:
        raise ReadError(source, "no row below the names of the columns")


def has_text_column(cells: Iterable[object], context: Context) -> bool:
    """Whether a row names a column for the text, so that it can be a table's header."""
    return any(plain_name(cell) in names_of("text", context) for cell in cells)


def _header(cells: Sequence[object], source: str, context: Context) -> list[str]:
    names = [one_line(cell) or "" for cell in cells]
    if not has_text_column(names, context):
        named = [name[:_LONGEST_NAME] for name in names if name]
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        there = ", ".join(named[:_SHOWN]) or "none with a name"
        raise ReadError(source, f"no column for the text (such as text, body or content); there are: {there}{more}")
    return names


def _article(header: Sequence[str], cells: Sequence[object], place: str, context: Context) -> Article | ReadError:
    surplus = [cell for cell in cells[len(header) :] if _filled(cell)]
    if surplus:
        return ReadError(place, f"{len(header) + len(surplus)} cells where the header names {len(header)} columns")
    record: dict[object, object] = {}
    for name, cell in zip(header, cells):
        if name and _filled(cell):
            record.setdefault(name, cell)
    return article_or_error(record, place, context)


def _filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""
