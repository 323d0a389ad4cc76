"""Answers as Markdown, with footnotes as GitHub, Pandoc and most editors read them.

Text from outside is escaped: nothing in it becomes a heading, a link, a picture, HTML, mathematics or a footnote.
"""

from __future__ import annotations

import re

from ui.exports import Export, Footnote, Section
from ui.exports.wording import clean, link, made, origin, seal

NAME = "Markdown"
EXTENSION = "md"
MEDIA_TYPE = "text/markdown"

_ANYWHERE = re.compile(
    r"[\\`*_{}\[\]<>#|~&^$=@]"
    r"|!(?=\[|$)"  # a picture, if a bracket of ours follows
    r"|:(?=//|[\w+-]+:)"  # a bare address, or :name: of a picture
    r"|(?<=\bwww)\.",
    re.IGNORECASE,
)
_AT_START = re.compile(r"^(?:[-+:]|\d+(?=[.)]))")


def escaped(text: str) -> str:
    """Clean text that means itself in Markdown, also at the beginning of a line."""
    text = _ANYWHERE.sub(r"\\\g<0>", clean(text))
    return _AT_START.sub(lambda begin: f"\\{begin[0]}" if not begin[0].isdigit() else f"{begin[0]}\\", text)


def render(export: Export) -> bytes:
    """UTF-8, with all footnotes at the end."""
    blocks = [f"# {escaped(export.title)}"]
    for section in export.sections:
        if not export.titled_by_question:
            blocks.append(f"## {escaped(section.answer.question)}")
        blocks += _section(section)
    blocks += [_definition(footnote) for footnote in export.footnotes]
    return ("\n\n".join(blocks) + "\n").encode("utf-8")


def _section(section: Section) -> list[str]:
    answer = section.answer
    sentences = [
        escaped(sentence.text) + " ".join(f"[^{number}]" for number in sentence.footnotes)
        for sentence in section.sentences
    ]
    said = " ".join(sentences) if sentences else escaped(answer.text)
    notices = [f"> {escaped(notice)}" for notice in answer.notices]
    return [*notices, said, escaped(made(section))]


def _definition(footnote: Footnote) -> str:
    citation = footnote.citation
    parts = [escaped(part) for part in origin(citation)]
    if address := link(citation.url):
        parts.append(f"<{address}>")
    elif citation.url:
        parts.append(escaped(citation.url))
    return f"[^{footnote.number}]: {', '.join(parts)}: “{escaped(citation.quote)}” {escaped(seal(footnote))}"
