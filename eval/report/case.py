"""One question with what each run made of it, as a part of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.asked import Asked
from eval.cases import Case
from eval.metrics import discovered
from eval.report.markup import Html, folded, joined, link, rows, scrolling, tag, to
from eval.report.outcome import GOOD, outcome
from eval.report.reading import Fact, Gold, amount, evidence, found_by, marked, origin, read
from eval.report.told import Told


def anchor(run: Told | None, place: int) -> str:
    """Where the question at a place is, or what a run made of it."""
    return f"{run.letter.lower() if run else 'q'}{place}"


def question(runs: Sequence[Told], place: int, id: str) -> Html:
    """The question, then its cases one after the other, then their scores side by side."""
    having = [run for run in runs if id in run.cases]
    first = having[0].cases[id].asked
    parts = [_question(first)]
    texts: dict[str, str] = {}  # where the text of a passage is on the page already
    before = first
    for run in having:
        case = run.cases[id]
        if case.asked != before:
            parts += [
                tag("p", f"Run {run.letter} was asked or labelled otherwise:", class_="bad"),
                _question(case.asked),
            ]
            before = case.asked
        parts.append(_case(run, case, place, texts))
    if missing := [run.letter for run in runs if run not in having]:
        parts.append(tag("p", f"Not asked in {', '.join(missing)}."))
    parts.append(_scores(id, having))
    came = joined(joined([_outcome(run.cases[id], f"{run.letter} "), " "]) for run in having)
    summary = joined([tag("b", id), f" {first.type} ", came, tag("span", first.question, class_="asked")])
    return folded(summary, *parts, class_="case", id=anchor(None, place))


def _outcome(case: Case, before: str = "") -> Html:
    name = outcome(case)
    return tag("span", before + name, class_="tone" if name in GOOD else "tone bad")


def _question(asked: Asked) -> Html:
    turns = [
        tag("li", tag("b", "asked: "), was, tag("br"), tag("b", "answered: "), said) for was, said in asked.history
    ]
    filters = asked.filters.to_dict() if asked.filters else {}
    limits = ", ".join(f"{k} {v if isinstance(v, str) else ', '.join(v)}" for k, v in filters.items() if v)
    known = {
        "Question": asked.question,
        "Asked before": tag("ol", *turns) if turns else None,
        "As of": asked.as_of.isoformat() if asked.as_of else None,
        "Filters": limits or None,
        "Reference": asked.reference,
        "The archive answers it": "yes" if asked.answerable else "no",
        "Note": asked.notes or None,
    }
    return _pairs(known)


def _case(run: Told, case: Case, place: int, texts: dict[str, str]) -> Html:
    reading = read(case)
    return tag(
        "section",
        tag("h3", f"Run {run.letter}: ", _outcome(case)),
        _facts("Key facts", reading.key_facts, "found", "not found"),
        _facts("Wrong facts", reading.wrong_facts, "found, and should not be", "not there, as it should be"),
        _gold(reading.gold),
        _evidence(case, anchor(run, place), texts),
        _prompt(case),
        folded("Raw output of the writer", tag("pre", case.raw)) if case.raw else None,
        _answer(case),
        tag("p", tag("b", "Failure: "), case.failure, class_="bad") if case.failure else None,
        class_="run",
        id=anchor(run, place),
    )


def _facts(name: str, facts: Sequence[Fact], found: str, missing: str) -> Html | None:
    if not facts:
        return None
    items = (tag("li", " / ".join(fact.forms), ": ", tag("b", found if fact.found else missing)) for fact in facts)
    return joined([tag("h4", name), tag("ul", *items)])


def _gold(quotes: Sequence[Gold]) -> Html | None:
    if not quotes:
        return None
    items = (tag("li", tag("q", gold.quote), f" {gold.article}: ", tag("b", _where(gold))) for gold in quotes)
    return joined([tag("h4", "Gold quotes"), tag("ul", *items)])


def _where(gold: Gold) -> str:
    return f"in passage {', '.join(map(str, gold.ranks))}" if gold.ranks else "not in the evidence"


def _evidence(case: Case, place: str, texts: dict[str, str]) -> Html | None:
    """The passages; one whose text another run of the question has shown is a link to it."""
    if not evidence(case):
        return tag("p", "No evidence.") if case.answer else None
    quotes = [quote.quote for quote in case.asked.evidence]
    shown = []
    for rank, hit in enumerate(evidence(case), 1):
        pieces = marked(hit["text"], quotes)
        holds = any(inside for _, inside in pieces)
        said = joined([f"{rank}. ", origin(hit), tag("b", " (gold quote)") if holds else None])
        here = f"{place}-{rank}"
        if (there := texts.setdefault(hit["text"], here)) != here:
            shown.append(tag("p", said, ": ", to(there, f"text in run {there[0].upper()}"), class_="elsewhere"))
            continue
        text = tag("p", *(tag("mark", piece) if inside else piece for piece, inside in pieces), class_="passage")
        shown.append(
            folded(
                said, text, link(hit["url"], "the article on the web") if hit.get("url") else None, open=holds, id=here
            )
        )
    return joined([tag("h4", "Evidence"), *shown])


def _prompt(case: Case) -> Html | None:
    if not case.prompt:
        return None
    role, text = case.prompt[-1]
    before = f", {len(case.prompt) - 1} before it are left out" if len(case.prompt) > 1 else ""
    return folded(f"Prompt: the last message ({role}){before}", tag("pre", text))


def _answer(case: Case) -> Html | None:
    if case.answer is None:
        return None
    sentences = [_sentence(case, i, sentence) for i, sentence in enumerate(case.answer["sentences"])]
    refusal = tag("p", tag("b", "Refused: "), case.answer["text"]) if case.refused else None
    notices = [tag("p", tag("b", "Notice: "), str(notice)) for notice in case.answer.get("notices") or ()]
    return joined([tag("h4", "Answer"), refusal, tag("ol", *sentences) if sentences else None, *notices])


def _sentence(case: Case, index: int, sentence: Mapping[str, Any]) -> Html:
    struck = sentence["verdict"] == "unsupported"
    verdict = f"{sentence['verdict']}{', struck' if struck else ''}: {sentence.get('reason') or 'no reason given'}"
    return tag(
        "li",
        tag("s" if struck else "span", sentence["text"]),
        tag("p", verdict, class_="verdict bad" if struck else "verdict"),
        tag("ul", *map(_citation, sentence["citations"]), *_findings(case, index), class_="under"),
    )


def _citation(citation: Mapping[str, Any]) -> Html:
    source = link(citation.get("url"), origin(citation))
    return tag("li", f"[{citation['number']}] ", tag("q", citation["quote"]), " ", source)


def _findings(case: Case, index: int) -> list[Html]:
    return [tag("li", found_by(finding.to_dict())) for finding in case.findings if finding.sentence == index]


def _scores(id: str, runs: Sequence[Told]) -> Html:
    table = []
    for name in discovered():
        cells = [_score(run, name, id) for run in runs]
        if any(cells):
            table.append([name, *cells])
    heads = ("metric", *(run.letter for run in runs))
    return folded("Scores", scrolling("Scores", rows(table, heads)))


def _score(run: Told, name: str, id: str) -> str:
    """The value, why there is none, or nothing where the metric says nothing."""
    score = run.scores[name]
    if id in score.failed:
        return tag("span", f"failed: {score.failed[id]}", class_="bad")
    return amount(name, score.values[id]) if id in score.values else ""


def _pairs(known: Mapping[str, str | None]) -> Html:
    return tag("dl", *(joined([tag("dt", k), tag("dd", v)]) for k, v in known.items() if v is not None))
