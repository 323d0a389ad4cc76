"""Footnotes of a Word document, which python-docx (as of 1.2) cannot make: their part, styles and settings.

A footnote is a `w:footnote` in `word/footnotes.xml`, and a `w:footnoteReference` with its id where it is called. Word
numbers them itself. A second call of the same footnote is a NOTEREF field on a bookmark around the first, as Word's
own cross-references are.
"""

from __future__ import annotations

from typing import Any

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.parts.story import StoryPart
from docx.shared import Pt
from docx.text.paragraph import Paragraph

# Word expects these two before the first footnote: the line above footnotes, and above those from the page before.
_EMPTY = f"""<w:footnotes {nsdecls("w", "r")}>
<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>
<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>
</w:footnotes>"""
_AFTER_IN_SETTINGS = set(  # local names of what the schema wants behind w:footnotePr
    "endnotePr compat docVars rsids mathPr attachedSchema themeFontLang clrSchemeMapping doNotIncludeSubdocsInStats "
    "doNotAutoCompressPictures forceUpgrade captions readModeInkLockDown smartTagType schemaLibrary shapeDefaults "
    "doNotEmbedSmartTags decimalSymbol listSeparator".split()
)


class Footnotes:
    """The footnotes of a document that has none yet."""

    def __init__(self, document: Document) -> None:
        package = document.part.package
        self._root = parse_xml(_EMPTY)
        self._part = StoryPart(PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, self._root, package)
        document.part.relate_to(self._part, RELATIONSHIP_TYPE.FOOTNOTES)
        self._text, self._reference = _styles(document)
        _declare(document)

    def add(self, paragraph: Paragraph, number: int) -> Paragraph:
        """Call a new footnote at the end of a paragraph; returns its own paragraph, to be filled.

        `number` is the one that it will show: they must be added in order, from 1.
        """
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for mark in (start, end):
            mark.set(qn("w:id"), str(number))
        start.set(qn("w:name"), f"_Footnote{number}")
        called = self._run("w:footnoteReference")
        called[-1].set(qn("w:id"), str(number))
        paragraph._p.extend([start, called, end])
        footnote, body = OxmlElement("w:footnote"), OxmlElement("w:p")
        footnote.set(qn("w:id"), str(number))
        footnote.append(body)
        self._root.append(footnote)
        inside = Paragraph(body, self._part)
        inside.style = self._text
        body.append(self._run("w:footnoteRef"))
        inside.add_run(" ")
        return inside

    def again(self, paragraph: Paragraph, number: int) -> None:
        """Call a footnote that is there already."""
        for content, text in (
            ("begin", None),
            ("w:instrText", rf" NOTEREF _Footnote{number} \f \h "),
            ("separate", None),
            ("w:t", str(number)),  # what programs show that know no such field
            ("end", None),
        ):
            run = self._run("w:fldChar" if text is None else content)
            if text is None:
                run[-1].set(qn("w:fldCharType"), content)
            else:
                run[-1].text = text
            paragraph._p.append(run)

    def comma(self, paragraph: Paragraph) -> None:
        """What parts two calls: without it, 2 and 1 are read as 21."""
        between = self._run("w:t")
        between[-1].text = ","
        paragraph._p.append(between)

    def link(self, paragraph: Paragraph, address: str, text: str) -> None:
        """A text that opens an address of the web, at the end of a footnote's paragraph."""
        outer = OxmlElement("w:hyperlink")
        outer.set(qn("r:id"), self._part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        run = paragraph.add_run(text)
        run.font.underline = True
        outer.append(run._r)
        paragraph._p.append(outer)

    def _run(self, content: str) -> Any:
        run, look, style = OxmlElement("w:r"), OxmlElement("w:rPr"), OxmlElement("w:rStyle")
        style.set(qn("w:val"), self._reference)
        look.append(style)
        run.extend([look, OxmlElement(content)])
        return run


def _styles(document: Document) -> tuple[Any, str]:
    """The style of a footnote's paragraph, and the id of that of its number."""
    text: Any = document.styles.add_style("footnote text", WD_STYLE_TYPE.PARAGRAPH, builtin=True)
    text.base_style = document.styles["Normal"]
    text.font.size = Pt(9)
    text.paragraph_format.space_after = Pt(2)
    reference: Any = document.styles.add_style("footnote reference", WD_STYLE_TYPE.CHARACTER, builtin=True)
    reference.font.superscript = True
    return text, reference.style_id


def _declare(document: Document) -> None:
    """Name the two separators in the settings."""
    properties = OxmlElement("w:footnotePr")
    for id in ("-1", "0"):
        separator = OxmlElement("w:footnote")
        separator.set(qn("w:id"), id)
        properties.append(separator)
    settings = document.settings.element
    after = [child for child in settings if child.tag.rpartition("}")[2] in _AFTER_IN_SETTINGS]
    if after:
        after[0].addprevious(properties)
    else:
        settings.append(properties)
