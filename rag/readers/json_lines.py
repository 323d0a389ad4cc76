"""JSON Lines: one article a line, read line by line. A broken line is reported by its number; the rest goes in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from rag.errors import ReadError
from rag.readers.base import Context
from rag.readers.json_records import article
from rag.types import Article

FORMAT = "JSON Lines"
VERSION = 1
SUFFIXES = (".jsonl", ".ndjson")
MEDIA_TYPES = ("application/x-ndjson", "application/jsonl")


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """Every line's article; a ReadError named `file:line` for each line that is none."""
    any_line = False
    with path.open("rb") as lines:
        for n, line in enumerate(lines, 1):
            if not line.strip():
                continue
            any_line = True
            place = f"{source}:{n}"
            try:
                record = json.loads(line.decode("utf-8-sig" if n == 1 else "utf-8"))
            except UnicodeDecodeError as error:
                yield ReadError(place, f"not UTF-8 (byte {error.start} of the line)")
                continue
            except (ValueError, RecursionError) as error:
                yield ReadError(place, f"not JSON: {error}")
                continue
            yield article(record, place, context)
    if not any_line:
        raise ReadError(source, "the file is empty")
