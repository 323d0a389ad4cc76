"""Plots as inline SVG: coloured by classes of the style sheet, and legible without colours.

Bars and scales are as wide as there is room; heights and letters are in pixels, so that a phone shows them as large.

Every plot says in words what it shows (`aria-label`), and each has a table or a list beside it with the same figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil, floor, log10

from eval.report.markup import Html, joined, tag
from eval.report.outcome import OUTCOMES
from eval.scores import Score

CODES = dict(zip(OUTCOMES, "RPWFNAX"))  # what a segment is marked with, beside its colour
_BAR, _GAP = 18, 4  # pixels
_LEFT, _RIGHT = 6.0, 84.0  # where bars and scales begin and end, in percent of the width that there is


def whisker(mean: float, interval: tuple[float, float], top: float) -> Html:
    """A dot and its 95% interval on a scale from 0 to `top`."""
    wide, middle = 110, 8
    x, low, high = (4 + (wide - 8) * min(value / top, 1) for value in (mean, *interval))
    return _svg(
        f"{mean:.3g}, 95% interval {interval[0]:.3g} to {interval[1]:.3g}, on a scale from 0 to {top:g}",
        wide,
        2 * middle,
        tag("path", d=f"M4 {middle}H{wide - 4}M4 5v6M{wide - 4} 5v6", class_="axis"),
        tag("path", d=f"M{low:.1f} {middle}H{high:.1f}", class_="whisker"),
        tag("circle", cx=round(x, 1), cy=middle, r=3.5, class_="dot"),
    )


def top_of(scores: Sequence[Score]) -> float:
    """Where the scale of a metric ends: 1 for a share, else a round number that all intervals are below."""
    highest = max((score.interval[1] for score in scores if score.interval), default=1.0)
    return 1.0 if highest <= 1 and not scores[0].metric.unit else _round_up(highest)


def outcomes(runs: Mapping[str, Mapping[str, Counter[str]]]) -> Html:
    """For each type of question a bar for each run: the shares of the outcomes, marked with CODES and counts.

    `runs` has, by letter, the outcomes by type.
    """
    parts, y = [], 0
    for kind in sorted({kind for types in runs.values() for kind in types}):
        parts.append(_text(0, y + 13, kind, class_="strong"))
        y += _BAR
        for letter, types in runs.items():
            found = types.get(kind, Counter())
            parts += [_text(0, y + 13, letter), _bar(found, y)]
            parts.append(_text("100%", y + 13, f"of {found.total()}", class_="muted end"))
            y += _BAR + _GAP
        y += 2 * _GAP
    return _svg("Shares of outcomes by type of question; the tables below have the same figures", "100%", y, *parts)


def _bar(found: Counter[str], y: float) -> Html:
    parts, x, wide = [], _LEFT, _RIGHT - _LEFT
    for i, name in enumerate(OUTCOMES):
        if not found[name]:
            continue
        width = wide * found[name] / found.total()
        said = tag("title", f"{name}: {found[name]} of {found.total()}")
        parts.append(tag("rect", said, x=_percent(x), y=y, width=_percent(width), height=_BAR, class_=f"o{i}"))
        if width >= 5:
            words = f"{CODES[name]} {found[name]}" if width >= 11 else CODES[name]
            parts.append(_text(_percent(x + width / 2), y + 13, words, class_=f"t{i} middle"))
        x += width
    return joined(parts)


def legend() -> Html:
    """What colours and letters of `outcomes` stand for."""
    keys = (tag("span", tag("b", CODES[name], class_=f"key o{i}"), f" {name}") for i, name in enumerate(OUTCOMES))
    return tag("p", *keys, class_="legend")


def distribution(what: str, runs: Mapping[str, Sequence[float]]) -> Html:
    """For each run, by letter, the share of questions (upwards) that took at most so many seconds (to the right)."""
    left, wide, high, above = 40, 290, 150, 12
    most = _round_up(max((max(values) for values in runs.values() if values), default=1.0))
    parts = [tag("path", d=f"M{left} {above}V{above + high}H{left + wide}", class_="axis")]
    for share in (0, 0.5, 1):
        y = above + high * (1 - share)
        parts.append(tag("path", d=f"M{left} {y:g}h{wide}", class_="grid"))
        parts.append(_text(left - 5, y + 4, f"{share:.0%}", class_="end muted"))
    for part in (0, 0.5, 1):
        parts.append(_text(left + wide * part, above + high + 16, f"{most * part:g} s", class_="middle muted"))
    marks = []
    for i, (letter, values) in enumerate(runs.items()):
        ordered = sorted(values)
        if not ordered:
            continue
        path, n = f"M{left} {above + high}", len(ordered)
        for rank, value in enumerate(ordered, 1):
            path += f"H{left + wide * value / most:.1f}V{above + high * (1 - rank / n):.1f}"
        parts.append(tag("path", d=path + f"H{left + wide}", class_=f"line l{i % 4}"))
        share = (0.5, 0.7, 0.3, 0.85)[i % 4]  # letters at different heights, so that they do not cover each other
        x = left + wide * ordered[min(n - 1, ceil(share * n) - 1)] / most
        marks.append(tag("circle", cx=round(x, 1), cy=above + high * (1 - share), r=8, class_="mark"))
        marks.append(_text(x, above + high * (1 - share) + 4, letter, class_="middle strong"))
    said = f"{what}: share of questions by the seconds that they took; the list below has the same in figures"
    return _svg(said, left + wide + 20, above + high + 24, *parts, *marks)


def means(runs: Mapping[str, Mapping[str, Score]]) -> Html:
    """Guarded metrics that are shares: a line for each run with its mean and interval, on a scale from 0 to 1."""
    first = next(iter(runs.values()), {})
    parts, y = [], 20
    for name in (name for name in first if _is_drawn(name, runs)):
        parts.append(_text(0, y + 13, name, class_="strong"))
        parts.append(_text("100%", y + 13, f"{first[name].metric.better} is better", class_="muted end"))
        y += 26
        for letter, scores in runs.items():
            parts += [_text(0, y + 4, letter), _mean(scores[name], y)]
            y += _BAR
        y += _GAP
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.insert(0, _line(_on_scale(share), _on_scale(share), 16, y, "grid"))
        parts.append(_text(_percent(_on_scale(share)), 10, f"{share:g}", class_="middle muted"))
    said = "Means of the guarded metrics with their 95% intervals; the table of figures has the same"
    return _svg(said, "100%", y, *parts)


def _mean(score: Score, y: float) -> Html:
    if score.mean is None or score.interval is None:
        return _text("100%", y + 4, "no value", class_="end muted")
    low, mean, high = map(_on_scale, (score.interval[0], score.mean, score.interval[1]))
    dot = tag("circle", cx=_percent(mean), cy=y, r=4, class_="dot")
    return joined([_line(low, high, y, y, "whisker"), dot, _text("100%", y + 4, f"{score.mean:.3f}", class_="end")])


def _on_scale(share: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * share


def _line(x1: float, x2: float, y1: float, y2: float, class_: str) -> Html:
    return tag("line", x1=_percent(x1), x2=_percent(x2), y1=y1, y2=y2, class_=class_)


def _is_drawn(name: str, runs: Mapping[str, Mapping[str, Score]]) -> bool:
    scores = [some[name] for some in runs.values()]
    return scores[0].metric.guarded and any(score.values for score in scores) and top_of(scores) == 1


def _round_up(value: float) -> float:
    if value <= 0:
        return 1.0
    step = float(10 ** floor(log10(value)))
    return next(step * times for times in (1, 2, 3, 4, 5, 6, 8, 10) if value <= step * times * (1 + 1e-9))


def _percent(of_width: float) -> str:
    return f"{of_width:.2f}%"


def _text(x: float | str, y: float, words: str, class_: str | None = None) -> Html:
    return tag("text", words, x=x if isinstance(x, str) else round(x, 1), y=round(y, 1), class_=class_)


def _svg(said: str, wide: float | str, high: float, *parts: Html) -> Html:
    return tag("svg", *parts, width=wide, height=high, role="img", aria_label=said)
