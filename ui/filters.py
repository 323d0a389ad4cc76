"""What a question can be limited to, with how many articles each choice holds; and what was chosen, read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any

from rag.errors import SettingsError
from rag.types import Filters

if TYPE_CHECKING:
    from rag import Tally
    from rag.types import ArchiveStatus

_FIELDS = (("outlets", "Outlets"), ("sections", "Sections"), ("bylines", "Bylines"))


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose, as (name, articles) with the most frequent first; the first and last day, if known."""

    outlets: tuple[tuple[str, int], ...] = ()
    sections: tuple[tuple[str, int], ...] = ()
    bylines: tuple[tuple[str, int], ...] = ()
    first: date | None = None
    last: date | None = None


def choices(tally: Tally, status: ArchiveStatus) -> Choices:
    """The choices of an archive that was counted."""
    return Choices(
        outlets=ranked(tally.outlets),
        sections=ranked(tally.sections),
        bylines=ranked(tally.bylines),
        first=status.published_from.date() if status.published_from else None,
        last=status.published_to.date() if status.published_to else None,
    )


def ranked(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The most frequent first."""
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0].casefold())))


def form(known: Choices, id: str = "filters") -> str:
    """The choices as a form that opens; "" where there is nothing to choose. What is chosen is read by the script."""
    if known == Choices():
        return ""
    groups = "".join(_group(name, label, getattr(known, name)) for name, label in _FIELDS)
    return (
        f'<details id="{id}" class="filters"><summary>Filters<span class="chosen" hidden></span></summary>'
        f'<div class="groups">{_dates(known)}{groups}</div>'
        '<button type="button" class="plain" data-clear>Clear filters</button></details>'
    )


def _dates(known: Choices) -> str:
    limits = f'min="{known.first}" max="{known.last}"' if known.first and known.last else ""
    return (
        "<fieldset><legend>Published</legend>"
        f'<label>From <input type="date" name="published_from" {limits}></label>'
        f'<label>To <input type="date" name="published_to" {limits}></label></fieldset>'
    )


def _group(name: str, label: str, counted: Sequence[tuple[str, int]]) -> str:
    if not counted:
        return ""
    rows = "".join(
        f'<label><input type="checkbox" name="{name}" value="{escape(value)}"> <bdi>{escape(value)}</bdi> '
        f'<span class="count">{count:,}</span></label>'
        for value, count in counted
    )
    return f'<fieldset><legend>{label}</legend><div class="choices" tabindex="-1">{rows}</div></fieldset>'


def filters_from(data: Any) -> Filters:
    """The filters that the browser sent. Raises SettingsError for days that are none, or in the wrong order."""
    chosen: Mapping[str, Any] = data if isinstance(data, dict) else {}
    first, last = (_day(chosen.get(name)) for name in ("published_from", "published_to"))
    if first and last and first > last:
        raise SettingsError(
            "The filter's first day is after its last.", hint="Change one of them, or clear the filters."
        )
    names = {name: tuple(map(str, chosen.get(name) or ())) for name, _ in _FIELDS}
    return Filters(published_from=first, published_to=last, **names)


def _day(text: Any) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise SettingsError(f"{text} is not a day that filters know.", hint="Write it as 2025-03-04.") from error
