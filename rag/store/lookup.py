"""What is asked of the catalog: filters, names, and passages as hits."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rag.query.names import Vocabulary
from rag.store.catalog import Catalog
from rag.store.records import article_of, pages_of
from rag.types import Article, Filters, Hit

_CHUNK = 500  # values in one SQL statement
_OPENING = 600  # characters
RETRACTED = "SELECT article_id FROM notes WHERE kind = 'retraction' AND void IS NULL"
STANDING = f"a.id NOT IN ({RETRACTED})"  # a condition on `articles a`: a retracted one is never evidence


@dataclass(frozen=True, slots=True)
class Condition:
    """A SQL condition on `articles a`, with its values."""

    sql: str
    values: tuple[Any, ...]


def condition(filters: Filters, *, of_few: bool = False) -> Condition:
    """`filters` as SQL. An article without the filtered field does not pass.

    `of_few`: it is asked of few articles, which are looked at one by one; else all that have a name are listed first,
    which for an outlet with a tenth of 100,000 passages takes 100 ms, twice the rest of a search.
    """
    parts: list[str] = []
    values: list[Any] = []
    for bound, sign in ((filters.published_from, ">="), (filters.published_to, "<=")):
        if bound:
            parts.append(f"a.published_day {sign} ?")
            values.append(bound.isoformat())
    for field in ("outlet", "byline", "section", "language"):
        wanted: tuple[str, ...] = getattr(filters, field + "s")
        if wanted:
            named = f"FROM facets f WHERE f.field = ? AND f.value IN ({', '.join('?' * len(wanted))})"
            has = f"EXISTS (SELECT 1 {named} AND f.article = a.n)" if of_few else f"a.n IN (SELECT f.article {named})"
            parts.append(has)
            values += [field, *(name.casefold() for name in wanted)]
    return Condition(" AND ".join(parts) or "1", tuple(values))


def articles(catalog: Catalog, filters: Filters, limit: int, offset: int) -> list[Article]:
    """Current articles that pass, newest first, those without a date last."""
    where = condition(filters)
    rows = catalog.rows(
        f"SELECT a.* FROM articles a WHERE {where.sql} "
        "ORDER BY a.published_day DESC, a.id LIMIT ? OFFSET ?",  # SQLite takes NULL for the smallest
        (*where.values, limit, offset),
    )
    return [article_of(row) for row in rows]


def by_byline(catalog: Catalog, names: Iterable[str]) -> list[int]:
    """Numbers of the articles with one of these authors."""
    wanted = [name.casefold() for name in names]
    rows = catalog.rows(
        f"SELECT article FROM facets WHERE field = 'byline' AND value IN ({', '.join('?' * len(wanted))})", wanted
    )
    return [row["article"] for row in rows]


def numbers(catalog: Catalog, ids: Sequence[str]) -> dict[str, int]:
    """The numbers of those passages that are there, by id."""
    found: dict[str, int] = {}
    for i in range(0, len(ids), _CHUNK):
        chunk = ids[i : i + _CHUNK]
        sql = f"SELECT id, n FROM passages WHERE id IN ({', '.join('?' * len(chunk))})"
        found.update((row["id"], row["n"]) for row in catalog.rows(sql, chunk))
    return found


def vocabulary(catalog: Catalog) -> Vocabulary:
    """The names that articles carry, as published, and the first and last day of publication."""
    ends = catalog.rows(  # each by itself is one step into the index, both together are a walk through all of it
        "SELECT (SELECT min(published_day) FROM articles) AS first, (SELECT max(published_day) FROM articles) AS last"
    )[0]
    names = {field: _names(catalog, field) for field in ("outlet", "byline", "section")}
    return Vocabulary(
        outlets=names["outlet"],
        bylines=names["byline"],
        sections=names["section"],
        first=date.fromisoformat(ends["first"]) if ends["first"] else None,
        last=date.fromisoformat(ends["last"]) if ends["last"] else None,
    )


def _names(catalog: Catalog, field: str) -> tuple[str, ...]:
    """Each name once: one step down the index a name, not one an article."""
    rows = catalog.rows(
        "WITH RECURSIVE every(value) AS (SELECT min(value) FROM facets WHERE field = ?1 UNION ALL "
        "SELECT (SELECT min(value) FROM facets WHERE field = ?1 AND value > every.value) FROM every "
        "WHERE every.value IS NOT NULL) "
        f"SELECT value, (SELECT a.{field} FROM articles a WHERE a.n = (SELECT article FROM facets f "
        "WHERE f.field = ?1 AND f.value = every.value LIMIT 1)) AS spelled FROM every WHERE value IS NOT NULL",
        (field,),
    )
    found = []
    for row in rows:
        spellings = (row["spelled"] or "").split(", ") if field == "byline" else [row["spelled"]]
        found.append(next((s for s in spellings if s and s.casefold() == row["value"]), row["value"]))
    return tuple(found)


def known(catalog: Catalog, numbers: Sequence[int], filters: Filters) -> set[int]:
    """Those of `numbers` that are current passages of articles that stand and pass `filters`."""
    where = condition(filters, of_few=True)
    found: set[int] = set()
    for i in range(0, len(numbers), _CHUNK):
        chunk = numbers[i : i + _CHUNK]
        rows = catalog.rows(
            "SELECT p.n FROM passages p JOIN articles a ON a.n = p.article "
            f"WHERE p.n IN ({', '.join('?' * len(chunk))}) AND {STANDING} AND {where.sql}",
            (*chunk, *where.values),
        )
        found.update(row["n"] for row in rows)
    return found


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage's number with the scores that it was found by."""

    n: int
    score: float
    dense: float | None
    lexical: float | None


