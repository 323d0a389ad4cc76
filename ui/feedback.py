"""What readers said of answers: kept in a file, and turned into cases that `rag eval` reads.

A case goes into one of two files of JSON Lines, both in the format of questions that the evaluation documents. What is
whole can be asked at once: the reader said that the archive does not answer the question, or what a right answer must
say. Everything else is a draft: the same fields and `"draft": true`, with `answerable` null, `answer` empty and no
`key_facts` wherever nobody has said them. The evaluation refuses a draft as it is, so that nothing is measured by
guesses; a person fills in what `notes` asks for, takes `draft` out, and moves the line to the other file.

Who gave the feedback is kept, so that it can be listed, and is not part of any case.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.types import Answer, Article, Citation, Filters, Record
from ui.database import Database, StoreError
from ui.saved import ArticleOf, read, today

if TYPE_CHECKING:
    from rag import Archive

FILE = "feedback.sqlite3"  # in the archive's folder
WHOLE, DRAFTS = "cases.jsonl", "drafts.jsonl"
_KIND = 0x4E52_4601  # SQLite's application_id
_MIGRATIONS = (
    """
    CREATE TABLE feedback (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        user TEXT NOT NULL,
        kind TEXT NOT NULL,
        note TEXT NOT NULL,
        time TEXT NOT NULL,
        answer TEXT NOT NULL,
        more TEXT NOT NULL
    );
    CREATE INDEX feedback_by_user ON feedback (user, n)
    """,
)
_MARK = re.compile(r"\s*\[\d+\]")
_UNANSWERED = "The archive does not say."


class Kind(StrEnum):
    """What a reader says of an answer."""

    USEFUL = "useful"
    NOT_USEFUL = "not useful"
    WRONG_CITATION = "wrong citation"
    WRONG_FACT = "wrong fact"


@dataclass(frozen=True, slots=True)
class Feedback(Record):
    """What one reader said of one answer, and what it takes to ask the question again.

    `answerable` is None unless the reader said whether the archive answers the question. `key_facts` are what the
    reader says a right answer holds, each with its accepted forms. `history` holds the turns before, oldest first, as
    (question, answer text); `filters` is what the search was limited to. Raises ValueError for key facts of a question
    that has no answer, and for a form without a letter or digit.
    """

    kind: Kind
    answer: Answer
    note: str = ""
    user: str = ""
    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    answerable: bool | None = None
    key_facts: tuple[tuple[str, ...], ...] = ()
    history: tuple[tuple[str, str], ...] = ()
    filters: Filters | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:16])

    def __post_init__(self) -> None:
        if self.key_facts and self.answerable is False:
            raise ValueError("a question that the archive does not answer has no key facts")
        if not all(forms and all(re.search(r"\w", form) for form in forms) for forms in self.key_facts):
            raise ValueError("a key fact without a form, or a form without a word")


@dataclass(frozen=True, slots=True)
class Cases:
    """Evaluation cases as JSON Lines: `whole` can be asked, `drafts` are for a person to complete."""

    whole: str
    drafts: str


class FeedbackStore(Database):
    """The feedback in one file, which is created if it is not there. Raises StoreError."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(Path(path), _KIND, _MIGRATIONS)

    def add(self, feedback: Feedback) -> None:
        """Keep what a reader said."""
        record = feedback.to_dict()
        values = [record.pop(name) for name in ("id", "user", "kind", "note", "time", "answer")]
        values[3] = values[3].encode("utf-8", "replace").decode("utf-8")  # SQLite takes no half surrogate pairs
        self.rows(
            "INSERT INTO feedback (id, user, kind, note, time, answer, more) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*values[:5], json.dumps(values[5]), json.dumps(record)),
        )

    def list(self, user: str | None = None) -> tuple[Feedback, ...]:
        """What a user said, or everybody (None), newest first."""
        rows = self.rows(
            "SELECT * FROM feedback WHERE :user IS NULL OR user = :user ORDER BY n DESC",
            {"user": user},  # type: ignore[arg-type]
        )
        try:
            return tuple(
                read(Feedback, {**dict(row), **json.loads(row["more"]), "answer": json.loads(row["answer"])})
                for row in rows
            )
        except ValueError as error:
            raise StoreError(f"{self.path}: feedback cannot be read: {error}") from error


