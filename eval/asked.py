"""Questions to be answered, what a right answer holds, and labels by hand of the sentences of answers.

A file of questions has one JSON object a line:

    {"id": …, "question": …, "type": …, "answerable": true, "answer": …, "key_facts": [[form, …], …],
     "evidence": [{"article": …, "quote": …}], "notes": …, "history": [[question, answer], …], "as_of": "2025-11-30",
     "filters": {"outlets": […], "published_from": "2025-01-01"}, "wrong_facts": [[form, …], …]}

`answer` is a reference for people. A key fact is there if any of its forms is; a question that the articles do not
answer has none. `wrong_facts` are what no right answer holds: the neighbouring quarter's figure, the other Ferrant.
`history` (earlier turns, oldest first), `as_of`, `filters` (fields of `rag.Filters`) and `wrong_facts` may be left out.

A file of labels has one sentence of an answer a line:
{"id": …, "sentence": index in the answer's sentences, "label": "stated" | "not stated" | "unclear", "note": …}. Where a
label has the sentence's "text" too, it must be the answer's; an empty label is one that is still to be given.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from rag.errors import ReadError
from rag.types import Filters, Record

LABELS = ("stated", "not stated", "unclear")
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Quote(Record):
    """Words of an article, which is named by its file."""

    article: str
    quote: str


@dataclass(frozen=True, slots=True)
class Asked(Record):
    """One question. `key_facts` holds the accepted forms of each; it is empty exactly if not `answerable`."""

    id: str
    question: str
    type: str
    answerable: bool
    reference: str
    key_facts: tuple[tuple[str, ...], ...]
    evidence: tuple[Quote, ...] = ()
    notes: str = ""
    history: tuple[tuple[str, str], ...] = ()
    as_of: date | None = None
    wrong_facts: tuple[tuple[str, ...], ...] = ()
    filters: Filters | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said of one sentence of an answer. `text` is None where the file does not repeat it."""

    id: str
    sentence: int
    label: str
    text: str | None


def load(paths: Sequence[Path]) -> list[Asked]:
    """All questions of the files, in order. Raises ReadError that names file and line, also for an id used twice."""
    found: dict[str, Asked] = {}
    for path in paths:
        for where, record in objects(path):
            question = asked(record, where, "answer")
            if question.id in found:
                raise ReadError(where, f"{where}: there is another question {question.id!r}")
            found[question.id] = question
    return list(found.values())


def spaced(items: Sequence[_Item], limit: int | None) -> list[_Item]:
    """At most `limit` of the items, at even distances, so that every part of the file is there."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[i * len(items) // limit] for i in range(limit)]


def positive(text: str) -> int:
    """A number of questions, as argparse takes it from the command line."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def mend(path: Path, begins: bytes) -> None:
    """Take a last line that was cut off out of a file whose lines begin so, that the next may begin a line of its own.

    Raises ReadError if that line is of no record: the file is another one, and stays as it is.
    """
    with path.open("r+b") as file:
        data = file.read()
        whole = data.rfind(b"\n") + 1
        if not data[whole:].startswith(begins[: len(data) - whole]):
            raise ReadError(str(path), f"{path} is another file")
        file.truncate(whole)


def labels(path: Path) -> list[Label]:
    """All labels that were given. Raises ReadError that names file and line, also for a sentence labelled twice."""
    found: dict[tuple[str, int], Label] = {}
    for where, record in objects(path):
        label = Label(record.get("id", ""), record.get("sentence", -1), record.get("label", ""), record.get("text"))
        if label.label == "":
            continue
        if label.label not in LABELS:
            raise ReadError(where, f"{where}: the label is {label.label!r}, none of {', '.join(LABELS)}")
        if not isinstance(label.id, str) or isinstance(label.sentence, bool) or not isinstance(label.sentence, int):
            raise ReadError(where, f"{where}: id is not a text, or sentence not a number")
        if (label.id, label.sentence) in found:
            raise ReadError(where, f"{where}: sentence {label.sentence} of {label.id} has a label already")
        found[label.id, label.sentence] = label
    return list(found.values())


def objects(path: Path, *, whole_lines: bool = False) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each line's object with its place; `whole_lines` leaves out a last line that was cut off. Raises ReadError."""
    try:
        data = path.read_bytes()
        text = (data[: data.rfind(b"\n") + 1] if whole_lines else data).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(str(path), f"{path} cannot be read: {error}") from error
    for number, line in enumerate(text.split("\n"), 1):  # and not at U+2028, which JSON may hold
        if line.strip():
            where = f"{path}:{number}"
            try:
                record = json.loads(line)
            except ValueError as error:
                raise ReadError(where, f"{where}: not JSON: {error}") from error
            if not isinstance(record, Mapping):
                raise ReadError(where, f"{where}: not a JSON object")
            yield where, record


def asked(record: Mapping[str, Any], where: str, reference: str) -> Asked:
    """The question of an object whose reference answer is in the field `reference`. Raises ReadError at `where`."""
    if record.get("draft"):
        todo = "give answerable, answer and key_facts, and take draft out"
        raise ReadError(where, f"{where}: {record.get('id')} is a draft, which cannot be scored: {todo}")
    try:
        question = Asked(
            id=record["id"],
            question=record["question"],
            type=record["type"],
            answerable=record["answerable"],
            reference=record[reference],
            key_facts=tuple(tuple(forms) for forms in record["key_facts"]),
            evidence=tuple(Quote(quote["article"], quote["quote"]) for quote in record["evidence"]),
            notes=record.get("notes") or "",
            history=tuple((asked, answered) for asked, answered in record.get("history") or ()),
            as_of=date.fromisoformat(record["as_of"]) if record.get("as_of") else None,
            wrong_facts=tuple(tuple(forms) for forms in record.get("wrong_facts") or ()),
            filters=_filters(record.get("filters")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ReadError(where, f"{where}: not a question: {type(error).__name__} {error}") from error
    texts = [question.id, question.question, question.type, question.reference]
    if not all(isinstance(text, str) and text.strip() for text in texts) or not isinstance(question.answerable, bool):
        raise ReadError(where, f"{where}: id, question, type, answerable or answer is missing or of another kind")
    # A form without a letter or digit would be found in every text, and a key fact without a form in none.
    facts = [*record["key_facts"], *(record.get("wrong_facts") or ())]
    if not all(isinstance(forms, list) and forms and all(map(_is_form, forms)) for forms in facts):
        raise ReadError(where, f"{where}: a key fact without a form, or a form without a word")
    if question.answerable is not bool(question.key_facts):
        raise ReadError(where, f"{where}: an answerable question needs key facts, and no other has any")
    return question


def _filters(record: Mapping[str, Any] | None) -> Filters | None:
    """Raises TypeError or ValueError for what is no filter."""
    if not record:
        return None
    dates = {name: date.fromisoformat(text) for name, text in record.items() if text and name.startswith("published")}
    return Filters(**{**record, **dates}) or None


def _is_form(form: object) -> bool:
    return isinstance(form, str) and re.search(r"\w", form) is not None
