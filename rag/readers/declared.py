"""What a web page declares about its article: `<meta>`, `<time>` and microdata, JSON-LD, and the headline it prints.

The same thing is declared in several places, and not always rightly: the headline of `og:title` is the one for social
networks, so the printed one counts where it is recognisably the same; an organisation that is its own author is no
byline.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

from rag.readers.base import Context, one_line, parse_date
from rag.readers.markup import html_to_text, looks_like_html

PUBLISHED = (
    "article:published_time article:published article.published og:published_time og:article:published_time "
    "datepublished parsely-pub-date sailthru.date cxenseparse:recs:publishtime dc.date.issued dcterms.issued "
    "dcterms.created dc.date.created dcterms.date dc.date pub_date published_at published date pubdate publishdate "
    "publish-date publish_date publication_date datecreated"
).split()
UPDATED = (
    "article:modified_time article:modified article.updated og:updated_time datemodified dcterms.modified "
    "last-modified lastmod"
).split()
_AUTHOR = "author article:author parsely-author sailthru.author dc.creator dcterms.creator creator byl".split()
_ARTICLE_TYPE = re.compile(r"(?:Article|Report|Posting|Review)$")
_ITEMS = ("datepublished", "datemodified", "datecreated")  # of microdata, on any element
_COMMENT = re.compile(r"\A\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*\Z")
_SEPARATOR = re.compile(r"\s+[|·»«:–—-]+\s+")
_RETRACTED = re.compile("retracted|withdrawn", re.IGNORECASE)
_SAME = 0.5  # of the words of a printed and a declared headline


def meta_of(tree: Any) -> dict[str, str]:
    """What `<meta>`, `<time>` and dates of microdata declare, by name in lower case; of several the first counts."""
    found: dict[str, str] = {}
    for element in tree.iter("meta", "time"):
        value = element.get("content") or element.get("datetime")
        for name in (element.get("property"), element.get("name"), element.get("itemprop"), element.get("http-equiv")):
            if name and value and value.strip():
                found.setdefault(name.strip().lower(), value.strip())
    for element in tree.xpath("//*[@itemprop]"):
        name = element.get("itemprop").strip().lower()
        value = element.get("content") or element.get("datetime") or element.text_content()
        if name in _ITEMS and value.strip():
            found.setdefault(name, value.strip())
    return found


def date_of(meta: Mapping[str, str], names: list[str], context: Context) -> object:
    """The first of `names` that declares a date."""
    return next((day for name in names if name in meta and (day := parse_date(meta[name], context))), None)


def linked_data(tree: Any) -> Mapping[object, object]:
    """The first JSON-LD object that is an article, {} if the page has none; its author is looked up where it is a
    mere reference, and left out where it is the publisher.
    """
    every = list(_objects(tree))
    known = {item["@id"]: item for item in every if "name" in item and isinstance(item.get("@id"), str)}
    for item in every:
        kinds = item.get("@type")
        if any(_ARTICLE_TYPE.search(str(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds])):
            authors = item.get("author")
            each = [_looked_up(one, known) for one in (authors if isinstance(authors, list) else [authors])]
            publisher = _name(_looked_up(item.get("publisher"), known))
            kind = _status(item)
            named = [one for one in each if one and not _is(one, publisher)]
            return {**item, "author": named} | ({"kind": kind} if kind else {})
    return {}


def _status(item: Mapping[Any, Any]) -> str | None:
    """ "retracted" or "corrected", where the article's own data say so in the terms of schema.org."""
    status = one_line(item.get("creativeWorkStatus")) or ""
    return status if _RETRACTED.fullmatch(status) else "corrected" if item.get("correction") else None


def correction_of(item: Mapping[Any, Any]) -> str | None:
    """The words of an article's `correction`, which may be text or comments with a text; None for a mere link."""
    value = item.get("correction")
    each = [
        one.get("text") if isinstance(one, Mapping) else one for one in (value if isinstance(value, list) else [value])
    ]
    words = [_plain(one) for one in each if isinstance(one, str) and not re.match(r"\s*https?://\S+\s*$", one)]
    return " ".join(text for text in words if re.search(r"\w", text)) or None


def _plain(text: str) -> str:
    text = text if looks_like_html(text) else unescape(text)  # markup may be escaped itself
    return one_line(html_to_text(text) if looks_like_html(text) else text) or ""


def _objects(tree: Any) -> Iterator[Mapping[Any, Any]]:
    """All objects of the page's JSON-LD that may be an article or somebody, in order."""
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            waiting = [json.loads(_COMMENT.sub("", script.text_content()), strict=False)]
        except (ValueError, RecursionError):
            continue  # a page with a broken script still has its text
        while waiting:
            item = waiting.pop(0)
            if isinstance(item, list):
                waiting += item
            elif isinstance(item, Mapping):
                yield item
                waiting += [item[name] for name in ("@graph", "mainEntity", "mainEntityOfPage") if name in item]


def _looked_up(value: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping) and "name" not in value:
        return known.get(str(value.get("@id")))
    return value


def _name(value: Any) -> str | None:
    return one_line(value.get("name") if isinstance(value, Mapping) else value)


def _is(author: Any, publisher: str | None) -> bool:
    return isinstance(author, Mapping) and author.get("@type") == "Organization" and _name(author) == publisher


def byline_of(meta: Mapping[str, str], linked: object, printed: str | None, outlet: str | None) -> object:
    """Names from JSON-LD, else `<meta>`, else as printed; the outlet's name behind a name goes."""
    if linked:
        return linked
    declared = [meta[name] for name in _AUTHOR if name in meta and not re.match(r"https?://", meta[name])]
    name = next(iter(declared), printed)
    if name and outlet:
        name = re.sub(rf"(?<=\w)[\s.,|–—-]+{re.escape(outlet)}\s*$", "", name)
    return name


def headlines(tree: Any, meta: Mapping[str, str], linked: object, outlet: str | None) -> list[str]:
    """The headline in every form that is known, the best first: as printed, in JSON-LD, for networks, in `<title>`."""
    named = [one_line(value) for value in (linked, meta.get("og:title"), meta.get("twitter:title"))]
    declared = [_without(title, outlet) for title in named if title]
    window = [title for element in tree.iter("title") if (title := one_line(element.text_content()))][:1]
    if not declared:
        declared = [_SEPARATOR.split(title)[0] if outlet is None else _without(title, outlet) for title in window]
    printed = [text for element in tree.iter("h1") if (text := one_line(element.text_content()))]
    likely = [(max((_shared(text, title) for title in declared), default=0.0), text) for text in printed]
    best = max(likely, key=lambda one: one[0], default=(0.0, ""))
    return [*([best[1]] if best[0] >= _SAME else []), *declared, *window]


def _without(title: str, outlet: str | None) -> str:
    parts = _SEPARATOR.split(title)
    if outlet and len(parts) > 1 and _words(parts[-1]) == _words(outlet):
        return title[: title.rindex(parts[-1])].rstrip(" |·»«:–—-")
    return title


def _shared(text: str, title: str) -> float:
    """Words of both, as a share of the longer one's: the name of a site alone is not what a page is called."""
    one, other = set(_words(text)), set(_words(title))
    return len(one & other) / max(len(one), len(other), 1)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
