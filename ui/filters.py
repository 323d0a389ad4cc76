"""What a question can be limited to, with how many articles each choice holds; and what was chosen, read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any

from rag.errors import SettingsError
from rag.types import Filters

if TYPE_CHECKING:
    from rag import Archive
    from rag.types import Article

_READ = 5000  # articles that are counted, the newest
_FIELDS = (("outlets", "Outlets"), ("sections", "Sections"), ("bylines", "Bylines"))


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose, as (name, articles) with the most frequent first; the first and last day, if known."""

    outlets: tuple[tuple[str, int], ...] = ()
    sections: tuple[tuple[str, int], ...] = ()
    bylines: tuple[tuple[str, int], ...] = ()
    first: date | None = None
    last: date | None = None
    counted: int = 0
    articles: int = 0


def choices(archive: Archive) -> Choices:
    """The choices of an archive. Outlets and days count all articles, sections and bylines the newest."""
    status = archive.status()
    items = archive.articles(limit=_READ)
    return Choices(
        outlets=_ranked(Counter(status.outlets)),
        sections=_ranked(Counter(item.section for item in items if item.section)),
        bylines=_ranked(_bylines(items)),
        first=status.published_from.date() if status.published_from else None,
        last=status.published_to.date() if status.published_to else None,
        counted=len(items),
        articles=status.articles,
    )


def _bylines(items: Sequence[Article]) -> Counter[str]:
    return Counter(name for item in items if item.byline for name in item.byline.split(", "))


def _ranked(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0].casefold())))


def form(known: Choices) -> str:
    """The choices as a form that opens; what is chosen is sent along with the next question."""
    if not known.articles:
        return ""
    groups = "".join(_group(name, label, getattr(known, name)) for name, label in _FIELDS)
    partly = ""
    if known.counted < known.articles:
        partly = f'<p class="quiet">Sections and bylines are those of the newest {known.counted:,} articles.</p>'
    return (
        '<details id="filters"><summary>Filters<span class="chosen" hidden></span></summary>'
        f'<div class="groups">{_dates(known)}{groups}</div>{partly}'
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
