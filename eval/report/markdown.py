"""The page's figures as Markdown, for a commit or a comment: headlines, means, outcomes, failures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from eval.report.figures import shown
from eval.report.outcome import OUTCOMES, by_type
from eval.report.reading import amount
from eval.report.told import Told, differing, headline, outcome_rows
from eval.scores import Score

_SPECIAL = re.compile(r"([\\`*_\[\]<>|&#!~])")


def summary(runs: Sequence[Told]) -> str:
    """The whole summary."""
    lines = [f"# Evaluation of {plain(', '.join(run.name for run in runs))}", ""]
    for run in runs:
        lines += [f"**{run.letter}: {plain(run.name)}.** {plain(headline(run))}", ""]
    if other := differing(runs):
        lines += [f"The runs differ in: {', '.join(other)}.", ""]
    heads = ["metric", "better", *(f"{run.letter}: {run.name}" for run in runs)]
    figures = ([m.name, m.better, *(_cell(run.scores[m.name]) for run in runs)] for m in shown(runs))
    lines += ["## Figures", "", "Mean, 95% interval, number of questions.", "", *_table(heads, figures), ""]
    lines += ["## Outcomes by type of question", ""]
    for run in runs:
        counts = outcome_rows(run, by_type(run.cases.values()))
        lines += [f"{run.letter}:", "", *_table(["type", "questions", *OUTCOMES], counts), ""]
    lines += ["## Failures", ""]
    for run in runs:
        failures = [[reason, str(len(ids)), " ".join(ids)] for reason, ids in run.failures.items()]
        some = _table(["reason", "questions", "which"], failures) if failures else ["None."]
        lines += [f"{run.letter}:", "", *some, ""]
    lines += ["## Machine and settings", ""]
    names = list(dict.fromkeys(name for part in ("machine", "settings") for run in runs for name in run.part(part)))
    known = ([name, *(str({**r.part("settings"), **r.part("machine")}.get(name, "–")) for r in runs)] for name in names)
    lines += _table(["", *(run.letter for run in runs)], known)
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Foreign text on one line, with nothing in it that Markdown or HTML would act on."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split())).replace("\\<", "&lt;").replace("\\>", "&gt;")


def _cell(score: Score) -> str:
    failed = f", {len(score.failed)} failed" if score.failed else ""
    if score.mean is None or score.interval is None:
        return f"no value{failed}"
    name = score.metric.name
    low, high = (amount(name, end) for end in score.interval)
    return f"{amount(name, score.mean)} ({low} to {high}), {len(score.values)}{failed}"


def _table(heads: Iterable[str], lines: Iterable[Sequence[str]]) -> list[str]:
    first = [plain(head) for head in heads]
    rule = ["---"] * len(first)
    return [f"| {' | '.join(cells)} |" for cells in (first, rule, *([plain(cell) for cell in line] for line in lines))]
