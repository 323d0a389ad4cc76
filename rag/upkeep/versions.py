"""What an article said before: its versions, and what changed between two of them, sentence by sentence."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rag.errors import ArticleNotFound
from rag.record import Record
from rag.sentences import sentences
from rag.store.catalog import Catalog
from rag.store.records import FIELDS

Change = Literal["kept", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Version(Record):
    """One version of an article. `replaced` is when the archive took in the next one; None for the current one."""

    version: int
    title: str | None
    updated: datetime | None
    characters: int
    content_hash: str
    replaced: datetime | None


@dataclass(frozen=True, slots=True)
class Difference(Record):
    """What changed from version `old` to version `new`.

    `fields` are (name, before, after) of all that is not the text; `sentences` are (change, sentence) in reading order,
    a changed sentence being one that was removed and one that was added.
    """

    article_id: str
    old: int
    new: int
    fields: tuple[tuple[str, str | None, str | None], ...]
    sentences: tuple[tuple[Change, str], ...]


def versions(catalog: Catalog, article_id: str) -> tuple[Version, ...]:
    """All versions of an article, oldest first. Raises ArticleNotFound."""
    current = catalog.rows("SELECT version, content_hash FROM articles WHERE id = ?", (article_id,))
    older = catalog.rows(
        "SELECT version, content_hash, replaced_at FROM versions WHERE article_id = ? ORDER BY version", (article_id,)
    )
    if not current:
        raise ArticleNotFound(f"no article {article_id} in {catalog.path.parent}")
    found = []
    for row in (*older, *current):
        article = catalog.article(article_id, row["version"])
        replaced = datetime.fromisoformat(row["replaced_at"]) if "replaced_at" in row.keys() else None  # noqa: SIM118
        found.append(
            Version(row["version"], article.title, article.updated, len(article.text), row["content_hash"], replaced)
        )
    return tuple(found)


def difference(catalog: Catalog, article_id: str, old: int, new: int) -> Difference:
    """What changed between two versions of an article. Raises ArticleNotFound."""
    before, after = catalog.article(article_id, old), catalog.article(article_id, new)
    was, now = before.to_dict(), after.to_dict()
    told = (*(name for name in FIELDS if name not in ("id", "text", "source")), "correction")
    fields = tuple((name, was[name], now[name]) for name in told if was[name] != now[name])
    return Difference(article_id, old, new, fields, tuple(_compared(_sentences(before.text), _sentences(after.text))))


def _sentences(text: str) -> list[str]:
    return [" ".join(text[start:end].split()) for start, end in sentences(text)]


def _compared(before: list[str], after: list[str]) -> list[tuple[Change, str]]:
    found: list[tuple[Change, str]] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            found += [("kept", sentence) for sentence in after[c:d]]
        else:
            found += [("removed", sentence) for sentence in before[a:b]]
            found += [("added", sentence) for sentence in after[c:d]]
    return found
