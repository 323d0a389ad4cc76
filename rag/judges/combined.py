"""The default judge: the signals of the words weighed together with what the local judge's model finds.

Where the words alone decide (a sentence taken over word for word; one that shares nothing) the model is not asked: it
costs seconds. Without a model in this process (`extractive`, a server) the signals decide alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.errors import ModelError, SettingsError
from rag.judges import Cited, Judge, Judgement
from rag.judges.calibration import chance, shipped
from rag.judges.local import SCHEMES, LocalJudge
from rag.judges.local import connect as local
from rag.judges.premises import nothing_to_judge
from rag.judges.reading import Pair, paired
from rag.judges.reasons import reason
from rag.judges.signals import signals
from rag.settings import Settings
from rag.types import Verdict

NAME = "combined"
EXAMPLE = "combined"
SUMMARY = "the default: the words' signals, and the model where they leave doubt, calibrated together"
WORDS = "words"
# The model is asked only where the words alone leave this much doubt.
_SURE = 0.95
_LOST = 0.03


def connect(target: str, settings: Settings) -> Judge:
    """The judge over the model `target` (`combined:PACK`), none for `combined:words`; by default the settings' writer's
    model if it runs in this process, else none."""
    if target == WORDS or (not target and settings.writer.partition(":")[0] not in SCHEMES):
        return CombinedJudge(None)
    model = local(target, settings)
    assert isinstance(model, LocalJudge)
    return CombinedJudge(model)


def estimate(claim: str, evidence: Sequence[Cited]) -> float:
    """How likely the words alone make it that `claim` is stated: what compares spans before a judge is asked."""
    return chance(shipped().words.odds(signals(paired(claim, evidence))))


class CombinedJudge:
    """See the module."""

    def __init__(self, model: LocalJudge | None) -> None:
        self.name = f"{NAME}:{WORDS if model is None else model.name.partition(':')[2]}"
        self._model = model

    def load(self) -> None:
        """See `LocalJudge.load`."""
        if self._model is not None:
            self._model.load()

    def figures(self, claim: str, evidence: Sequence[Cited]) -> dict[str, float]:
        """Every signal, and the model's `margin` if there is a model: for fitting. Raises ModelError."""
        figures = signals(paired(claim, evidence))
        return figures if self._model is None else figures | {"margin": self._model.margin(claim, evidence)}

    def answer_margin(self, question: str, answer: str) -> float:
        """See `LocalJudge.answer_margin`. Raises SettingsError without a model, ModelError if it fails."""
        if self._model is None:
            raise SettingsError("this judge has no model to ask", hint=f"Name one: {NAME}:qwen2.5-coder-1.5b")
        return self._model.answer_margin(question, answer)

    def judge(self, claim: str, evidence: Sequence[Cited]) -> Judgement:
        """As the protocol has it. A model that fails leaves a doubtful sentence unchecked."""
        if nothing := nothing_to_judge(claim, evidence):
            return nothing
        pair = paired(claim, evidence)
        figures = signals(pair)
        odds = shipped().words.odds(figures)
        probability, threshold = chance(odds), shipped().words.threshold
        if self._model is not None and _LOST < probability < _SURE:
            try:
                margin = self._model.margin(claim, evidence)
            except ModelError as error:
                return Judgement(Verdict.UNCHECKED, f"the judge could not be asked: {error.message}")
            combined = shipped().combined
            probability = chance(combined.odds({"words": odds, "margin": margin}))
            threshold = combined.threshold
        return _judgement(pair, figures, probability, threshold)

    def judge_all(self, pairs: Sequence[tuple[str, Sequence[Cited]]]) -> list[Judgement]:
        """One after the other."""
        return [self.judge(claim, evidence) for claim, evidence in pairs]

    def answers(self, question: str, answer: str) -> Judgement:
        """Whether `answer` gives what `question` asks for; unchecked without a model, or if it fails."""
        if self._model is None:
            return Judgement(Verdict.UNCHECKED, "no model to ask")
        return self._model.answers(question, answer)


def _judgement(pair: Pair, figures: dict[str, float], probability: float, threshold: float) -> Judgement:
    if probability >= threshold:
        return Judgement(Verdict.SUPPORTED, f"the cited words state it ({probability:.2f})", probability)
    return Judgement(Verdict.UNSUPPORTED, f"{reason(pair, figures)} ({probability:.2f})", probability)
