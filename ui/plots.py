"""How many articles there are, as plots of plain SVG, each with its numbers as a table. Pure; no script, no library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape

_MOST_COLUMNS = 60  # more become too narrow to be seen on a telephone
_MOST_BARS = 12  # the rest is folded away
_LEAST = 1.5  # percent of the height: what is not nothing can be seen


def months(counts: Mapping[str, int]) -> str:
    """Articles by month ("2025-03"), or by year or decade where there would be too many columns."""
    if not counts:
        return '<p class="quiet">No article says when it was published.</p>'
    unit, columns = _columns(counts)
    most = max(count for _, count in columns)
    top = next(name for name, count in columns if count == most)
    first, last = columns[0][0], columns[-1][0]
    said = f"Articles per {unit}, {first} to {last}. Most: {most:,} in {top}."
    rows = "".join(f'<tr><th scope="row">{name}</th><td>{count:,}</td></tr>' for name, count in columns)
    ends = f"<span>{first}</span>" + (f"<span>{last}</span>" if last != first else "")
    return (
        f'<figure class="plot"><figcaption class="label">Articles per {unit}</figcaption>'
        f'<svg class="columns" viewBox="0 0 {len(columns)} 100" preserveAspectRatio="none" role="img" '
        f'aria-label="{said}">{"".join(_rectangles(columns, most))}</svg>'
        f'<div class="ends" aria-hidden="true">{ends}</div><p class="quiet">Most: {most:,} in {top}</p>'
        f"<details><summary>As a table</summary><table><thead><tr>"
        f'<th scope="col">{unit.capitalize()}</th><th scope="col">Articles</th></tr></thead><tbody>{rows}</tbody>'
        "</table></details></figure>"
    )


def _rectangles(columns: Sequence[tuple[str, int]], most: int) -> Iterator[str]:
    for at, (name, count) in enumerate(columns):
        if count:
            height = max(_LEAST, 100 * count / most)
            yield (
                f'<rect x="{at + 0.1:g}" y="{100 - height:.2f}" width="0.8" height="{height:.2f}">'
                f"<title>{name}: {count:,}</title></rect>"
            )


def _columns(counts: Mapping[str, int]) -> tuple[str, list[tuple[str, int]]]:
    """The unit, and every one of them from the first to the last with its name, those without an article too."""
    at = {int(month[:4]) * 12 + int(month[5:7]) - 1: count for month, count in counts.items()}
    span = max(at) - min(at)
    unit, size = next((u for u in (("month", 1), ("year", 12)) if span // u[1] < _MOST_COLUMNS), ("decade", 120))
    grouped: Counter[int] = Counter()
    for month, count in at.items():
        grouped[month // size] += count
    places = range(min(grouped), max(grouped) + 1)
    return unit, [(_name(place * size, unit), grouped[place]) for place in places]


def _name(month: int, unit: str) -> str:
    year, rest = divmod(month, 12)
    return {"month": f"{date(max(year, 1), rest + 1, 1):%B} {year}", "year": str(year), "decade": f"{year}s"}[unit]


def outlets(counted: Sequence[tuple[str, int]], articles: int) -> str:
    """Articles by outlet, the most frequent first: a table whose bars are for those who see. `articles` are all."""
    if not counted:
        return '<p class="quiet">No article says where it was published.</p>'
    most = counted[0][1]
    unnamed = articles - sum(count for _, count in counted)
    rows = [_bar(f"<bdi>{escape(name)}</bdi>", count, most) for name, count in counted]
    rows += [_bar("<em>No outlet</em>", unnamed, max(most, unnamed))] if unnamed else []
    shown, folded = rows[:_MOST_BARS], rows[_MOST_BARS:]
    rest = f"<details><summary>{len(folded)} more</summary>{_bars(folded)}</details>" if folded else ""
    return (
        f'<figure class="plot"><figcaption class="label">Articles per outlet</figcaption>{_bars(shown)}{rest}</figure>'
    )


def _bars(rows: Sequence[str]) -> str:
    return (
        '<table class="bars"><thead class="unseen"><tr><th scope="col">Outlet</th><th scope="col">Articles</th>'
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _bar(name: str, count: int, most: int) -> str:
    width = max(_LEAST, 100 * count / most)
    return (
        f'<tr><th scope="row">{name}</th><td><span class="count">{count:,}</span>'
        '<svg class="bar-plot" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{width:.2f}" height="10"></rect></svg></td></tr>'
    )
