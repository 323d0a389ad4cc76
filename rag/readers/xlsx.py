"""Excel workbooks, by openpyxl: one article a row, `source#sheet!n` by its row. Columns: see `rag.readers.tables`.

Of formulas the values count that were saved with them. A sheet without a column for the text is reported with the
columns that it has; the other sheets go in.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ReadError
from rag.readers.base import Context, one_line
from rag.readers.packed import checked, damage
from rag.readers.tables import Row, articles
from rag.types import Article

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

FORMAT = "Excel"
VERSION = 2
SUFFIXES = (".xlsx", ".xlsm")
MEDIA_TYPES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel.sheet.macroenabled.12",
)


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """The article of each row of each sheet. Raises ReadError when the file is damaged or no sheet has articles."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    stream = checked(path, source, "Excel workbook")
    failures: list[ReadError] = []
    with _quiet(), damage(source, "Excel workbook", InvalidFileException):
        # Read row by row: a sheet may say that it has 17 billion cells, and mean two.
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    for sheet in book.worksheets:
        place = f"{source}#{one_line(sheet.title)}"
        try:
            with _quiet(), damage(place, "sheet", InvalidFileException):
                found = list(articles(_rows(sheet), place, f"{place}!", context))
            yield from found
        except ReadError as error:
            failures.append(error)
    if len(failures) == len(book.worksheets):
        reasons = [f"{failure.path.removeprefix(source)[1:]}: {failure.message}" for failure in failures]
        raise ReadError(source, "; ".join(reasons) or "no sheet with cells in it")
    yield from failures


@contextmanager
def _quiet() -> Iterator[None]:
    """Without openpyxl's warnings: they are about styles and extensions, of which nothing is read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _rows(sheet: ReadOnlyWorksheet) -> Iterator[Row]:
    sheet.reset_dimensions()  # what a file says of its own size is often wrong
    return zip(count(1), sheet.iter_rows(values_only=True))
