"""Numbers that a sentence works out and no article prints: computed from the cited numbers, never believed.

"150 more", "up by a third", "twice as many" and "46% dearer" stand if two cited numbers of one kind give them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import permutations

from rag.forms import Number

_COMPARES = re.compile(
    r"\b(?:more|less|fewer|higher|lower|larger|smaller|longer|shorter|than|gap|difference|apart|ahead|behind|margin|"
    r"total\w*|together|combined|altogether|sum|rose|risen|rise|fell|fallen|fall|grew|grown|"
    r"(?:up|down)(?= (?:by|from)\b)|increas\w+|decreas\w+|drop\w*|saved?|times|average)\b",
    re.IGNORECASE,
)
_RATIOS = (
    (re.compile(r"\b(?:twice|double[ds]?|doubling|two times)\b", re.IGNORECASE), Decimal(2)),
    (re.compile(r"\b(?:triple[ds]?|tripling|three times|threefold)\b", re.IGNORECASE), Decimal(3)),
    (re.compile(r"\b(?:halved?|halving|by half|half as|half (?:of )?the)\b", re.IGNORECASE), Decimal("0.5")),
    (re.compile(r"\b(?:by (?:a|one) third|(?:a|one) third (?:more|higher|up))\b", re.IGNORECASE), Decimal(1) / 3),
    (re.compile(r"\b(?:by (?:a|one) quarter|(?:a|one) quarter (?:more|higher|up))\b", re.IGNORECASE), Decimal("0.25")),
)
_TOLERANCE = Decimal("0.02")  # "twice" may be 1.98 times
_NEAR = 60  # characters from a number to the word that compares
_YEARS = range(1800, 2101)
_LEAST = 10  # smaller counts are differences of too many things
_MOST = 12  # cited numbers looked at: with more, something always fits


def computed(number: Number, there: Sequence[Number], claim: str) -> str | None:
    """How two cited numbers of one kind give `number`, as "400 - 250 = 150"; None if they do not, or if the claim
    compares and adds nothing, so that a number that happens to fit is not taken for worked out."""
    place = claim.find(number.written)
    near = claim[max(0, place - _NEAR) : place + len(number.written) + _NEAR]
    if not _COMPARES.search(near) or (not number.unit and number.value < _LEAST):
        return None
    return next((how for value, unit, how in _results(there) if _fits(number, value, unit)), None)


def _results(there: Sequence[Number]) -> Iterator[tuple[Decimal, str, str]]:
    for a, b in permutations(there[:_MOST], 2):
        if a.unit != b.unit or "th" in (a.unit, b.unit) or not _of_one_kind(a, b):
            continue
        if a.value > b.value:
            unit = "points" if a.unit == "%" else a.unit
            yield a.value - b.value, unit, f"{a.written} - {b.written}"
        yield a.value + b.value, a.unit, f"{a.written} + {b.written}"
        if b.value and a.unit != "%":
            yield abs(a.value - b.value) / b.value * 100, "%", f"from {b.written} to {a.written}"


def _of_one_kind(a: Number, b: Number) -> bool:
    """Whether two numbers may count the same thing; years count nothing."""
    if any(not n.unit and n.value in _YEARS and not n.counted and "," not in n.written for n in (a, b)):
        return False
    return not (a.counted and b.counted) or bool(a.counted & b.counted)


def _fits(number: Number, value: Decimal, unit: str) -> bool:
    if unit != number.unit and not ("" in (unit, number.unit) and not {unit, number.unit} & {"%", "points"}):
        return False
    places = max(0, -int(number.value.as_tuple().exponent))
    return round(value, places) == number.value


def unfounded(claim: str, there: Sequence[Number], evidence: str) -> str | None:
    """The first "twice", "half" or "by a third" of a claim that its evidence neither says nor bears out in numbers."""
    for words, ratio in _RATIOS:
        said = words.search(claim)
        if said and not words.search(evidence) and not _borne_out(ratio, there):
            return said.group()
    return None


def _borne_out(ratio: Decimal, there: Sequence[Number]) -> bool:
    for a, b in permutations(there[:_MOST], 2):
        if a.unit == b.unit and b.value:
            share = a.value / b.value
            # "by a third" is a change, "twice" a multiple.
            changes = [abs(share - 1)] if ratio < Decimal("0.5") else [share]
            changes += [abs(share - 1)] if ratio == Decimal("0.5") else []  # "by half" may be either
            if any(abs(change - ratio) <= _TOLERANCE * ratio for change in changes):
                return True
    return False
