"""Which passages hold a word, read from the full-text index and kept in memory while the catalog stays the same.

FTS5's own ranking visits every passage that holds any word of the question and looks up its length; with a question of
twenty words that is most of the archive. Here a word's passages come as one array, a word that stands in more than
`_CAP` passages is left to the features of candidates (it tells little), and what a question costs is bounded.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from rag.store.catalog import Catalog

Numbers = NDArray[np.int64]

_CAP = 50_000  # passages
_KEPT = 64 << 20  # bytes of arrays


@dataclass(frozen=True, slots=True)
class Posting:
    """Numbers of the passages that hold a word, ascending; all of them unless `cut`."""

    passages: Numbers
    cut: bool


class Postings:
    """Words to passages. Safe to use from several threads."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = Lock()
        self._state: str | None = None
        self._known: OrderedDict[str, Posting] = OrderedDict()
        self._bytes = 0
        self._total = 0

    @property
    def total(self) -> int:
        """How many passages there are, about: the highest number given."""
        return self._total

    def of(self, word: str) -> Posting:
        """The passages that hold `word` or another form of it, in title or text, as of the last `follow`."""
        with self._lock:
            if word in self._known:
                self._known.move_to_end(word)
                return self._known[word]
        found = self._read(word)
        with self._lock:
            self._known[word] = found
            self._bytes += found.passages.nbytes
            while self._bytes > _KEPT and len(self._known) > 1:
                self._bytes -= self._known.popitem(last=False)[1].passages.nbytes
        return found

    def phrase(self, text: str) -> Numbers:
        """The passages that hold the words of `text` next to each other, in this order."""
        words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text))
        return self._numbers(" ".join(words), -1)  # all: what is asked for word for word decides

    def rarity(self, posting: Posting) -> float:
        """BM25's inverse document frequency: ln(1 + (N − n + ½) / (n + ½)); Robertson & Zaragoza 2009."""
        n = len(posting.passages)
        return math.log(1 + (max(self._total - n, 0) + 0.5) / (n + 0.5))

    def _read(self, word: str) -> Posting:
        numbers = self._numbers(word, _CAP + 1)
        return Posting(numbers[:_CAP], len(numbers) > _CAP)

    def _numbers(self, words: str, limit: int) -> Numbers:
        # One string of numbers is several times as fast as a row each.
        rows = self._catalog.rows(
            "SELECT group_concat(rowid, ' ') AS numbers FROM "
            "(SELECT rowid FROM passage_index WHERE passage_index MATCH ? LIMIT ?)",
            (f'"{words}"', limit),
        )
        return np.array((rows[0]["numbers"] or "").split(), np.int64)

    def follow(self) -> None:
        """Forget what the catalog has changed since. Once a question is enough."""
        last = int(self._catalog.rows("SELECT coalesce(max(n), 0) FROM passages")[0][0])
        state = f"{self._catalog.meta('content')} {last}"
        with self._lock:
            if state != self._state:
                self._known.clear()
                self._bytes = 0
                self._state = state
                self._total = last
