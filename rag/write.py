"""Writers: from a brief to prose. A model behind LlamaIndex's `LLM`, or none: the best sentences verbatim."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from rag import llms
from rag.errors import ModelError, WriterFailed
from rag.models import Progress
from rag.prompts import NO_ANSWER, Brief, messages
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.interop import LLM

EXTRACTIVE = "extractive"
# Of the extractive writer, by `Extract.scores`; chosen on the working questions of eval/questions/.
_ENOUGH = -2.5  # the least that a sentence must have to be taken for an answer
_CLOSE = 1.5  # how far behind the best one further sentences may be
_LONGEST = 3


class Writer(Protocol):
    """What turns a brief into prose with marks like [2] behind each sentence."""

    name: str

    def write(self, brief: Brief) -> Iterator[str]:
        """Pieces of text as they come. Closing the iterator stops the work. Raises WriterFailed."""
        ...

    def reply(self, chat: Sequence[tuple[str, str]]) -> str | None:
        """The answer to (role, text) messages; None from a writer without a model. Raises WriterFailed."""
        ...

    def load(self) -> None:
        """Get ready, so that the first answer does not wait."""
        ...


def check_name(name: str) -> None:
    """Raise SettingsError or UnknownModel if no writer is called `name`. Loads nothing."""
    if name != EXTRACTIVE:
        llms.resolve(name)


def open_writer(settings: Settings, progress: Progress | None = None) -> Writer:
    """The writer that `settings` name. Raises SettingsError, UnknownModel, or what fetching a pack raises."""
    if settings.writer == EXTRACTIVE:
        return ExtractiveWriter()
    options = llms.Options(max_tokens=settings.answer_tokens, timeout=settings.writer_timeout, threads=settings.threads)
    return ModelWriter(settings.writer, llms.open_llm(settings.writer, options, progress=progress))


def tried(name: str, timeout: float) -> float:
    """Ask a writer for a word: the seconds until it had answered. Raises what opening it raises, and WriterFailed.

    `timeout` are the seconds after which it is given up.
    """
    begun = time.perf_counter()
    writer = open_writer(Settings(writer=name, writer_timeout=timeout, answer_tokens=16))
    said = writer.reply([("user", "Reply with the one word: ready")])
    if said is not None and not said.strip():
        raise WriterFailed(f"{name} answers, but without a word", hint="Is the model one that can chat?")
    return time.perf_counter() - begun


class ModelWriter:
    """A language model."""

    def __init__(self, name: str, llm: LLM) -> None:
        self.name = name
        self._llm = llm

    def load(self) -> None:
        """Load the model and let it read the unchanging part of the prompt."""
        list(self.write(Brief("Ready?", ())))

    def reply(self, chat: Sequence[tuple[str, str]]) -> str | None:
        return "".join(self._stream(chat))

    def write(self, brief: Brief) -> Iterator[str]:
        yield from self._stream(messages(brief))

    def _stream(self, messages: Sequence[tuple[str, str]]) -> Iterator[str]:
        from rag.interop import ChatMessage, MessageRole

        chat = [ChatMessage(role=MessageRole(role), content=text) for role, text in messages]
        with closing(self._llm.stream_chat(chat)) as stream:
            for response in stream:
                if response.delta:
                    yield response.delta


class ExtractiveWriter:
    """No model: the sentences that most likely hold what is asked, word for word."""

    name = EXTRACTIVE

    def reply(self, chat: Sequence[tuple[str, str]]) -> str | None:
        """None: there is no model."""
        return None

    def load(self) -> None:
        """Nothing to load."""

    def write(self, brief: Brief) -> Iterator[str]:
        scored = [
            (score, number, sentence)
            for number, extract in enumerate(brief.extracts, 1)
            for score, sentence in zip(extract.scores, extract.sentences, strict=True)
        ]
        best = sorted(scored, key=lambda one: -one[0])[:_LONGEST]
        if not best or best[0][0] < _ENOUGH:
            yield NO_ANSWER
            return
        for score, number, sentence in best:
            if score >= best[0][0] - _CLOSE:
                yield f"{sentence} [{number}]\n"


def failed(error: ModelError, name: str) -> str:
    """What the reader is told when a writer fails and the extractive one takes over."""
    what = error.message.splitlines()[0].rstrip(":")
    until = "Until it can, answers are sentences of the articles, word for word."
    return " ".join(filter(None, [f"{name} could not write: {what.rstrip('.')}.", error.hint, until]))
