"""Whether a search finds the facts that answer a question, and how long it takes.

FOLDER holds articles, in `corpus.json` (a list of records as the JSON reader takes them) or in any files that are read;
`--queries` is a file of questions in FOLDER or elsewhere (its format: `eval/questions/__init__.py`). Questions without
evidence are left out. The figures are defined in `eval/retrieval_metrics.py`; intervals are 95% bootstrap intervals
over questions. The archive is built once and kept.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import rag
from eval import kept, questions, trec
from eval.intervals import bootstrap_mean
from eval.questions import Question
from eval.retrieval_metrics import FIGURES, figures, matches
from eval.systems import Retrieved, System
from eval.systems.ours import Ours
from rag.errors import SettingsError

SUMMARY = "whether searches find the facts that answer, and in what time"
_K = 10
_WARM = 5  # questions asked before the clock runs
_EVERY = 200  # questions between two lines of progress


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("folder", type=Path, help="folder of articles, or of a corpus.json")
    parser.add_argument("--queries", required=True, type=Path, help="questions, JSON Lines: a file in FOLDER or a path")
    parser.add_argument("--archive", type=Path, help="where the archive is kept; default: in the user's cache")
    parser.add_argument("--limit", type=_positive, help="only so many questions, evenly spaced over the file")
    parser.add_argument("--without", default="", metavar="PART[,PART…]", help="leave parts of the retrieval out")
    parser.add_argument("--ablation", action="store_true", help="also without each part of the retrieval in turn")
    parser.add_argument("--stock", action="store_true", help="also stock LlamaIndex (needs the bench extra)")
    parser.add_argument("--ceiling", action="store_true", help="also how many facts stand within one passage at all")
    parser.add_argument(
        "--run", dest="trec", type=Path, metavar="FILE", help="write the first system's results for TREC tools"
    )


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


@dataclass(frozen=True)
class Searched:
    """What a system gave for one question, and in how many milliseconds."""

    question: Question
    texts: tuple[Retrieved, ...]
    milliseconds: float

    @property
    def figures(self) -> dict[str, float]:
        """Every figure of this question."""
        return figures([text.text for text in self.texts], self.question.facts)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All tables. Raises SettingsError, ReadError and what opening an archive raises."""
    corpus = kept.corpus_of(options.folder)
    path = _queries(options.folder, options.queries, corpus)
    asked = questions.load(path)
    answerable = [question for question in asked if question.facts]
    chosen = questions.spaced(answerable, options.limit)
    if not chosen:
        raise SettingsError(f"{path} has no question with evidence")
    with ExitStack() as stack:
        base = stack.enter_context(rag.open(options.archive or _place(corpus)))
        _check(options, base.settings)
        report = kept.fill(base, corpus)
        results = {}
        for system in _systems(base, options, stack):
            results[system.name] = measure(system, chosen)
        first = next(iter(results.values()))
        if options.trec:
            trec.write(options.trec, "newsroom-rag", [(s.question, s.texts) for s in first])
        status = base.status()
        return {
            "questions": len(chosen),
            "questions without evidence, left out": len(asked) - len(answerable),
            "articles": status.articles,
            "articles not taken in": len(report.failed),
            "passages": status.passages,
            **(ceiling(base, chosen) if options.ceiling else {}),
            **tables(results),
            "longest text, tokens of the embedder": _longest(base.settings.embedder, results),
        }


def _queries(folder: Path, named: Path, corpus: Path) -> Path:
    path = folder / named if (folder / named).is_file() else named
    if corpus.is_dir() and path.resolve().is_relative_to(corpus.resolve()):
        raise SettingsError(f"{path} is among the articles of {corpus}", hint="Keep the questions elsewhere.")
    return path


def _check(options: argparse.Namespace, settings: rag.Settings) -> None:
    """Refuse now what would fail after minutes of embedding and searching."""
    if options.without:
        settings.override({"without": options.without}, "--without")
        unknown = {part.strip() for part in options.without.split(",")} - {"", *rag.RETRIEVAL_PARTS}
        if unknown:
            raise SettingsError(
                f"--without: no such part of the retrieval: {', '.join(sorted(unknown))}",
                hint=f"The parts are: {', '.join(rag.RETRIEVAL_PARTS)}.",
            )
    if options.trec and not options.trec.absolute().parent.is_dir():
        raise SettingsError(f"there is no folder {options.trec.parent} to write {options.trec.name} into")
    if options.stock:
        from eval.systems import stock

        stock.require()


