"""Red if a run is worse than a baseline, or worse than it may ever be; for CI.

RUN is a run's folder; the baseline is another, or a file of scores such as those in eval/baselines/ (`--write FILE`
makes one of RUN). A guarded metric is red if its fall is significant: the 95% bootstrap interval of the paired
differences, over the questions that both have a value for, lies wholly on the worse side. It is red as well if its mean
is beyond the floor in eval/baselines/floors.json. The run is red if questions of the baseline are missing, and if more
cases failed than did in the baseline.

An unchanged system gives differences of nothing and is green. A small fall in few questions is green too: this gate
does not see what it cannot tell from chance. It looks at eleven metrics at once, each of which a change that shifts
answers without making them worse turns red once in forty times, by the interval's definition: read which is red, and
compare the runs.

Exit status: 0 green, 1 red (or an error, said on standard error).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval import asked, metrics
from eval.metrics import Metric
from eval.paired import Paired
from eval.runs import Run
from rag.errors import ReadError, SettingsError

SUMMARY = "red if a run is worse than a baseline"
BASELINES = Path(__file__).parents[1] / "baselines"
FLOORS = BASELINES / "floors.json"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("run_folder", metavar="RUN", type=Path)
    parser.add_argument("--baseline", type=Path, metavar="RUN|FILE", help="what it is compared with")
    parser.add_argument("--floors", type=Path, default=FLOORS, help="the least (or most) that each metric may be")
    parser.add_argument("--write", type=Path, metavar="FILE", help="keep the run's scores as a baseline, and stop")


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of a run, as they are in a file: values and reasons of failures by metric and question."""

    ids: frozenset[str]
    values: Mapping[str, Mapping[str, float]]
    failed: Mapping[str, Mapping[str, str]]

    @property
    def cases_failed(self) -> set[str]:
        """Questions with a guarded metric that failed."""
        guarded = [m.name for m in metrics.discovered().values() if m.guarded]
        return {id for name in guarded for id in self.failed.get(name, {})}


def run(options: argparse.Namespace) -> dict[str, Any]:
    """One table: every guarded metric with its verdict. Raises ReadError or SettingsError."""
    current = scored(options.run_folder)
    if options.write:
        return {"written": str(options.write), "questions": write(options.run_folder, options.write)}
    if options.baseline is None:
        raise SettingsError("no baseline is given", hint="Name one with --baseline, or make one with --write.")
    return judged(current, scored(options.baseline), floors(options.floors))


def status(result: Mapping[str, Any]) -> int:
    """The exit status that goes with a result."""
    return 1 if result.get("gate") == "red" else 0


def judged(current: Scored, baseline: Scored, least: Mapping[str, float]) -> dict[str, Any]:
    """The gate's table over the questions of the baseline."""
    missing = baseline.ids - current.ids
    more_failed = len(current.cases_failed) - len(baseline.cases_failed)
    rows = {
        metric.name: _row(metric, current, baseline, least.get(metric.name))
        for metric in metrics.discovered().values()
        if metric.guarded and (current.values.get(metric.name) or baseline.values.get(metric.name))
    }
    reasons = [name for name, row in rows.items() if row["verdict"] != "green"]
    reasons += [f"{len(missing)} questions of the baseline are missing"] if missing else []
    reasons += [f"{more_failed} more failed"] if more_failed > 0 else []
    return {
        "gate": "red" if reasons else "green",
        "because of": "; ".join(reasons) or None,
        "questions": len(baseline.ids & current.ids),
        "failed": len(current.cases_failed),
        "guarded": rows,
    }


def _row(metric: Metric, current: Scored, baseline: Scored, least: float | None) -> dict[str, Any]:
    now = current.values.get(metric.name, {})
    before = {id: value for id, value in baseline.values.get(metric.name, {}).items() if id in current.ids}
    paired = Paired(metric, {id: now[id] - before[id] for id in before if id in now}, before)
    mean = paired.mean_after
    beyond = mean is not None and least is not None and (mean < least if metric.better == "higher" else mean > least)
    gone = bool(before) and not now
    return {
        "baseline": paired.mean_before,
        "now": mean,
        "difference, 95%": list(paired.interval) if paired.interval else None,
        "changed": paired.changed,
        "floor": least,
        "verdict": "no values" if gone else "worse" if paired.worse else "beyond the floor" if beyond else "green",
    }


def scored(path: Path) -> Scored:
    """The scores of a run's folder, made anew, or of a file of scores. Raises ReadError."""
    if path.is_dir():
        Run(path).score()
        path = path / "scores.jsonl"
    ids, values, failed = [], dict[str, dict[str, float]](), dict[str, dict[str, str]]()
    for where, record in asked.objects(path):
        try:
            ids.append(record["id"])
            for name, value in record["scores"].items():
                if value is not None:
                    values.setdefault(name, {})[record["id"]] = float(value)
            for name, reason in record.get("failed", {}).items():
                failed.setdefault(name, {})[record["id"]] = reason
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ReadError(where, f"{where}: no scores of a case: {type(error).__name__} {error}") from error
    return Scored(frozenset(ids), values, failed)


def floors(path: Path) -> dict[str, float]:
    """Floors by metric. Raises SettingsError for a metric that there is not."""
    try:
        found = {name: float(value) for name, value in json.loads(path.read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise SettingsError(f"{path} holds no floors: {error}") from error
    if unknown := sorted(found.keys() - metrics.discovered().keys()):
        raise SettingsError(f"{path}: there is no metric {unknown[0]!r}")
    return found


def write(folder: Path, path: Path) -> int:
    """Keep the guarded scores of a run as a baseline; the number of questions. Rounded, so that it reads in a diff."""
    guarded = [metric.name for metric in metrics.discovered().values() if metric.guarded]
    Run(folder).score()
    lines = []
    for _, record in asked.objects(folder / "scores.jsonl"):
        kept = {name: round(value, 6) for name in guarded if (value := record["scores"].get(name)) is not None}
        failed = {name: record["failed"][name] for name in guarded if name in record["failed"]}
        lines.append(json.dumps({"id": record["id"], "scores": kept, **({"failed": failed} if failed else {})}) + "\n")
    path.write_text("".join(lines), "utf-8")
    return len(lines)
