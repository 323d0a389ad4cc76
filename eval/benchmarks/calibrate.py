"""Fit what the judges are calibrated with, on the building part of labelled claims, and write `calibration.json`.

Two steps. The words' signals are weighed by boosted trees, on all claims of the building part. The model's margin is
slow to get (seconds a claim), so it is asked on the first `--margins` claims of each folder only, kept in `--cache` as
they come (run again to go on), and weighed together with the trees' log-odds, those of claims that the trees were not
fitted on. Figures are by five-fold cross-validation over documents; what a judge is reported with is the other part
(`python -m eval judges`). A further file (`--answers`) calibrates the check whether an answer answers its question:
JSON Lines of {"question", "answer", "answers": true or false}.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rag
from eval import weighing
from eval.labelled import Labelled, load
from eval.remembered import Remembered
from rag.errors import SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUMMARY = "fit the judges' calibration on the building part of labelled claims"
_FOLDS = 5
_OWN = "judged"  # the project's own set: adversarial, so it must not outweigh what writers really write
_OWN_SHARE = 0.3
_REFUSED = 0.08  # share of right answers that the check whether it answers may refuse


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("folders", nargs="+", type=Path, help="as for `judges`")
    parser.add_argument("--judge", default="combined:qwen2.5-coder-1.5b", help="a combined judge with the model")
    parser.add_argument("--margins", type=int, default=150, help="claims of each folder that the model is asked about")
    parser.add_argument("--cache", type=Path, required=True, help="JSON Lines file that keeps the margins")
    parser.add_argument("--answers", type=Path, help="labelled pairs of question and answer")
    parser.add_argument("--write", type=Path, help="keep the calibration in this file")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Cross-validated figures of each part of the calibration."""
    import numpy as np

    judge: Any = rag.open_judge(options.judge)
    words: Any = rag.open_judge("combined:words")
    claims = [claim for folder in options.folders for claim in load(folder) if claim.part == "build"]
    if not claims:
        raise SettingsError("the folders hold no claim of the building part")
    sets = [claim.dataset.partition("/")[0] for claim in claims]
    shares = {name: _OWN_SHARE if name == _OWN else 1.0 for name in sets}
    figures = [words.figures(claim.claim, claim.evidence) for claim in claims]
    names = list(figures[0])
    table = np.array([[row[name] for name in names] for row in figures])
    stated = [claim.stated for claim in claims]
    folds = np.array([zlib.crc32(claim.document.encode()) // 7 % _FOLDS for claim in claims])
    unseen = np.zeros(len(claims))
    for fold in range(_FOLDS):
        seen = folds != fold
        kept = [i for i in range(len(claims)) if seen[i]]
        weights = weighing.weights_of([sets[i] for i in kept], [stated[i] for i in kept], shares)
        fitted = weighing.trees(table[seen], names, np.array(stated)[seen], weights)
        unseen[~seen] = weighing.odds(fitted, table[~seen])
    result: dict[str, Any] = {"claims": len(claims), "words": _agreement(sets, stated, unseen)}
    weights = weighing.weights_of(sets, stated, shares)
    calibration: dict[str, Any] = {
        "words": weighing.trees(table, names, np.array(stated), weights) | {"threshold": 0.5}
    }
    chosen = _chosen(claims, sets, options.margins)
    margins = _margins(judge, [claims[i] for i in chosen], options.cache)
    part = [(sets[i], stated[i], unseen[i], margin) for i, margin in zip(chosen, margins)]
    for name, columns in (
        ("local", {"margin": [row[3] for row in part]}),
        ("combined", {"words": [row[2] for row in part], "margin": [row[3] for row in part]}),
    ):
        which, labels = [row[0] for row in part], [row[1] for row in part]
        calibration[name] = weighing.line(columns, labels, weighing.weights_of(which, labels, shares))
        calibration[name]["threshold"] = 0.5
        result[name] = _agreement(which, labels, weighing.line_odds(calibration[name], columns))
    if options.answers:
        calibration["answers"], result["answers"] = _answers(judge, options.answers, options.cache)
    calibration["provenance"] = {
        "command": "python -m eval calibrate",
        "judge": judge.name,
        "claims": {name: sets.count(name) for name in sorted(set(sets))},
        "margins": {name: [sets[i] for i in chosen].count(name) for name in sorted(set(sets))},
        "part": "build",
    }
    if options.write:
        options.write.write_text(json.dumps(calibration, separators=(",", ":")) + "\n", "utf-8")
    return result


def _chosen(claims: Sequence[Labelled], sets: Sequence[str], most: int) -> list[int]:
    """The first claims of each folder's documents in the order of their hashes: any part of it is a fair sample."""
    order = sorted(range(len(claims)), key=lambda i: zlib.crc32(f"order {claims[i].document}".encode()))
    taken: dict[str, int] = {}
    chosen = []
    for i in order:
        if taken.get(sets[i], 0) < most:
            taken[sets[i]] = taken.get(sets[i], 0) + 1
            chosen.append(i)
    return chosen


def _margins(judge: Any, claims: Sequence[Labelled], cache: Path) -> list[float]:
    known = Remembered(cache)
    found = []
    for number, claim in enumerate(claims):
        key = f"{claim.dataset}|{claim.document}|{claim.claim}"
        if key not in known:
            sys.stderr.write(f"\r{number} of {len(claims)} claims asked of the model")
        found.append(known.get(key, partial(_margin, judge, claim)))
    sys.stderr.write("\n")
    return found


def _margin(judge: Any, claim: Labelled) -> float:
    margin: float = judge.figures(claim.claim, claim.evidence)["margin"]
    return margin


def _answers(judge: Any, path: Path, cache: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    import numpy as np

    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    known = Remembered(cache)
    for row in rows:
        key = f"answers|{row['question']}|{row['answer']}"
        row["margin"] = known.get(key, partial(judge.answer_margin, row["question"], row["answer"]))
    labels = [row["answers"] for row in rows]
    columns = {"margin": [row["margin"] for row in rows]}
    fitted = weighing.line(columns, labels, np.ones(len(rows)))
    odds = weighing.line_odds(fitted, columns)
    # Refusing what was answered is worse here than letting pass: the words' own checks come first.
    fitted["threshold"] = float(1 / (1 + np.exp(-np.quantile(odds[np.array(labels)], _REFUSED))))
    return fitted, _agreement(["answers"] * len(rows), labels, odds)["answers"]


def _agreement(sets: Sequence[str], stated: Sequence[bool], odds: NDArray[Any]) -> dict[str, Any]:
    """AUC, and balanced accuracy at even odds, of each data set."""
    import numpy as np
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score

    which, labels, found = np.array(sets), np.array(stated, bool), np.array(odds)
    return {
        name: {
            "claims": int((which == name).sum()),
            "AUC": float(roc_auc_score(labels[which == name], found[which == name])),
            "balanced accuracy": float(balanced_accuracy_score(labels[which == name], found[which == name] > 0)),
        }
        for name in sorted(set(sets))
    }
