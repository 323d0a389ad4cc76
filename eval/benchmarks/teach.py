"""Teach the embedder's network to tell which sentences hold what a question asks (`rag.pertinence`), from the articles
and questions of some folders (`eval/practice/`), and say how well it does on subjects that it was not taught.

Of the subjects every eighth is kept back. Figures there, a question at a time over its passages: whether the likeliest
sentence is one that answers; the area under the curve over all sentences; and whether the likeliest sentence of
questions that are answered is likelier than that of those that are not. Beside them, the same by the cosine of the
embedder's vectors of question and sentence. `--onto` goes on from what ships, without figures, for
which it would be too late. `--write` keeps what was learnt, with
where it comes from. `--measure` teaches nothing: the figures are those of what ships, on every question of the folders
(`eval/practice/unseen/`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.practising import load
from rag.errors import SettingsError

if TYPE_CHECKING:
    from eval.teaching import Group, Learner

SUMMARY = "teach the model that tells which sentences hold what is asked"
_KEPT_BACK = 8  # one subject of so many
_SEED = 0


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("folders", type=Path, nargs="+", help="articles with questions, as in eval/practice/")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--onto", action="store_true", help="begin with what ships, not with nothing")
    parser.add_argument("--all", action="store_true", help="keep no subject back, and give no figures")
    parser.add_argument("--measure", action="store_true", help="teach nothing, measure what ships")
    parser.add_argument("--write", type=Path, help="keep what was learnt in this file")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """What was learnt from, and the figures on what was kept back."""
    from safetensors.numpy import load_file

    from eval import teaching
    from rag.pertinence import FILE

    if options.onto and not (options.all or options.measure):
        raise SettingsError(
            "--onto gives no figures: what ships may have learnt from what is kept back", hint="Add --all."
        )
    articles = load(*options.folders)
    subjects = sorted({article.subject for article in articles})
    kept = set(subjects if options.measure else [] if options.all else subjects[::_KEPT_BACK])
    learner, tokenizer = teaching.begin(_SEED)
    taught, unseen = (
        teaching.groups(part, learner, tokenizer, _SEED)
        for part in ([a for a in articles if a.subject not in kept], [a for a in articles if a.subject in kept])
    )
    if options.measure or options.onto:
        learner.take(load_file(str(FILE)))
    steps = options.epochs * -(-len(taught) // teaching.QUESTIONS)
    teaching.told(teaching.teach(learner, taught, options.epochs, _SEED), steps)
    result: dict[str, Any] = {"articles": len(articles), "questions": len(taught), "epochs": options.epochs}
    if unseen:
        result |= {"questions_kept_back": len(unseen), "taught": _figures(unseen, teaching.odds(learner, unseen))}
        result["cosine"] = _figures(unseen, [[one for passage in group for one in passage.near] for group in unseen])
    if options.write:
        _write(options, learner, result)
    return result


def _figures(groups: Sequence[Group], odds: Sequence[Any]) -> dict[str, float]:
    import numpy as np
    from sklearn.metrics import roc_auc_score

    labels = [np.array([label for passage in group for label in passage.labels]) for group in groups]
    answered = [bool((own > 0).any()) for own in labels]
    known = [(own[own >= 0] > 0, np.array(found)[own >= 0]) for own, found in zip(labels, odds)]
    first = [own[found.argmax()] for (own, found), there in zip(known, answered) if there]
    every = [np.concatenate(column) for column in zip(*(pair for pair, there in zip(known, answered) if there))]
    return {
        "first_answers": float(np.mean(first)),
        "auc": float(roc_auc_score(*every)),
        "answered_auc": float(roc_auc_score(answered, [found.max() for _, found in known])),
    }


def _write(options: argparse.Namespace, learner: Learner, result: dict[str, Any]) -> None:
    from safetensors import safe_open
    from safetensors.numpy import save_file

    from rag.pertinence import FILE

    flags = "".join(f" --{name}" for name in ("onto", "all") if getattr(options, name))
    command = f"python -m eval teach {' '.join(map(str, options.folders))} --epochs {options.epochs}{flags}"
    kept = {"made_by": command, "from": json.dumps(result)}
    if options.onto:
        with safe_open(str(FILE), "numpy") as before:
            kept["onto"] = json.dumps(before.metadata())
    options.write.parent.mkdir(parents=True, exist_ok=True)
    save_file(learner.changes(), str(options.write), kept)
