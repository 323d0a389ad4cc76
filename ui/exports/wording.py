"""What the documents for people share: clean text, its direction, dates in words, links that are links."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from urllib.parse import quote, urlsplit

from rag.types import Citation
from ui.exports import Footnote, Section

_BLANK = re.compile(r"[\t\n\v\f\r \x1c-\x1e\x85\u2028\u2029]+")
# Control characters, halves of surrogate pairs, what XML forbids, and marks that turn the direction of what follows.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_STRAY = re.compile(r"%(?![0-9A-Fa-f]{2})")
_OF_ADDRESSES = "%/:=&?~+!$,;'@()*"
_LONGEST_LINK = 2000  # characters; word processors give up soon above


def clean(text: str) -> str:
    """The text in one line, without the characters that no document holds. What is exact is in the JSON."""
    return _UNFIT.sub("", _BLANK.sub(" ", text)).strip()


def right_to_left(text: str) -> bool:
    """Whether the first character with a direction runs from right to left."""
    directions = (unicodedata.bidirectional(character) for character in text)
    return next((d != "L" for d in directions if d in ("L", "R", "AL")), False)


def day(when: date) -> str:
    """As in "4 March 2025"."""
    return f"{when.day} {when:%B %Y}"


def moment(when: datetime) -> str:
    """As in "4 March 2025, 10:30 UTC"; without a zone where none is known."""
    return f"{day(when)}, {when:%H:%M} {when.tzname() or ''}".strip()


def origin(citation: Citation) -> list[str]:
    """Outlet, title, byline, date and page, what is known of them, each clean."""
    parts = [
        citation.outlet,
        f"“{citation.title}”" if citation.title else "Untitled",
        citation.byline,
        day(citation.published) if citation.published else None,
        f"page {citation.page}" if citation.page else None,
    ]
    return [clean(part) for part in parts if part]


def link(url: str | None) -> str | None:
    """The address with everything encoded that is no part of one; None if it is not of the web."""
    if not url:
        return None
    place, mark, fragment = _STRAY.sub("%25", clean(url)).partition("#")
    address = quote(place, safe=_OF_ADDRESSES) + mark + quote(fragment, safe=_OF_ADDRESSES)
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    usable = parts.scheme in ("http", "https") and parts.hostname and len(address) <= _LONGEST_LINK
    return address if usable else None


def seal(footnote: Footnote) -> str:
    """The content hash in words, and what has happened to the article since."""
    if footnote.content_hash is None:
        return f"({footnote.changed})"
    sealed = f"SHA-256 of the article: {footnote.content_hash}"
    return f"{sealed} ({footnote.changed})" if footnote.changed else sealed


def made(section: Section) -> str:
    """Who wrote the answer, from which archive, and when."""
    answer = section.answer
    return clean(
        f"Written by {answer.model} from archive version {answer.archive_version or 'unknown'}, {moment(section.when)}."
    )
