"""Whether the archive's silence is told from its word. A failure is neither an answer nor a refusal."""

from __future__ import annotations

from eval.cases import Case
from eval.metrics import HIGHER, LOWER, Value, answered, metric
from eval.outcomes import holds


@metric("false answer", better=LOWER, guarded=True)
@answered
def false_answer(case: Case) -> Value:
    """1 if a question that the archive does not answer gets an answer, 0 if an abstention; no value for others. It does
    not ask whether what is said is true."""
    return None if case.asked.answerable else float(not case.refused)


@metric("false refusal", better=LOWER, guarded=True)
@answered
def false_refusal(case: Case) -> Value:
    """1 if an answerable question gets an abstention, else 0; no value for unanswerable ones. It does not ask whether
    an answer is right."""
    return float(case.refused) if case.asked.answerable else None


@metric("abstention precision", better=HIGHER)
@answered
def precision(case: Case) -> Value:
    """Of the abstentions the share that were called for, 0 to 1; its cases are the abstentions, so that a system that
    hardly ever abstains has a wide interval."""
    return float(not case.asked.answerable) if case.refused else None


@metric("abstention recall", better=HIGHER)
@answered
def recall(case: Case) -> Value:
    """Of the unanswerable questions the share that got an abstention, 0 to 1: 1 − `false answer`."""
    return None if case.asked.answerable else float(case.refused)


@metric("facts nearest to a false refusal", better=HIGHER)
@answered
def nearest(case: Case) -> Value:
    """Of an answerable question's abstention, the key facts that stand in the words it names as nearest / key facts,
    0 to 1: whether a reader who gets no answer still reads it. No value for other cases and for a system that never
    names any. Blind, as key-fact recall is, to what is said around a fact."""
    nearest = (case.answer or {}).get("nearest")
    if not case.asked.answerable or not case.refused or nearest is None:
        return None
    facts, quotes = case.asked.key_facts, [citation["quote"] for citation in nearest]
    return sum(any(holds(quote, forms) for quote in quotes) for forms in facts) / len(facts)
