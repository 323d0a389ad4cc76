"""The page: one file of HTML with its style, plots and script in it, that asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

from eval.report import charts, figures
from eval.report.case import anchor, question
from eval.report.markup import Html, folded, joined, rows, scrolling, tag, to
from eval.report.outcome import OUTCOMES, by_type
from eval.report.told import Told, differing, headline, outcome_rows, questions

TIMES = ("seconds to evidence", "seconds to first word", "seconds to end")
_PARTS = {
    "runs": "Runs",
    "figures": "Figures",
    "plots": "Plots",
    "failures": "Failures",
    "ran-on": "What it ran on",
    "behind": "Questions behind the figures",
    "cases": "Questions",
}


def page(runs: Sequence[Told]) -> str:
    """The whole page."""
    style, script = _resource("style.css"), _resource("script.js")
    title = "Evaluation of " + ", ".join(run.name for run in runs)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", style),
    )
    places = {id: i for i, id in enumerate(questions(runs), 1)}
    parts = {
        "runs": _runs(runs),
        "figures": figures.table(runs),
        "plots": _plots(runs),
        "failures": _failures(runs, places),
        "ran-on": joined(_ran_on(run) for run in runs),
        "behind": figures.behind(runs, places),
        "cases": _cases(runs, places),
    }
    menu = tag("nav", *(to(name, said) for name, said in _PARTS.items()), aria_label="Parts of this page")
    main = (tag("section", tag("h2", _PARTS[name]), part, id=name) for name, part in parts.items())
    body = tag(
        "body",
        to("main", "Skip to the report", class_="skip"),
        tag("header", tag("h1", title), menu),
        tag("main", *main, id="main"),
        tag("script", script),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _resource(name: str) -> Html:
    return Html((files("eval.report") / name).read_text("utf-8"))


def _policy(script: str) -> str:
    """Nothing is fetched, and no script runs but ours: what escaping should have made impossible, once more."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"


def _runs(runs: Sequence[Told]) -> Html:
    told = [tag("p", tag("b", f"{run.letter}: {run.name}. "), headline(run)) for run in runs]
    if other := differing(runs):
        told.append(tag("p", f"The runs differ in: {', '.join(other)}. Compare their figures with that in mind."))
    return joined(told)


def _plots(runs: Sequence[Told]) -> Html:
    types = {run.letter: by_type(run.cases.values()) for run in runs}
    tables = (
        folded(
            f"Outcomes of run {run.letter} in figures",
            scrolling("Outcomes by type", rows(outcome_rows(run, types[run.letter]), ("type", "questions", *OUTCOMES))),
        )
        for run in runs
    )
    return joined(
        [
            tag("h3", "Outcomes by type of question"),
            charts.legend(),
            charts.outcomes(types),
            *tables,
            tag("h3", "Guarded metrics"),
            tag("p", "Means with 95% bootstrap intervals over the questions that have a value."),
            charts.means({run.letter: run.scores for run in runs}),
            tag("h3", "Seconds"),
            tag("p", "How many of the questions (upwards) took at most so many seconds (to the right)."),
            tag("div", *(_times(name, runs) for name in TIMES if name in runs[0].scores), class_="side"),
        ]
    )


def _times(name: str, runs: Sequence[Told]) -> Html:
    values = {run.letter: list(run.scores[name].values.values()) for run in runs}
    items = (tag("li", f"{letter}: {_spread(some)}") for letter, some in values.items())
    plot = scrolling(name, charts.distribution(name, values)) if any(values.values()) else None
    return tag("figure", tag("figcaption", name), plot, tag("ul", *items))


def _spread(values: list[float]) -> str:
    if not values:
        return "no value"
    import numpy as np

    half, most = np.quantile(values, [0.5, 0.95])
    return f"half within {half:.2f} s, 95 of 100 within {most:.2f} s"


def _failures(runs: Sequence[Told], places: Mapping[str, int]) -> Html:
    parts: list[Html] = []
    for run in runs:
        count = len({id for ids in run.failures.values() for id in ids})
        failed = tag("p", tag("b", f"{run.letter}: "), f"questions with a failure: {count or 'none'}")
        table = [
            (reason, str(len(ids)), joined(joined([to(anchor(run, places[id]), id), " "]) for id in ids))
            for reason, ids in run.failures.items()
        ]
        shown = scrolling("Failures by reason", rows(table, ("reason", "questions", "which"))) if table else None
        parts.append(joined([failed, shown]))
    return joined(parts)


def _ran_on(run: Told) -> Html:
    known = {
        "System": str(run.about.get("system", "unknown")),
        "Commit": str(run.about.get("commit") or "unknown"),
        "Questions, SHA-256": str(run.part("questions").get("sha256", "unknown")),
        "Second judges": ", ".join(map(str, run.about.get("judges") or ())) or "none",
    }
    return tag(
        "div",
        tag("h3", f"{run.letter}: {run.name}"),
        scrolling("The run", rows(known.items(), ("what", "value"))),
        tag("h4", "Machine"),
        scrolling("Machine", _values(run.part("machine"))),
        tag("h4", "Settings"),
        scrolling("Settings", _values(run.part("settings"))),
        tag("h4", "Models' files, SHA-256"),
        scrolling("Models", _models(run.part("models"))),
        folded("Versions of packages", scrolling("Versions", _values(run.part("versions")))),
    )


def _models(models: Mapping[str, object]) -> Html:
    lines = [
        (f"{pack}/{name}", str(digest))
        for pack, hashes in models.items()
        for name, digest in (hashes.items() if isinstance(hashes, Mapping) else [("", hashes)])
    ]
    return rows(lines, ("file", "SHA-256"))


def _values(known: Mapping[str, object]) -> Html:
    lines = ((name, value if isinstance(value, str) else json.dumps(value)) for name, value in known.items())
    return rows(lines, ("what", "value"))


def _cases(runs: Sequence[Told], places: Mapping[str, int]) -> Html:
    return joined(question(runs, place, id) for id, place in places.items())
