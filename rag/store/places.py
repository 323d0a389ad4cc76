"""Places that an archive is kept from: every path and address that was given to an ingest, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rag.record import Record
from rag.store.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Place(Record):
    """A path or address, when it was first given and last read to its end, and what came of that.

    `read` is None while it never was; `outcome` counts articles ("added", "updated", "unchanged") and what was "failed"
    of it, and `failure` is the first reason.
    """

    place: str
    given: datetime
    read: datetime | None = None
    outcome: dict[str, int] = field(default_factory=dict)
    failure: str | None = None


def places(catalog: Catalog) -> list[Place]:
    """All recorded places, in alphabetical order."""
    rows = catalog.rows("SELECT place, given, read, outcome, failure FROM places ORDER BY place")
    return [
        Place(
            place=row["place"],
            given=datetime.fromisoformat(row["given"]),
            read=datetime.fromisoformat(row["read"]) if row["read"] else None,
            outcome=json.loads(row["outcome"] or "{}"),
            failure=row["failure"],
        )
        for row in rows
    ]


def give(catalog: Catalog, given: Sequence[str]) -> None:
    """Record places that an ingest was given, unless they are known or lie in a folder that is."""
    known = {row["place"] for row in catalog.rows("SELECT place FROM places")}
    for place in given:
        above = () if "://" in place else Path(place).parents
        if not any(str(folder) in known for folder in above):
            catalog.write("INSERT OR IGNORE INTO places (place, given) VALUES (?, ?)", [(place, _now())])
            known.add(place)


def read(catalog: Catalog, place: str, outcome: dict[str, int], failure: str | None) -> None:
    """Note that a place was read to its end, if it is recorded."""
    catalog.write(
        "UPDATE places SET read = ?, outcome = ?, failure = ? WHERE place = ?",
        [(_now(), json.dumps(outcome), failure, place)],
    )


def forget(catalog: Catalog, place: str) -> bool:
    """Take a place off the record; its articles stay. False if it is not there."""
    if not catalog.rows("SELECT 1 FROM places WHERE place = ?", (place,)):
        return False
    catalog.write("DELETE FROM places WHERE place = ?", [(place,)])
    return True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
