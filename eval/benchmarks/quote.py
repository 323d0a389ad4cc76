"""Fit what tells whether a sentence of the evidence, quoted as it is, answers a question (`rag.quoting`).

FILE is JSON Lines as for `weigh`, of an archive's own articles. Each question that they answer is looked up twice: as
the archive is, and in a copy while the articles that answer it are retracted. So the words of a question tell nothing
about whether it is answered (compare `rag eval tells`). Of each lookup the likeliest sentence is taken, with its
log-odds (`rag.likely`) and, as a quotation, the judge's margin between yes and no when asked whether it gives what is
asked. It answers if it is in a quote or a quote is in it.

Figures are by five-fold cross-validation, questions that were written from one article kept together: the areas under
the curve of either figure and of both, and, at even odds, the shares of questions that are given a sentence that
answers, one that does not, and one while the answer is withheld. The model is slow, so that what it said is kept in
`--cache` (run again to go on). `--write` keeps the lines, fitted on all questions.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rag
from eval import weighing
from eval.asked import Quote, positive, spaced
from eval.benchmarks.weigh import answering
from eval.progress import shown
from eval.remembered import Remembered
from eval.withheld import copied, holding, retracted
from rag.errors import SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUMMARY = "fit what tells whether a quoted sentence answers a question"
_FOLDS = 5
_LINES = {"asked": ("odds", "margin"), "unasked": ("odds",)}  # with and without a model that is asked


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("file", type=Path, help="questions with the sentences that answer them")
    parser.add_argument("--archive", required=True, type=Path, help="an archive of their articles")
    parser.add_argument("--judge", default="local:qwen2.5-coder-1.5b", help="the model that is asked")
    parser.add_argument("--sample", type=positive, metavar="N", help="only N of the questions, from all of the file")
    parser.add_argument("--cache", type=Path, required=True, help="JSON Lines file that keeps what was found")
    parser.add_argument("--write", type=Path, help="keep the lines in this file")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Cross-validated figures, and the lines. Raises SettingsError and what opening an archive raises."""
    import numpy as np

    rows = list(_found(options))
    answers = np.array([row["answers"] for row in rows])
    if len(set(answers.tolist())) < 2:
        raise SettingsError("none of the sentences found answers, or all do", hint="Is it the questions' archive?")
    result: dict[str, Any] = {
        "questions": len({row["question"] for row in rows}),
        "sentences": len(rows),
        "answering": int(answers.sum()),
    }
    sample = f" --sample {options.sample}" if options.sample else ""
    command = f"python -m eval quote {options.file} --archive ARCHIVE --judge {options.judge}{sample} --cache FILE"
    made: dict[str, Any] = {"made_by": command}
    for name, columns in _LINES.items():
        result[name] = _figures(rows, _cross_validated(rows, columns))
        made[name] = _line(rows, columns)
    result["odds alone, margin alone"] = [_auc(answers, [row[name] for row in rows]) for name in _LINES["asked"]]
    if options.write:
        options.write.write_text(json.dumps(made | {"from": result}, indent=1) + "\n", "utf-8")
    return result | {"lines": {name: made[name] for name in _LINES}}


def _found(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """A row a sentence, with the margin: what the cache holds is not asked again."""
    lines = options.file.read_text("utf-8").splitlines()
    questions = spaced([row for row in map(json.loads, filter(str.strip, lines)) if row["answerable"]], options.sample)
    known = Remembered(options.cache)
    judge: Any = rag.open_judge(options.judge)
    with copied(options.archive) as place, rag.open(place) as archive:
        for asked in shown(questions, "asking", lambda row: str(row["article"])):
            for row in _of(archive, asked):
                ask = partial(judge.answer_margin, row["question"], f"“{row['sentence']}”")
                yield row | {"margin": known.get("|".join([options.judge, row["question"], row["sentence"]]), ask)}


def _of(archive: rag.Archive, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    quotes = [Quote(quote["article"], quote["quote"]) for quote in asked["quotes"]]
    ids = list(holding(archive, quotes))
    for withheld in (False, True):
        with retracted(archive, ids if withheld else ()):
            sentences = archive.weighed(asked["question"])
        if sentences:
            sentence = max(sentences, key=lambda sentence: sentence.odds)
            yield {
                "question": asked["question"],
                "article": asked["article"],
                "sentence": sentence.text,
                "withheld": withheld,
                "odds": sentence.odds,
                "answers": answering([sentence.text], asked["quotes"])[0],
            }


def _line(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, Any]:
    import numpy as np

    table = {name: [row[name] for row in rows] for name in columns}
    return weighing.line(table, [row["answers"] for row in rows], np.ones(len(rows)))


def _cross_validated(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> NDArray[Any]:
    """Log-odds that each sentence answers, by lines that were fitted on other articles' questions."""
    import numpy as np

    folds = np.array([zlib.crc32(row["article"].encode()) % _FOLDS for row in rows])
    odds = np.zeros(len(rows))
    for fold in set(folds.tolist()):
        line = _line([row for row, own in zip(rows, folds) if own != fold], columns)
        for i in map(int, np.flatnonzero(folds == fold)):
            odds[i] = weighing.line_odds(line, {name: [rows[i][name]] for name in columns})[0]
    return odds


def _figures(rows: Sequence[Mapping[str, Any]], odds: NDArray[Any]) -> dict[str, float]:
    given = [row for row, own in zip(rows, odds) if own > 0]
    plain = max(1, sum(not row["withheld"] for row in rows))
    withheld = max(1, sum(row["withheld"] for row in rows))
    return {
        "auc": _auc([row["answers"] for row in rows], odds),
        "right": sum(row["answers"] and not row["withheld"] for row in given) / plain,
        "wrong": sum(not (row["answers"] or row["withheld"]) for row in given) / plain,
        "while withheld": sum(row["withheld"] for row in given) / withheld,
    }


def _auc(answers: Sequence[bool] | NDArray[Any], odds: Sequence[float] | NDArray[Any]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(answers, odds))
