"""This project's own search and answers, through its public face."""

from __future__ import annotations

from dataclasses import dataclass

import rag
from eval.asked import Asked
from eval.systems import Response, Retrieved
from rag.errors import SettingsError, WriterFailed

NAME = "ours"
SUMMARY = "this project, as the archive's settings have it"
UNREAD = "unread"  # target: nothing of the question is understood, it is only searched for
_UNDERSTOOD = ("outlets", "bylines", "sections", "published", "phrases", "parts")


@dataclass(frozen=True)
class Ours:
    """An open archive as a system."""

    archive: rag.Archive
    name: str = NAME
    ignore: tuple[str, ...] = ()

    def search(self, question: str, k: int) -> list[Retrieved]:
        """Passages; an id is the article's and the passage's offsets."""
        hits = self.archive.search(question, k, ignore=self.ignore)
        return [Retrieved(f"{hit.article_id}:{hit.start}-{hit.end}", hit.text) for hit in hits]

    def ask(self, question: Asked) -> Response:
        """The checked answer. Raises WriterFailed if another writer took over: its answer is not this system's."""
        raw = []
        stream = self.archive.stream(
            question.question, question.history, question.filters, as_of=question.as_of, ignore=self.ignore
        )
        for event in stream:
            if isinstance(event, rag.Delta):
                raw.append(event.text)
            elif isinstance(event, rag.Done):
                done = event
        answer = done.answer
        writer = self.archive.settings.writer
        # The notice of a writer that was replaced, or stopped before its end, begins with its name; there are others.
        told = [notice for notice in answer.notices if notice.startswith(f"{writer} ")]
        if answer.model != writer or told:
            raise WriterFailed("; ".join(told or answer.notices))
        opens = tuple(self.archive.article(c.article_id).text[c.start : c.end] == c.quote for c in answer.citations)
        return Response(answer.to_dict(), opens, done.prompt, "".join(raw))


def connect(archive: rag.Archive, target: str) -> Ours:
    """Raises SettingsError for a target that is none."""
    if target not in ("", UNREAD):
        raise SettingsError(f"there is no system ours:{target}", hint=f"There are ours and ours:{UNREAD}.")
    return Ours(archive, f"{NAME}:{target}" if target else NAME, _UNDERSTOOD if target else ())