def hits(catalog: Catalog, scored: Sequence[Scored]) -> list[Hit]:
    """The passages as hits, in the given order, ranked from 1. Passages that are gone meanwhile are left out."""
    rows: dict[int, sqlite3.Row] = {}
    for i in range(0, len(scored), _CHUNK):
        chunk = [s.n for s in scored[i : i + _CHUNK]]
        found = catalog.rows(
            "SELECT p.n AS passage_n, p.id AS passage_id, p.start, p.end, p.sentences, "
            "substr(a.text, p.start + 1, p.end - p.start) AS body, a.*, '' AS text "
            "FROM passages p JOIN articles a ON a.n = p.article "
            f"WHERE p.n IN ({', '.join('?' * len(chunk))})",
            chunk,
        )
        rows.update((row["passage_n"], row) for row in found)
    there = [s for s in scored if s.n in rows]
    return [_hit(rank, s, rows[s.n]) for rank, s in enumerate(there, 1)]


def _hit(rank: int, scored: Scored, row: sqlite3.Row) -> Hit:
    article = article_of({**dict(row), "id": row["id"]})
    return Hit(
        rank=rank,
        score=scored.score,
        passage_id=row["passage_id"],
        article_id=article.id,
        start=row["start"],
        end=row["end"],
        text=row["body"],
        sentences=tuple((start, end) for start, end in json.loads(row["sentences"])),
        title=article.title,
        outlet=article.outlet,
        byline=article.byline,
        published=article.published,
        updated=article.updated,
        url=article.url,
        section=article.section,
        language=article.language,
        kind=article.kind,
        dense=scored.dense,
        lexical=scored.lexical,
        pages=pages_of(row),
    )


def openings(catalog: Catalog, article_ids: Collection[str]) -> dict[str, str]:
    """How articles begin, by their ids: about as much as a first passage."""
    ids = list(article_ids)
    these = ", ".join("?" * len(ids))
    rows = catalog.rows(f"SELECT id, substr(text, 1, {_OPENING}) AS text FROM articles WHERE id IN ({these})", ids)
    return {row["id"]: row["text"] for row in rows}
