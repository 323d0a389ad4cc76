"""`nli:ID-or-folder`: a sentence-transformers CrossEncoder that was trained on entailment, such as DeBERTa on MNLI.

The premise is a run of whole cited sentences with their origin in front, the hypothesis is the claim. Long evidence is
read in windows, and the likeliest one counts: a claim is stated if one window states it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np

from rag import cross_encoder
from rag.errors import ModelError, SettingsError
from rag.forms import smoothed
from rag.judges import Cited, Judge, Judgement
from rag.judges.premises import found, nothing_to_judge, origin, worded
from rag.sentences import Span, sentences
from rag.settings import Settings
from rag.types import Verdict

NAME = "nli"
EXAMPLE = "nli:cross-encoder/nli-deberta-v3-small"
SUMMARY = "an entailment model of sentence-transformers, in this process"

_WINDOW = 350  # the model's tokens: what these models were trained on is seldom longer
_LEAST_WINDOW = 16  # a claim that leaves less room than this is not judged
_MARKS = 8  # room for the marks that a tokenizer puts round a pair
_BATCH = 16  # pairs; more pads more
_CHOOSE = f"Choose a model that was trained on entailment, for example {EXAMPLE}"
_ENTAILMENT = ("entailment", "supported", "entails")
_WHO = "the entailment model"


def connect(target: str, settings: Settings) -> Judge:
    """The judge; its model loads when it first judges. Raises SettingsError without a target."""
    if not target:
        raise SettingsError("the nli judge needs a model", hint=f"For example: {EXAMPLE}")
    return NLIJudge(target, settings.threads)


class NLIJudge:
    """See the module.

    Judging raises ModelError if the model cannot be loaded, SettingsError if it has several labels and none is named
    as entailment.
    """

    def __init__(self, target: str, threads: int = 0) -> None:
        self.name = f"{NAME}:{target}"
        self._target = target
        self._threads = threads
        self._lock = Lock()

    def judge(self, claim: str, evidence: Sequence[Cited]) -> Judgement:
        return self.judge_all([(claim, evidence)])[0]

    def judge_all(self, pairs: Sequence[tuple[str, Sequence[Cited]]]) -> list[Judgement]:
        judgements = [nothing_to_judge(claim, evidence) for claim, evidence in pairs]
        rows: list[tuple[str, str]] = []
        owners: list[int] = []
        with self._lock:
            for n, (claim, evidence) in enumerate(pairs):
                if judgements[n] is None:
                    premises = self._premises(claim, worded(evidence))
                    rows += [(premise, smoothed(claim)) for premise in premises]
                    owners += [n] * len(premises)
            probabilities = self._probabilities(rows)
        best: dict[int, float] = {}
        for n, probability in zip(owners, probabilities):
            best[n] = max(best.get(n, 0.0), probability)
        return [known or _judgement(best.get(n)) for n, known in enumerate(judgements)]

    def _premises(self, claim: str, evidence: Sequence[Cited]) -> list[str]:
        """What the claim is held against: windows of each quote, and all quotes together if they fit."""
        room = min(_WINDOW, self._limit - _MARKS - self._counts([smoothed(claim)])[0])
        if room < _LEAST_WINDOW:
            return []
        wholes = [f"{origin(cited)}{smoothed(cited.quote)}" for cited in evidence]
        counts = self._counts(wholes)
        premises = []
        for cited, whole, count in zip(evidence, wholes, counts):
            premises += [whole] if count <= room else self._windows(cited, room)
        if len(wholes) > 1 and sum(counts) <= room:
            premises.append("\n".join(wholes))
        return premises

    def _windows(self, cited: Cited, room: int) -> list[str]:
        """Runs of whole sentences of a long quote, each with the quote's origin and in `room` tokens."""
        head = origin(cited)
        taken = self._counts([head])[0]
        if taken > room // 2:
            head, taken = "", 0  # a headline as long as an article
        spans = [piece for span in sentences(cited.quote) for piece in self._pieces(cited.quote, span, room - taken)]
        counts = self._counts([cited.quote[a:b] for a, b in spans])
        runs = _runs(counts, room - taken)
        return [head + smoothed(cited.quote[spans[first][0] : spans[last][1]]) for first, last in runs]

    def _pieces(self, text: str, span: Span, room: int) -> Iterator[Span]:
        """A sentence, halved between words until its pieces fit: a table or a list may be a "sentence"."""
        start, end = span
        if end - start < 2 or self._counts([text[start:end]])[0] <= room:
            yield span
            return
        middle = (start + end) // 2
        cut = text.rfind(" ", start + 1, middle) + 1 or middle
        yield from self._pieces(text, (start, cut), room)
        yield from self._pieces(text, (cut, end), room)

    def _counts(self, texts: list[str]) -> list[int]:
        encoded = self._model.tokenizer(texts, add_special_tokens=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def _probabilities(self, rows: list[tuple[str, str]]) -> list[float]:
        """How likely each premise entails its hypothesis."""
        if not rows:
            return []
        label = self._label
        from torch.nn import Identity, Sigmoid

        scores = self._model.predict(
            rows,
            batch_size=_BATCH,
            show_progress_bar=False,
            activation_fn=Sigmoid() if label is None else Identity(),  # whatever the model's own is
            apply_softmax=label is not None,
        )
        if not np.isfinite(scores).all():
            raise ModelError(f"{self._target} gave a score that is not a number", hint=_CHOOSE)
        return [float(score) for score in (scores if label is None else scores[:, label])]

    @cached_property
    def _model(self) -> Any:
        return cross_encoder.load(self._target, self._threads, _CHOOSE)

    @cached_property
    def _limit(self) -> int:
        return int(self._model.max_seq_length or 512)

    @cached_property
    def _label(self) -> int | None:
        """The place of the label that means entailment; None for a model of one label."""
        if self._model.num_labels == 1:
            return None
        labels = {int(n): str(label) for n, label in self._model.config.id2label.items()}
        for n, label in labels.items():
            if label.casefold() in _ENTAILMENT:
                return n
        raise SettingsError(
            f"{self._target} names no label of entailment: {', '.join(labels.values())}",
            hint=f"Choose an entailment model; one label must be called {' or '.join(_ENTAILMENT)}.",
        )


def _runs(counts: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """First and last place of runs of sentences, of `counts` tokens each, in `room`; neighbours share a sentence."""
    first = 0
    while first < len(counts):
        last, taken = first, counts[first]
        while last + 1 < len(counts) and taken + counts[last + 1] <= room:
            last += 1
            taken += counts[last]
        yield first, last
        if last + 1 == len(counts):
            return
        shares = last > first and counts[last] + counts[last + 1] <= room
        first = last if shares else last + 1


def _judgement(probability: float | None) -> Judgement:
    if probability is None:
        return Judgement(Verdict.UNCHECKED, "the sentence is too long for the entailment model")
    return found(_WHO, probability)
