"""What retrieval asks of the catalog: full-text scores, filters, and passages as hits."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rag.store.catalog import Catalog, article_of
from rag.types import Filters, Hit

_CHUNK = 500  # values in one SQL statement


@dataclass(frozen=True, slots=True)
class Condition:
    """A SQL condition on `articles a`, with its values."""

    sql: str
    values: tuple[Any, ...]


def condition(filters: Filters) -> Condition:
    """`filters` as SQL. An article without the filtered field does not pass."""
    parts: list[str] = []
    values: list[Any] = []
    for bound, sign in ((filters.published_from, ">="), (filters.published_to, "<=")):
        if bound:
            parts.append(f"a.published_day {sign} ?")
            values.append(bound.isoformat())
    for field in ("outlet", "byline", "section", "language"):
        wanted: tuple[str, ...] = getattr(filters, field + "s")
        if wanted:
            parts.append(
                f"a.n IN (SELECT article FROM facets WHERE field = ? AND value IN ({', '.join('?' * len(wanted))}))"
            )
            values += [field, *(name.casefold() for name in wanted)]
    return Condition(" AND ".join(parts) or "1", tuple(values))


def lexical(
    catalog: Catalog, match: str, limit: int, filters: Filters, among: Iterable[str] | None = None
) -> dict[str, float]:
    """BM25 of the best `limit` passages for an FTS5 expression, by passage id; higher is better.

    The title counts as part of every passage. `among` limits the answer to these passages.
    """
    if not match:
        return {}
    where = condition(filters)
    sql = (
        "SELECT p.id, -bm25(passage_index) AS score FROM passage_index "
        "JOIN passages p ON p.n = passage_index.rowid JOIN articles a ON a.n = p.article "
        f"WHERE passage_index MATCH ? AND {where.sql}"
    )
    values: list[Any] = [match, *where.values]
    if among is not None:
        chosen = list(among)
        sql += f" AND passage_index.rowid IN (SELECT n FROM passages WHERE id IN ({', '.join('?' * len(chosen))}))"
        values += chosen
    rows = catalog.rows(f"{sql} ORDER BY score DESC LIMIT ?", [*values, limit])
    return {row["id"]: row["score"] for row in rows}


def passing(catalog: Catalog, filters: Filters, limit: int) -> list[str] | None:
    """Ids of all embedded passages that pass `filters`, or None if there are more than `limit`."""
    where = condition(filters)
    rows = catalog.rows(
        f"SELECT p.id FROM articles a JOIN passages p ON p.article = a.n WHERE p.embedded AND {where.sql} LIMIT ?",
        (*where.values, limit + 1),
    )
    return None if len(rows) > limit else [row["id"] for row in rows]


def known(catalog: Catalog, ids: Sequence[str], filters: Filters) -> set[str]:
    """Those of `ids` that are current passages and pass `filters`."""
    where = condition(filters)
    found: set[str] = set()
    for i in range(0, len(ids), _CHUNK):
        chunk = ids[i : i + _CHUNK]
        rows = catalog.rows(
            "SELECT p.id FROM passages p JOIN articles a ON a.n = p.article "
            f"WHERE p.id IN ({', '.join('?' * len(chunk))}) AND {where.sql}",
            (*chunk, *where.values),
        )
        found.update(row["id"] for row in rows)
    return found


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage id with the scores that it was found by."""

    id: str
    score: float
    dense: float | None
    lexical: float | None


def hits(catalog: Catalog, scored: Sequence[Scored]) -> list[Hit]:
    """The passages as hits, in the given order, ranked from 1. Passages that are gone meanwhile are left out."""
    rows: dict[str, sqlite3.Row] = {}
    for i in range(0, len(scored), _CHUNK):
        chunk = [s.id for s in scored[i : i + _CHUNK]]
        found = catalog.rows(
            "SELECT p.id AS passage_id, p.start, p.end, p.sentences, "
            "substr(a.text, p.start + 1, p.end - p.start) AS body, a.*, '' AS text "
            "FROM passages p JOIN articles a ON a.n = p.article "
            f"WHERE p.id IN ({', '.join('?' * len(chunk))})",
            chunk,
        )
        rows.update((row["passage_id"], row) for row in found)
    there = [s for s in scored if s.id in rows]
    return [_hit(rank, s, rows[s.id]) for rank, s in enumerate(there, 1)]


def _hit(rank: int, scored: Scored, row: sqlite3.Row) -> Hit:
    article = article_of({**dict(row), "id": row["id"]})
    return Hit(
        rank=rank,
        score=scored.score,
        passage_id=scored.id,
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
    )
