"""Our answers beside those of stock LlamaIndex's CitationQueryEngine: how soon, how right, and with what marks.

QUESTIONS are files of questions with their key facts (eval/asked.py). Each is asked of both systems in one run, one
answer at a time: ours then stock, the next question stock first, and so on. Both have the same articles, the embedder's
same files, as many texts and the same model (eval/systems/citation_engine.py). Questions with earlier turns are left
out, since that engine takes none; `as_of` is told to ours alone. Needs the bench extra.

What is shared: a model in this process is loaded once, and its prefix cache serves both, our checks too where the judge
is the same model; a model server's is shared just so. Both are warm before the clock runs. Each has an unchanging
beginning of its prompt that the cache can keep, and by the order of asking each comes as often right after an answer of
its own as after one of the other. Each loads the embedder for itself.

Seconds are by one clock, outside of both, from the question to the first piece of text that the model writes (ours is
not checked then) and to the end (ours is checked then).

Key facts are counted as in eval/outcomes.py. The engine has no abstention of its own. Its answer counts as one if it
says in one of the usual ways that the sources do not tell, and holds no key fact; for a question that the articles do
not answer that is in its favour. Ours is one only if it says so itself. A mark is [n]; [1, 2] counts as [1][2].

A failure is an answer that the model did not end (no connection, or too late), also where ours went on without it. It
is counted with its reason, and its question is in no figure of either system: those are of the same questions. A model
that was given up may be busy for about a second more, which the next answer waits for.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import rag
from eval import asked, outcomes
from eval.asked import Asked
from eval.cases import Case
from eval.systems.citation_engine import CitationEngine, build, refuses
from eval.systems.stock import require
from rag.errors import ModelError, SettingsError
from rag.types import Record

SUMMARY = "our answers beside stock LlamaIndex's, with the same model"
OURS, STOCK = "ours", "stock"
MARKED = "with an [n] mark, of answered"
_WARM = Asked("warm", "What has happened?", "warm", False, "-", ())
_SAME = ("answer_tokens", "writer_timeout", "threads")  # what `rag.open_llm` takes from the default settings
_MARK = re.compile(r"\[\d+\]")
_SEVERAL = re.compile(r"\[\d+(?:\s*[,;]\s*\d+)+\]")


@dataclass(frozen=True, slots=True)
class Ended(Record):
    """An answer, as a record of eval/asked.py has it, and seconds from the question; None if nothing was written."""

    first_token: float | None
    end: float
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failed(Record):
    """The model did not end its answer; `end` is the seconds until that was clear."""

    reason: str
    end: float


@dataclass(frozen=True, slots=True)
class Pair(Record):
    """What both systems made of one question."""

    question: Asked
    ours: Ended | Failed
    stock: Ended | Failed


Side = Callable[[Asked], Ended | Failed]


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("questions", nargs="+", type=Path, help="files of questions, JSON Lines")
    parser.add_argument("--archive", type=Path, default=Path(".rag"))
    parser.add_argument("--writer", help="as for `rag ask`, for both")
    parser.add_argument("--limit", type=asked.positive, help="only so many questions, evenly spaced over the files")
    parser.add_argument("--records", type=Path, metavar="FILE", help="keep both answers in a new file")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All tables. Raises SettingsError, ReadError and what opening an archive and loading a model raise."""
    questions = asked.load(options.questions)
    single = [question for question in questions if not question.history]
    chosen = asked.spaced(single, options.limit)
    if not chosen:
        raise SettingsError("there is no question without earlier turns")
    if options.records and options.records.exists():
        raise SettingsError(f"{options.records} is there already", hint="Choose another name.")
    if not options.archive.is_dir():
        raise SettingsError(f"there is no archive in {options.archive}", hint="Make one with `rag ingest`.")
    require()
    pairs = []
    with ExitStack() as stack:
        archive = stack.enter_context(rag.open(options.archive))
        if options.writer:
            settings = archive.settings.override({"writer": options.writer}, "--writer")
            archive = stack.enter_context(rag.open(options.archive, settings))
        _check(archive.settings)
        writer = archive.settings.writer
        engine = build(archive, rag.open_llm(writer))
        file = stack.enter_context(options.records.open("w", encoding="utf-8")) if options.records else None
        try:
            archive.warm()
            for pair in tried(partial(ask_ours, archive), partial(ask_stock, engine, writer), chosen):
                pairs.append(pair)
                if file:
                    file.write(json.dumps(pair.to_dict(), ensure_ascii=False) + "\n")
                    file.flush()
        except KeyboardInterrupt:
            sys.stderr.write("stopped; these are the figures of what is answered\n")
    return {
        "questions asked of both": len(pairs),
        "not asked": len(chosen) - len(pairs),
        "with earlier turns, left out": len(questions) - len(single),
        **tables(pairs),
    }


def _check(settings: rag.Settings) -> None:
    """Refuse settings under which the two would not run the same model alike."""
    if settings.writer == "extractive":
        raise SettingsError("stock LlamaIndex needs a model to write", hint="Choose one with --writer.")
    default = rag.Settings()
    if other := [name for name in _SAME if getattr(settings, name) != getattr(default, name)]:
        raise SettingsError(
            f"stock LlamaIndex runs the model with the default {', '.join(other)}, and the archive does not",
            hint=f"For this run set {', '.join(f'RAG_{name.upper()}={getattr(default, name)}' for name in other)}.",
        )


