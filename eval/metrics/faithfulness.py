"""Whether what is shown is stated by the words that it cites.

Two judges look, neither of them the one that struck sentences while the answer was written: `literal` (numbers, dates,
names and quotations must stand in the cited words; it never sees meaning) and a model of another size. Both err; `eval
judges` says how often on labelled claims, and `eval anchor` what that does to these figures. An answer that shows no
claim (an abstention) has no value here: it can be neither faithful nor not. A judge that failed is Failed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eval.cases import Case, Finding
from eval.metrics import HIGHER, Failed, Value, answered, metric
from rag.types import Verdict

LITERAL = "literal"
_QUOTED = re.compile(r"[\"“„]([^\"“”„]*)[\"”“]")
_SHORTEST = 3  # characters; "no" in quotation marks stands in most texts


def _share(case: Case, judge: str | None) -> Value:
    """Share of the claims that a judge finds stated by all that they cite; a claim without citations is not."""
    if judge is None or not case.claims:
        return None
    stated = []
    for index, sentence in case.claims:
        finding = case.found(judge, index) if sentence["citations"] else None
        if finding and finding.verdict == Verdict.UNCHECKED:
            return Failed(f"{judge}: {finding.reason}")
        if finding is None and sentence["citations"]:
            return None  # this judge was not asked
        stated.append(_stated(finding))
    return sum(stated) / len(stated)


def _stated(finding: Finding | None) -> bool:
    return finding is not None and finding.verdict == Verdict.SUPPORTED


def model(case: Case) -> str | None:
    """The judge beside `literal`, if there was one."""
    return next((name for name in case.judges if name != LITERAL), None)


@metric("faithful, literally", better=HIGHER, guarded=True)
@answered
def literally(case: Case) -> Value:
    """Claims whose every number, date, name and quotation stands in the words cited / claims, 0 to 1. Blind to
    everything else: who said it, negation, what a number is of."""
    return _share(case, LITERAL)


@metric("faithful", better=HIGHER, guarded=True)
@answered
def faithful(case: Case) -> Value:
    """Claims that the second judge finds stated by the words cited / claims, 0 to 1 (after RAGAS' faithfulness, Es et
    al. 2023, with citations in place of the whole context). It errs as its judge errs."""
    return _share(case, model(case))


@metric("citation recall", better=HIGHER)
@answered
def citation_recall(case: Case) -> Value:
    """ALCE (Gao et al. 2023): share of the claims, 0 to 1, that all their citations together state. It is `faithful`
    of a run whose claims all have citations; one without any counts as not stated."""
    return _share(case, model(case) or LITERAL)


@metric("citation precision", better=HIGHER)
@answered
def citation_precision(case: Case) -> Value:
    """ALCE (Gao et al. 2023): share of the citations, 0 to 1, that are needed. One is not if its claim is not stated by
    all of them together, or if it does not state the claim by itself while the others do without it."""
    judge = model(case) or LITERAL
    if not case.claims:
        return None
    needed: list[bool] = []
    for index, sentence in case.claims:
        numbers = tuple(c["number"] for c in sentence["citations"])
        whole = case.found(judge, index, numbers)
        if whole is None and numbers:
            return None
        for found in case.findings:
            if (found.judge, found.sentence, found.verdict) == (judge, index, Verdict.UNCHECKED):
                return Failed(f"{judge}: {found.reason}")
        for number in numbers:
            needed.append(_stated(whole) and (len(numbers) == 1 or _counts(case, judge, index, number, numbers)))
    return sum(needed) / len(needed) if needed else 0.0


def _counts(case: Case, judge: str, sentence: int, number: int, numbers: Sequence[int]) -> bool:
    rest = tuple(n for n in numbers if n != number)
    return _stated(case.found(judge, sentence, (number,))) or not _stated(case.found(judge, sentence, rest))


@metric("citations open on their words", better=HIGHER, guarded=True)
@answered
def opens(case: Case) -> Value:
    """Citations whose article has the quoted words, byte for byte, at the stored offsets / citations, 0 to 1. No value
    for an answer or a system without offsets."""
    return sum(case.opens) / len(case.opens) if case.opens and case.claims else None


@metric("quotations exact", better=HIGHER, guarded=True)
@answered
def exact(case: Case) -> Value:
    """Quotations in the answer that stand letter by letter in the words that their sentence cites / quotations, 0 to 1;
    no value for an answer without any. Blind to who said it."""
    found = [
        _plain(quote) in _plain(" ".join(c["quote"] for c in sentence["citations"]))
        for _, sentence in case.claims
        for quote in _QUOTED.findall(sentence["text"])
        if len(quote) >= _SHORTEST
    ]
    return sum(found) / len(found) if found else None


def _plain(text: str) -> str:
    return " ".join(text.translate(str.maketrans("“”„’‘", '"""\'\'')).strip(" ,.").split())


def subsets(sentence: Mapping[str, Any]) -> list[tuple[int, ...]]:
    """Sets of a sentence's citations that a judge is asked about: all; of several also each alone and all others."""
    numbers = tuple(c["number"] for c in sentence["citations"])
    if len(numbers) < 2:
        return [numbers] if numbers else []
    single = [(n,) for n in numbers]
    return list(dict.fromkeys([numbers, *single, *(tuple(m for m in numbers if m != n) for n in numbers)]))
