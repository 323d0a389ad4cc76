"""Finding one's way in XML by local names: namespaces differ between releases of a format, names do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

_PARAGRAPHS = frozenset("p hl2 h2 h3 h4 li dt dd tr blockquote pre caption note quote-para".split())


def local(element: _Element) -> str:
    """An element's name without its namespace; "" for comments and the like."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def every(element: _Element, *path: str) -> Iterator[_Element]:
    """Elements at a path of local names, each step a child; a first step of "//" begins anywhere below."""
    if path and path[0] == "//":
        for below in element.iterdescendants():
            if local(below) == path[1]:
                yield from every(below, *path[2:])
    elif path:
        for child in element:
            if local(child) == path[0]:
                yield from every(child, *path[1:])
    else:
        yield element


def first(element: _Element | None, *path: str) -> _Element | None:
    """The first of `every`; None within None."""
    return None if element is None else next(every(element, *path), None)


def text(element: _Element | None) -> str | None:
    """All words of an element on one line; None if there are none."""
    return None if element is None else " ".join("".join(element.itertext("*")).split()) or None


def attribute(element: _Element | None, name: str) -> str | None:
    """An attribute's value by its local name; None if it is empty or not there."""
    if element is None:
        return None
    found = (str(value) for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name)
    return next((value.strip() or None for value in found), None)


def paragraphs(element: _Element) -> str:
    """The paragraphs of a story, headings and list items included, with a blank line between."""
    found: list[str] = []
    for below in element.iter("*"):
        if local(below) in _PARAGRAPHS and not any(local(inner) in _PARAGRAPHS for inner in below.iterdescendants()):
            found.append(text(below) or "")
    return "\n\n".join(part for part in found if part) or text(element) or ""
