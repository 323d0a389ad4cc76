"""What the reader wishes for a question beyond its words, as the browser sends it, read without trusting it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag.types import Filters
from ui.filters import filters_from

EXTRACTIVE = "extractive"
_MOST_IGNORED = 50


@dataclass(frozen=True, slots=True)
class Wishes:
    """`ignore` is what of the question's understanding is switched off; `again` asks the last question anew."""

    ignore: tuple[str, ...] = ()
    writer: str | None = None
    filters: Filters = field(default_factory=Filters)
    again: bool = False


def writers(default: str, offered: Sequence[str] = ()) -> tuple[str, ...]:
    """The names that may be asked to write, the archive's own first; `offered` were chosen in the settings."""
    return tuple(dict.fromkeys((default, EXTRACTIVE, *offered)))


def wishes_from(data: Any, allowed: Collection[str]) -> Wishes:
    """From what the browser sent. A writer that is not offered is not taken: its name could be anybody's server.

    Raises SettingsError for filters that cannot be used.
    """
    known = data if isinstance(data, dict) else {}
    ignore = known.get("ignore")
    writer = known.get("writer")
    return Wishes(
        ignore=tuple(map(str, ignore[:_MOST_IGNORED])) if isinstance(ignore, list) else (),
        writer=writer if writer in allowed else None,
        filters=filters_from(known.get("filters")),
        again=bool(known.get("again")),
    )
