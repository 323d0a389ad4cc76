"""JSON: one article, a list of articles, or an object with such a list. Field names: see rag/readers/base.py."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.errors import ReadError
from rag.readers.base import Context, decode, fields, make_article
from rag.types import Article

FORMAT = "JSON"
VERSION = 1
SUFFIXES = (".json",)
MEDIA_TYPES = ("application/json",)
_LISTS = ("articles", "items", "data", "results", "docs", "documents")
_MARKUP = re.compile(r"</?(?:p|div|br|a|strong|em|span|h[1-6]|ul|li|blockquote)\b[^>]*>", re.IGNORECASE)


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """Every record of the file; a ReadError for each that is no article. Raises ReadError for broken JSON."""
    try:
        data = json.loads(decode(path.read_bytes(), source))
    except (ValueError, RecursionError) as error:
        raise ReadError(source, f"not JSON: {error}") from error
    if isinstance(data, dict):
        lists = [data[name] for name in _LISTS if isinstance(data.get(name), list)]
        records = lists[0] if lists and "text" not in fields(data) else [data]
    elif isinstance(data, list):
        records = data
    else:
        raise ReadError(source, "holds neither an article nor a list of articles")
    if not records:
        raise ReadError(source, "holds no articles")
    for n, record in enumerate(records, 1):
        place = source if len(records) == 1 else f"{source}#{n}"
        yield article(record, place, context)


def article(record: Any, place: str, context: Context) -> Article | ReadError:
    """One record as an article, or why it is none."""
    if not isinstance(record, dict):
        return ReadError(place, f"not an object but {type(record).__name__}")
    found = fields(record)
    text = found.get("text")
    if not isinstance(text, str) or not text.strip():
        names = ", ".join(map(str, list(record)[:8])) or "none"
        return ReadError(place, f"no text field (text, body or content); its fields: {names}")
    if _MARKUP.search(text):
        found["text"] = _without_markup(text)
    try:
        return make_article(source=place, context=context, **found)
    except ReadError as error:
        return error


def _without_markup(text: str) -> str:
    from lxml import html

    apart = re.sub(r"</(?:p|div|h[1-6]|li|blockquote)>|<br\s*/?>", r"\g<0>\n\n", text, flags=re.IGNORECASE)
    plain = html.fromstring(f"<div>{apart}</div>").text_content()
    return re.sub(r"\n\s*\n\s*", "\n\n", plain).strip()
