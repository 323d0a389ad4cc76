"""Whether an answer has the facts that a right one has, and none that a right one cannot have.

Facts are labelled by hand as forms of words (eval/asked.py) and found as whole words, without regard to case and to how
digits are grouped. So all of these are blind to what is said around a fact: "not 28 November" holds "28 November".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eval.cases import Case
from eval.metrics import HIGHER, LOWER, Value, answered, metric
from eval.outcomes import holds

# What can be wrong in a sentence and right in another: figures ("1 840" and "4.1m" are one each), days, names.
_DETAIL = re.compile(
    r"(?<![\d.,])[€$£]?\d{1,3}(?:\s\d{3})+(?:[.,]\d+)?(?!\d)"
    r"|[€$£]?\d[\d.,]*\d\w*|[€$£]?\d\w*|(?<=[\w,;:] )[A-ZÀ-Þ][\w’'-]+"
)
_END = re.compile(r"[.,]+\Z|[’']s?\Z")  # "Ortmund’s" is the name Ortmund


def _text(case: Case) -> str:
    """What a reader gets, without marks of any form: the "2" of "[1, 2]" is no fact."""
    return " ".join(sentence["text"] for _, sentence in case.claims)


@metric("key-fact recall", better=HIGHER, guarded=True)
@answered
def recall(case: Case) -> Value:
    """Key facts that stand in the answer / key facts, 0 to 1; 0 for an abstention of an answerable question, no value
    for an unanswerable one. Of our own making, after the nugget recall of TREC QA (Voorhees 2003)."""
    facts = case.asked.key_facts
    return sum(holds(_text(case), forms) for forms in facts) / len(facts) if facts else None


@metric("right", better=HIGHER, guarded=True)
@answered
def right(case: Case) -> Value:
    """1 if an answerable question's answer has all key facts and no wrong one, or an unanswerable one's is an
    abstention; else 0."""
    if not case.asked.answerable:
        return float(case.refused)
    text = _text(case)
    return float(all(holds(text, f) for f in case.asked.key_facts) and not _wrong(case))


@metric("key-fact precision", better=HIGHER, guarded=True)
@answered
def precision(case: Case) -> Value:
    """Of the figures and names in the answer the share that stand in the question, the reference answer or the gold
    quotes, 0 to 1; no value for an abstention, for an answer without any, and for an unanswerable question. It calls a
    true detail that no label has imprecise, and does not see a right figure of the wrong thing."""
    if not case.asked.answerable or case.refused:
        return None
    known = " ".join([case.asked.question, case.asked.reference, *(q.quote for q in case.asked.evidence)])
    details = [detail for _, sentence in case.claims for detail in _details(sentence)]
    return sum(holds(known, [detail]) for detail in details) / len(details) if details else None


@metric("contradiction", better=LOWER, guarded=True)
@answered
def contradiction(case: Case) -> Value:
    """1 if the answer holds a fact that is labelled as wrong (the neighbouring quarter's, the other person's), or, to a
    question with one figure or day as its only key fact, gives others of the kind and not that one; else 0. No value
    for an unanswerable question, which `false answer` is for. Blind to wrong facts that no label foresaw."""
    if not case.asked.answerable:
        return None
    return float(not case.refused and (_wrong(case) or _another_figure(case)))


def _wrong(case: Case) -> bool:
    return any(holds(_text(case), forms) for forms in case.asked.wrong_facts)


def _another_figure(case: Case) -> bool:
    facts, text = case.asked.key_facts, _text(case)
    if len(facts) != 1 or not any(re.search(r"\d", form) for form in facts[0]) or holds(text, facts[0]):
        return False
    return any(re.search(r"\d", d) and not holds(case.asked.question, [d]) for _, s in case.claims for d in _details(s))


def _details(sentence: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(_END.sub("", detail) for detail in _DETAIL.findall(sentence["text"])))
