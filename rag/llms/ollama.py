"""`ollama:MODEL`: a model that Ollama serves on this machine, or where OLLAMA_HOST says."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rag.errors import SettingsError, WriterFailed
from rag.llms.http import lines, pieces, said

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
    """Nothing is asked of the server before the first question. Raises SettingsError for an unusable OLLAMA_HOST."""
    from rag.llms.streaming import Message, StreamingLLM

    url = _address(os.environ.get("OLLAMA_HOST", "")) + "/api/chat"

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
            source = lines(
                url,
                body,
                timeout=options.timeout,
                running="Is Ollama running? Start it with `ollama serve`, or name its address in OLLAMA_HOST.",
                refused=f"Is the model there? Pull it with `ollama pull {target}`.",
            )
            yield from pieces(source, _parse, url)

    return OllamaLLM(spec=f"ollama:{target}").with_options(options)


def _address(host: str) -> str:
    """OLLAMA_HOST as Ollama itself reads it: scheme and port may be absent; 0.0.0.0 is where it listens, not a place
    to call."""
    try:
        parts = urlsplit(host if "://" in host else f"//{host}")
        known = {"http": 80, "https": 443}.get(parts.scheme, 11434)
        name = parts.hostname or "127.0.0.1"
        port = parts.port or known
    except ValueError as error:
        raise SettingsError(f"OLLAMA_HOST is no address: {host!r}", hint="For example: 127.0.0.1:11434") from error
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)
    place = f"[{name}]" if ":" in name else name
    return f"{parts.scheme or 'http'}://{place}:{port}{parts.path.rstrip('/')}"


def _parse(line: str) -> tuple[str, bool]:
    data = json.loads(line)
    if "error" in data:
        raise WriterFailed(f"Ollama: {said(data)}", hint="Its own log may tell why.")
    return data.get("message", {}).get("content", ""), bool(data.get("done"))
