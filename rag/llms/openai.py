"""`openai:URL#MODEL`: any OpenAI-compatible server (vLLM, llama.cpp, …). The key, if any, is OPENAI_API_KEY."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from rag.errors import SettingsError
from rag.llms.http import lines, pieces

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
    key = os.environ.get("OPENAI_API_KEY")

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
            hint = "Is the server running, and are address, model and key right?"
            yield from pieces(lines(where, body, timeout=options.timeout, hint=hint, headers=headers), _text, where)

    return OpenAILLM(spec=f"openai:{target}").with_options(options)


def _text(line: str) -> str | None:
    if not line.startswith("data:"):
        return ""  # comments and event names
    data = line.removeprefix("data:").strip()
    if data == "[DONE]":
        return None
    choices = json.loads(data)["choices"]
    return (choices[0]["delta"].get("content") or "") if choices else ""
