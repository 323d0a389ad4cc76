"""Word documents, by python-docx: paragraphs, table rows, text boxes, and notes at the end.

What a reader of the finished document does not see is not taken: deleted and moved text, hidden text, comments, headers
and footers. The properties' dates count: created as published, modified as updated.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ReadError
from rag.readers.base import Context, make_article, without_title
from rag.readers.packed import checked, damage, parse
from rag.types import Article

if TYPE_CHECKING:
    from docx.document import Document

FORMAT = "Word"
VERSION = 1
SUFFIXES = (".docx",)
MEDIA_TYPES = ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",)

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_UNSEEN = frozenset([_FALLBACK, *(f"{_W}{name}" for name in ("del", "moveFrom", "instrText", "pPr", "rPr", "tblPr"))])
_SIGNS = {f"{_W}tab": "\t", f"{_W}cr": "\n", f"{_W}br": "\n", f"{_W}noBreakHyphen": "\u2011"}
_OFF = ("0", "false", "off")
_NOTES = ("/footnotes", "/endnotes")  # ends of the types of relationship


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article. Raises ReadError when the file is protected, damaged, unsafe to unpack, or has no text."""
    import docx
    from docx.opc.exceptions import OpcError

    stream = checked(path, source, "Word document")
    with damage(source, "Word document", OpcError):
        document = docx.Document(stream)
        blocks = list(_blocks(document.element.body))
        metadata = _properties(document)
        title = metadata.pop("title") or _styled_title(document)
        text = without_title([*blocks, *_notes(document)], title)
    yield make_article(source=source, text=text, title=title, context=context, **metadata)


def _properties(document: Document) -> dict[str, object]:
    from docx.opc.constants import RELATIONSHIP_TYPE

    # Where a document has no properties, python-docx makes some up.
    package = document.part.package
    if package is None or all(rel.reltype != RELATIONSHIP_TYPE.CORE_PROPERTIES for rel in package.rels.values()):
        return {"title": None}
    known = document.core_properties
    return {
        "title": known.title,
        "byline": known.author,
        "published": known.created,
        "updated": known.modified,
        "section": known.category or known.subject,
        "language": known.language,
    }


def _styled_title(document: Document) -> str | None:
    """The first paragraph in the style "Title", which keeps its id in every language of Word."""
    styled = document.element.body.xpath("./w:p[w:pPr/w:pStyle[@w:val='Title']]")
    return next((text for paragraph in styled if (text := _words(paragraph).strip())), None)


def _blocks(element: Any) -> Iterator[str]:
    """Paragraphs and table rows in their order; a text box follows the paragraph that it hangs on."""
    for child in element.iterchildren("*"):
        if child.tag == f"{_W}tr":
            cells = (" ".join(" ".join(_blocks(cell)).split()) for cell in _cells(child))
            if (row := " | ".join(cells)).strip(" |"):
                yield row
        elif child.tag not in _UNSEEN:
            if child.tag == f"{_W}p" and (words := _words(child)).strip():
                yield words
            yield from _blocks(child)


def _cells(row: Any) -> Iterator[Any]:
    # Not all are children (some stand in a form field), nor is each below it its own (tables stand in tables).
    return (cell for cell in row.iter(f"{_W}tc") if next(cell.iterancestors(f"{_W}tr")) is row)


def _words(element: Any) -> str:
    parts = []
    for child in element.iterchildren("*"):
        if child.tag == f"{_W}t":
            parts.append(child.text or "")
        elif child.tag in _SIGNS:
            parts.append(_SIGNS[child.tag])
        elif child.tag not in _UNSEEN and child.tag != f"{_W}txbxContent" and not _hidden(child):
            parts.append(_words(child))
    return "".join(parts)


def _hidden(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}vanish") if run.tag == f"{_W}r" else None
    return mark is not None and mark.get(f"{_W}val", "1") not in _OFF


def _notes(document: Document) -> Iterator[str]:
    for relation in document.part.rels.values():
        if relation.reltype.endswith(_NOTES) and not relation.is_external:
            for note in parse(relation.target_part.blob).iterchildren("*"):
                if note.get(f"{_W}type", "normal") == "normal":  # others draw the line above the notes
                    yield from _blocks(note)
