"""The in-process engine: llama.cpp's server by xllamacpp, one a model file and process.

Prompts share their beginning with the one before (prefix cache), so what does not change is read once. Logits of a
cached and a freshly read prefix differ in their last digits: greedy answers repeat unless two tokens are that close.
"""

from __future__ import annotations

import json
import os
import queue
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from rag.errors import WriterFailed
from rag.interop import ChatMessage
from rag.llms import Options
from rag.llms.streaming import Message, StreamingLLM


class Engine:
    """A loaded model. One question at a time; others wait for their turn."""

    def __init__(self, path: Path, options: Options) -> None:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = options.context_tokens
        params.n_parallel = 1
        params.warmup = False
        params.verbosity = -1
        # The engine insists on a port on the loopback: nothing else on the machine shall use it.
        params.api_keys = [secrets.token_urlsafe(24)]
        threads = options.threads or os.cpu_count() or 1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        try:
            self._server = xllamacpp.Server(params)
        except (RuntimeError, ValueError, MemoryError) as error:
            raise WriterFailed(
                f"{path.name} could not be loaded: {error}",
                hint="Is it a whole GGUF file, and is there enough memory?",
                retry=False,
            ) from error
        self._turn = Lock()

    def stream(self, messages: list[Message], options: Options) -> Iterator[str]:
        """Pieces of the answer. Closing the iterator stops the model within a token."""
        deadline = time.monotonic() + options.timeout
        if not self._turn.acquire(timeout=options.timeout):
            raise WriterFailed(f"the model was busy for {options.timeout:.0f} seconds")
        stop = Event()
        pieces: queue.Queue[str | Exception | None] = queue.Queue()
        request = {
            "messages": messages,
            "stream": True,
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "cache_prompt": True,
        }
        worker = Thread(target=self._work, args=(request, pieces, stop), name="engine", daemon=True)
        worker.start()
        try:
            while True:
                try:
                    piece = pieces.get(timeout=max(0.0, min(1.0, deadline - time.monotonic())))
                except queue.Empty:
                    if time.monotonic() >= deadline:
                        raise WriterFailed(f"no end after {options.timeout:.0f} seconds") from None
                    continue
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise WriterFailed(f"the engine failed: {piece}") from piece
                yield piece
        finally:
            stop.set()
            # The worker gives the turn back: while it reads a prompt it cannot be stopped, and nobody waits for it.

    def _work(self, request: dict[str, Any], pieces: queue.Queue[str | Exception | None], stop: Event) -> None:
        def receive(chunk: Any) -> bool:
            data = json.loads(chunk) if isinstance(chunk, str) else chunk
            if "error" in data:
                pieces.put(RuntimeError(data["error"].get("message", str(data["error"]))))
                return True
            for choice in data.get("choices", ()):
                if text := choice.get("delta", {}).get("content"):
                    pieces.put(text)
            return stop.is_set()

        try:
            self._server.handle_chat_completions(json.dumps(request), receive)
            pieces.put(None)
        except (RuntimeError, ValueError, TypeError) as error:
            pieces.put(error)
        finally:
            self._turn.release()

    def next_token_logprobs(self, messages: list[Message], n: int = 20) -> dict[str, float]:
        """Log-probabilities (natural) of the `n` likeliest first tokens of an answer, on the same cached prefix."""
        request = {
            "messages": messages,
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": True,
            "top_logprobs": n,
            "cache_prompt": True,
        }
        with self._turn:
            found = self._server.handle_chat_completions(request)
        data = json.loads(found) if isinstance(found, str) else found
        if "error" in data:
            raise WriterFailed(f"the engine failed: {data['error']}")
        top = data["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        return {entry["token"]: float(entry["logprob"]) for entry in top}


_engines: dict[tuple[str, int, int], Engine] = {}
_engines_lock = Lock()


class EngineLLM(StreamingLLM):
    """A GGUF file in this process. Loads on first use."""

    path: Path

    @property
    def engine(self) -> Engine:
        """The loaded model, shared by all that name the same file."""
        key = (str(self.path.resolve()), self._options.context_tokens, self._options.threads)
        with _engines_lock:
            if key not in _engines:
                _engines[key] = Engine(self.path, self._options)
            return _engines[key]

    def pieces(self, messages: list[Message], options: Options) -> Iterator[str]:
        """See `Engine.stream`."""
        return self.engine.stream(messages, options)

    def next_token_logprobs(self, messages: list[ChatMessage], n: int = 20) -> dict[str, float]:
        """See `Engine.next_token_logprobs`."""
        return self.engine.next_token_logprobs(
            [{"role": message.role.value, "content": message.content or ""} for message in messages], n
        )
