"""Corrections and retractions in the catalog: what articles say of themselves, and what was noted by hand.

A retraction that is not void takes the article out of every search (`rag.store.lookup.STANDING`); its text stays. A
note by hand belongs to the article's id and outlives its versions; one of the text is found anew in each version, and
if somebody has declared the same words void before, it stays void.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rag import notes
from rag.article import Article
from rag.notes import Kind
from rag.record import Record
from rag.store.catalog import Catalog
from rag.store.records import article_of

_ARTICLES_A_TRANSACTION = 64


@dataclass(frozen=True, slots=True)
class Note(Record):
    """A correction or retraction of an article.

    `kind` is "correction" or "retraction"; `by_article` the article that corrects it, if one was named; `by_hand`
    whether a person noted it (else the article itself says so, or the text of `by_article`); `void` when it was
    declared void, None if it holds.
    """

    article_id: str
    kind: Kind
    text: str
    by_article: str | None
    by_hand: bool
    time: datetime
    void: datetime | None


def due(catalog: Catalog) -> int:
    """How many articles have not been looked through for notes yet."""
    return int(catalog.rows("SELECT count(*) FROM articles WHERE noted = 0")[0][0])


def recognise(catalog: Catalog) -> int:
    """Look some of the articles that are due through for notes. Returns how many; 0 when none is due."""
    with catalog.transaction():
        rows = catalog.rows("SELECT * FROM articles WHERE noted = 0 ORDER BY n LIMIT ?", (_ARTICLES_A_TRANSACTION,))
        for row in rows:
            _recognise(catalog, row)
        catalog.write("UPDATE articles SET noted = 1 WHERE n = ?", [(row["n"],) for row in rows])
    return len(rows)


def _recognise(catalog: Catalog, row: sqlite3.Row) -> None:
    article = article_of(row)
    found: list[tuple[str, Kind, str, str | None]]
    found = [(article.id, note.kind, note.text, None) for note in notes.printed(article)]
    found += [(id, notes.CORRECTION, text, by) for id, text, by in _links(catalog, row["n"], article)]
    own = "by_hand = 0 AND (article_id = ?1 OR by_article = ?1)"
    before = catalog.rows(f"SELECT article_id, kind, text, void FROM notes WHERE {own}", (article.id,))
    if not found and not before:
        return
    voided = {(note["article_id"], note["kind"], note["text"]) for note in before if note["void"]}
    catalog.write(f"DELETE FROM notes WHERE {own} AND void IS NULL", [(article.id,)])
    for id, kind, text, by in found:
        if (id, kind, text) not in voided:
            _insert(catalog, id, kind, text, by, by_hand=False)
    _touch(catalog)


def _links(catalog: Catalog, n: int, article: Article) -> list[tuple[str, str, str]]:
    """What an article corrects in others of its outlet, and they in it: (corrected id, excerpt, correcting id).

    A correction names what it corrects by its headline, word for word; either may be taken in first.
    """
    headlines = notes.corrects(article)
    catalog.write("DELETE FROM corrected_headlines WHERE article = ?", [(n,)])
    catalog.write("INSERT INTO corrected_headlines VALUES (?, ?)", [(head.casefold(), n) for head in headlines])
    found = [
        (row["id"], notes.excerpt(article), article.id)
        for headline in headlines
        for spelled in {headline, headline.replace("'", "’"), headline.replace("’", "'")}
        for row in catalog.rows(
            "SELECT id FROM articles WHERE title = ? COLLATE NOCASE AND outlet IS ? AND id <> ?",
            (spelled, article.outlet, article.id),
        )
    ]
    title = (article.title or "").casefold()
    for row in catalog.rows(
        "SELECT a.* FROM corrected_headlines h JOIN articles a ON a.n = h.article "
        "WHERE h.headline IN (?, ?, ?) AND a.outlet IS ? AND a.id <> ?",
        (title, title.replace("'", "’"), title.replace("’", "'"), article.outlet, article.id),
    ):
        found.append((article.id, notes.excerpt(article_of(row)), row["id"]))
    return found


def add(catalog: Catalog, article_id: str, kind: Kind, text: str, by_article: str | None = None) -> None:
    """Note something by hand."""
    with catalog.transaction():
        _insert(catalog, article_id, kind, text, by_article, by_hand=True)
        _touch(catalog)


def declare_void(catalog: Catalog, article_id: str, kind: Kind) -> int:
    """Declare an article's notes of a kind void; they stay on record. Returns how many there were."""
    held = [note for note in of(catalog, article_id) if note.kind == kind]
    with catalog.transaction():
        catalog.write(
            "UPDATE notes SET void = ? WHERE article_id = ? AND kind = ? AND void IS NULL", [(_now(), article_id, kind)]
        )
        _touch(catalog)
    return len(held)


def forget(catalog: Catalog, article_ids: Sequence[str]) -> None:
    """Delete all notes of articles that are removed."""
    catalog.write("DELETE FROM notes WHERE article_id = ?", [(id,) for id in article_ids])
    catalog.write("DELETE FROM notes WHERE by_article = ? AND by_hand = 0", [(id,) for id in article_ids])


def of(catalog: Catalog, article_id: str, *, void: bool = False) -> tuple[Note, ...]:
    """The notes of an article, oldest first; with those that were declared void if `void`."""
    where = "article_id = ?" if void else "article_id = ? AND void IS NULL"
    return tuple(_note(row) for row in catalog.rows(f"SELECT * FROM notes WHERE {where} ORDER BY n", (article_id,)))


def corrections(catalog: Catalog, article_ids: Sequence[str]) -> dict[str, list[str]]:
    """By id of an article, the ids of the articles that correct it, oldest note first; only those that have any."""
    found: dict[str, list[str]] = {}
    rows = catalog.rows(
        "SELECT article_id, by_article FROM notes WHERE kind = 'correction' AND void IS NULL "
        f"AND by_article IS NOT NULL AND article_id IN ({', '.join('?' * len(article_ids))}) ORDER BY n",
        tuple(article_ids),
    )
    for row in rows:
        found.setdefault(row["article_id"], []).append(row["by_article"])
    return found


def retracted(catalog: Catalog) -> set[str]:
    """Ids of the articles that are retracted."""
    rows = catalog.rows("SELECT DISTINCT article_id FROM notes WHERE kind = 'retraction' AND void IS NULL")
    return {row["article_id"] for row in rows}


def _insert(catalog: Catalog, article_id: str, kind: Kind, text: str, by_article: str | None, *, by_hand: bool) -> None:
    catalog.write(
        "INSERT INTO notes (article_id, kind, text, by_article, by_hand, time) VALUES (?, ?, ?, ?, ?, ?)",
        [(article_id, kind, text, by_article, by_hand, _now())],
    )


def _touch(catalog: Catalog) -> None:
    """Tell every process that what may be found has changed."""
    catalog.set_meta("vectors", str(int(catalog.meta("vectors") or 0) + 1))


def _note(row: sqlite3.Row) -> Note:
    time, void = (datetime.fromisoformat(row[name]) if row[name] else None for name in ("time", "void"))
    assert time is not None
    return Note(row["article_id"], row["kind"], row["text"], row["by_article"], bool(row["by_hand"]), time, void)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
