"""A run's faithfulness beside labels by hand: how good its judges are, and the figure corrected by what they miss.

`--to-label SHEET.md` writes a sheet for a person: sentences of the run in an order of their own, each with the words
that it cites (a struck one with all evidence), without what anybody found of it, and beside it a file of labels to fill
in: stated, not stated, unclear. `--labels FILE` makes figures of that file (eval/anchoring.py).
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval import asked
from eval.anchoring import anchored
from eval.cases import Case
from eval.runs import Run
from rag.errors import SettingsError
from rag.types import Verdict

SUMMARY = "a run's faithfulness, corrected by labels by hand"
_SEED = 20251205


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("run_folder", metavar="RUN", type=Path)
    parser.add_argument("--labels", type=Path, metavar="FILE", help="sentences of the run, labelled by hand")
    parser.add_argument("--to-label", type=Path, metavar="FILE.md", help="write a sheet for labelling, and FILE.jsonl")
    parser.add_argument("--sentences", type=asked.positive, default=150, help="how many to label (default: 150)")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Figures, or the number of sentences on the sheet. Raises ReadError or SettingsError."""
    cases = Run(options.run_folder).cases()
    if options.to_label:
        return {"sentences to label": write_sheet(options.to_label, cases, options.sentences)}
    if options.labels is None:
        raise SettingsError("neither --labels nor --to-label is given")
    return anchored(cases, asked.labels(options.labels))


def write_sheet(path: Path, cases: Sequence[Case], count: int) -> int:
    """Write sheet and labels: shown sentences first, then as many struck ones as there is room for; the number."""
    beside = path.with_suffix(".jsonl")
    for file in (path, beside):
        if path.suffix == ".jsonl" or file.exists():
            raise SettingsError(f"{file} is there already, or is no FILE.md", hint="Labels may be in it.")
    chosen = _chosen(cases, count)
    sheet = [
        "# Is each sentence stated by the words below it?\n",
        f"Put a label behind each sentence in {beside.name}: {', '.join(asked.LABELS)}. Stated means that the words,",
        "with headline, outlet and date, say all that the sentence says, by the same speaker, as firmly.\n",
    ]
    for number, (case, index, sentence) in enumerate(chosen, 1):
        sheet += [f"## {number}. {case.id} / {index}\n", f"Asked: {case.asked.question}\n", f"**{sentence['text']}**\n"]
        sheet += [f"- {_source(source)}" for source in sentence["citations"] or _evidence(case)] + [""]
    lines = [{"id": case.id, "sentence": i, "label": "", "note": "", "text": s["text"]} for case, i, s in chosen]
    path.write_text("\n".join(sheet), "utf-8")
    beside.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return len(chosen)


def _chosen(cases: Sequence[Case], count: int) -> list[tuple[Case, int, Mapping[str, Any]]]:
    draw = random.Random(_SEED)
    shown = [(case, i, sentence) for case in cases for i, sentence in case.claims]
    struck = [
        (case, i, sentence)
        for case in cases
        if case.answer
        for i, sentence in enumerate(case.answer["sentences"])
        if sentence["verdict"] == Verdict.UNSUPPORTED
    ]
    draw.shuffle(shown)
    draw.shuffle(struck)
    chosen = shown[:count] + struck[: max(0, count - len(shown))]
    draw.shuffle(chosen)
    return chosen


def _evidence(case: Case) -> Sequence[Mapping[str, Any]]:
    return case.answer["evidence"] if case.answer else ()


def _source(source: Mapping[str, Any]) -> str:
    known = ", ".join(part for part in (source.get("outlet"), (source.get("published") or "")[:10]) if part)
    words = " ".join((source.get("quote") or source.get("text") or "").split())
    return f"“{source.get('title') or ''}” ({known}): {words}"
