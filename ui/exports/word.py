"""Answers as a Word document with real footnotes."""

from __future__ import annotations

from datetime import UTC
from io import BytesIO
from itertools import groupby

import docx
from docx.document import Document
from docx.oxml import OxmlElement
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from ui.exports import Export, Footnote, Section, Standing
from ui.exports.footnotes import Footnotes
from ui.exports.wording import clean, link, made, origin, right_to_left, seal

NAME = "Word"
EXTENSION = "docx"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_LONGEST_PROPERTY = 255  # characters, by the format
_AFTER_BIDI = (  # what the schema wants behind w:bidi in a paragraph's properties
    "w:adjustRightInd w:snapToGrid w:spacing w:ind w:contextualSpacing w:mirrorIndents w:suppressOverlap w:jc "
    "w:textDirection w:textAlignment w:textboxTightWrap w:outlineLvl w:divId w:cnfStyle w:rPr w:sectPr w:pPrChange"
).split()


def render(export: Export) -> bytes:
    """The document: a title, a heading for each question, sentences as running text, footnotes as Word's own."""
    document = docx.Document()
    _bare(document)
    _describe(document, export)
    notes = Footnotes(document)
    _say(document.add_paragraph(style="Title"), export.title)
    for section in export.sections:
        if not export.titled_by_question:
            _say(document.add_paragraph(style="Heading 1"), section.answer.question)
        _section(document, section, notes)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _bare(document: Document) -> None:
    """Take out what python-docx's template brings along: a picture of another page, and styles of Word 2010's own."""
    for relations in (document.part.package.rels, document.part.rels):
        for id, relation in list(relations.items()):
            if relation.reltype.endswith(("/thumbnail", "/stylesWithEffects")):
                del relations[id]


def _describe(document: Document, export: Export) -> None:
    known = document.core_properties
    known.title = clean(export.title)[:_LONGEST_PROPERTY]
    known.author, known.last_modified_by, known.comments = "", "", ""  # the template names a program
    if export.sections:
        when = export.sections[-1].when
        known.created = known.modified = when.astimezone(UTC)


def _section(document: Document, section: Section, notes: Footnotes) -> None:
    answer = section.answer
    for notice in answer.notices:
        _say(document.add_paragraph(style="Intense Quote"), notice)
    if not section.sentences:
        _say(document.add_paragraph(), answer.text)
    due = {footnote.number: footnote for footnote in section.footnotes}
    for _, sentences in groupby(section.sentences, key=lambda sentence: right_to_left(sentence.text)):
        paragraph = document.add_paragraph()
        for sentence in sentences:
            _sentence(paragraph, sentence, due, notes)
    _say(document.add_paragraph(), made(section)).font.size = Pt(9)


def _sentence(paragraph: Paragraph, sentence: Standing, due: dict[int, Footnote], notes: Footnotes) -> None:
    """Adds a sentence; a footnote is written where it is first called, and taken out of `due`."""
    if paragraph.runs:
        paragraph.add_run(" ")
    _say(paragraph, sentence.text)
    for index, number in enumerate(sentence.footnotes):
        if index:
            notes.comma(paragraph)
        if number in due:
            _footnote(notes.add(paragraph, number), due.pop(number), notes)
        else:
            notes.again(paragraph, number)


def _footnote(paragraph: Paragraph, footnote: Footnote, notes: Footnotes) -> None:
    citation = footnote.citation
    for index, part in enumerate(origin(citation)):
        if index:
            paragraph.add_run(", ")
        _say(paragraph, part)
    if citation.url:
        paragraph.add_run(", ")
        if address := link(citation.url):
            notes.link(paragraph, address, clean(citation.url))
        else:
            _say(paragraph, citation.url)
    paragraph.add_run(": ")
    _say(paragraph, f"“{citation.quote}”")
    paragraph.add_run(" ")
    _say(paragraph, seal(footnote))


def _say(paragraph: Paragraph, text: str) -> Run:
    """Add text, running as its first letter does; the first text with a direction gives the paragraph its own."""
    text = clean(text)
    run = paragraph.add_run(text)
    if right_to_left(text):
        run.font.rtl = True
        if not any(earlier.text.strip() for earlier in paragraph.runs[:-1]):
            paragraph._p.get_or_add_pPr().insert_element_before(OxmlElement("w:bidi"), *_AFTER_BIDI)
    return run
