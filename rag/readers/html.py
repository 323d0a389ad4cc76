"""Web pages: main text by trafilatura, metadata from what the page declares about itself.

Trafilatura gives a day of publication; the time stands in the page's JSON-LD or `<meta>`, so those come first. An
outlet that is merely the host name and a canonical address that is merely the site's front page are not taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag.errors import ReadError
from rag.readers.base import Context, make_article, parse_date, quiet, read_bytes
from rag.readers.decoding import decode
from rag.readers.fields import metadata_of
from rag.types import Article

FORMAT = "HTML"
VERSION = 2
SUFFIXES = (".html", ".htm", ".xhtml")
MEDIA_TYPES = ("text/html", "application/xhtml+xml")

_SHORTEST = 50  # characters; less than that is a button, not an article
_DECLARED = re.compile(rb"<(?:meta[^>]+charset|\?xml[^>]+encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_DECLARED_WITHIN = 4096  # bytes
_XML = re.compile(r"\A\s*<\?xml[^>]*>")
_ARTICLE_TYPE = re.compile(r"(?:Article|Report|Posting|Review)$")
_PUBLISHED = [
    "article:published_time",
    "og:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "date",
    "pubdate",
    "publishdate",
    "publish-date",
]
_UPDATED = ["article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified"]
# What trafilatura and lxml let through on documents that are none.
_DAMAGE = (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article. Raises ReadError when no article text is found in the page."""
    data = read_bytes(path, source)
    declared = _DECLARED.search(data[:_DECLARED_WITHIN])
    page = decode(data, source, context.encoding or (declared[1].decode("ascii", "replace") if declared else None))
    # The declaration is about bytes that are text by now.
    page = _XML.sub("", page)
    if not re.search(r"<(?:html|body)\b", page, re.IGNORECASE):
        page = f"<html><body>{page}</body></html>"
    import trafilatura

    try:
        with quiet("trafilatura", "htmldate", "courlan"):
            tree = trafilatura.load_html(page)
            found = None if tree is None else _extracted(tree, source)
            if found is None or len(found.text or "") < _SHORTEST:
                raise ReadError(source, "no article text found in the page")
            article = _article(tree, found, source, context)
    except _DAMAGE as error:
        raise ReadError(source, f"not a readable page: {error or type(error).__name__}") from error
    yield article


def _extracted(tree: Any, source: str) -> Any:
    import trafilatura

    return trafilatura.bare_extraction(
        tree,
        url=source if source.startswith(("http://", "https://")) else None,
        with_metadata=True,
        include_comments=False,
        include_tables=True,
        # The extensive search would take any date in the text, or the year of the copyright notice.
        date_extraction_params={"original_date": True, "extensive_search": False},
    )


def _article(tree: Any, found: Any, source: str, context: Context) -> Article:
    meta, linked = _meta(tree), metadata_of(_linked_data(tree), context)
    lines = [line.strip() for line in found.text.split("\n")]
    return make_article(
        source=source,
        text="\n\n".join(line for line in lines if line),
        title=found.title or linked.get("title"),
        outlet=meta.get("og:site_name") or linked.get("outlet") or _site(found),
        byline=linked.get("byline") or found.author,
        published=linked.get("published") or _date(meta, _PUBLISHED, context) or found.date,
        updated=linked.get("updated") or _date(meta, _UPDATED, context),
        url=_address(found.url),
        section=meta.get("article:section") or linked.get("section"),
        language=tree.get("lang") or linked.get("language") or meta.get("og:locale"),
        kind=linked.get("kind"),
        context=context,
    )


def _meta(tree: Any) -> dict[str, str]:
    """What `<meta>` and `<time>` declare, by name in lower case; of several the first counts."""
    found: dict[str, str] = {}
    for element in tree.iter("meta", "time"):
        value = element.get("content") or element.get("datetime")
        for name in (element.get("property"), element.get("name"), element.get("itemprop")):
            if name and value and value.strip():
                found.setdefault(name.strip().lower(), value.strip())
    return found


def _date(meta: Mapping[str, str], names: list[str], context: Context) -> object:
    return next((day for name in names if name in meta and (day := parse_date(meta[name], context))), None)


def _linked_data(tree: Any) -> Mapping[object, object]:
    """The first JSON-LD object that is an article, {} if the page has none."""
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            waiting = [json.loads(script.text_content())]
        except (ValueError, RecursionError):
            continue  # a page with a broken script still has its text
        while waiting:
            item = waiting.pop(0)
            if isinstance(item, list):
                waiting += item
            elif isinstance(item, Mapping):
                kinds = item.get("@type")
                if any(_ARTICLE_TYPE.search(str(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds])):
                    return item
                waiting += [item[name] for name in ("@graph", "mainEntity", "mainEntityOfPage") if name in item]
    return {}


def _site(found: Any) -> str | None:
    """The site's name, unless trafilatura made it from the address."""
    name, host = found.sitename, urlsplit(found.url or "").hostname or ""
    return None if not name or name.lower() in (host, host.removeprefix("www.")) else str(name)


def _address(url: str | None) -> str | None:
    return url if url and urlsplit(url).path.strip("/") else None
