"""What an ingest comes to: articles by outcome, and what was not taken in, in all and for each of the given places.

Files are read ahead, so that what comes of them is known in another order than theirs: each has its number, by which
failures are sorted in the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from rag.errors import ReadError
from rag.types import IngestReport

_OUTCOMES = ("added", "updated", "unchanged")


class Failure(NamedTuple):
    """What was not taken in, and why: it could not be read, or was removed; `number` is that of its file or address."""

    number: int
    path: str
    reason: str


@dataclass
class Counts:
    """Articles by outcome, and failures."""

    articles: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_OUTCOMES, 0))
    failed: list[Failure] = field(default_factory=list)

    @property
    def failures(self) -> list[Failure]:
        """The failures, in the order of the files."""
        return sorted(self.failed, key=lambda failure: failure.number)


@dataclass
class Place(Counts):
    """What has come of one of the given paths and addresses, by the name under which it is recorded, or as it was given
    if it is gone. `due`: how much of it is still to come; `listed`: whether all of it is known."""

    path: str = ""
    due: int = 0
    listed: bool = False


@dataclass
class Tally(Counts):
    """All of it. `at` says of which place, and which of its files, what is counted next comes."""

    place: Place = field(default_factory=Place)
    number: int = 0

    def at(self, place: Place, number: int) -> None:
        """From now on it is about this file or address."""
        self.place, self.number = place, number

    def count(self, outcome: str, articles: int = 1) -> None:
        """Some articles of one outcome."""
        for counts in (self, self.place):
            counts.articles[outcome] += articles

    def fail(self, error: ReadError) -> None:
        """Something that is not taken in."""
        for counts in (self, self.place):
            counts.failed.append(Failure(self.number, error.path, error.message))

    def report(self, removed: int) -> IngestReport:
        """The report of the ingest."""
        failed = tuple((failure.path, failure.reason) for failure in self.failures)
        return IngestReport(**self.articles, removed=removed, failed=failed)
