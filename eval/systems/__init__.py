"""What can be measured side by side: anything that finds texts for a question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Retrieved:
    """One text that was found. `id` names it within its system, without white space: article_id:start-end here."""

    id: str
    text: str


class System(Protocol):
    """A way to find texts. `name` is the row it has in tables."""

    @property
    def name(self) -> str: ...

    def search(self, question: str, k: int) -> list[Retrieved]:
        """Up to `k` texts, best first."""
        ...