def tried(ours: Side, stock: Side, chosen: Sequence[Asked]) -> Iterator[Pair]:
    """Both answers to each question in turn, after one each that does not count."""
    order = [(OURS, ours), (STOCK, stock)]
    for name, ask in order:
        if isinstance(warm := ask(_WARM), Failed):
            sys.stderr.write(f"{name} failed while warming up: {warm.reason}\n")
    for number, question in enumerate(chosen, 1):
        sys.stderr.write(f"question {number} of {len(chosen)}: {question.id}\n")
        made = {name: ask(question) for name, ask in order}
        yield Pair(question, made[OURS], made[STOCK])
        order.reverse()


def ask_ours(archive: rag.Archive, question: Asked) -> Ended | Failed:
    """What `archive.ask` answers, by its events, which tell when the first piece came."""
    begun = time.perf_counter()
    first = answer = None
    try:
        for event in archive.stream(question.question, as_of=question.as_of):
            if first is None and isinstance(event, rag.Delta) and event.text.strip():
                first = time.perf_counter() - begun
            elif isinstance(event, rag.Done):
                answer = event.answer
    except ModelError as error:
        return Failed(error.message, time.perf_counter() - begun)
    end = time.perf_counter() - begun
    assert answer is not None, "a stream ends with Done"
    # The notice of a writer that was replaced, or stopped before its end, begins with its name; there are others.
    writer = archive.settings.writer
    told = [notice for notice in answer.notices if notice.startswith(f"{writer} ")]
    if told or answer.model != writer:
        return Failed(told[0] if told else f"{answer.model} wrote in its place", end)
    return Ended(first, end, answer.to_dict())


def ask_stock(engine: CitationEngine, writer: str, question: Asked) -> Ended | Failed:
    """What the engine answers."""
    begun = time.perf_counter()
    first = None
    text = ""
    try:
        for piece in engine.stream(question.question):
            if first is None and piece.strip():
                first = time.perf_counter() - begun
            text += piece
    except (ModelError, ValueError) as error:  # LlamaIndex's own are ValueErrors
        return Failed(error.message if isinstance(error, ModelError) else str(error), time.perf_counter() - begun)
    end = time.perf_counter() - begun
    text = _SEVERAL.sub(lambda marks: "".join(f"[{n}]" for n in re.findall(r"\d+", marks.group())), text)
    holds_any = any(outcomes.holds(_MARK.sub("", text), forms) for forms in question.key_facts)
    answer = {
        "text": text,
        "abstained": refuses(text) and not holds_any,
        "sentences": [],
        "model": writer,
        "timings": {"retrieve": None, "first_token": first, "total": end},
    }
    return Ended(first, end, answer)


def tables(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Failures of each, and the figures of the questions that neither failed; seconds and their ratio, ours / stock."""
    both = [
        (pair.question, pair.ours, pair.stock)
        for pair in pairs
        if isinstance(pair.ours, Ended) and isinstance(pair.stock, Ended)
    ]
    failures = [
        (name, made.reason)
        for pair in pairs
        for name, made in ((OURS, pair.ours), (STOCK, pair.stock))
        if isinstance(made, Failed)
    ]
    failed = Counter(name for name, _ in failures)
    return {
        "failed by neither: compared": len(both),
        "failed": {name: outcomes.rate(failed[name], len(pairs)) for name in (OURS, STOCK)},
        "why they failed": dict(Counter(f"{name}: {reason}" for name, reason in failures)),
        "seconds": {
            "to first token": _seconds([(ours.first_token, stock.first_token) for _, ours, stock in both]),
            "to end": _seconds([(ours.end, stock.end) for _, ours, stock in both]),
        },
        "answers": {
            OURS: _answers([Case(question, OURS, ours.answer) for question, ours, _ in both]),
            STOCK: _answers([Case(question, STOCK, stock.answer) for question, _, stock in both]),
        },
    }


def _seconds(times: Sequence[tuple[float | None, float | None]]) -> dict[str, Any]:
    """p50 and p95 of both, over the questions for which both have a figure."""
    import numpy as np

    pairs = [(ours, stock) for ours, stock in times if ours is not None and stock is not None]
    columns = ("ours p50", "stock p50", "p50 ours / stock", "ours p95", "stock p95")
    if not pairs:
        return {"of": 0, **dict.fromkeys(columns)}
    (ours50, stock50), (ours95, stock95) = np.quantile(pairs, [0.5, 0.95], axis=0).tolist()
    return {"of": len(pairs), **dict(zip(columns, (ours50, stock50, ours50 / stock50, ours95, stock95)))}


def _answers(cases: Sequence[Case]) -> dict[str, Any]:
    shown = [case.answer["text"] for case in cases if case.answer and not case.refused]
    marked = sum(_MARK.search(text) is not None for text in shown)
    return {**outcomes.rates(cases), MARKED: outcomes.rate(marked, len(shown))}