def export(said: Iterable[Feedback], article_of: ArticleOf) -> Cases:
    """The feedback as cases, in the order given. `article_of` is as for `ui.saved.changed`."""
    whole: list[str] = []
    drafts: list[str] = []
    for feedback in said:
        record = case(feedback, article_of)
        (drafts if "draft" in record else whole).append(json.dumps(record) + "\n")
    return Cases("".join(whole), "".join(drafts))


def written(archive: Archive, folder: Path) -> tuple[int, int]:
    """Write what readers of the archive said into WHOLE and DRAFTS in `folder`, oldest first; how many each has.

    Files that are there are replaced: the archive keeps all feedback. Raises StoreError.
    """
    if not (archive.path / FILE).exists():
        raise StoreError(f"{archive.path} has no feedback", hint="It is given on the page, under an answer.")
    with FeedbackStore(archive.path / FILE) as store:
        cases = export(reversed(store.list()), archive.article)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WHOLE).write_text(cases.whole, "utf-8")
        (folder / DRAFTS).write_text(cases.drafts, "utf-8")
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}", hint="Name another folder.") from error
    return cases.whole.count("\n"), cases.drafts.count("\n")


def case(feedback: Feedback, article_of: ArticleOf) -> dict[str, Any]:
    """One case, with `draft` true if a person has something to complete.

    Citations are evidence only where the reader found the answer useful; otherwise `notes` lists them.
    """
    answer, answerable = feedback.answer, True if feedback.key_facts else feedback.answerable
    useful = feedback.kind is Kind.USEFUL and not answer.abstained
    if answerable is False:
        reference = _UNANSWERED
    else:
        reference = _MARK.sub("", answer.text) if useful else ", ".join(forms[0] for forms in feedback.key_facts)
    cited = [(_named(today(c.article_id, article_of), c), c.quote) for c in answer.citations]
    draft = answerable is not False and not feedback.key_facts
    return {
        "id": f"feedback-{feedback.id}",
        "question": answer.question,
        "type": "follow_up" if feedback.history else "feedback",
        "history": [list(turn) for turn in feedback.history],
        "as_of": feedback.time.date().isoformat(),  # the day that "last week" was counted from
        "filters": feedback.filters.to_dict() if feedback.filters else {},
        "answerable": answerable,
        "answer": reference,
        "key_facts": [list(forms) for forms in feedback.key_facts],
        "evidence": [{"article": a, "quote": q} for a, q in cited] if useful and answerable is not False else [],
        "notes": _notes(feedback, cited if not useful else [], draft),
        **({"draft": True} if draft else {}),
    }


def _notes(feedback: Feedback, cited: list[tuple[str, str]], draft: bool) -> str:
    answer = feedback.answer
    lines = [
        f"A reader said: {feedback.kind.value}." + (f" “{feedback.note.strip()}”" if feedback.note.strip() else "")
    ]
    lines.append(f"The answer, by {answer.model} from archive version {answer.archive_version}: {answer.text}")
    lines += [f"It cited {article}: “{quote}”" for article, quote in cited]
    if draft:
        lines.append("To complete: answerable, answer, key_facts and evidence; type if another fits.")
    return "\n".join(lines)


def _named(article: Article | None, citation: Citation) -> str:
    """The file of an article, without its folders, or its address; its id where it is gone from the archive."""
    if article is None:
        return citation.article_id
    web = article.source.startswith(("http://", "https://"))
    return article.source if web else re.split(r"[\\/]", article.source)[-1]
