"""JSON: one article, a list of articles, or an object with such a list under articles, items, data, results, docs or
documents. The names of an article's fields are listed in `rag.readers.fields`. A list in a file of more than 32 MB is
read record by record, so that it may be larger than memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from rag.errors import ReadError
from rag.readers import json_stream, limits
from rag.readers.base import Context, read_text, unreadable
from rag.readers.fields import article_from, plain_name, text_of
from rag.types import Article

FORMAT = "JSON"
VERSION = 3
SUFFIXES = (".json",)
MEDIA_TYPES = ("application/json", "text/json", "application/feed+json")

_LISTS = ("articles", "items", "data", "results", "docs", "documents")
_JSON_NAMES: Mapping[type, str] = {dict: "an object", list: "a list", str: "a string", bool: "a truth value"}


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """Every record's article; a ReadError `source#n` for the n-th of a list if it is none.

    Raises ReadError for broken JSON (in a large file after the records before the break), and when there is no record.
    """
    records: Iterable[object] | None
    if (size := _size(path, source)) > limits.AT_ONCE:
        records = _streamed(path, source, context, size)
    else:
        data = parse(read_text(path, source, context, limits.DOCUMENT), source)
        records = _records(data, context)
        if records is None:
            yield article_or_error(data, source, context)
            return
    number = 0
    for number, record in enumerate(records, 1):
        yield article_or_error(record, f"{source}#{number}", context)
    if not number:
        raise ReadError(source, "the list of articles is empty")


def _streamed(path: Path, source: str, context: Context, size: int) -> Iterator[object]:
    """The records of a large file; where the stream breaks off, the rest at once if the memory is meant for it.

    The stream is stricter: it takes UTF-8 alone, no NaN and no number of more than 64 bits.
    """
    done = 0
    try:
        for record in json_stream.records(path, source, _LISTS):
            done += 1
            yield record
    except ReadError:
        rest = _at_once(path, source, context) if size <= limits.DOCUMENT else None
        if rest is None:
            raise
        yield from rest[done:]


def _at_once(path: Path, source: str, context: Context) -> list[object] | None:
    try:
        return _records(parse(read_text(path, source, context, limits.DOCUMENT), source), context)
    except ReadError:  # the stream has said already what is wrong, and where
        return None


def _size(path: Path, source: str) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise unreadable(source, error) from error


def parse(text: str, source: str) -> object:
    """The value that `text` is. Raises ReadError, with line and column, for anything but JSON."""
    limits.counted(source, text, ("[", "{", ","), limits.VALUES, "values")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise ReadError(source, f"not valid JSON: {error.msg} ({where})") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets without end
        raise ReadError(source, f"not readable JSON: {error}") from error


def article_or_error(record: object, source: str, context: Context) -> Article | ReadError:
    """The article of one record, or why it is none."""
    if not isinstance(record, Mapping):
        found = "nothing" if record is None else _JSON_NAMES.get(type(record), "a number")
        return ReadError(source, f"not an article: {found} instead of an object")
    try:
        return article_from(record, source, context)
    except ReadError as error:
        return error


def _records(data: object, context: Context) -> list[object] | None:
    """The list of records in `data`; None if it is one record by itself."""
    if isinstance(data, list):
        return data
    if isinstance(data, Mapping):
        # NewsML-like exports have {"data": [...], "content": "..."}: an object with a text is an article.
        lists = [v for k, v in data.items() if plain_name(k) in _LISTS and isinstance(v, list)]
        if len(lists) == 1 and not text_of(data, context):
            return list(lists[0])
    return None
