"""How likely each sentence of a passage holds what a question asks, read together by a small model.

Vectors of a question and of a sentence that were made apart tell what both are about. Whether the one answers the other
they hardly tell: "who blamed the rain?" is as near to whoever blamed the wind. So the default embedder's own network
reads question and passage in one, with low-rank changes to its weights (Hu et al. 2021, arXiv 2106.09685) that were
learnt from questions with the sentences that answer them, and with those that only come near (`rag eval teach`). A
sentence is the mean of its tokens' states; its log-odds are a line over them, and their cosine with the question's.

The changes are small and lie beside this file; what they change is the model pack. With another embedder there is none.
It runs in numpy: six passages take a quarter of a second on two cores, and torch would take longer to be imported.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag import bert, models
from rag.types import Hit

Floats = NDArray[np.float32]

FILE = Path(__file__).with_suffix(".safetensors")
PACK = "all-minilm-l6-v2"
LONGEST = 400  # tokens of question, headline and passage together
LONGEST_QUESTION = 80
LONGEST_TITLE = 40
LEVEL = 0.3  # cosine that counts for nothing
_BATCH = 16

Tokens = tuple[list[int], int, list[tuple[int, int]]]  # ids, tokens of the question, token range of each sentence


def laid_out(tokenizer: Any, question: str, title: str | None, text: str, spans: Sequence[tuple[int, int]]) -> Tokens:
    """Question, headline and passage as the model reads them, and where among the tokens each sentence stands.

    `spans` are the sentences' places in `text`. One that is beyond LONGEST has an empty range.
    """
    asked = tokenizer.encode(question).ids
    end = asked[-1]
    asked = [*asked[: LONGEST_QUESTION - 1], end] if len(asked) > LONGEST_QUESTION else asked
    head = tokenizer.encode(f"{title or ''}. ", add_special_tokens=False).ids[:LONGEST_TITLE]
    body = tokenizer.encode(text, add_special_tokens=False)
    before = len(asked) + len(head)
    kept = LONGEST - before - 1
    begins = [start for start, _ in body.offsets[:kept]]
    ranges = [(before + bisect_left(begins, start), before + bisect_left(begins, stop)) for start, stop in spans]
    return [*asked, *head, *body.ids[:kept], end], len(asked), ranges


class Pertinence:
    """The model. Safe to use from several threads; loads on first use."""

    def __init__(self, folder: Path, changes: Path = FILE) -> None:
        self._folder, self._changes = folder, changes
        self._lock = Lock()
        self._bert: bert.Bert | None = None

    def _loaded(self) -> bert.Bert:
        if self._bert is None:
            self._bert = self._load()
        return self._bert

    def _load(self) -> bert.Bert:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        changes = {name: part.astype(np.float32) for name, part in load_file(str(self._changes)).items()}
        self._line, self._bias, self._cosine = changes["line"], float(changes["bias"][0]), float(changes["cosine"][0])
        self._tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        found = bert.load(self._folder, LONGEST, bert.Bert, changes)
        assert found is not None, "the pack is plain BERT"
        return found

    def load(self) -> None:
        """Load it now."""
        with self._lock:
            self._loaded()

    def odds(self, question: str, hits: Sequence[Hit]) -> list[Floats]:
        """Log-odds of each sentence of each hit, arrays of shape (S,)."""
        with self._lock:
            network = self._loaded()
            read = [laid_out(self._tokenizer, question, hit.title, hit.text, _within(hit)) for hit in hits]
            states: list[Floats] = []
            for at in range(0, len(read), _BATCH):
                states += network.states([ids for ids, _, _ in read[at : at + _BATCH]])
        return [self._sentences(own, asked, places) for own, (_, asked, places) in zip(states, read, strict=True)]

    def _sentences(self, states: Floats, asked: int, ranges: Sequence[tuple[int, int]]) -> Floats:
        question = bert.unit(states[1 : asked - 1].mean(0)) if asked > 2 else states[0]
        odds = np.full(len(ranges), self._bias, np.float32)
        for row, (start, end) in enumerate(ranges):
            if end > start:
                mean = states[start:end].mean(0)
                odds[row] += float(mean @ self._line) + self._cosine * (float(bert.unit(mean) @ question) - LEVEL)
        return odds


def _within(hit: Hit) -> list[tuple[int, int]]:
    """The places of a hit's sentences in its own text."""
    return [(start - hit.start, end - hit.start) for start, end in hit.sentences]


def folder() -> Path:
    """The pack that is changed, fetched if it is not there."""
    return models.ensure(PACK, why="the embedder, which also finds the sentences that answer")


def of_pack(name: str) -> Pertinence | None:
    """The model for an archive whose embedder is called `name`; None if that is not the one it was learnt with."""
    return Pertinence(folder()) if name == PACK else None
