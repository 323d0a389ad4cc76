"""Whether the article's own words, quoted as they are, answer what was asked.

Quoted words are stated by what they cite; what can be wrong with them is that they answer something else. Two figures
tell: how likely their sentence holds what is asked (`rag.likely`), and, of a judge with a model to ask, its margin
between yes and no when asked whether they give it. Either alone says less. `quoting.json` holds how they are weighed,
with the command that fitted it to questions of which each was asked with its answer in the archive and without.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from rag.check import Checker, Run
from rag.corrections import with_what_puts_it_right
from rag.errors import ModelError, SettingsError
from rag.judges import Judge, calibration
from rag.likely import Likely
from rag.retrieve.corrected import Corrections
from rag.types import Hit, Sentence

FILE = Path(__file__).with_suffix(".json")
# What the writer told, and the judge let pass without being sure of it, needs less than words that nothing but their
# own figures speaks for: found on working questions, each asked with its answer in the archive and with that withheld.
TOLD, UNTOLD = 0.25, 0.5
FARTHEST = -3.0  # log-odds: what holds the answer less often than one time in twenty is not near it
_TRIED = 3  # of the likeliest sentences
_REWRITTEN = 2  # sentences that were struck


@dataclass
class Quoting:
    """For one question: how likely places of its evidence answer it. The judge is asked of no words twice."""

    judge: Judge
    question: str
    likely: Likely
    _margins: dict[str, float | None] = field(default_factory=dict)

    def odds(self, article_id: str, start: int, end: int) -> float:
        """The highest log-odds of the sentences that a place in an article shares with the evidence."""
        return max(
            (
                float(odds)
                for hit, own in zip(self.likely.hits, self.likely.odds, strict=True)
                if hit.article_id == article_id
                for odds, (begins, ends) in zip(own, hit.sentences, strict=True)
                if begins < end and start < ends
            ),
            default=float("-inf"),
        )

    def chance(self, run: Run) -> float:
        """How likely the words, quoted, answer the question."""
        asked, unasked = _shipped()
        figures = {"odds": self.odds(run.hit.article_id, run.start, run.end)}
        if run.quote not in self._margins:
            self._margins[run.quote] = self._margin(f"“{run.quote}”")
        margin = self._margins[run.quote]
        found = unasked.odds(figures) if margin is None else asked.odds(figures | {"margin": margin})
        return calibration.chance(found)

    def taken_from(
        self, struck: Sequence[Sentence], checker: Checker, corrections: Corrections
    ) -> list[tuple[Sentence, Run]]:
        """The first of the sentences that plainly were taken from words of the evidence, with those words."""
        taken = ((sentence, checker.rewritten(sentence)) for sentence in struck[:_REWRITTEN])
        return [(sentence, _whole(run.hit, (run.start, run.end), corrections)) for sentence, run in taken if run]

    def likeliest(self, corrections: Corrections) -> list[Run]:
        """The sentences of the evidence that most likely hold what is asked, where they are near it."""
        places = self.likely.likeliest()[:_TRIED]
        return [_whole(hit, span, corrections) for odds, hit, span in places if odds >= FARTHEST]

    def _margin(self, quote: str) -> float | None:
        """None if the judge has no model to ask: then the odds decide alone. Of one that fails nothing is quoted."""
        ask = getattr(self.judge, "answer_margin", None)
        if ask is None:
            return None
        try:
            return float(ask(self.question, quote))
        except SettingsError:
            return None
        except ModelError:
            return float("-inf")


def _whole(hit: Hit, span: tuple[int, int], corrections: Corrections) -> Run:
    return Run(hit, *with_what_puts_it_right(hit, span, corrections), 1.0)


@cache
def _shipped() -> tuple[calibration.Line, calibration.Line]:
    """The lines with and without a model's margin."""
    found = json.loads(FILE.read_text("utf-8"))
    asked, unasked = (calibration.Line(**found[name], threshold=UNTOLD) for name in ("asked", "unasked"))
    return asked, unasked
