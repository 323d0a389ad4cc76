"""What an archive holds, and what an ingest that was stopped left to do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.reembedding import progress_of
from rag.settings import Settings
from rag.store import home, notes, stories
from rag.store.catalog import RUNNING, Catalog
from rag.store.lookup import condition
from rag.store.records import article_of
from rag.types import ArchiveStatus, Filters, Record

# Catalog entry that is there while articles are removed, and stays if that is killed: the length of the vectors.
REMOVING = "removal"


def unfinished(catalog: Catalog) -> str | None:
    """What an ingest that was stopped left to do, in words; None when nothing is due."""
    running = catalog.meta(RUNNING)
    pending = catalog.pending_count()
    uncompared = stories.due(catalog)
    unnoted = notes.due(catalog)
    removing = catalog.meta(REMOVING) is not None
    if running is None and not pending and not uncompared and not unnoted and not removing:
        return None
    parts = []
    if removing:
        parts.append("a removal did not finish, and its words may still be in the files: `rag verify --repair` ends it")
    if running is not None:
        record = json.loads(running)
        parts.append(f"the ingest of {', '.join(record['paths'])} begun {record['begun']} did not finish")
    if pending:
        parts.append(f"{pending} passages are found by their words only until they are embedded")
    if uncompared:
        parts.append(f"{uncompared} articles have not been compared with the others to find reprints")
    if unnoted:
        parts.append(f"{unnoted} articles have not been looked through for corrections and retractions")
    return "; ".join(parts)


def overview(catalog: Catalog, path: Path, settings: Settings) -> ArchiveStatus:
    """What an archive holds, and whether anything is unfinished."""

    def one(sql: str) -> Any:
        return catalog.rows(sql)[0][0]

    ends = [
        article_of(row).published
        for end in ("min", "max")
        for row in catalog.rows(
            f"SELECT * FROM articles WHERE published_day = (SELECT {end}(published_day) FROM articles)"
        )
    ]
    dates = [published for published in ends if published]
    outlets = catalog.rows(
        "SELECT outlet, count(*) AS n FROM articles WHERE outlet IS NOT NULL GROUP BY outlet ORDER BY n DESC"
    )
    return ArchiveStatus(
        path=str(path),
        version=catalog.content_version,
        articles=one("SELECT count(*) FROM articles"),
        passages=one("SELECT count(*) FROM passages"),
        pending=catalog.pending_count(),
        unfinished=unfinished(catalog),
        embedder=catalog.meta(home.EMBEDDER) or settings.embedder,
        changing=_changing(path, catalog),
        writer=settings.writer,
        outlets={row["outlet"]: row["n"] for row in outlets},
        published_from=min(dates, default=None),
        published_to=max(dates, default=None),
    )


def _changing(path: Path, catalog: Catalog) -> str | None:
    """The change of embedder that is going on or was stopped, in words."""
    found = progress_of(path, catalog)
    if not found:
        return None
    total = catalog.rows("SELECT count(*) FROM passages WHERE embedded = 1")[0][0]
    return f"{found[1]:,} of {total:,} passages are embedded for {found[0]}, which is to take its place"


@dataclass(frozen=True, slots=True)
class Tally(Record):
    """How many articles there are, and how many of each outlet, section, author of a byline, and month ("2025-03").

    Each mapping holds what is known, so its numbers may add up to less than `articles` (authors also to more).
    """

    articles: int
    outlets: Mapping[str, int]
    sections: Mapping[str, int]
    bylines: Mapping[str, int]
    months: Mapping[str, int]


def tally(catalog: Catalog, filters: Filters) -> Tally:
    """The articles that pass, counted. No text is read."""
    where = condition(filters)

    def by(value: str) -> dict[str, int]:
        rows = catalog.rows(
            f"SELECT {value} AS value, count(*) AS n FROM articles a WHERE {where.sql} GROUP BY 1", where.values
        )
        return {row["value"]: row["n"] for row in rows if row["value"]}

    authors: Counter[str] = Counter()
    for names, count in by("a.byline").items():
        authors.update(dict.fromkeys(names.split(", "), count))
    return Tally(
        articles=catalog.rows(f"SELECT count(*) FROM articles a WHERE {where.sql}", where.values)[0][0],
        outlets=by("a.outlet"),
        sections=by("a.section"),
        bylines=dict(authors),
        months=by("substr(a.published_day, 1, 7)"),
    )
