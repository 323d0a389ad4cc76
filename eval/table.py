"""What a command prints without --json: a line a figure, and nested figures as tables.

A figure is a string, a number, None, or a pair of numbers (an interval). A mapping of figures is a block of lines under
its name; a mapping of such mappings is a table, one row each; what is nested deeper is a table for each of its names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_NAME = 32  # characters


def rendered(result: Mapping[str, Any]) -> str:
    """The result as text that ends with a line break."""
    return "".join(f"{line}\n" for line in _lines(result, ""))


def _lines(figures: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, value in figures.items():
        if not isinstance(value, Mapping):
            yield f"{indent + name:{_NAME}} {_figure(value)}".rstrip()
    for name, value in figures.items():
        if isinstance(value, Mapping) and value:
            yield from ("", name)
            yield from _block(name, value)


def _block(heading: str, figures: Mapping[str, Any]) -> Iterator[str]:
    rows = {name: row for name, row in figures.items() if isinstance(row, Mapping)}
    if any(isinstance(value, Mapping) for row in rows.values() for value in row.values()):
        for name, row in rows.items():
            yield from ("", f"{heading}: {name}")
            yield from _block(f"{heading}: {name}", row)
    else:
        yield from _lines({name: value for name, value in figures.items() if name not in rows}, "  ")
        yield from _table(rows) if rows else ()


def _table(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    cells = [["", *columns]]
    cells += [[name, *(_figure(row.get(column)) for column in columns)] for name, row in rows.items()]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns) + 1)]
    for line in cells:
        first, *others = (cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in _with(line, widths))
        yield "  ".join(["  " + first, *others]).rstrip()


def _with(line: Sequence[str], widths: Sequence[int]) -> Iterator[tuple[int, tuple[str, int]]]:
    return enumerate(zip(line, widths, strict=True))


def _figure(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, list | tuple):
        return " to ".join(map(_figure, value))  # a dash would be taken for a minus sign
    return str(value)
