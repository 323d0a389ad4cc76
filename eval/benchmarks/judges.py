"""Whether judges agree with people on what cited words state, how far their probabilities hold, and how long they take.

FOLDER holds labelled claims in .jsonl files (their formats: `eval/labelled.py`). The figures are defined in
`eval/agreement.py`. Documents are split by their text into two halves: figures are over the half for reporting, unless
--part says otherwise; a judge that was calibrated on the other half has not seen it. `overall` pools the claims of all
files, so it can lie outside the files' own figures where their shares of stated claims differ. Ctrl-C ends the judging,
and the figures of what was judged until then are marked as partial.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import rag
from eval import labelled
from eval.agreement import Judged, figures, reliability
from eval.labelled import Labelled
from rag.errors import SettingsError

SUMMARY = "whether judges agree with people, and how far their probabilities hold"
OVERALL = "overall"
_EVERY = 5.0  # seconds between two lines of progress
_WARM = ("The bridge is open.", (rag.Cited("The bridge is open, the council said."),))


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="folder of labelled claims")
    parser.add_argument("--judge", action="append", metavar="NAME", help="a judge, as `Settings.judge` names it; again")
    parser.add_argument("--limit", type=_positive, help="only so many documents of each file, evenly spaced over it")
    parser.add_argument("--part", choices=["all", "build", "report"], default="report", help="default: report")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the reliability (needs matplotlib)")


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All tables. Raises ReadError, SettingsError and what opening and asking a judge raises."""
    _check(options.plot)
    documents = _chosen(options)
    names = list(dict.fromkeys(options.judge or [rag.Settings().judge]))
    judges = {name: rag.open_judge(name) for name in names}
    claims = sum(map(len, documents))
    results: dict[str, list[Judged]] = {}
    partial: dict[str, str] = {}
    for name, judge in judges.items():
        results[name] = judged = []
        try:
            for some in judge_documents(name, judge, documents):
                judged += some
        except KeyboardInterrupt:
            if not any(results.values()):
                raise
            partial["partial"] = f"stopped at {name}, {len(judged)} of {claims} claims"
            sys.stderr.write(f"{partial['partial']}\n")
            break
    results = {name: judged for name, judged in results.items() if judged}
    if options.plot:
        plot(options.plot, results)
    return {
        "part": options.part,
        **partial,
        "documents": len(documents),
        "claims": claims,
        **tables(results),
    }


def _check(file: Path | None) -> None:
    """Refuse now what would fail after minutes of judging."""
    if file is None:
        return
    if find_spec("matplotlib") is None:
        raise SettingsError("--plot draws with matplotlib, which is not installed", hint="Run: pip install matplotlib")
    if not file.absolute().parent.is_dir():
        raise SettingsError(f"there is no folder {file.parent} to write {file.name} into")


def _chosen(options: argparse.Namespace) -> list[list[Labelled]]:
    """The documents of the part, as lists of their claims, dataset by dataset."""
    documents: list[list[Labelled]] = []
    seen: set[str] = set()
    for folder in options.folders:
        claims = labelled.load(folder)
        names = list(dict.fromkeys(claim.dataset for claim in claims))
        if again := seen & set(names):
            raise SettingsError(f"two files are called {min(again)}", hint="Figures go by folder and file: rename one.")
        seen |= set(names)
        for name in names:
            there = by_document([c for c in claims if c.dataset == name and options.part in ("all", c.part)])
            documents += _spaced(there, options.limit)
    if not documents:
        raise SettingsError(f"no document is of the part {options.part!r}", hint="Choose another with --part.")
    return documents


def by_document(claims: Sequence[Labelled]) -> list[list[Labelled]]:
    """The claims of each document together, documents in the order in which they first come."""
    documents: dict[tuple[str, str], list[Labelled]] = {}
    for claim in claims:
        documents.setdefault((claim.dataset, claim.document), []).append(claim)
    return list(documents.values())


def _spaced(documents: list[list[Labelled]], limit: int | None) -> list[list[Labelled]]:
    if limit is None or limit >= len(documents):
        return documents
    return [documents[i * len(documents) // limit] for i in range(limit)]


def judge_documents(name: str, judge: rag.Judge, documents: Sequence[Sequence[Labelled]]) -> Iterator[list[Judged]]:
    """Judge one document's claims after the other, all of one at once, so that a model reads the evidence once.

    Their seconds are shared evenly. A claim that does not count is judged before, so that loading is not timed.
    """
    total = sum(map(len, documents))
    sys.stderr.write(f"{name}: {total} claims on {len(documents)} documents\n")
    judge.judge(*_WARM)
    begun = shown = time.perf_counter()
    done = 0
    for claims in documents:
        before = time.perf_counter()
        judgements = judge.judge_all([(claim.claim, claim.evidence) for claim in claims])
        now = time.perf_counter()
        done += len(claims)
        yield [
            Judged(claim, found, (now - before) / len(claims)) for claim, found in zip(claims, judgements, strict=True)
        ]
        if now - shown >= _EVERY:
            shown = now
            sys.stderr.write(f"{name}: {done} of {total} claims, {(now - begun) / done * (total - done):.0f} s left\n")


def tables(results: dict[str, list[Judged]]) -> dict[str, Any]:
    """Figures by dataset and overall, by category within a dataset, and the reliability; for each judge."""
    categories = {name: _by_category(judged) for name, judged in results.items()}
    bins = {
        name: {dataset: reliability(rows) for dataset, rows in _by_dataset(judged).items()}
        for name, judged in results.items()
        if any(one.judgement.probability is not None for one in judged)
    }
    return {
        "figures": {
            name: {dataset: figures(rows) for dataset, rows in _by_dataset(judged).items()}
            for name, judged in results.items()
        },
        **({"by category": categories} if any(categories.values()) else {}),
        **({"reliability": bins} if bins else {}),
    }


def _by_dataset(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        groups.setdefault(one.labelled.dataset, []).append(one)
    return {**groups, OVERALL: list(judged)}


def _by_category(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    groups: dict[str, dict[str, list[Judged]]] = {}
    for one in judged:
        if one.labelled.category is not None:
            groups.setdefault(one.labelled.dataset, {}).setdefault(one.labelled.category, []).append(one)
    return {
        dataset: {category: figures(rows) for category, rows in sorted(there.items())}
        for dataset, there in groups.items()
    }


def plot(file: Path, results: dict[str, list[Judged]]) -> None:
    """Draw each judge's reliability over all datasets; nothing is drawn for a judge without probabilities."""
    figure = import_module("matplotlib.figure").Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot(xlabel="mean probability", ylabel="share stated", xlim=(0, 1), ylim=(0, 1), aspect=1)
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey", label="calibrated")
    for name, judged in results.items():
        if rows := [row for row in reliability(judged).values() if row["claims"]]:
            across, up = ([row[field] for row in rows] for field in ("mean probability", "share stated"))
            axes.plot(across, up, marker="o", label=f"{name}, {sum(row['claims'] for row in rows)} claims")
        else:
            sys.stderr.write(f"{name} gives no probabilities to plot\n")
    axes.legend()
    try:
        figure.savefig(file, format="png", dpi=150)
    except OSError as error:
        sys.stderr.write(f"{file} cannot be written: {error}\n")  # the figures are not lost for it
