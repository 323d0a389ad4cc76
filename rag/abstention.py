"""The answer that the archive does not say: what was searched, and what came nearest."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rag.types import Filters, Hit, Verdict


def abstention(hits: Sequence[Hit], filters: Filters, articles: int, verdicts: Collection[Verdict]) -> str:
    """The statement that the archive does not say: what was searched, and what came nearest."""
    scope = f"{articles:,} article{'s' if articles != 1 else ''}"
    if filters:
        scope += " within the chosen filters"
    lines = [f"The archive does not say. Searched: {scope}."]
    if Verdict.UNCHECKED in verdicts:
        lines = [f"What the writer wrote could not be checked, so nothing of it is given. Searched: {scope}."]
    elif verdicts:
        lines.append("What the writer wrote did not stand up to checking.")
    if hits:
        lines.append("Nearest coverage: " + "; ".join(dict.fromkeys(_named(hit) for hit in hits[:3])) + ".")
    return " ".join(lines)


def _named(hit: Hit) -> str:
    known = ", ".join(part for part in (hit.outlet, hit.published.date().isoformat() if hit.published else "") if part)
    return f"“{hit.title or hit.text[:60]}”" + (f" ({known})" if known else "")
