"""HTML pages: main text and metadata by trafilatura; times of publication from the page's own markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.errors import ReadError
from rag.readers.base import Context, decode, make_article
from rag.types import Article

FORMAT = "HTML"
VERSION = 1
SUFFIXES = (".html", ".htm", ".xhtml")
MEDIA_TYPES = ("text/html", "application/xhtml+xml")
_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?\s*([\w-]+)", re.IGNORECASE)
_LD = re.compile(r"<script[^>]+application/ld\+json[^>]*>(.*?)</script>", re.IGNORECASE | re.DOTALL)
_META = re.compile(r"<meta\s[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article. Raises ReadError if no article text is found."""
    yield parse(path.read_bytes(), source, context)


def parse(data: bytes, source: str, context: Context, url: str | None = None) -> Article:
    """The article of a page; `url` is where it was fetched from, if it was."""
    import trafilatura

    page = _text(data, source)
    found = trafilatura.bare_extraction(
        page, url=url, with_metadata=True, include_comments=False, include_tables=True, favor_precision=False
    )
    if found is None or not (found.text or "").strip():
        raise ReadError(source, "no article text found in the page")
    meta, ld = _meta(page), _linked_data(page)
    return make_article(
        source=source,
        context=context,
        text=found.text.replace("\n", "\n\n"),
        title=found.title,
        outlet=found.sitename,
        byline=(found.author or "").split("; "),
        published=ld.get("datePublished") or meta.get("article:published_time") or found.date,
        updated=ld.get("dateModified") or meta.get("article:modified_time"),
        url=found.url or url,
        section=meta.get("article:section") or ld.get("articleSection"),
        language=found.language or _language(page),
    )


def _text(data: bytes, source: str) -> str:
    declared = _CHARSET.search(data[:4096])
    if declared:
        try:
            return data.decode(declared.group(1).decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass  # a wrong declaration: decode() detects, or says what is wrong
    return decode(data, source)


def _meta(page: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in _META.findall(page):
        attributes = {name.lower(): a or b for name, a, b in _ATTRIBUTE.findall(tag)}
        name = attributes.get("property") or attributes.get("name")
        if name and attributes.get("content"):
            found.setdefault(name.lower(), attributes["content"])
    return found


def _linked_data(page: str) -> dict[str, Any]:
    """The first JSON-LD object of the page that has a date of publication."""
    for script in _LD.findall(page):
        try:
            data = json.loads(script)
        except ValueError:
            continue  # a page's broken JSON-LD is the page's; the rest of it still counts
        stack = [data]
        while stack:
            item = stack.pop(0)
            if isinstance(item, list):
                stack += item
            elif isinstance(item, dict):
                if "datePublished" in item:
                    return item
                stack += item.get("@graph") or []
    return {}


def _language(page: str) -> str | None:
    found = re.search(r"<html[^>]+\blang=[\"']?([\w-]+)", page[:4096], re.IGNORECASE)
    return found.group(1) if found else None
