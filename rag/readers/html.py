"""Web pages: the text (`body.py`), and metadata from what the page declares about itself (`declared.py`).

Trafilatura gives a day of publication; the time stands in the page's JSON-LD or `<meta>`, so those come first. An
outlet that is merely the host name and a canonical address that is merely the site's front page are not taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag.errors import ReadError
from rag.readers import body, limits
from rag.readers.base import Context, make_article, one_line, quiet, read_bytes
from rag.readers.declared import PUBLISHED, UPDATED, byline_of, correction_of, date_of, headlines, linked_data, meta_of
from rag.readers.decoding import decode
from rag.readers.fields import metadata_of
from rag.types import Article

FORMAT = "HTML"
VERSION = 6
SUFFIXES = (".html", ".htm", ".xhtml")
MEDIA_TYPES = ("text/html", "application/xhtml+xml")

_SHORTEST = 50  # characters; less than that is a button, not an article
_DECLARED = re.compile(rb"<(?:meta[^>]+charset|\?xml[^>]+encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_DECLARED_WITHIN = 4096  # bytes
_XML = re.compile(r"\A\s*<\?xml[^>]*>")
# What trafilatura and lxml let through on documents that are none.
_DAMAGE = (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article. Raises ReadError when no article text is found in the page."""
    data = read_bytes(path, source, limits.PROSE)
    limits.counted(source, data, [b"<"], limits.TAGS, "tags")
    found = _DECLARED.search(data[:_DECLARED_WITHIN])
    own = found[1].decode("ascii", "replace") if found else None
    # Who sent a page knows how; what the settings say of files counts after what the page says of itself.
    page = decode(data, source, context.encoding, own, context.usual)
    # The declaration is about bytes that are text by now.
    page = _XML.sub("", page)
    if not re.search(r"<(?:html|body)\b", page, re.IGNORECASE):
        page = f"<html><body>{page}</body></html>"
    import trafilatura
    from lxml.etree import LxmlError

    try:
        with quiet("trafilatura", "htmldate", "courlan"):
            tree = trafilatura.load_html(page)
            if tree is None:
                raise ReadError(source, "no article text found in the page")
            article = _article(tree, source, context)
    except (*_DAMAGE, LxmlError) as error:
        raise ReadError(source, f"not a readable page: {error or type(error).__name__}") from error
    yield article


def _article(tree: Any, source: str, context: Context) -> Article:
    data = linked_data(tree)
    meta, linked = meta_of(tree), metadata_of(data, context)
    found = body.document(tree, source if source.startswith(("http://", "https://")) else None)
    outlet = meta.get("og:site_name") or linked.get("outlet") or (found and _site(found))
    titles = headlines(tree, meta, linked.get("title"), one_line(outlet))
    text = body.text_of(tree, found, titles) if found else ""
    if len(text) < _SHORTEST:
        raise ReadError(source, "no article text found in the page")
    return make_article(
        source=source,
        text=text,
        title=next(iter(titles), found.title),
        outlet=outlet,
        byline=byline_of(meta, linked.get("byline"), found.author, one_line(outlet)),
        published=linked.get("published") or date_of(meta, PUBLISHED, context) or found.date,
        updated=linked.get("updated") or date_of(meta, UPDATED, context),
        url=_address(found.url),
        section=meta.get("article:section") or linked.get("section"),
        language=_language(tree, meta, linked),
        kind=linked.get("kind"),
        correction=correction_of(data),
        context=context,
    )


def _language(tree: Any, meta: Mapping[str, str], linked: Mapping[str, object]) -> object:
    named = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang")
    return named or linked.get("language") or meta.get("content-language") or meta.get("og:locale")


def _site(found: Any) -> str | None:
    """The site's name, unless trafilatura made it from the address."""
    name, host = found.sitename, urlsplit(found.url or "").hostname or ""
    return None if not name or name.lower() in (host, host.removeprefix("www.")) else str(name)


def _address(url: str | None) -> str | None:
    return url if url and urlsplit(url).path.strip("/") else None
