"""Questions with the facts that answer them, one JSON object a line.

    {"query": …, "question_type": …, "answer": …, "evidence_list": [{"title", "url", "source", "published_at", "fact"}]}

`fact` stands word for word in the article. A question without evidence asks for what no article says; it has no place
in figures about finding. `retrieval.jsonl` beside this file asks about the articles in corpus/.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import ReadError

UNTYPED = "untyped"


@dataclass(frozen=True, slots=True)
class Question:
    """A question; `id` is the number of its line, counted from 1, `facts` what must be found for it."""

    id: str
    text: str
    type: str
    facts: tuple[str, ...]


def load(path: Path) -> list[Question]:
    """All questions of a file, in order. Raises ReadError that names file and line."""
    try:
        lines = path.read_text("utf-8").split("\n")  # and not at U+2028, which JSON may hold
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(str(path), f"{path} cannot be read: {error}") from error
    return [_question(line, f"{path}:{number}", str(number)) for number, line in enumerate(lines, 1) if line.strip()]


def _question(line: str, where: str, number: str) -> Question:
    try:
        record: Mapping[str, Any] = json.loads(line)
        texts = [record["query"], *(evidence["fact"] for evidence in record["evidence_list"])]
        kind = record.get("question_type") or UNTYPED
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReadError(where, f"{where}: not a question: {type(error).__name__} {error}") from error
    if not all(isinstance(text, str) and text.strip() for text in [*texts, kind]):
        # An empty fact would be found in every text.
        raise ReadError(where, f"{where}: a question, fact or type that is empty or no text")
    return Question(number, texts[0], kind, tuple(texts[1:]))


def spaced(questions: list[Question], limit: int | None) -> list[Question]:
    """At most `limit` of the questions, at even distances, so that every part of the file is there."""
    if limit is None or limit >= len(questions):
        return questions
    return [questions[i * len(questions) // limit] for i in range(limit)]
