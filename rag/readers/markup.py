"""Fragments of HTML, as feeds and exports carry them in a text field, to plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# A closing tag, a line break or a paragraph: prose that merely has "<" in it is left alone.
_TAGS = re.compile(
    r"</(?:p|div|a|em|strong|b|i|u|li|ul|ol|h[1-6]|blockquote|span|figure|table|section|article)\s*>"
    r"|<br\s*/?>|<p(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "thead",
        "tr",
        "ul",
    ]
)
_SILENT = frozenset(["script", "style", "title", "noscript", "template", "iframe", "svg"])


def looks_like_html(text: str) -> bool:
    """Whether `text` has tags of running text in it."""
    return _TAGS.search(text) is not None


def html_to_text(fragment: str) -> str:
    """The words of a fragment: blocks become paragraphs with a blank line between, `<br>` a line break."""
    parser = _Words()
    parser.feed(fragment)
    parser.close()
    return parser.text()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self._parts.append("\n")
        elif tag in ("td", "th"):
            self._parts.append(" ")
        elif tag in _BLOCKS:
            self._parts.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self._parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            # Line ends in HTML are mere white space; a no-break space is not.
            self._parts.append(re.sub(r"[ \t\r\n\f]+", " ", data))

    def text(self) -> str:
        joined = re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", "".join(self._parts)))
        return re.sub(r"\n{3,}", "\n\n", joined).strip()
