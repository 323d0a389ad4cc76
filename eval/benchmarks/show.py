"""One case of a run, in full: what was asked, what came of it, and what each part of it is worth.

The order is that of the page of `rag eval report`.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

from eval.report.reading import amount, found_by, marked, origin, printable, read
from eval.runs import Run
from rag.errors import SettingsError

SUMMARY = "one case of a run, in full"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="a run's folder")
    parser.add_argument("id", metavar="ID", help="the question's id")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The case as it is kept, and what is read off it. Raises ReadError; SettingsError if it is not in the run."""
    kept = Run(options.run_folder)
    cases = {case.id: case for case in kept.cases()}
    if options.id not in cases:
        near = difflib.get_close_matches(options.id, cases) or list(cases)[:3]
        hint = f"There is: {', '.join(near)}." if near else "No question was asked yet."
        raise SettingsError(f"{kept.name} has no question {options.id!r}", hint=hint)
    case = cases[options.id]
    return {"run": kept.name, "case": case.to_dict(), **read(case).to_dict()}


def rendered(result: Mapping[str, Any]) -> str:
    """The case as plain text."""
    return printable("\n".join(_lines(result)) + "\n")


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    case = result["case"]
    asked, answer = case["asked"], case["answer"]
    yield f"{asked['id']} ({asked['type']}) in {result['run']}: {result['outcome']}"
    yield from ("", "QUESTION", asked["question"])
    for was, said in asked["history"]:
        yield f"  asked before: {was}\n  answered: {said}"
    yield from ([f"  as of {asked['as_of']}"] if asked["as_of"] else [])
    filters = {name: value for name, value in (asked["filters"] or {}).items() if value}
    yield from ([f"  filters: {filters}"] if filters else [])
    yield from ("", "REFERENCE", asked["reference"])
    yield from ([f"  note: {asked['notes']}"] if asked["notes"] else [])
    for name, facts in (("KEY FACTS", result["key_facts"]), ("WRONG FACTS", result["wrong_facts"])):
        yield from ("", name) if facts else ()
        yield from (f"  {'found' if fact['found'] else 'not found'}: {' / '.join(fact['forms'])}" for fact in facts)
    yield from ("", "GOLD QUOTES") if result["gold"] else ()
    for gold in result["gold"]:
        where = f"in passage {', '.join(map(str, gold['ranks']))}" if gold["ranks"] else "not in the evidence"
        yield f"  {where}: “{gold['quote']}” {gold['article']}"
    yield from _evidence(answer["evidence"] if answer else [], [gold["quote"] for gold in result["gold"]])
    if case["prompt"]:
        role, text = case["prompt"][-1]
        yield from ("", f"PROMPT, the last of {len(case['prompt'])} messages ({role})", indent(text, "  "))
    yield from ("", "RAW OUTPUT", indent(case["raw"], "  ")) if case["raw"] else ()
    yield from _answer(answer, case["findings"]) if answer else ()
    yield from ("", "SCORES")
    yield from (f"  {name:32} {amount(name, value)}" for name, value in result["scores"].items())
    yield from (f"  {name:32} failed: {reason}" for name, reason in result["failed"].items())
    yield from ("", "FAILURE", f"  {case['failure']}") if case["failure"] else ()


def _evidence(hits: list[Mapping[str, Any]], quotes: list[str]) -> Iterator[str]:
    yield from ("", "EVIDENCE (gold quotes in »…«)") if hits else ()
    for rank, hit in enumerate(hits, 1):
        yield f"  {rank}. {origin(hit)} {hit.get('url') or ''}".rstrip()
        text = "".join(f"»{piece}«" if inside else piece for piece, inside in marked(hit["text"], quotes))
        yield indent(text, "     ")


def _answer(answer: Mapping[str, Any], findings: list[Mapping[str, Any]]) -> Iterator[str]:
    yield from ("", "ANSWER")
    yield from (f"  refused: {answer['text']}",) if answer["abstained"] else ()
    for index, sentence in enumerate(answer["sentences"]):
        yield f"  {index + 1}. {sentence['text']}"
        yield f"     {sentence['verdict']}: {sentence.get('reason') or 'no reason given'}"
        for citation in sentence["citations"]:
            source = f"{origin(citation)} {citation.get('url') or ''}".rstrip()
            yield f"     [{citation['number']}] “{citation['quote']}” {source}"
        yield from (f"     {found_by(finding)}" for finding in findings if finding["sentence"] == index)
    yield from (f"  notice: {notice}" for notice in answer.get("notices") or ())
