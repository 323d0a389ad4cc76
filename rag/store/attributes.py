"""What filters ask for of every passage, and whether it has a vector: the rows, put right by the catalog.

Rows follow the catalog at a distance: passages that are not embedded yet have none, and those that were superseded or
removed keep theirs until the ingest gets to them. Both are few, unless an ingest was stopped or files were lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.store.catalog import Catalog
from rag.store.lookup import RETRACTED
from rag.store.rows import ATTRIBUTES, value_hash
from rag.store.vectors import Vectors

Mask = NDArray[np.bool_]


def record(article: int, day: str | None, *names: str | None) -> tuple[int, ...]:
    """A record of ATTRIBUTES; `names` are outlet, section and language."""
    hashes = (value_hash(name) if name else 0 for name in names)
    return (article, date.fromisoformat(day).toordinal() if day else 0, *hashes)


@dataclass(frozen=True, slots=True)
class Present:
    """The passages of one moment, by number.

    attributes: records of ATTRIBUTES, article 0 where there is no passage. embedded: which have a vector in the rows.
    Passages of retracted articles are in neither; `retracted` are their numbers.
    """

    attributes: NDArray[np.void]
    embedded: Mask
    retracted: NDArray[np.int64]


class Attributes:
    """Reads what is present. Safe to use from several threads."""

    def __init__(self, catalog: Catalog, vectors: Vectors) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._lock = Lock()
        self._state: tuple[Any, ...] = ()
        self._rows = np.zeros(0, ATTRIBUTES)
        self._present = Present(np.zeros(0, ATTRIBUTES), np.zeros(0, bool), np.zeros(0, np.int64))

    def now(self) -> Present:
        """What is present; kept while neither catalog nor rows change."""
        rows = self._vectors.attributes()
        metas = self._catalog.rows("SELECT key, value FROM meta WHERE key IN ('content', 'vectors') ORDER BY key")
        last = int(self._catalog.rows("SELECT coalesce(max(n), 0) FROM passages")[0][0])
        state = (*map(tuple, metas), last, len(rows), rows.ctypes.data)
        with self._lock:
            if state != self._state:
                self._state, self._rows = state, rows  # kept, so that its address is not another's meanwhile
                self._present = self._read(rows, last)
            return self._present

    def _read(self, rows: NDArray[np.void], last: int) -> Present:
        late = self._catalog.rows(
            "SELECT p.n, p.article, a.published_day, a.outlet, a.section, a.language FROM passages p "
            "JOIN articles a ON a.n = p.article WHERE p.n IN "
            "(SELECT n FROM passages WHERE embedded = 0 UNION SELECT n FROM passages WHERE n >= ?)",
            (len(rows),),
        )
        gone = [row["n"] for row in self._catalog.rows("SELECT n FROM doomed_vectors WHERE n < ?", (len(rows),))]
        retracted = self._retracted()
        if not late and not gone and not len(retracted):
            return Present(rows, rows["article"] > 0, retracted)
        attributes = np.zeros(max(len(rows), last + 1), ATTRIBUTES)
        attributes[: len(rows)] = rows
        attributes[gone] = 0
        embedded: Mask = attributes["article"] > 0
        for row in late:
            if row["n"] < len(attributes):
                attributes[row["n"]] = record(*tuple(row)[1:])
                embedded[row["n"]] = False
        attributes[retracted] = 0
        embedded[retracted] = False
        return Present(attributes, embedded, retracted)

    def _retracted(self) -> NDArray[np.int64]:
        rows = self._catalog.rows(
            f"SELECT n FROM passages WHERE article IN (SELECT n FROM articles WHERE id IN ({RETRACTED}))"
        )
        return np.array([row["n"] for row in rows], np.int64)
