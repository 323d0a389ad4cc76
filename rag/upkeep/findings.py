"""What checking an archive gives: findings, each with what a repair would do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rag.record import Record

CATALOG, FULL_TEXT, VECTORS = "catalog", "full-text", "vectors"
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding(Record):
    """Something that is wrong in one part of an archive; `remedy` is what a repair does, or what only a person can."""

    part: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Health(Record):
    """What was looked at, what is wrong (still, after a repair), and what the repair did."""

    articles: int
    versions: int
    passages: int
    findings: tuple[Finding, ...]
    repaired: tuple[str, ...] = ()


def named(names: Collection[str]) -> str:
    """The first few of some names, and how many more there are."""
    some = sorted(names)[:_NAMED]
    return ", ".join(some) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
