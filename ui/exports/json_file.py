"""Everything of the answers as JSON, struck sentences too.

An object with `title` and `answers`. Each answer has the fields of `Answer.to_dict()`, `time` (ISO 8601), and
`footnotes`: `number` in the document, `citation` (its number in `citations`), `content_hash` and `changed`.
"""

from __future__ import annotations

import json
from typing import Any

from ui.exports import Export, Section

NAME = "JSON"
EXTENSION = "json"
MEDIA_TYPE = "application/json"


def render(export: Export) -> bytes:
    """UTF-8, indented by two, ending in a line break."""
    content = {"title": export.title, "answers": [_answer(section) for section in export.sections]}
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    return text.encode("utf-8", "backslashreplace")  # half of a surrogate pair becomes JSON's own \udXXX


def _answer(section: Section) -> dict[str, Any]:
    footnotes = [
        {
            "number": footnote.number,
            "citation": footnote.citation.number,
            "content_hash": footnote.content_hash,
            "changed": footnote.changed,
        }
        for footnote in section.footnotes
    ]
    return {"time": section.when.isoformat(), **section.answer.to_dict(), "footnotes": footnotes}
