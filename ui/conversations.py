"""Conversations kept on this machine, each belonging to one user.

Every method takes the user first, and a conversation of somebody else is to it as if it were not there: not found,
not listed, not searched. The only user of a machine without users is "". Deleting takes the text out of the file, also
out of the full-text index.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import RagError
from rag.types import Answer, Record
from ui.database import Database, StoreError
from ui.saved import Changed as Changed
from ui.saved import changed as changed
from ui.saved import read

_KIND = 0x4E52_4301  # SQLite's application_id
_LONGEST = 200  # characters of a name that is given
_DEFAULT = 60  # characters of a name that is made of a question
_MIGRATIONS = (
    """
    CREATE TABLE conversations (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        user TEXT NOT NULL,
        name TEXT NOT NULL,
        created TEXT NOT NULL,
        changed TEXT NOT NULL
    );
    CREATE INDEX conversations_by_user ON conversations (user, changed);
    CREATE TABLE turns (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation INTEGER NOT NULL REFERENCES conversations (n),
        question TEXT NOT NULL,
        answer TEXT NOT NULL,
        time TEXT NOT NULL
    );
    CREATE INDEX turns_by_conversation ON turns (conversation);
    CREATE VIRTUAL TABLE turn_index USING fts5 (question, answer, tokenize = "unicode61 remove_diacritics 2")
    """,
)
_SUMMARY = """
    SELECT id, name, created, changed, (SELECT count(*) FROM turns t WHERE t.conversation = c.n) AS turns
    FROM conversations c WHERE c.user = ?
