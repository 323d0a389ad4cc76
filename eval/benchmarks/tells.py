"""What the words of questions alone tell of whether they are answered. Nobody reads an archive here: a set whose
questions give it away rewards who learns how such questions sound.

SETS are JSON Lines with `question` and `answerable` (`eval/questions/dev.jsonl`), or folders of practice articles
(`eval/practice/`). For each set, the area under the curve (0.5: nothing is told) of a logistic regression on words and
pairs of words that was fitted on each of the other sets, and on the set itself by five-fold cross-validation. Questions
with a history are left out, since they are not whole.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.practising import load
from rag.errors import SettingsError

SUMMARY = "what questions alone tell of whether they are answered"
_FOLDS = 5
_STRENGTH = 3.0  # inverse of the penalty

Questions = tuple[list[str], list[bool]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("sets", type=Path, nargs="+", help="files or folders of questions")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """For each set how many questions, the share answered, and what the words of each set tell of it."""
    sets = {str(place): _questions(place) for place in options.sets}
    found: dict[str, Any] = {}
    for name, (texts, answered) in sets.items():
        row: dict[str, Any] = {"questions": len(texts), "answered": sum(answered) / len(texts)}
        for other, known in sets.items():
            row[f"by {other}"] = _within(known) if other == name else _told(known, (texts, answered))
        found[name] = row
    return found


def _questions(place: Path) -> Questions:
    if place.is_dir():
        asked = [question for article in load(place) for question in article.questions]
        texts, answered = [question.text for question in asked], [question.answered for question in asked]
    else:
        rows = [json.loads(line) for line in place.read_text("utf-8").splitlines() if line.strip()]
        rows = [row for row in rows if not row.get("history")]
        texts, answered = [row["question"] for row in rows], [bool(row["answerable"]) for row in rows]
    if min(answered.count(True), answered.count(False)) < _FOLDS:
        raise SettingsError(f"{place} has fewer than {_FOLDS} questions that are answered, or that are not")
    return texts, answered


def _model() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+", min_df=2)
    return make_pipeline(words, LogisticRegression(C=_STRENGTH, max_iter=2000))


def _told(known: Questions, asked: Questions) -> float:
    return _curve(asked[1], _model().fit(*known).decision_function(asked[0]))


def _within(known: Questions) -> float:
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    return _curve(known[1], cross_val_predict(_model(), *known, cv=folds, method="decision_function"))


def _curve(answered: Sequence[bool], odds: Any) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(answered, odds))
