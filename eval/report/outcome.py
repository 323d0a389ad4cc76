"""What became of a question, in one word for plots and lists. Every case has exactly one outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from eval.cases import Case
from eval.metrics import facts

RIGHT, PARTLY, WRONG, FALSE_REFUSAL = "right", "partly right", "wrong or no key fact", "false refusal"
RIGHTLY, FALSE_ANSWER, FAILED = "rightly refused", "false answer", "failed"
OUTCOMES = (RIGHT, PARTLY, WRONG, FALSE_REFUSAL, RIGHTLY, FALSE_ANSWER, FAILED)
GOOD = (RIGHT, RIGHTLY)


def outcome(case: Case) -> str:
    """One of OUTCOMES; RIGHT and RIGHTLY are exactly the cases that the metric `right` has 1 for.

    An answer with all key facts and a wrong one is WRONG, as is one that gives another figure than the one asked for.
    """
    if case.answer is None:
        return FAILED
    if not case.asked.answerable:
        return RIGHTLY if case.refused else FALSE_ANSWER
    if case.refused:
        return FALSE_REFUSAL
    if facts.right(case) == 1:
        return RIGHT
    return PARTLY if facts.recall(case) and not facts.contradiction(case) else WRONG


def by_type(cases: Iterable[Case]) -> dict[str, Counter[str]]:
    """How often each outcome came, for every type of question, by name."""
    found: dict[str, Counter[str]] = {}
    for case in cases:
        found.setdefault(case.asked.type, Counter())[outcome(case)] += 1
    return dict(sorted(found.items()))
