"""What the judges that read with a model share: evidence as a model reads it, and findings in a reader's words.

Not a judge: it has no NAME.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.forms import smoothed
from rag.judges import Cited, Judgement
from rag.types import Verdict

# Probability from which a sentence counts as stated: "likelier than not". Not tuned on labelled data.
STATED_FROM = 0.5

_WORD = re.compile(r"\w")


def origin(cited: Cited) -> str:
    """Where cited words are from, as a model reads it in front of them: "(outlet, day, “headline”) ", or nothing."""
    day = f"{cited.published.day} {cited.published:%B %Y}" if cited.published else ""
    title = f"“{cited.title}”" if cited.title else ""
    known = ", ".join(part for part in (cited.outlet, day, title) if part)
    return f"({smoothed(known)}) " if known else ""


def worded(evidence: Sequence[Cited]) -> list[Cited]:
    """The evidence that has a word in it."""
    return [cited for cited in evidence if _WORD.search(cited.quote)]


def nothing_to_judge(claim: str, evidence: Sequence[Cited]) -> Judgement | None:
    """What is found without reading: no model is asked about a claim without a word or without evidence."""
    if not worded(evidence):
        return Judgement(Verdict.UNSUPPORTED, "nothing is cited for it")
    if not _WORD.search(claim):
        return Judgement(Verdict.UNSUPPORTED, "it has no word that could be stated")
    return None


def found(judge: str, probability: float) -> Judgement:
    """The judgement of a model, called `judge` in the reason, that a claim is stated with this probability."""
    stated = probability >= STATED_FROM
    return Judgement(
        Verdict.SUPPORTED if stated else Verdict.UNSUPPORTED,
        f"{judge} {'finds' if stated else 'does not find'} it stated ({probability:.2f})",
        probability,
    )
