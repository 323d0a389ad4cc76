"""What each part of the system is worth: the same questions with that part left out or replaced, in one table.

Each variant is a run of its own in a folder under --out (a new one under runs/), so that what was stopped goes on, and
`rag eval compare` tells which questions changed. "no checking" is not run: it is the first row with every sentence that
the writer wrote shown; whether those are stated is not known, as struck sentences cite nothing.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from eval import asked, scores
from eval.benchmarks import run as runner
from eval.cases import Case
from eval.runs import Run
from eval.systems.ours import NAME, UNREAD
from rag.errors import SettingsError

SUMMARY = "the same questions with one part left out, in one table"
FULL, UNCHECKED = "as shipped", "no checking"
VARIANTS: dict[str, Mapping[str, str]] = {
    FULL: {},
    "meaning only": {"without": "full-text"},
    "words only": {"without": "dense,sentence-vectors"},
    "question not read": {"system": f"{NAME}:{UNREAD}"},
    "judge: literal": {"judge": "literal"},
    "judge: combined:words": {"judge": "combined:words"},
    "judge: combined": {"judge": "combined"},
    "writer: extractive": {"writer": "extractive"},
    "writer: 0.5B": {"writer": "local:qwen2.5-coder-0.5b"},
    "writer: 1.5B": {"writer": "local:qwen2.5-coder-1.5b"},
}
COLUMNS = (
    "right", "key-fact recall", "contradiction", "false answer", "false refusal", "faithful, literally",
    "evidence recall", "evidence MRR", "seconds to end",
)  # fmt: skip
_OF_WORDS_CITED = ("faithful, literally",)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--set", choices=runner.SETS, default="dev", help="which questions (default: dev)")
    parser.add_argument("--questions", type=Path, action="append", metavar="FILE", help="other questions instead")
    parser.add_argument("--sample", type=asked.positive, metavar="N", help="only N of them, of every type its share")
    parser.add_argument("--archive", type=Path, default=Path(".rag"))
    parser.add_argument("--writer", default="extractive", help="of the variants that name none (default: extractive)")
    parser.add_argument("--judge", default="combined:words", help="the same of judges (default: combined:words)")
    parser.add_argument("--only", action="append", choices=VARIANTS, help="these variants alone")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the runs are kept")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """One row a variant. Raises what `run` raises."""
    out = options.out or Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S}-ablation"
    rows: dict[str, dict[str, Any]] = {}
    for name in options.only or VARIANTS:
        cases = _cases(options, name, out)
        rows[name] = row(cases)
        if name == FULL:
            rows[UNCHECKED] = row([unchecked(case) for case in cases]) | dict.fromkeys(_OF_WORDS_CITED)
    return {"runs": str(out), "writer": options.writer, "judge": options.judge, "variants": rows}


def _cases(options: argparse.Namespace, name: str, out: Path) -> list[Case]:
    folder = out / name.replace(": ", "-").replace(":", "-").replace(" ", "-")
    given = {"writer": options.writer, "judge": options.judge, "without": None, "system": NAME, **VARIANTS[name]}
    runs_own = argparse.ArgumentParser()  # so that an option that `run` comes to have is at its default here
    runner.arguments(runs_own)
    of_run = {**vars(runs_own.parse_args([])), **vars(options), **given, "second": runner.NONE, "out": folder}
    result = runner.run(argparse.Namespace(**of_run))
    if result["asked"] < result["of"]:
        raise SettingsError(f"{name} was stopped", hint=f"Go on with --out {out}.")
    return Run(folder).cases()


def row(cases: Sequence[Case]) -> dict[str, Any]:
    """The means of some metrics, and the number of failures."""
    found = scores.scores(cases)
    failed = {id for name in COLUMNS for id in found[name].failed}
    return {"questions": len(cases), **{name: found[name].mean for name in COLUMNS}, "failed": len(failed)}


def unchecked(case: Case) -> Case:
    """The case as it would be if whatever is written were shown."""
    if case.answer is None:
        return case
    sentences = [{**sentence, "verdict": "unchecked"} for sentence in case.answer["sentences"]]
    text = " ".join(sentence["text"] for sentence in sentences)
    answer = {**case.answer, "sentences": sentences, "text": text, "abstained": not sentences}
    return dataclasses.replace(case, answer=answer)
