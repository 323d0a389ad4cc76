"""Why a sentence is struck, in words that its reader understands: the detail that weighs most against it."""

from __future__ import annotations

from rag import forms
from rag.judges.calibration import shipped
from rag.judges.marks import found
from rag.judges.reading import Pair
from rag.judges.signals import SIGNALS
from rag.words import WORD, stemmed

KINDS = {
    "lost_said": "it leaves out who says so",
    "lost_alleged": "it states as fact what is alleged",
    "lost_denied": "it leaves out that it is denied or disputed",
    "lost_expected": "it states as fact what is expected or estimated",
    "lost_planned": "it tells as done what is planned",
    "lost_possible": "it leaves out a condition or a doubt",
    "lost_up_to": "it leaves out a limit such as “up to” or “some”",
    "lost_not": "it leaves out a “not”",
    "lost_ended": "it leaves out that something has ended",
    "lost_begun": "it leaves out that something has begun",
    "added_said": "the cited words do not say who said it",
    "added_alleged": "the cited words do not speak of an allegation",
    "added_denied": "the cited words do not speak of a denial",
    "added_expected": "the cited words do not speak of an expectation",
    "added_planned": "the cited words do not speak of a plan",
    "added_not": "the cited words do not deny it",
    "added_superlative": "the cited words do not say “{}”",
    "added_cause": "the cited words do not give it as a cause",
    "added_compared": "the cited words do not make that comparison",
    "added_ended": "the cited words do not say that it has ended",
    "added_begun": "the cited words do not say that it has begun",
}
_BEST = dict.fromkeys([*SIGNALS, *KINDS], 0.0) | dict.fromkeys(
    ("covered", "covered_inside", "in_one_sentence", "in_order", "neighbours", "exact_runs", "number_fits",
     "names_together"), 1.0
)  # fmt: skip
# Lengths are no fault.
for _length in ("claim_length", "evidence_length"):
    del _BEST[_length]


def reason(pair: Pair, figures: dict[str, float]) -> str:
    """One clause, without a full stop."""
    if literal := _literal(pair, figures):
        return literal
    for _, name in shipped().words.against(figures, _BEST):
        if words := _words(name, pair):
            return words
    return "the cited words do not state every detail of it"


def _literal(pair: Pair, figures: dict[str, float]) -> str | None:
    if figures["numbers_missing"]:
        return f"the cited words do not say “{pair.absent[0].written}”" if pair.absent else None
    if figures["names_missing"]:
        stems = {token.stem for part in (*pair.parts, pair.origin) for token in part.tokens}
        for name, begins in forms.names(pair.claim.text):
            if not begins and any(stemmed(word) not in stems for word in WORD.findall(name)):
                return f"the cited words do not name {name}"
    return None


def _words(name: str, pair: Pair) -> str | None:
    if name in KINDS:
        kind = name.partition("_")[2]
        return KINDS[name].format(found(kind, pair.claim.text))
    if name in ("number_fits", "number_rival"):
        numbers = [number.written for number, _ in pair.claim.numbers]
        return f"“{numbers[0]}” may belong to something else there" if len(numbers) == 1 else (
            "its numbers may belong to something else there"
        )  # fmt: skip
    if name in ("in_order", "name_order", "names_together"):
        return "the cited words may say it of somebody or something else"
    if pair.unheld:
        return f"the cited words do not speak of “{pair.unheld[0]}”"
    return None
