"""`ollama:MODEL`: a model that Ollama serves on this machine, or where OLLAMA_HOST says."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from rag.errors import WriterFailed
from rag.llms.http import lines, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.interop import LLM
    from rag.llms import Options
    from rag.models import Progress

SCHEME = "ollama"
SUMMARY = "a model that Ollama serves"
NEEDS = "a running Ollama with the model pulled"
EXAMPLE = "ollama:llama3.2"


def connect(target: str, options: Options, *, progress: Progress | None = None) -> LLM:
    """Nothing is asked of the server before the first question."""
    from rag.llms.streaming import Message, StreamingLLM

    host = os.environ.get("OLLAMA_HOST") or "127.0.0.1:11434"
    url = (host if "://" in host else f"http://{host}").rstrip("/") + "/api/chat"

    class OllamaLLM(StreamingLLM):
        """See the module."""

        def pieces(self, messages: list[Message], options: Options) -> Iterator[str]:
            body = {
                "model": target,
                "messages": messages,
                "stream": True,
                "options": {
                    "num_ctx": options.context_tokens,
                    "num_predict": options.max_tokens,
                    "temperature": options.temperature,
                },
            }
            hint = f"Is Ollama running, and the model there? `ollama pull {target}`"
            yield from pieces(lines(url, body, timeout=options.timeout, hint=hint), _text, url)

    return OllamaLLM(spec=f"ollama:{target}").with_options(options)


def _text(line: str) -> str | None:
    data = json.loads(line)
    if "error" in data:
        raise WriterFailed(f"Ollama: {data['error']}", retry=False)
    text: str = data.get("message", {}).get("content", "")
    return None if data.get("done") and not text else text
