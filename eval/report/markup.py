"""HTML that cannot be broken by what stands in it: every text is escaped unless it is `Html` already.

Articles, questions, models and file names are foreign text. `tag` is the only way that they come into the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

_VOID = {"meta", "br"}
_CLOSED_BY_NEXT = {"td", "th", "tr", "li", "dt", "dd"}  # HTML closes them by itself, which makes tables a third smaller
_WEB = re.compile(r"https?://[^\s\x00-\x1f\x7f]+", re.IGNORECASE)


class Html(str):
    """Text that is HTML: escaped where it had to be."""

    __slots__ = ()


def tag(name: str, /, *children: str | None, **attributes: str | float | bool | None) -> Html:
    """An element. Children that are None are left out, and so are attributes that are None or False.

    `class_` stands for class, and other underscores for hyphens.
    """
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{_attribute(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    end = "" if name in _VOID | _CLOSED_BY_NEXT else f"</{name}>"
    return Html(f"<{name}{given}>{joined(children)}{end}")


def joined(parts: Iterable[str | None]) -> Html:
    """Several texts and elements as one."""
    return Html("".join(p if isinstance(p, Html) else escape(p, quote=False) for p in parts if p is not None))


def link(url: str | None, words: str) -> Html:
    """The words, as a link if the address is one of the web: never javascript:, data: or a file."""
    if url and _WEB.fullmatch(url):
        return tag("a", words, href=url)
    return joined([words])


def to(anchor: str, words: str, **attributes: str) -> Html:
    """A link within the page."""
    return tag("a", words, href=f"#{anchor}", **attributes)


def rows(table: Iterable[Iterable[str]], heads: Iterable[str]) -> Html:
    """A table whose first column names the rows, in a box that scrolls by itself."""
    first = tag("thead", tag("tr", *(tag("th", head, scope="col") for head in heads)))
    lines = (
        tag("tr", *(tag("td", cell) if i else tag("th", cell, scope="row") for i, cell in enumerate(row)))
        for row in table
    )
    return tag("table", first, tag("tbody", *lines))


def scrolling(what: str, inner: str) -> Html:
    """A box that scrolls sideways by itself and that the keyboard reaches."""
    return tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=what)


def folded(summary: str, *inner: str | None, **attributes: str | bool) -> Html:
    """What is shown on demand."""
    return tag("details", tag("summary", summary), *inner, **attributes)


def _attribute(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:g}"
