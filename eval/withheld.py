"""Questions that an archive answers, asked of it without the articles that answer them.

Questions that were written to have no answer sound like it: their words alone tell them from others (`rag eval tells`).
These sound like any other. Each is asked of a copy of the archive while the articles that hold its answer, those with
words of its evidence and those in which all of its key facts stand, are retracted, so that no search finds them. If the
answer still holds a key fact, the rest of the archive told it: what it cites is withheld too, and the question is asked
again. So an answer in the end is one to what the archive does not say.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import rag
from eval.asked import Asked, Quote
from eval.outcomes import holds, said
from eval.systems import Responder, Response

TYPE = "withheld"
_MOST = 5  # times that a question is asked
_NOTE = "Withheld for a measurement."


def of(questions: Sequence[Asked]) -> list[Asked]:
    """The answerable ones of the questions as such that are not; those with a history, which tells of it, left out."""
    return [
        replace(
            question,
            id=f"{question.id}-{TYPE}",
            type=TYPE,
            answerable=False,
            reference=f"Withheld: {question.reference}",
            key_facts=(),
            wrong_facts=(),
        )
        for question in questions
        if question.answerable and not question.history
    ]


@contextmanager
def copied(archive: Path) -> Iterator[Path]:
    """A copy of an archive's folder, for as long as it is needed."""
    with TemporaryDirectory(prefix="newsroom-rag-") as folder:
        yield Path(shutil.copytree(archive, Path(folder) / "archive"))


def holding(archive: rag.Archive, quotes: Sequence[Quote], facts: Sequence[tuple[str, ...]] = ()) -> Iterator[str]:
    """The ids of the articles with words of the quotes, and of those in which all of the facts, if any, stand."""
    for found in archive.articles():
        text, name = archive.article(found.id).text, PurePath(found.source).name
        told = any(quote.article == name or quote.quote in text for quote in quotes)
        if told or (facts and all(holds(text, forms) for forms in facts)):
            yield found.id


@contextmanager
def retracted(archive: rag.Archive, ids: Iterable[str]) -> Iterator[None]:
    """For as long as it is needed, no search finds these articles."""
    already = {article.id for article in archive.upkeep.retracted()}
    mine = [id for id in ids if id not in already]
    for id in mine:
        archive.upkeep.retract(id, _NOTE)
    try:
        yield
    finally:
        for id in mine:
            archive.upkeep.reinstate(id)


@dataclass(frozen=True)
class Withholding:
    """A system that is asked while what answers is withheld. `archive` is a copy; `asked`: the questions as they were,
    by the id that `of` gives them."""

    responder: Responder
    archive: rag.Archive
    asked: Mapping[str, Asked]

    @classmethod
    def over(cls, responder: Responder, archive: rag.Archive, questions: Sequence[Asked]) -> Withholding:
        """The system, asked those of the questions that `of` takes."""
        return cls(responder, archive, {f"{question.id}-{TYPE}": question for question in questions})

    @property
    def name(self) -> str:
        """What reports call it."""
        return self.responder.name

    def ask(self, question: Asked) -> Response:
        """The answer to a question of `of`. Raises RuntimeError if it holds a key fact whatever is withheld."""
        known = self.asked[question.id]
        ids = set(holding(self.archive, known.evidence, known.key_facts))
        for _ in range(_MOST):
            with retracted(self.archive, ids):
                response = self.responder.ask(question)
            text = said(response.answer)
            if text is None or not any(holds(text, forms) for forms in _new(known)):
                return response
            cited = {c["article_id"] for s in response.answer["sentences"] for c in s["citations"] if "article_id" in c}
            if cited <= ids:
                break
            ids |= cited
        raise RuntimeError("its answer holds a key fact, whatever is withheld")


def _new(question: Asked) -> list[tuple[str, ...]]:
    """The key facts that the question does not hold itself: repeating those tells nothing."""
    return [forms for forms in question.key_facts if not holds(question.question, forms)]
