"""The table of all metrics by run, and for each metric the questions behind it, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from eval.metrics import HIGHER, Metric, discovered
from eval.report.case import anchor
from eval.report.charts import top_of, whisker
from eval.report.markup import Html, folded, joined, scrolling, tag, to
from eval.report.reading import amount
from eval.report.told import Told
from eval.scores import Score

_LONGEST = 70  # characters of a question in a list


def shown(runs: Sequence[Told]) -> list[Metric]:
    """The metrics that say something of a run."""
    return [
        metric
        for name, metric in discovered().items()
        if any(run.scores[name].values or run.scores[name].failed for run in runs)
    ]


def anchors() -> dict[str, str]:
    """By metric where the questions behind it are; a run's letter after it names that run's column."""
    return {name: f"m{i}" for i, name in enumerate(discovered())}


def table(runs: Sequence[Told]) -> Html:
    """Metrics by group as rows, runs as columns."""
    heads = [tag("th", "metric", scope="col"), *(tag("th", f"{r.letter}: {r.name}", scope="col") for r in runs)]
    lines: list[Html] = []
    for group, metrics in groupby(shown(runs), key=lambda metric: metric.group):
        lines.append(tag("tr", tag("th", group, colspan=len(runs) + 1, scope="rowgroup", class_="group")))
        lines += [_row(metric, runs) for metric in metrics]
    inner = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *lines), class_="figures")
    return scrolling("Figures by run", inner)


def _row(metric: Metric, runs: Sequence[Told]) -> Html:
    place, top = anchors()[metric.name], top_of([run.scores[metric.name] for run in runs])
    guarded = ", guarded" if metric.guarded else ""
    name = tag("th", metric.name, tag("small", f"{metric.better} is better{guarded}"), scope="row")
    return tag("tr", name, *(_cell(run.scores[metric.name], f"{place}{run.letter.lower()}", top) for run in runs))


def _cell(score: Score, place: str, top: float) -> Html:
    failed = to(place, f"{len(score.failed)} failed", class_="bad") if score.failed else None
    if score.mean is None or score.interval is None:
        return tag("td", failed or "no value")
    low, high = (amount(score.metric.name, end) for end in score.interval)
    figure = to(place, amount(score.metric.name, score.mean), class_="figure")
    about = tag("small", f"{low} to {high}, {len(score.values)} questions")
    return tag("td", figure, whisker(score.mean, score.interval, top), about, failed)


def behind(runs: Sequence[Told], places: Mapping[str, int]) -> Html:
    """For every metric a folded list of the questions that it has values for. places: of questions, by id."""
    return joined(_behind(metric, runs, places) for metric in shown(runs))


def _behind(metric: Metric, runs: Sequence[Told], places: Mapping[str, int]) -> Html:
    scores = [run.scores[metric.name] for run in runs]
    ids = [id for id in places if any(id in score.values or id in score.failed for score in scores)]
    ids.sort(key=lambda id: _badness(metric, scores, id))
    heads = [
        tag("th", "question", scope="col"),
        *(tag("th", r.letter, id=f"{anchors()[metric.name]}{r.letter.lower()}", scope="col") for r in runs),
        tag("th", "asked", scope="col"),
    ]
    lines = (tag("tr", *_line(id, scores, runs, places[id])) for id in ids)
    inner = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *lines), data_better=metric.better)
    said = tag("p", f"{metric.about} ({metric.better} is better.)")
    summary = f"{metric.name}: {len(ids)} questions"
    return folded(summary, said, scrolling(metric.name, inner), id=anchors()[metric.name], class_="behind")


def _line(id: str, scores: Sequence[Score], runs: Sequence[Told], place: int) -> list[Html]:
    cells = [tag("td", to(anchor(None, place), id))]
    for run, score in zip(runs, scores):
        where = anchor(run, place)
        if id in score.failed:
            cells.append(tag("td", to(where, "failed", class_="bad")))
        elif id in score.values:
            cells.append(tag("td", to(where, amount(score.metric.name, score.values[id]))))
        else:
            cells.append(tag("td", "–"))
    question = next(run.cases[id].asked.question for run in runs if id in run.cases)
    short = question if len(question) <= _LONGEST else question[: _LONGEST - 1].rstrip() + "…"
    return [*cells, tag("td", short)]


def _badness(metric: Metric, scores: Sequence[Score], id: str) -> tuple[bool, float]:
    """Sorts failures first, then by the worst value in any run."""
    values = [score.values[id] for score in scores if id in score.values]
    signed = [value if metric.better == HIGHER else -value for value in values]
    return not any(id in score.failed for score in scores), min(signed, default=0.0)
