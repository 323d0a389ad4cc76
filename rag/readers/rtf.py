"""RTF, by striprtf; title, author, subject and dates from the document's information.

The dates count: created as published, revised as updated. They carry no zone, so they are in the archive's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from rag.errors import ReadError
from rag.readers import limits
from rag.readers.base import Context, make_article, read_bytes, without_title
from rag.readers.packed import damage
from rag.types import Article

FORMAT = "RTF"
VERSION = 1
SUFFIXES = (".rtf",)
MEDIA_TYPES = ("application/rtf", "text/rtf")

_CODE_PAGE = re.compile(rb"\\ansicpg(\d{3,5})")
_HEAD = 2**16  # bytes in which the code page and the information stand
_INFORMATION = re.compile(r"\{\\info\b")
_FIELD = re.compile(r"\{\\(title|author|subject|company)\s((?:[^{}\\]|\\.|\{[^{}]*\})*)\}", re.DOTALL)
_MOMENT = re.compile(r"\{\\(creatim|revtim)((?:\\(?:yr|mo|dy|hr|min|sec)\d{1,4}\s?)+)\}")
_LINK = re.compile(r"\\fldinst\b")


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article. Raises ReadError when the file is damaged, cut off, or has no text."""
    data = read_bytes(path, source, limits.PROSE)
    if not data.lstrip().startswith(b"{\\rtf"):
        raise ReadError(source, "not an RTF document: it does not begin with {\\rtf")
    if not data.rstrip(b"\0 \t\r\n").endswith(b"}"):
        raise ReadError(source, "cut off: its last group is not closed")
    found = _CODE_PAGE.search(data[:_HEAD])
    page = f"cp{found[1].decode()}" if found else "cp1252"
    with damage(source, "RTF document"):
        rtf = data.decode(page)
        blocks = [line.strip() for line in _plain(rtf, page).split("\n") if line.strip()]
        metadata = _information(rtf[:_HEAD], page)
    text = without_title(blocks, metadata.get("title"))
    yield make_article(source=source, text=text, context=context, **metadata)


def _plain(rtf: str, page: str) -> str:
    from striprtf.striprtf import rtf_to_text

    # The library would write a link's address into the sentence. In another group it is skipped as everything unknown.
    text: str = rtf_to_text(_LINK.sub(r"\\fldaddress", rtf), encoding=page)
    # Characters beyond the first 65,536 come as halves.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _information(rtf: str, page: str) -> dict[str, object]:
    begun = _INFORMATION.search(rtf)
    if not begun:
        return {}
    text = rtf[begun.end() :]
    fields = {name: _plain(f"{{\\rtf1 {value}}}", page).strip() for name, value in reversed(_FIELD.findall(text))}
    moments = {name: _moment(value) for name, value in reversed(_MOMENT.findall(text))}
    return {
        "title": fields.get("title"),
        "byline": fields.get("author"),
        "outlet": fields.get("company"),
        "section": fields.get("subject"),
        "published": moments.get("creatim"),
        "updated": moments.get("revtim"),
    }


def _moment(words: str) -> datetime | None:
    parts = {name: int(value) for name, value in re.findall(r"\\([a-z]+)(\d+)", words)}
    try:
        hour, minute, second = (parts.get(name, 0) for name in ("hr", "min", "sec"))
        return datetime(parts["yr"], parts["mo"], parts["dy"], hour, minute, second)
    except (KeyError, ValueError):  # not all there, or 0 for "not known"
        return None
