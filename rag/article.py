"""The article, as readers give it and everything else takes it."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from rag.record import Record


def identity(recognised_by: str) -> str:
    """The id of an article that is recognised by this: 16 hexadecimal digits."""
    return hashlib.sha256(recognised_by.encode()).hexdigest()[:16]


def place_identity(source: str) -> str:
    """The id of an article that is recognised by nothing but its place."""
    return identity(f"source:{source}")


@dataclass(frozen=True, slots=True)
class Article(Record):
    """One published piece. What the source does not tell is None; nothing is invented.

    `id` is stable for as long as the piece can be recognised: it comes from the URL, or where there is none from what
    its source calls it by, or from the place the piece was read from. `source` is that place: a path or URL, with `#n`
    for the n-th piece of one file.
    `published` and `updated` carry a time zone; a date without a time is midnight in the archive's own zone.
    `byline` holds several authors separated by ", ".

    `pages` are the offsets in `text` at which pages 1, 2, … begin; a page without text begins where the next one does.
    `times` are (offset, seconds since the beginning of the recording), in order. Both are empty where the source has
    none. `correction` is what the source declares, beside the text, to have put right in it.
    """

    id: str
    text: str
    source: str
    title: str | None = None
    outlet: str | None = None
    byline: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    url: str | None = None
    section: str | None = None
    language: str | None = None
    kind: str | None = None
    pages: tuple[int, ...] = ()
    times: tuple[tuple[int, float], ...] = ()
    correction: str | None = None

    def page_at(self, offset: int) -> int | None:
        """The page on which the character at `offset` stands, counting from 1; None if there are no pages."""
        return bisect_right(self.pages, offset) or None

    def time_at(self, offset: int) -> float | None:
        """The second of the recording at which what stands at `offset` is said; None if there are no times."""
        said = bisect_right(self.times, offset, key=lambda time: time[0])
        return self.times[said - 1][1] if said else None

    @property
    def content_hash(self) -> str:
        """SHA-256 of everything a reader could quote or filter by; the source's place is not part of it."""
        content = self.to_dict()
        del content["source"]
        for name in ("pages", "times", "correction"):  # newer than some archives, where most articles have none
            if not content[name]:
                del content[name]
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
