"""Fit the weights of the ranking to questions whose facts are known, and say how well they do on questions unseen.

A logistic regression over the features of every candidate of every question (`Archive.candidates`): does the passage
hold a fact that answers? Figures are by cross-validation: weights fitted on the other folds search the questions of
each fold, through the same public search as always (`Settings.weights`). Questions that share a fact are never in
different folds as far as `--folds` allows: folds are cut through connected groups only where a group is larger than
a fold. `--write` keeps the weights fitted on all questions, with where they come from.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import rag
from eval import kept, questions
from eval.questions import Question
from eval.retrieval_metrics import figures, matches
from rag.errors import SettingsError

SUMMARY = "fit the weights of the ranking, with cross-validated figures"
_K = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("folder", type=Path, help="as for `retrieval`")
    parser.add_argument("--queries", required=True, type=Path, help="as for `retrieval`")
    parser.add_argument("--archive", required=True, type=Path, help="an archive of the folder's articles")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--limit", type=int, help="only so many questions")
    parser.add_argument("--write", type=Path, help="keep the weights fitted on all questions in this file")


class Table:
    """Feature rows of every candidate, whether each holds a fact, and the question of each."""

    def __init__(self, archive: rag.Archive, chosen: Sequence[Question]) -> None:
        import numpy as np

        rows, labels, owners, weights = [], [], [], []
        self.names: tuple[str, ...] = ()
        for number, question in enumerate(chosen):
            if number % 100 == 0:
                sys.stderr.write(f"{number} of {len(chosen)} questions compared\n")
            found = archive.candidates(question.text)
            held = matches([candidate.hit.text for candidate in found], question.facts)
            sides = len({candidate.side for candidate in found})
            for candidate, facts in zip(found, held):
                self.names = tuple(candidate.features)
                rows.append(list(candidate.features.values()))
                labels.append(bool(facts))
                owners.append(number)
                weights.append(1 / sides)
        self.rows = np.array(rows, np.float32)
        self.labels, self.owners, self.weights = np.array(labels), np.array(owners), np.array(weights)

    def fit(self, members: Sequence[int]) -> dict[str, Any]:
        """Weights fitted on some questions, as the ranking reads them."""
        import numpy as np
        from sklearn.linear_model import LogisticRegression

        chosen = np.isin(self.owners, list(members))
        fitted = LogisticRegression(C=1.0, max_iter=1000).fit(
            self.rows[chosen], self.labels[chosen], sample_weight=self.weights[chosen]
        )
        weights = dict(zip(self.names, (round(float(w), 4) for w in fitted.coef_[0])))
        return {"weights": weights, "bias": round(float(fitted.intercept_[0]), 4)}


def folds_of(chosen: Sequence[Question], count: int) -> list[list[int]]:
    """`count` lists of question numbers; questions with a fact in common are together where that leaves folds even."""
    root = list(range(len(chosen)))

    def find(i: int) -> int:
        while root[i] != i:
            i = root[i]
        return i

    by_fact: dict[str, int] = {}
    for i, question in enumerate(chosen):
        for fact in question.facts:
            root[find(i)] = find(by_fact.setdefault(fact, i))
    groups: dict[int, list[int]] = defaultdict(list)
    for i in range(len(chosen)):
        groups[find(i)].append(i)
    most = -(-len(chosen) // count)
    pieces = [group[i : i + most] for group in groups.values() for i in range(0, len(group), most)]
    folds: list[list[int]] = [[] for _ in range(count)]
    for piece in sorted(pieces, key=len, reverse=True):
        min(folds, key=len).extend(piece)
    return folds


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The figures, cross-validated, and the weights."""
    if options.folds < 2:
        raise SettingsError("--folds must be at least 2")
    path = options.folder / options.queries if (options.folder / options.queries).is_file() else options.queries
    chosen = questions.spaced([q for q in questions.load(path) if q.facts], options.limit)
    with rag.open(options.archive) as archive:
        kept.fill(archive, kept.corpus_of(options.folder))
        table = Table(archive, chosen)
        found = _cross_validated(archive, chosen, table, options.folds)
        version = archive.version
    record = table.fit(range(len(chosen)))
    if options.write:
        origin = {
            "fitted by": "python -m eval fit",
            "questions": len(chosen),
            "file": path.name,
            "archive version": version,
            "method": "logistic regression over candidates, C = 1, each question's sides weighing one together",
            "cross-validated": {name: round(value, 4) for name, value in found.items()},
        }
        options.write.write_text(json.dumps({"provenance": origin, **record}, indent=2) + "\n", "utf-8")
    return {"questions": len(chosen), "candidates": len(table.labels), "cross-validated": found, **record}


def _cross_validated(archive: rag.Archive, chosen: Sequence[Question], table: Table, count: int) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    with TemporaryDirectory() as folder:
        for number, fold in enumerate(folds_of(chosen, count)):
            sys.stderr.write(f"fold {number + 1} of {count}\n")
            file = Path(folder) / f"{number}.json"
            file.write_text(json.dumps(table.fit(sorted(set(range(len(chosen))) - set(fold)))), "utf-8")
            with rag.open(archive.path, archive.settings.override({"weights": str(file)}, "fit")) as fitted:
                for i in fold:
                    texts = [hit.text for hit in fitted.search(chosen[i].text, _K)]
                    for name, value in figures(texts, chosen[i].facts).items():
                        sums[name] += value / len(chosen)
    return dict(sums)
