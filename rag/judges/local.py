"""The local judge: a model in this process is asked whether the cited words state every detail of a sentence.

Its answer is not read as text. What counts is how likely it finds "yes" and how likely "no" as the first word, brought
to a probability by a line fitted on labelled claims (`calibration.json`, made by `python -m eval calibrate`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rag import llms, models
from rag.errors import ModelError, SettingsError
from rag.judges import Cited, Judge, Judgement
from rag.judges.calibration import chance, shipped
from rag.judges.premises import nothing_to_judge
from rag.judges.prompts import answers, stated
from rag.settings import Settings
from rag.types import Verdict

if TYPE_CHECKING:
    from rag.interop import ChatMessage

NAME = "local"
EXAMPLE = "local:qwen2.5-coder-1.5b"
SUMMARY = "the writer's model is asked whether every detail is stated; in this process"

_FLOOR = 1e-6  # probability of a word that is not among the likeliest
SCHEMES = ("local", "gguf")  # models in this process, which tell how likely each word is


def connect(target: str, settings: Settings) -> Judge:
    """The judge that asks the pack `target`, or the GGUF file `gguf:FILE`; without one, the settings' writer.

    Raises SettingsError if that is no model of this process, UnknownModel if there is none of that name.
    """
    if not target and settings.writer.partition(":")[0] not in SCHEMES:
        raise SettingsError(f"writer {settings.writer} is no model of this process", hint=f"Name one: {EXAMPLE}")
    spec = target or settings.writer
    if spec.partition(":")[0] not in SCHEMES:
        spec = f"local:{spec}"
    llms.resolve(spec)
    scheme, _, name = spec.partition(":")
    if scheme == "local":
        models.find(name)
    return LocalJudge(spec, settings)


class LocalJudge:
    """See the module."""

    def __init__(self, spec: str, settings: Settings) -> None:
        self.name = f"{NAME}:{spec.removeprefix('local:')}"
        self._spec = spec
        self._options = llms.Options(timeout=settings.writer_timeout, threads=settings.threads)
        self._llm: Any = None

    def load(self) -> None:
        """Load the model and let it read the unchanging part of both prompts. Raises ModelError."""
        self.margin("Ready?", [Cited("Ready.")])
        self.answer_margin("Ready?", "Ready.")

    def margin(self, claim: str, evidence: Sequence[Cited]) -> float:
        """How much likelier the model finds yes than no when asked whether it is stated, in log-odds. Raises
        ModelError."""
        return self._yes(stated(claim, evidence))

    def answer_margin(self, question: str, answer: str) -> float:
        """The same, asked whether `answer` gives what `question` asks for. Raises ModelError."""
        return self._yes(answers(question, answer))

    def _yes(self, messages: Sequence[tuple[str, str]]) -> float:
        if self._llm is None:
            self._llm = llms.open_llm(self._spec, self._options)
        found = self._llm.next_token_logprobs(_chat(messages))
        return _of(found, "yes") - _of(found, "no")

    def judge(self, claim: str, evidence: Sequence[Cited]) -> Judgement:
        """As the protocol has it; a model that fails leaves the sentence unchecked."""
        if nothing := nothing_to_judge(claim, evidence):
            return nothing
        try:
            margin = self.margin(claim, evidence)
        except ModelError as error:
            return Judgement(Verdict.UNCHECKED, f"the judge could not be asked: {error.message}")
        line = shipped().local
        probability = chance(line.odds({"margin": margin}))
        if probability >= line.threshold:
            return Judgement(Verdict.SUPPORTED, f"the model finds every detail stated ({probability:.2f})", probability)
        return Judgement(
            Verdict.UNSUPPORTED, f"the model does not find every detail stated ({probability:.2f})", probability
        )

    def answers(self, question: str, answer: str) -> Judgement:
        """Whether `answer` gives what `question` asks for; unchecked if the model fails."""
        try:
            margin = self.answer_margin(question, answer)
        except ModelError as error:
            return Judgement(Verdict.UNCHECKED, f"the judge could not be asked: {error.message}")
        line = shipped().answers
        probability = chance(line.odds({"margin": margin}))
        if probability >= line.threshold:
            return Judgement(Verdict.SUPPORTED, f"it answers what was asked ({probability:.2f})", probability)
        return Judgement(Verdict.UNSUPPORTED, f"it does not give what was asked ({probability:.2f})", probability)

    def judge_all(self, pairs: Sequence[tuple[str, Sequence[Cited]]]) -> list[Judgement]:
        """One after the other: the engine takes one question at a time."""
        return [self.judge(claim, evidence) for claim, evidence in pairs]


def _of(found: dict[str, float], word: str) -> float:
    likely = sum(math.exp(value) for token, value in found.items() if token.strip().casefold() == word)
    return math.log(max(likely, _FLOOR))


def _chat(messages: Sequence[tuple[str, str]]) -> list[ChatMessage]:
    from rag.interop import ChatMessage, MessageRole

    return [ChatMessage(role=MessageRole(role), content=text) for role, text in messages]