def _place(corpus: Path) -> Path:
    with TemporaryDirectory() as folder, rag.open(folder) as fresh:  # what the environment says is part of the settings
        return kept.default_place(corpus, fresh.settings)


def _systems(base: rag.Archive, options: argparse.Namespace, stack: ExitStack) -> Iterator[System]:
    """The systems in order of their rows, each built when its turn comes."""

    def without(parts: str, name: str) -> Ours:
        settings = base.settings.override({"without": parts}, "--without")
        return Ours(stack.enter_context(rag.open(base.path, settings)), name)

    yield without(options.without, f"ours without {options.without}") if options.without else Ours(base)
    if options.ablation:
        already = [part for part in options.without.split(",") if part]
        for part in rag.RETRIEVAL_PARTS:
            if part not in already:
                yield without(",".join([*already, part]), f"without {part}")
    if options.stock:
        from eval.systems import stock

        yield from stock.build(base, _K)


def measure(system: System, chosen: Sequence[Question]) -> list[Searched]:
    """Every question's search, one at a time, after a few that do not count."""
    for question in chosen[:_WARM]:
        system.search(question.text, _K)
    found = []
    for number, question in enumerate(chosen):
        if number % _EVERY == 0:
            sys.stderr.write(f"{system.name}: question {number + 1} of {len(chosen)}\n")
        begun = time.perf_counter()
        texts = system.search(question.text, _K)
        found.append(Searched(question, tuple(texts), 1000 * (time.perf_counter() - begun)))
    return found


def tables(results: dict[str, list[Searched]]) -> dict[str, Any]:
    """Means, their intervals, means by type of question, and milliseconds; a row for each system."""
    scored = {name: [(s.question.type, s.figures) for s in searched] for name, searched in results.items()}
    return {
        "figures": {name: _means([f for _, f in rows]) for name, rows in scored.items()},
        "95% intervals": {
            name: {figure: list(bootstrap_mean([f[figure] for _, f in rows])) for figure in FIGURES}
            for name, rows in scored.items()
        },
        **_differences(scored),
        "by type of question": {
            name: {
                kind: {"questions": sum(k == kind for k, _ in rows), **_means([f for k, f in rows if k == kind])}
                for kind in sorted({kind for kind, _ in rows})
            }
            for name, rows in scored.items()
        },
        "milliseconds a question": {name: _spread([s.milliseconds for s in ss]) for name, ss in results.items()},
    }


def _differences(scored: dict[str, list[tuple[str, dict[str, float]]]]) -> dict[str, Any]:
    """Intervals of each further system's difference from the first, question by question; nothing for one system."""
    (name_of_first, first), *others = scored.items()
    table = {}
    for name, rows in others:
        pairs = [(its, own) for (_, its), (_, own) in zip(rows, first, strict=True)]
        table[name] = {
            figure: list(bootstrap_mean([its[figure] - own[figure] for its, own in pairs])) for figure in FIGURES
        }
    return {f"difference from {name_of_first}, 95% intervals": table} if table else {}


def _means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {figure: sum(row[figure] for row in rows) / len(rows) for figure in FIGURES}


def _spread(milliseconds: Sequence[float]) -> dict[str, float]:
    import numpy as np

    p50, p95 = np.quantile(milliseconds, [0.5, 0.95])
    return {"p50": float(p50), "p95": float(p95), "mean": float(np.mean(milliseconds))}


def ceiling(archive: rag.Archive, chosen: Sequence[Question]) -> dict[str, float]:
    """Shares of facts, and of questions with a fact, that stand within one passage: no search can find more.

    A fact counts if the fact itself, asked for, brings up a passage that holds it. So these are lower bounds, and
    close ones.
    """
    sys.stderr.write("ceiling: looking for the facts themselves\n")
    facts = list(dict.fromkeys(fact for question in chosen for fact in question.facts))
    whole = {fact for fact in facts if any(matches([hit.text for hit in archive.search(fact, _K)], [fact]))}
    return {
        "facts within one passage": len(whole) / len(facts),
        "questions with such a fact": sum(any(f in whole for f in q.facts) for q in chosen) / len(chosen),
    }


def _longest(embedder: str, results: dict[str, list[Searched]]) -> dict[str, int | None]:
    """Tokens of the longest text that each system gave; None where the embedder is no pack with a tokenizer."""
    if ":" in embedder:
        return dict.fromkeys(results)
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(rag.model_folder(embedder) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return {
        name: max((len(tokenizer.encode(text.text).ids) for s in searched for text in s.texts), default=0)
        for name, searched in results.items()
    }
