"""CSV and TSV: one article a row, `source#n` by its row (the header is row 1). Columns: see `rag.readers.tables`.

Commas, semicolons, tabs and bars separate; which, the header tells. A broken row is reported, the rest goes in.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from rag.errors import ReadError
from rag.readers import limits
from rag.readers.base import Context, read_text
from rag.readers.tables import Row, articles, has_text_column
from rag.types import Article

FORMAT = "CSV"
VERSION = 2
SUFFIXES = (".csv", ".tsv", ".tab")
MEDIA_TYPES = ("text/csv", "text/tab-separated-values", "application/csv")

_SEPARATORS = (",", ";", "\t", "|")
_LONGEST_CELL = 2**24  # characters; the library's own limit is shorter than some articles
_EXCEL_SAYS = re.compile(r"sep=(.)\r?\n")


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """The article of each row. Raises ReadError when there are no rows or no column for the text."""
    text = read_text(path, source, context, limits.DOCUMENT)
    if "\0" in text:
        raise ReadError(source, "not a text file: binary data")
    csv.field_size_limit(_LONGEST_CELL)
    said = _EXCEL_SAYS.match(text)
    text = text[said.end() :] if said else text
    separator = said[1] if said else _separator(text, context)
    yield from articles(_rows(text, separator, source), source, f"{source}#", context)


def _separator(text: str, context: Context) -> str:
    """The one by which the header falls into columns, one of them for the text; if none does, the commonest in it."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    split = {separator: _cells(header, separator) for separator in _SEPARATORS}
    fitting = [separator for separator in _SEPARATORS if has_text_column(split[separator], context)]
    return max(fitting or _SEPARATORS, key=lambda separator: len(split[separator]))


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _rows(text: str, separator: str, source: str) -> Iterator[Row]:
    # Strict, since a quotation mark that is never closed would else make one cell of all rows below it, unsaid.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        begun = reader.line_num + 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines = f"line {begun}" if begun == reader.line_num else f"lines {begun} to {reader.line_num}"
            yield number, ReadError(f"{source}#{number}", f"a broken row ({lines}): {error}")
