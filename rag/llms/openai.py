"""`openai:URL#MODEL`: any OpenAI-compatible server (vLLM, llama.cpp, …).

The key, if it asks for one, is in RAG_OPENAI_KEY or OPENAI_API_KEY; it goes to that server and nowhere else.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from rag.errors import SettingsError, WriterFailed
from rag.llms.http import lines, pieces, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.interop import LLM
    from rag.llms import Options
    from rag.models import Progress

SCHEME = "openai"
SUMMARY = "a model on an OpenAI-compatible server"
NEEDS = "the server's address and its model's name; the key in OPENAI_API_KEY if it asks for one"
EXAMPLE = "openai:http://127.0.0.1:8000/v1#model"


def connect(target: str, options: Options, *, progress: Progress | None = None) -> LLM:
    """Raises SettingsError for a target without address or model."""
    from rag.llms.streaming import Message, StreamingLLM

    url, _, model = target.partition("#")
    if not url.startswith(("http://", "https://")) or not model:
        raise SettingsError(f"openai:{target} is no server and model", hint=f"For example: {EXAMPLE}")
    key = os.environ.get("RAG_OPENAI_KEY") or os.environ.get("OPENAI_API_KEY")

    class OpenAILLM(StreamingLLM):
        """See the module."""

        def pieces(self, messages: list[Message], options: Options) -> Iterator[str]:
            body = {
                "model": model,
                "messages": messages,
                "stream": True,
                "max_tokens": options.max_tokens,
                "temperature": options.temperature,
            }
            where = url.rstrip("/") + "/chat/completions"
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            source = lines(
                where,
                body,
                timeout=options.timeout,
                running="Is the server running, and is the address right?",
                refused="Are the model's name, the address (with /v1, if it has that) and the key right?",
                headers=headers,
            )
            yield from pieces(source, _parse, where)

    return OpenAILLM(spec=f"openai:{target}").with_options(options)


def _parse(line: str) -> tuple[str, bool]:
    if not line.startswith("data:"):
        return "", False  # comments and event names
    data = line.removeprefix("data:").strip()
    if data == "[DONE]":
        return "", True
    chunk = json.loads(data)
    if chunk.get("error"):
        raise WriterFailed(f"the server failed: {said(chunk)}", hint="Its own log may tell why.")
    if not chunk["choices"]:
        return "", False  # only counts tokens
    choice = chunk["choices"][0]
    return choice.get("delta", {}).get("content") or "", bool(choice.get("finish_reason"))
