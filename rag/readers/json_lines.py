"""JSON Lines: one article a line, read line by line, so that a file may be larger than memory.

Names of fields: `rag.readers.fields`. A broken line is reported with its number; the others go in.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from rag.errors import ReadError
from rag.readers import limits
from rag.readers.base import Context, unreadable
from rag.readers.json_records import article_or_error, parse
from rag.types import Article

FORMAT = "JSON Lines"
VERSION = 3
SUFFIXES = (".jsonl", ".ndjson")
MEDIA_TYPES = ("application/jsonl", "application/x-ndjson", "application/x-jsonlines", "application/jsonlines")

_BOM = codecs.BOM_UTF8
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PROBE = 4096  # bytes


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """The article of line n, or a ReadError; both are named `source:n`. Raises ReadError if there is no line at all."""
    found = False
    try:
        with path.open("rb") as stream:
            probe = stream.read(_PROBE)
            if b"\0" in probe or probe.startswith(_UTF_16):
                raise ReadError(source, "JSON Lines must be UTF-8; this is another encoding or binary data")
            stream.seek(0)
            for number, line in enumerate(iter(lambda: stream.readline(limits.DOCUMENT + 1), b""), 1):
                line = line.removeprefix(_BOM) if number == 1 else line
                if line.strip():
                    found = True
                    limits.bounded(source, len(line), limits.DOCUMENT, f"not read from line {number} on: it is ")
                    yield _read_line(line, source, number, context)
    except OSError as error:
        raise unreadable(source, error) from error
    if not found:
        raise ReadError(source, "the file is empty")


def _read_line(line: bytes, source: str, number: int, context: Context) -> Article | ReadError:
    place = f"{source}:{number}"
    try:
        record = parse(line.decode("utf-8"), place)
    except UnicodeDecodeError as error:
        return ReadError(place, f"not UTF-8 (byte {error.start + 1} of the line)")
    except ReadError as error:
        return error
    # Article and error of a line share their name: that is how an ingest knows whose line broke.
    return article_or_error(record, place, context)
