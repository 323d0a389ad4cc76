"""Whether answers are right, and refused where the articles do not say; what checking strikes; how long it takes.

QUESTIONS are files of questions with their key facts (eval/asked.py). Each is asked of the archive, and with --records
each answer is kept as soon as it is there: a run that was stopped, by Ctrl-C too, goes on from that file. The figures,
defined in eval/outcomes.py, come from the records alone; with --from-records nothing is asked, and QUESTIONS, if given,
say anew what the key facts are. --to-label writes a sheet for a person, who is not to see the verdicts, and beside it
a file of labels to fill in; with --labels that file becomes figures.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import rag
from eval import asked, outcomes
from eval.asked import Answered, Asked
from rag.errors import SettingsError

SUMMARY = "whether answers are right, and refused where they should be"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("questions", nargs="*", type=Path, help="files of questions, JSON Lines")
    parser.add_argument("--archive", type=Path, default=Path(".rag"))
    parser.add_argument("--writer", help="as for `rag ask`")
    parser.add_argument("--limit", type=asked.positive, help="only so many questions, evenly spaced over the files")
    parser.add_argument("--records", type=Path, metavar="FILE", help="keep each answer, and go on from those kept")
    parser.add_argument("--from-records", action="store_true", help="ask nothing: figures of the answers kept")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="sentences of the records, labelled by hand")
    parser.add_argument("--to-label", type=Path, metavar="FILE.md", help="write a sheet for labelling, and FILE.jsonl")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All tables. Raises SettingsError, ReadError and what opening and asking an archive raise."""
    _check(options)
    questions = asked.load(options.questions)
    labels = asked.labels(options.labels) if options.labels else []
    chosen = asked.spaced(questions, options.limit)
    if not options.from_records:
        answered = _ask(options, questions, chosen)
    elif chosen:
        kept = {each.asked.id: each for each in asked.records(options.records)}
        answered = [dataclasses.replace(kept[q.id], asked=q) for q in chosen if _is_of(kept.get(q.id), q)]
    else:
        answered = asked.spaced(asked.records(options.records), options.limit)
    if not answered:
        raise SettingsError("there is no answer to any of the questions")
    result = outcomes.figures(answered) | {"questions without an answer, left out": max(0, len(chosen) - len(answered))}
    if options.labels:
        result["labelled by hand"] = outcomes.labelled(answered, labels)
    if options.to_label:
        result["sentences to label"] = write_sheet(options.to_label, answered)
    return result


def _check(options: argparse.Namespace) -> None:
    """Refuse now what would fail after hours of asking."""
    if not options.questions and not options.from_records:
        raise SettingsError("no file of questions is given")
    if not options.records and (options.from_records or options.labels):
        raise SettingsError("--from-records and --labels are about the answers in --records FILE")
    if options.labels and options.limit:
        raise SettingsError("--labels are of all the records: leave --limit out")
    for path in (options.records, options.to_label):
        if path and not path.absolute().parent.is_dir():
            raise SettingsError(f"there is no folder {path.parent} to write {path.name} into")
    if options.to_label:
        if options.to_label.suffix == ".jsonl":
            raise SettingsError("--to-label names the sheet, FILE.md; the labels get the same name and .jsonl")
        for path in (options.to_label, _labels_beside(options.to_label)):
            if path.exists():
                raise SettingsError(f"{path} is there already", hint="Labels may be in it: choose another name.")


def _is_of(kept: Answered | None, question: Asked) -> bool:
    return kept is not None and _put(kept.asked) == _put(question)


def _put(question: Asked) -> tuple[Any, ...]:
    """What the archive was given of a question."""
    return question.question, question.history, question.as_of


def _ask(options: argparse.Namespace, questions: Sequence[Asked], chosen: Sequence[Asked]) -> list[Answered]:
    """The answers to the chosen questions, or to those of them that were answered until Ctrl-C."""
    if not options.archive.is_dir():
        raise SettingsError(f"there is no archive in {options.archive}", hint="Make one with `rag ingest`.")
    with ExitStack() as stack:
        archive = stack.enter_context(rag.open(options.archive))
        if options.writer:
            settings = archive.settings.override({"writer": options.writer}, "--writer")
            archive = stack.enter_context(rag.open(options.archive, settings))
        under = dataclasses.asdict(archive.settings)
        done = _resumed(options.records, questions, under, archive.version)
        due = [question for question in chosen if question.id not in done]
        file = stack.enter_context(options.records.open("a", encoding="utf-8")) if options.records else None
        try:
            if due:
                archive.warm()
            for number, question in enumerate(due, 1):
                sys.stderr.write(f"question {number} of {len(due)}: {question.id}\n")
                answer = archive.ask(question.question, question.history, as_of=question.as_of)
                done[question.id] = Answered(question, under, answer.to_dict())
                if file:
                    file.write(json.dumps(done[question.id].to_dict(), ensure_ascii=False) + "\n")
                    file.flush()
        except KeyboardInterrupt:
            sys.stderr.write("stopped; these are the figures of what is answered\n")
    return [done[question.id] for question in chosen if question.id in done]


def _resumed(
    path: Path | None, questions: Sequence[Asked], settings: Mapping[str, Any], version: str
) -> dict[str, Answered]:
    """The answers that a file of records holds, by question. Raises SettingsError if they are of another run."""
    if path is None or not path.exists():
        return {}
    known = {question.id: question for question in questions}
    found = {}
    for kept in asked.records(path):
        question = known.get(kept.asked.id)
        if question is None or not _is_of(kept, question):
            _refuse(path, f"is about other questions, such as {kept.asked.id!r}")
        elif kept.answer["archive_version"] != version:
            _refuse(path, "has answers from another version of the archive")
        elif kept.settings != settings:
            names = [name for name in {**kept.settings, **settings} if kept.settings.get(name) != settings.get(name)]
            _refuse(path, f"has answers under other settings: {', '.join(names)}")
        else:
            found[question.id] = dataclasses.replace(kept, asked=question)
    asked.mend(path)
    return found


def _refuse(path: Path, why: str) -> None:
    raise SettingsError(f"{path} {why}", hint="Choose another file with --records.")


def _labels_beside(sheet: Path) -> Path:
    return sheet.with_suffix(".jsonl")


def write_sheet(path: Path, answered: Sequence[Answered]) -> int:
    """Write the sheet and the labels to be filled in, always in the same shuffled order; the number of sentences."""
    beside = _labels_beside(path)
    sheet = [
        "# Is each sentence stated by the articles?\n",
        f"Put a label behind each sentence in {beside.name}: {', '.join(asked.LABELS)}. Stated means that the articles",
        "say it as it is written here, and that it is about what was asked.\n",
    ]
    blank = []
    for each in answered:
        question = each.asked
        order = list(enumerate(each.answer["sentences"]))
        random.Random(question.id).shuffle(order)
        if not order:
            continue
        sheet += [f"## {question.id}: {question.question}\n"]
        sheet += [f"- before it: {earlier} {reply}" for earlier, reply in question.history]
        sheet += [f"- reference: {question.reference}"]
        sheet += [f"- {quote.article}: {quote.quote}" for quote in question.evidence]
        sheet += [f"- beware: {question.notes}"] if question.notes else []
        sheet += ["", *(f"{question.id} / {index}: {sentence['text']}\n" for index, sentence in order)]
        blank += [
            {"id": question.id, "sentence": index, "label": "", "note": "", "text": sentence["text"]}
            for index, sentence in order
        ]
    path.write_text("\n".join(sheet), "utf-8")
    beside.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in blank), "utf-8")
    return len(blank)
