"""What came of a case, in a word; and shares with their intervals.

An answerable question is answered right (all key facts stand in the answer), partly (some), beside the point (none),
or refused. A question that the articles do not answer is refused, which is right, or answered although it should not
be. A key fact stands in a text if one of its forms does, as whole words, without regard to case and to the commas and
spaces that group digits. So "right" does not see what else an answer says: for that there are labels and judges.

The interval of a share is Wilson's, which keeps its width at none of n and all of n. It takes every case as
independent of the others; sentences of one answer are not quite. That of mean key-fact recall is the bootstrap's,
which has no width where all questions have the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from eval.cases import Case
from eval.intervals import bootstrap_mean

RIGHT, PARTLY, BESIDE, REFUSED = "right", "partly", "no key fact", "refused"
WRONGLY, RIGHTLY, FAILED = "answered although not answerable", "rightly refused", "failed"
_Z = 1.959964  # standard normal quantile of 97.5%
_MARKS = re.compile(r"\s*\[\d+\]")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[, ]\d{3})+(?!\d)")
_SAME_MARKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u2011": "-", "−": "-"})


def said(answer: Mapping[str, Any]) -> str | None:
    """What a reader gets of an answer, without citation marks; None for an abstention."""
    return None if answer["abstained"] else _MARKS.sub("", answer["text"])


def holds(text: str, forms: Sequence[str]) -> bool:
    """Whether one of the forms stands in the text: "38" neither in "380" nor in "38.4", "4,500" in "4 500"."""
    plain = _plain(text)
    return any(re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(_plain(form))}(?!\w)(?![.,]\d)", plain) for form in forms)


def _plain(text: str) -> str:
    text = " ".join(text.translate(_SAME_MARKS).casefold().split())  # no-break and thin spaces too
    return _GROUPED.sub(lambda number: re.sub(r"[, ]", "", number.group()), text)


def recall(case: Case) -> float:
    """Share of the key facts of an answerable question that stand in its answer; an abstention has none."""
    text = said(case.answer) if case.answer else None
    facts = case.asked.key_facts
    return sum(holds(text, forms) for forms in facts) / len(facts) if text else 0.0


def outcome(case: Case) -> str:
    """Which of the outcomes named above a case has; FAILED if there is no answer."""
    if case.answer is None:
        return FAILED
    if not case.asked.answerable:
        return RIGHTLY if case.refused else WRONGLY
    share = recall(case)
    return REFUSED if case.refused else RIGHT if share == 1 else PARTLY if share else BESIDE


def rate(count: int, of: int, *, per: int = 1) -> dict[str, Any]:
    """A row of a table: `count` of `of`, their ratio times `per`, and its 95% interval; None where `of` is 0."""
    name = "rate" if per == 1 else f"per {per}"
    low, high = wilson(count, of) if of else (None, None)
    interval = None if low is None or high is None else [per * low, per * high]
    return {"count": count, "of": of, name: per * count / of if of else None, "95% interval": interval}


def wilson(count: int, of: int) -> tuple[float, float]:
    """Wilson's 95% score interval of count / of, without continuity correction (Newcombe 1998, method 3)."""
    p, square = count / of, _Z**2
    middle = (2 * count + square) / (2 * (of + square))
    half = _Z * sqrt(square + 4 * count * (1 - p)) / (2 * (of + square))
    return max(0.0, middle - half), min(1.0, middle + half)


def rates(cases: Sequence[Case]) -> dict[str, dict[str, Any]]:
    """How many of the cases have each outcome, of those that can have it, and mean key-fact recall."""
    found = Counter(map(outcome, cases))
    answerable = [case for case in cases if case.asked.answerable]
    shares = [recall(case) for case in answerable]
    mean = {"rate": sum(shares) / len(shares), "95% interval": list(bootstrap_mean(shares))} if shares else {}
    return {
        "answered": rate(len(cases) - found[RIGHTLY] - found[REFUSED] - found[FAILED], len(cases)),
        "abstained": rate(found[RIGHTLY] + found[REFUSED], len(cases)),
        "right, of answerable": rate(found[RIGHT], len(answerable)),
        "partly, of answerable": rate(found[PARTLY], len(answerable)),
        "no key fact, of answerable": rate(found[BESIDE], len(answerable)),
        "refused although answerable": rate(found[REFUSED], len(answerable)),
        WRONGLY: rate(found[WRONGLY], len(cases) - len(answerable)),
        "key-fact recall": {"of": len(shares), "rate": None, "95% interval": None, **mean},
    }
