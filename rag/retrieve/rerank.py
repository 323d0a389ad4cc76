"""A second look at the first passages of a search, by a model that reads question and passage together.

Off unless `Settings.reranker` names a CrossEncoder of sentence-transformers: none ships with the project, since none
that was at hand earned its seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag import cross_encoder
from rag.errors import ModelError, SettingsError
from rag.forms import smoothed
from rag.types import Hit

Floats = NDArray[np.float32]

AT_MOST = 30  # passages of one search that are read
_BATCH = 16
_CHOOSE = "Choose a reranker with one score, for example cross-encoder/ms-marco-MiniLM-L6-v2"


class Reranker:
    """A CrossEncoder by its Hugging Face id or folder; loads when first needed. May be used by several threads."""

    def __init__(self, target: str, threads: int = 0) -> None:
        self._target = target
        self._threads = threads
        self._lock = Lock()

    def probabilities(self, question: str, hits: Sequence[Hit]) -> Floats:
        """How likely each hit answers the question, by the model alone, shape (len(hits),).

        Raises ModelError if the model cannot be loaded or gives no number, SettingsError if it has several labels.
        """
        if not hits:
            return np.zeros(0, np.float32)
        pairs = [(question, smoothed(f"{hit.title}. {hit.text}" if hit.title else hit.text)) for hit in hits]
        with self._lock:
            from torch.nn import Sigmoid

            scores = self._model.predict(
                pairs, batch_size=_BATCH, show_progress_bar=False, activation_fn=Sigmoid(), apply_softmax=False
            )
        if not np.isfinite(scores).all():
            raise ModelError(f"{self._target} gave a score that is not a number", hint=_CHOOSE)
        return np.asarray(scores, np.float32)

    @cached_property
    def _model(self) -> Any:
        model = cross_encoder.load(self._target, self._threads, _CHOOSE)
        if model.num_labels != 1:
            raise SettingsError(f"{self._target} has {model.num_labels} labels, and no score", hint=_CHOOSE)
        return model
