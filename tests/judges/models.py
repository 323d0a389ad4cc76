"""A model in place of the one that the local judge asks: it knows which sentences are stated, and what it was asked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag.errors import WriterFailed


@dataclass
class KnowingModel:
    """Says yes, likely, to a prompt that holds one of `stated`, and no to others; `broken` fails instead."""

    stated: Collection[str]
    broken: bool = False
    asked: list[str] = field(default_factory=list)

    def next_token_logprobs(self, messages: Sequence[Any]) -> dict[str, float]:
        prompt = str(messages[-1].content)
        self.asked.append(prompt)
        if self.broken:
            raise WriterFailed("the model had not ended after 1 seconds")
        right = any(f"Sentence: {claim}" in prompt or f"Answer: {claim}" in prompt for claim in self.stated)
        return {"yes": -0.02, "no": -5.0, " Yes": -9.0} if right else {"no": -0.02, "yes": -5.0, "maybe": -8.0}
