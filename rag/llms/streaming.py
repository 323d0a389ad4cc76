"""A base for our LLMs: a backend gives pieces of text, and this makes LlamaIndex's `CustomLLM` of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Self

from rag.interop import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    CustomLLM,
    LLMMetadata,
    MessageRole,
    PrivateAttr,
)
from rag.llms import Options

Message = dict[str, str]


def plain(messages: Sequence[ChatMessage]) -> list[Message]:
    """Messages as model servers take them."""
    return [{"role": message.role.value, "content": message.content or ""} for message in messages]


class StreamingLLM(CustomLLM):
    """Implements everything of an LLM by one method: `pieces`."""

    spec: str
    _options: Options = PrivateAttr(default_factory=Options)

    def with_options(self, options: Options) -> Self:
        """This model, set to run by `options`."""
        self._options = options
        return self

    @abstractmethod
    def pieces(self, messages: list[Message], options: Options) -> Iterator[str]:
        """Text as it is written. Closing the iterator stops the model. Raises WriterFailed."""

    @property
    def metadata(self) -> LLMMetadata:
        """Window and name, for LlamaIndex."""
        return LLMMetadata(
            context_window=self._options.context_tokens,
            num_output=self._options.max_tokens,
            is_chat_model=True,
            model_name=self.spec,
        )

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Deltas of the assistant's message. `max_tokens` and `temperature` override the options."""
        options = replace(self._options, **{k: v for k, v in kwargs.items() if k in ("max_tokens", "temperature")})
        text = ""
        pieces = self.pieces(plain(messages), options)
        try:
            for piece in pieces:
                text += piece
                yield ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text), delta=piece)
        finally:
            pieces.close()  # type: ignore[attr-defined]

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """The whole message."""
        text = "".join(response.delta or "" for response in self.stream_chat(messages, **kwargs))
        return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text))

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """The prompt as one user's message."""
        for response in self.stream_chat([ChatMessage(role=MessageRole.USER, content=prompt)], **kwargs):
            yield CompletionResponse(text=response.message.content or "", delta=response.delta)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """The prompt as one user's message, answered whole."""
        return CompletionResponse(
            text=self.chat([ChatMessage(role=MessageRole.USER, content=prompt)], **kwargs).message.content or ""
        )
