"""What stands under a finished answer: taking it away, and saying what it was worth.

The answers that were given last are kept in memory for it.
"""

from __future__ import annotations

import base64
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from threading import Lock
from typing import Any

from rag.errors import RagError
from rag.types import Answer, Filters
from ui import exports
from ui.feedback import FILE as FEEDBACK
from ui.feedback import Feedback, FeedbackStore, Kind
from ui.saved import ArticleOf
from ui.users import Reader

_MOST = 500  # answers that are kept
_LONGEST = 4000  # characters of a note
_FORGOTTEN = "This answer is no longer at hand. Ask the question again."
NOTED = "Noted."


@dataclass(frozen=True, slots=True)
class Given:
    """An answer, when it was given, the turns before it, oldest first, and what its search was limited to."""

    answer: Answer
    when: datetime
    earlier: tuple[tuple[str, str], ...] = ()
    filters: Filters | None = None


class Answers:
    """The newest answers, each by a name that cannot be guessed, and for the user it was given to alone."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._lock = Lock()
        self._given: OrderedDict[tuple[str, str], Given] = OrderedDict()

    def keep(self, user: str, given: Given) -> str:
        """Keep one more; its name."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._given[user, name] = given
            while len(self._given) > self._most:
                self._given.popitem(last=False)
        return name

    def get(self, user: str, name: object) -> Given:
        """The user's answer of that name. Raises RagError if it is not kept."""
        with self._lock:
            given = self._given.get((user, name)) if isinstance(name, str) else None
        if given is None:
            raise RagError(_FORGOTTEN)
        return given


def row(name: str, given: Given, article_of: ArticleOf) -> str:
    """The ways to take an answer away. What Copy puts on the clipboard is in the row: it needs no server."""
    markdown, _, _ = exports.render(_document(given, article_of), "Markdown")
    files = "".join(
        f'<button type="button" class="plain" data-take="{escape(kind)}" aria-label="{escape(kind)}: download the '
        f'answer">{escape(kind)}</button>'
        for kind in sorted(exports.discovered(), key=_order)
    )
    return (
        f'<div class="take" role="group" aria-label="Take the answer away" data-answer="{escape(name)}">'
        '<span class="label" aria-hidden="true">Take away</span>'
        f'<button type="button" class="plain" data-copy="{escape(markdown.decode("utf-8"))}">Copy</button>{files}'
        '<span class="told" role="status"></span></div>'
    )


def taken(answers: Answers, user: str, article_of: ArticleOf, data: Any) -> dict[str, str]:
    """The file that the browser asked for: `name`, `type` and `content` in Base64, or `problem` in words.

    It is made in memory: nothing of an answer is left on the disk.
    """
    wanted = data if isinstance(data, dict) else {}
    try:
        document = _document(answers.get(user, wanted.get("answer")), article_of)
        content, name, kind = exports.render(document, str(wanted.get("format")))
    except RagError as error:
        return {"problem": error.message}
    return {"name": name, "type": kind, "content": base64.b64encode(content).decode("ascii")}


def feedback(name: str) -> str:
    """The four things that can be said of an answer, with a note to go with them, closed at first."""
    kinds = "".join(
        f'<button type="button" class="plain" data-said="{kind.value}">{kind.value.capitalize()}</button>'
        for kind in Kind
    )
    return (
        f'<details class="feedback" data-answer="{escape(name)}"><summary>Feedback</summary>'
        f'<label>Note (optional)<textarea name="note" rows="2" maxlength="{_LONGEST}"></textarea></label>'
        "<label>What a right answer says, one fact a line, other spellings of it behind | (optional)"
        f'<textarea name="facts" rows="2" maxlength="{_LONGEST}" placeholder="38 | thirty-eight"></textarea></label>'
        '<label class="tick"><input type="checkbox" name="unanswerable"> The archive does not answer this</label>'
        f'<div class="verdicts" role="group" aria-label="What the answer is">{kinds}'
        '<span class="told" role="status"></span></div></details>'
    )


def said(answers: Answers, reader: Reader, folder: Path, data: Any) -> str:
    """Keep what the browser sent of an answer in the archive's folder. What to tell the reader, in words.

    `facts` and `unanswerable` make it a case that the evaluation can ask; without them it is a draft of one.
    """
    sent = data if isinstance(data, dict) else {}
    kind = next((kind for kind in Kind if kind.value == sent.get("kind")), None)
    if kind is None:
        return "Nothing was noted: this cannot be said of an answer."
    try:
        given = answers.get(reader.id, sent.get("answer"))
        facts, answerable = facts_from(sent.get("facts")), False if sent.get("unanswerable") is True else None
        note = str(sent.get("note") or "").strip()[:_LONGEST]
        kept = Feedback(
            kind, given.answer, note, reader.name, answerable=answerable, key_facts=facts,
            history=given.earlier, filters=given.filters,
        )  # fmt: skip
        with FeedbackStore(folder / FEEDBACK) as store:
            store.add(kept)
    except RagError as error:
        return error.message
    except ValueError as error:  # facts that cannot be
        return f"Nothing was noted: {error}."
    return NOTED


def facts_from(data: object) -> tuple[tuple[str, ...], ...]:
    """Key facts as a reader writes them: one a line, its forms apart by "|"."""
    lines = str(data or "").strip()[:_LONGEST].splitlines()
    return tuple(tuple(form.strip() for form in line.split("|")) for line in lines if line.strip())


def _document(given: Given, article_of: ArticleOf) -> exports.Export:
    return exports.prepare(given.answer, article_of, given.when, given.answer.question)


def _order(kind: str) -> tuple[int, str]:
    known = ("Markdown", "Word", "JSON")
    return (known.index(kind) if kind in known else len(known), kind)
