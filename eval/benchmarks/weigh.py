"""Fit how likely each sentence of the evidence holds what is asked (`rag.likely`), on questions whose answering
sentences are known, and say how well the likeliest ones answer questions that were not fitted on.

FILE is JSON Lines of {"question", "answerable", "article", "quotes": [{"article", "quote"}]}, of an archive's own
articles: `eval/practice/corpus.jsonl` is of corpus/. A sentence answers if it is in a quote or a quote is in it.
Figures are by five-fold cross-validation, questions that were written from one article kept together: whether the
likeliest sentence answers, the area under the curve over all sentences of answered questions, and whether the likeliest
sentence of answered questions is likelier than that of the others.

`--write` puts the weights for what was read together, fitted on all questions, into a file, and leaves what else
it holds.
"""

from __future__ import annotations

import argparse
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rag
from eval.progress import shown
from rag.errors import SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUMMARY = "fit how likely a sentence of the evidence holds what is asked"
_FOLDS = 5
_READ = "read"  # how the names of figures begin that only reading together gives
_PENALTY = 0.05  # inverse strength, of figures at unit variance


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("file", type=Path, help="questions with the sentences that answer them")
    parser.add_argument("--archive", required=True, type=Path, help="an archive of their articles")
    parser.add_argument("--write", type=Path, help="keep the weights in this file")


@dataclass(frozen=True)
class _Case:
    """A question's sentences: figures, and which answer. `written_from` keeps questions of one article together."""

    table: NDArray[Any]
    answers: NDArray[Any]
    answered: bool
    written_from: str


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Cross-validated figures with and without what was read together, and the weights."""
    cases, names = _cases(options.file, options.archive)
    unread = [name for name in names if not name.startswith(_READ)]
    result: dict[str, Any] = {"questions": len(cases), "answered": sum(case.answered for case in cases)}
    for name, columns in (("read", names), ("unread", unread)):
        result[name] = _figures(cases, _cross_validated(cases, len(columns)))
    fitted, bias = _fitted(cases, len(names))
    if options.write:
        made = {"made_by": f"python -m eval weigh {options.file} --archive ARCHIVE", "from": result}
        kept = json.loads(options.write.read_text("utf-8")) if options.write.exists() else {}
        kept |= made | {"read": _line(names, fitted, bias)}
        options.write.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    return result


def _cases(file: Path, archive_path: Path) -> tuple[list[_Case], list[str]]:
    """The questions' sentences, and the figures' names, those of what was read together last."""
    import numpy as np

    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    cases, names = [], list[str]()
    with rag.open(archive_path) as archive:
        for row in shown(rows, "finding", lambda row: str(row["article"])):
            sentences = archive.weighed(row["question"])
            if not sentences:
                continue
            names = list(sentences[0].figures)
            answers = np.array(answering([sentence.text for sentence in sentences], row["quotes"]))
            table = np.array([list(sentence.figures.values()) for sentence in sentences])
            cases.append(_Case(table, answers, bool(row["answerable"]), str(row["article"])))
    if not any(name.startswith(_READ) for name in names):
        raise SettingsError("this archive's embedder reads nothing together", hint="Ingest with the default one.")
    return cases, names


def answering(texts: Sequence[str], quotes: Sequence[Mapping[str, str]]) -> list[bool]:
    """Whether each text is in one of the quotes of a question, or a quote in it, by their letters and digits."""
    known = [_bare(quote["quote"]) for quote in quotes]
    return [any(bare and (bare in quote or quote in bare) for quote in known) for bare in map(_bare, texts)]


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _fitted(cases: Sequence[_Case], columns: int) -> tuple[NDArray[Any], float]:
    """Weights and bias of the first `columns` figures."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    table = np.concatenate([case.table[:, :columns] for case in cases])
    answers = np.concatenate([case.answers for case in cases])
    centre, spread = table.mean(0), table.std(0) + 1e-9
    model = LogisticRegression(C=_PENALTY, max_iter=2000).fit((table - centre) / spread, answers)
    weights = model.coef_[0] / spread
    return weights, float(model.intercept_[0] - weights @ centre)


def _line(names: Sequence[str], weights: Any, bias: float) -> dict[str, float]:
    return {"bias": round(bias, 4)} | {n: round(float(w), 4) for n, w in zip(names, weights, strict=True)}


def _cross_validated(cases: Sequence[_Case], columns: int) -> list[NDArray[Any]]:
    folds = [zlib.crc32(case.written_from.encode()) % _FOLDS for case in cases]
    found: list[Any] = [None] * len(cases)
    for fold in set(folds):
        weights, bias = _fitted([case for case, own in zip(cases, folds) if own != fold], columns)
        for number, case in enumerate(cases):
            if folds[number] == fold:
                found[number] = case.table[:, :columns] @ weights + bias
    return found


def _figures(cases: Sequence[_Case], odds: Sequence[NDArray[Any]]) -> dict[str, float]:
    import numpy as np
    from sklearn.metrics import roc_auc_score

    pairs = [(case, own) for case, own in zip(cases, odds) if case.answered]
    return {
        "first_answers": float(np.mean([case.answers[own.argmax()] for case, own in pairs])),
        "auc": float(
            roc_auc_score(*(np.concatenate(column) for column in zip(*((c.answers, own) for c, own in pairs))))
        ),
        "answered_auc": float(roc_auc_score([case.answered for case in cases], [own.max() for own in odds])),
    }