"""
_NEWEST = " ORDER BY changed DESC, n DESC LIMIT ? OFFSET ?"


class ConversationNotFound(RagError):
    """This user has no such conversation."""


@dataclass(frozen=True, slots=True)
class Summary(Record):
    """A conversation in a list. `name` is "" while nothing has been asked and no name given; `turns` counts."""

    id: str
    name: str
    created: datetime
    changed: datetime
    turns: int


@dataclass(frozen=True, slots=True)
class Turn(Record):
    """A question, its answer as it was given, and when."""

    question: str
    answer: Answer
    time: datetime


@dataclass(frozen=True, slots=True)
class Conversation(Record):
    """A whole conversation, oldest turn first."""

    id: str
    name: str
    created: datetime
    changed: datetime
    turns: tuple[Turn, ...]


class Conversations(Database):
    """The conversations in one file, which is created if it is not there. Raises StoreError."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(Path(path), _KIND, _MIGRATIONS)

    def create(self, user: str, name: str = "") -> str:
        """A new conversation without turns; its id. Without a name it is called by its first question."""
        id, now = uuid.uuid4().hex, _now()
        self.rows(
            "INSERT INTO conversations (id, user, name, created, changed) VALUES (?, ?, ?, ?, ?)",
            (id, user, _shortened(name, _LONGEST), now, now),
        )
        return id

    def add(self, user: str, id: str, answer: Answer, time: datetime | None = None) -> None:
        """Add a question with its answer, given at `time` (None: now). Raises ConversationNotFound."""
        now, question = _now(), _storable(answer.question)
        with self.transaction():
            n = self._number(user, id)
            (turn,) = self.rows(
                "INSERT INTO turns (conversation, question, answer, time) VALUES (?, ?, ?, ?) RETURNING n",
                (n, question, json.dumps(answer.to_dict()), time.isoformat() if time else now),
            )
            self.rows(
                "INSERT INTO turn_index (rowid, question, answer) VALUES (?, ?, ?)",
                (turn["n"], question, _storable(answer.text)),
            )
            self.rows(
                "UPDATE conversations SET changed = ?, name = CASE name WHEN '' THEN ? ELSE name END WHERE n = ?",
                (now, _shortened(question, _DEFAULT), n),
            )

    def rename(self, user: str, id: str, name: str) -> None:
        """Give a name; a blank one brings back the first question. Raises ConversationNotFound."""
        with self.transaction():
            n = self._number(user, id)
            chosen = _shortened(name, _LONGEST)
            if not chosen:
                first = self.rows("SELECT question FROM turns WHERE conversation = ? ORDER BY n LIMIT 1", (n,))
                chosen = _shortened(first[0]["question"], _DEFAULT) if first else ""
            self.rows("UPDATE conversations SET name = ? WHERE n = ?", (chosen, n))

    def load(self, user: str, id: str) -> Conversation:
        """A whole conversation. Raises ConversationNotFound, or StoreError if this release cannot read it."""
        with self.transaction():
            n = self._number(user, id)
            (row,) = self.rows("SELECT * FROM conversations WHERE n = ?", (n,))
            turns = self.rows("SELECT * FROM turns WHERE conversation = ? ORDER BY n", (n,))
        try:
            read_turns = tuple(
                Turn(t["question"], read(Answer, json.loads(t["answer"])), datetime.fromisoformat(t["time"]))
                for t in turns
            )
        except ValueError as error:
            raise StoreError(f"{self.path}: the conversation cannot be read: {error}") from error
        created, changed = datetime.fromisoformat(row["created"]), datetime.fromisoformat(row["changed"])
        return Conversation(row["id"], row["name"], created, changed, read_turns)

    def delete(self, user: str, id: str) -> None:
        """Take a conversation away for good, its text out of the file too. Raises ConversationNotFound."""
        with self.transaction():
            n = self._number(user, id)
            self.rows("DELETE FROM turn_index WHERE rowid IN (SELECT n FROM turns WHERE conversation = ?)", (n,))
            self.rows("DELETE FROM turns WHERE conversation = ?", (n,))
            self.rows("DELETE FROM conversations WHERE n = ?", (n,))
            self.rows("INSERT INTO turn_index (turn_index) VALUES ('optimize')")  # deleted words leave with the merge
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def count(self, user: str) -> int:
        """How many conversations a user has."""
        return int(self.rows("SELECT count(*) FROM conversations WHERE user = ?", (user,))[0][0])

    def delete_all(self, user: str) -> int:
        """Take all conversations of a user away for good; how many there were."""
        ids = [row["id"] for row in self.rows("SELECT id FROM conversations WHERE user = ?", (user,))]
        for id in ids:
            self.delete(user, id)
        return len(ids)

    def hand_over(self, user: str, other: str) -> int:
        """Make all conversations of a user another's; how many there were."""
        with self.transaction():
            count = self.count(user)
            self.rows("UPDATE conversations SET user = ? WHERE user = ?", (other, user))
        return count

    def search(self, user: str, text: str, limit: int = 200) -> tuple[Summary, ...]:
        """Conversations with a turn that has all the words, or beginnings of them, or whose name holds the text.

        Newest first; all of them for a blank text.
        """
        text = " ".join(_storable(text).split())
        if not text:
            return self.list(user, limit)
        words = " ".join(f'"{word}"*' for word in re.findall(r"\w+", text))  # quoted: none is an operator
        like = "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
        rows = self.rows(
            _SUMMARY
            + """AND (c.name LIKE ? ESCAPE '\\' OR (? != '' AND c.n IN (
                SELECT t.conversation FROM turn_index i JOIN turns t ON t.n = i.rowid WHERE turn_index MATCH ?)))"""
            + _NEWEST,
            (user, like, words, words or '""', limit, 0),
        )
        return tuple(read(Summary, dict(row)) for row in rows)

    def list(self, user: str, limit: int = 200, offset: int = 0) -> tuple[Summary, ...]:
        """The user's conversations, the one that was last asked in first."""
        return tuple(read(Summary, dict(row)) for row in self.rows(_SUMMARY + _NEWEST, (user, limit, offset)))

    def _number(self, user: str, id: str) -> int:
        found = self.rows("SELECT n FROM conversations WHERE id = ? AND user = ?", (id, user))
        if not found:  # in the same words whether it is somebody else's or nobody's
            raise ConversationNotFound("there is no such conversation", hint="It may have been deleted.")
        return int(found[0]["n"])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")  # half of a surrogate pair is no text for SQLite


def _shortened(text: str, most: int) -> str:
    """One line of at most `most` characters, cut between words where there is a space."""
    line = " ".join(_storable(text).split())
    if len(line) <= most:
        return line
    cut = line[:most]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut[:-1]).rstrip() + "…"
