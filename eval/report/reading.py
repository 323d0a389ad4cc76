"""What a reader of a case wants to know of it, for the page and the terminal alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.cases import Case
from eval.metrics import discovered
from eval.outcomes import holds, said
from eval.report.outcome import outcome
from eval.scores import scores
from rag.types import Record

_TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@dataclass(frozen=True, slots=True)
class Fact(Record):
    """A labelled fact, in its accepted forms, and whether the answer has it."""

    forms: tuple[str, ...]
    found: bool


@dataclass(frozen=True, slots=True)
class Gold(Record):
    """A gold quote, the file of its article, and the ranks of the passages of the evidence that hold it."""

    article: str
    quote: str
    ranks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading(Record):
    """A case, read. scores and failed: by metric; a metric that says nothing of the case is in neither."""

    outcome: str
    key_facts: tuple[Fact, ...]
    wrong_facts: tuple[Fact, ...]
    gold: tuple[Gold, ...]
    scores: Mapping[str, float]
    failed: Mapping[str, str]


def read(case: Case) -> Reading:
    """The case, read."""
    text = (said(case.answer) or "") if case.answer else ""
    found = scores([case])
    return Reading(
        outcome=outcome(case),
        key_facts=tuple(Fact(forms, holds(text, forms)) for forms in case.asked.key_facts),
        wrong_facts=tuple(Fact(forms, holds(text, forms)) for forms in case.asked.wrong_facts),
        gold=tuple(Gold(q.article, q.quote, _ranks(case, q.quote)) for q in case.asked.evidence),
        scores={name: score.values[case.id] for name, score in found.items() if score.values},
        failed={name: score.failed[case.id] for name, score in found.items() if score.failed},
    )


def evidence(case: Case) -> Sequence[Mapping[str, Any]]:
    """The passages shown, in the order of their ranks; none of a system that failed."""
    return case.answer["evidence"] if case.answer else ()


def marked(text: str, quotes: Sequence[str]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is part of a quote; white space need not agree, as in the metrics."""
    places = [i for i, character in enumerate(text) if not character.isspace()]
    plain = "".join(text[i] for i in places)
    inside = [False] * len(text)
    for quote in filter(None, ("".join(quote.split()) for quote in quotes)):
        begin = plain.find(quote)
        while begin >= 0:
            first, last = places[begin], places[begin + len(quote) - 1]
            inside[first : last + 1] = [True] * (last + 1 - first)
            begin = plain.find(quote, begin + 1)
    cuts = [i for i in range(1, len(text)) if inside[i] != inside[i - 1]]
    return [(text[a:b], inside[a]) for a, b in zip([0, *cuts], [*cuts, len(text)]) if a < b]


def amount(name: str, value: float) -> str:
    """A metric's value as people read it, with its unit."""
    unit = discovered()[name].unit
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if unit else 3
    return f"{value:,.{digits}f} {unit}".rstrip()


def origin(record: Mapping[str, Any]) -> str:
    """Title, outlet, byline and day of a passage or citation, as far as they are known."""
    known = [record.get("title"), record.get("outlet"), record.get("byline"), (record.get("published") or "")[:10]]
    return ", ".join(part for part in known if part) or str(record.get("article_id") or "no title")


def found_by(finding: Mapping[str, Any]) -> str:
    """What a second judge found, in a line, from `Finding.to_dict()`."""
    numbers = " ".join(f"[{number}]" for number in finding["citations"])
    likely = "" if finding["probability"] is None else f", probability {finding['probability']:.2f}"
    return f"{finding['judge']} on {numbers}: {finding['verdict']}, {finding['reason']}{likely}"


def printable(text: str) -> str:
    """Foreign text for a terminal: what would move its cursor, change its colours or turn its lines is replaced."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _acts(character) else character for character in text)


def _acts(character: str) -> bool:
    kind = unicodedata.category(character)
    return (kind == "Cc" and character not in "\n\t") or kind == "Cs" or unicodedata.bidirectional(character) in _TURNS


def _ranks(case: Case, quote: str) -> tuple[int, ...]:
    plain = "".join(quote.split())
    return tuple(i for i, hit in enumerate(evidence(case), 1) if plain in "".join(hit["text"].split()))
