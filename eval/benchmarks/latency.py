"""Seconds from a question to its evidence, first word and end, warm, one question at a time.

Questions are lines of a text file, or JSON Lines with a `query` or `question`; without a file, the titles of the
archive's own articles stand in.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import rag

SUMMARY = "seconds to evidence, first word and end"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("questions", nargs="?", type=Path, help="file of questions")
    parser.add_argument("--archive", type=Path, default=Path(".rag"))
    parser.add_argument("--searches", type=int, default=100, help="how many questions to search")
    parser.add_argument("--asks", type=int, default=10, help="how many of them to have answered")
    parser.add_argument("--writer", help="as for `rag ask`")


def questions_of(path: Path) -> list[str]:
    """The questions of a file, in order."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        if line.lstrip().startswith("{"):
            record = json.loads(line)
            found.append(record.get("query") or record["question"])
        elif line.strip():
            found.append(line.strip())
    return found


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Median and 95th percentile of each, in seconds."""
    result: dict[str, Any] = {}
    with rag.open(options.archive) as archive:
        if options.questions:
            questions = questions_of(options.questions)
        else:
            questions = [f"What happened: {article.title}?" for article in archive.articles() if article.title]
        archive.warm(writer=options.asks > 0 and options.writer is None)
        times = []
        for question in _shown(questions[: options.searches], "searching"):
            times.append(_seconds(archive, question))
        result |= _spread("evidence", times)
        answers = [
            archive.ask(question, writer=options.writer) for question in _shown(questions[: options.asks], "asking")
        ]
        result |= _spread("first word", [a.timings.first_token for a in answers if a.timings.first_token is not None])
        result |= _spread("end", [a.timings.total for a in answers])
        result["answers"] = len(answers)
        result["abstained"] = sum(a.abstained for a in answers)
        result["replaced by extractive"] = sum(bool(a.notices) for a in answers)
    return result


def _seconds(archive: rag.Archive, question: str) -> float:
    import time

    begun = time.perf_counter()
    archive.search(question, k=archive.settings.evidence_passages)
    return time.perf_counter() - begun


def _shown(questions: list[str], doing: str) -> list[str]:
    sys.stderr.write(f"{doing} {len(questions)} questions\n")
    return questions


def _spread(name: str, seconds: list[float]) -> dict[str, float]:
    import numpy as np

    if not seconds:
        return {}
    return {f"{name} p50, s": float(np.median(seconds)), f"{name} p95, s": float(np.quantile(seconds, 0.95))}
