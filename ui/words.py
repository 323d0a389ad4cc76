"""Small words of the page: days, how long ago, where something was published, a safe link. Pure; all output is HTML."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import Protocol


class Published(Protocol):
    """What tells where a piece was published: a hit, a citation, an article, a copy."""

    @property
    def outlet(self) -> str | None: ...
    @property
    def byline(self) -> str | None: ...


def day(moment: date) -> str:
    """A day as people write it: 4 March 2025."""
    return f"{moment.day} {moment:%B %Y}"


def ago(moment: date, today: date) -> str:
    """How long before `today` a calendar day was, in the largest whole unit; what is still to come has no words."""
    days = (date(today.year, today.month, today.day) - date(moment.year, moment.month, moment.day)).days
    if days < 0:
        return ""
    if days < 2:
        return ("today", "yesterday")[days]
    months = (today.year - moment.year) * 12 + today.month - moment.month - (today.day < moment.day)
    for count, unit in ((months // 12, "year"), (months, "month"), (days // 7, "week"), (days, "day")):
        if count >= (2 if unit == "month" else 1):  # up to two months, weeks say it better
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    raise AssertionError("two days and more are at least days")


def dated(moment: date | None, today: date) -> str:
    """The day of publication, to be seen at once, and how long ago that is."""
    if moment is None:
        return '<span class="date">No date</span>'
    since = ago(moment, today)
    day_iso = f"{moment:%Y-%m-%d}"
    return f'<time class="date" datetime="{day_iso}">{day(moment)}</time>' + (
        f' <span class="ago">· {since}</span>' if since else ""
    )


def origin(item: Published) -> str:
    """Outlet and byline, those that are known."""
    return " · ".join(f"<bdi>{escape(part)}</bdi>" for part in (item.outlet, item.byline) if part)


def link(url: str | None, words: str = "original") -> str:
    """A link to where it was published. Only the web: an address of another kind could be a script."""
    if not url or not url.lower().startswith(("http://", "https://")):
        return ""
    return (
        f'<a class="original" href="{escape(url)}" rel="noopener noreferrer" target="_blank">{words}'
        '<span class="unseen"> (opens in a new window)</span></a>'
    )
