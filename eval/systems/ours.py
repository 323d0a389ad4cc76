"""This project's own search, through its public face."""

from __future__ import annotations

from dataclasses import dataclass

import rag
from eval.systems import Retrieved


@dataclass(frozen=True)
class Ours:
    """An open archive as a system."""

    archive: rag.Archive
    name: str = "ours"

    def search(self, question: str, k: int) -> list[Retrieved]:
        """Passages; an id is the article's and the passage's offsets."""
        hits = self.archive.search(question, k)
        return [Retrieved(f"{hit.article_id}:{hit.start}-{hit.end}", hit.text) for hit in hits]
