"""What changed from run A to run B, question by question.

Differences are B − A over the questions that both were asked alike and have a value for, with the 95% bootstrap
interval of their mean; "better" or "worse" is said only where that interval leaves out 0. It looks at many metrics at
once, so that of twenty that nothing changed in, one will be called so by chance. Then come the questions whose outcome
is another, those that were right before first.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval import table
from eval.cases import Case
from eval.paired import Paired, alike, paired
from eval.report.outcome import GOOD, OUTCOMES, outcome
from eval.report.reading import printable
from eval.runs import Run
from eval.scores import Score, scores

SUMMARY = "what changed from one run to another, question by question"
_CHANGED = "outcomes changed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("a", type=Path, metavar="A", help="the folder of the run before")
    parser.add_argument("b", type=Path, metavar="B", help="the folder of the run after")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Both tables, and the list of changes. Raises ReadError."""
    a, b = Run(options.a), Run(options.b)
    cases_a, cases_b = a.cases(), b.cases()
    both = alike(cases_a, cases_b)
    ids_a, ids_b = {case.id for case in cases_a}, {case.id for case in cases_b}
    failed_a, failed_b = scores([before for before, _ in both]), scores([after for _, after in both])
    changes = changed(both)
    return {
        "A": a.name,
        "B": b.name,
        "questions asked alike": len(both),
        "only in A": len(ids_a - ids_b),
        "only in B": len(ids_b - ids_a),
        "asked or labelled otherwise": len(ids_a & ids_b) - len(both),
        "figures": {
            name: _row(pair, failed_a[name], failed_b[name])
            for name, pair in paired(cases_a, cases_b).items()
            if pair.differences or failed_a[name].failed or failed_b[name].failed
        },
        "changes": dict(Counter(f"{change['was']} → {change['is']}" for change in changes)),
        _CHANGED: changes,
    }


def changed(both: Sequence[tuple[Case, Case]]) -> list[dict[str, Any]]:
    """Questions with another outcome: what it was and what it is."""
    found = [
        {
            "id": before.id,
            "type": before.asked.type,
            "was": outcome(before),
            "is": outcome(after),
            "question": before.asked.question,
        }
        for before, after in both
        if outcome(before) != outcome(after)
    ]
    return sorted(found, key=lambda c: (c["was"] not in GOOD, OUTCOMES.index(c["was"]), OUTCOMES.index(c["is"])))


def rendered(result: Mapping[str, Any]) -> str:
    """The tables, then a line for each change and one for its question."""
    text = table.rendered({name: value for name, value in result.items() if name != _CHANGED})
    lines = [
        f"  {change['id']} ({change['type']}): {change['was']} → {change['is']}\n    {change['question']}"
        for change in result[_CHANGED]
    ]
    return printable("\n".join([text.rstrip("\n"), "", _CHANGED, *(lines or ["  none"])]) + "\n")


def _row(pair: Paired, before: Score, after: Score) -> dict[str, Any]:
    return {
        "A": pair.mean_before,
        "B": pair.mean_after,
        "B − A": pair.mean,
        "95% interval": list(pair.interval) if pair.interval else None,
        "": _said(pair),
        "questions": len(pair.differences),
        "changed": pair.changed,
        "failed A": len(before.failed),
        "failed B": len(after.failed),
    }


def _said(pair: Paired) -> str | None:
    if not pair.differences:
        return None
    return "better" if pair.better else "worse" if pair.worse else "no clear change" if pair.changed else "same"
