"""The in-process engine: llama.cpp's server by xllamacpp, one a model file and process.

A prompt that begins like the one before is read from where they part (prefix cache); `CACHE_MIB` more keep prompts
of earlier questions. llama.cpp computes a batch of fewer than `FEW` tokens in another order than a longer one, which
changes logits by up to 0.2 and then, now and again, a greedy answer. So no prompt may end in such a batch: one that
would is cut back a little, read, and only then asked. The same prompt then gives the same answer to the last digit,
whatever was asked before it. (Not so where the shared beginning holds text that the model itself wrote just before.)

Measured on two cores without AVX-512 kernels, default writer, prompt of 440 tokens, figures a second:

    default: weights repacked           reads  88, writes 34, 1.97 GB
    weights as in the file              reads 114, writes 28, 1.37 GB   chosen: reading is what the reader waits for
    … in batches of 63 (`BATCH`)        reads 105, writes 28, 1.32 GB   chosen: repeats, and stops within a second
    … flash attention off               reads  97, writes 27, 1.37 GB
    … cache in Q8_0                     reads  98, writes 26, 1.30 GB
"""

from __future__ import annotations

import atexit
import os
import queue
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from rag.errors import WriterFailed
from rag.interop import ChatMessage, MessageRole
from rag.llms import Options
from rag.llms.streaming import Message, StreamingLLM, plain

BATCH = 63  # from 64 tokens on, flash attention takes other code, whose sums differ
FEW = 8
CUT = 48  # characters: at least FEW tokens of any language, with the template's own
CACHE_MIB = 512
_EXIT = 5.0  # seconds that closing waits for an answer to stop

Chunk = dict[str, Any]
_FAILURES = (RuntimeError, ValueError, TypeError, MemoryError)


class Engine:
    """A loaded model. One question at a time; others wait for their turn."""

    def __init__(self, path: Path, options: Options) -> None:
        # Threads that spin for long at each barrier halve the speed as soon as another process wants the processor.
        os.environ.setdefault("GOMP_SPINCOUNT", "5000")
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = options.context_tokens
        params.n_parallel = 1
        params.n_batch = params.n_ubatch = BATCH
        params.no_extra_bufts = True
        params.cache_ram_mib = CACHE_MIB
        params.warmup = False
        params.verbosity = -1
        params.ui = params.endpoint_slots = False
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads or _processors()
        self._server = _serve(xllamacpp, params, path.name)
        self._turn = Lock()
        self._stop = Event()
        self._worker: Thread | None = None

    def close(self) -> None:
        """Stop the answer that is being written, if any, and free the memory."""
        self._stop.set()
        # Freeing it under an answer that does not stop would crash the process.
        if self._turn.acquire(timeout=_EXIT):
            self._server = None
            self._turn.release()
        if self._worker is not None:
            self._worker.join(_EXIT)

    def stream(self, messages: list[Message], options: Options) -> Iterator[str]:
        """Pieces of the answer. Closing the iterator stops the model: at the next token, or while it still reads the
        prompt, after two more batches at most. Raises WriterFailed."""
        request = {"messages": messages, "max_tokens": options.max_tokens, "temperature": options.temperature}
        with closing(self._chunks(request, options.timeout)) as chunks:  # type: ignore[type-var]
            for chunk in chunks:
                for choice in chunk.get("choices", ()):
                    if text := choice["delta"].get("content"):
                        yield text

    def next_token_logprobs(self, messages: list[Message], n: int, timeout: float) -> dict[str, float]:
        """Natural log-probabilities of the `n` likeliest first tokens of an answer; a last message by the assistant
        is how the answer begins. Raises WriterFailed, also after `timeout` seconds."""
        request = {"messages": messages, "max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": n}
        for chunk in list(self._chunks(request, timeout)):
            for choice in chunk.get("choices", ()):
                for token in (choice.get("logprobs") or {}).get("content") or ():
                    return {entry["token"]: float(entry["logprob"]) for entry in token["top_logprobs"]}
        return {}  # the model ends at once

    def _chunks(self, request: Chunk, timeout: float) -> Iterator[Chunk]:
        deadline = time.monotonic() + timeout
        late = WriterFailed(
            f"the model had not ended after {timeout:.0f} seconds",
            hint="Set writer_timeout higher, answer_tokens lower, or choose a smaller model.",
        )
        if not self._turn.acquire(timeout=timeout):
            raise late
        if self._server is None:
            self._turn.release()
            raise WriterFailed("the model was closed")
        stop = self._stop = Event()
        chunks: queue.Queue[Chunk | None] = queue.Queue()
        # The worker gives the turn back when the engine is really free; nobody waits for it.
        self._worker = Thread(target=self._work, args=(request, chunks, stop), name="engine", daemon=True)
        self._worker.start()
        try:
            while (chunk := chunks.get(timeout=max(0.0, deadline - time.monotonic()))) is not None:
                if "error" in chunk:
                    raise _failure(chunk["error"])
                yield chunk
        except queue.Empty:
            raise late from None
        finally:
            stop.set()

    def _work(self, request: Chunk, chunks: queue.Queue[Chunk | None], stop: Event) -> None:
        try:
            if self._ask(request, chunks, stop, may_end_in_few=False):
                self._ask(_shorter(request), None, stop)
                self._ask(request, chunks, stop)
        except _FAILURES as error:
            chunks.put({"error": {"message": str(error)}})
        finally:
            self._turn.release()
            chunks.put(None)

    def _ask(
        self, request: Chunk, chunks: queue.Queue[Chunk | None] | None, stop: Event, may_end_in_few: bool = True
    ) -> bool:
        """One call of the engine. Whether it was called off because the prompt would end in a small batch."""
        called_off = False

        def receive(chunk: Chunk) -> bool:
            nonlocal called_off
            progress = chunk.get("prompt_progress")
            if progress and not may_end_in_few and progress["processed"] == progress["cache"]:
                called_off = 0 < (progress["total"] - progress["cache"]) % BATCH < FEW
            if chunks is not None and not progress:
                chunks.put(chunk)
            return called_off or stop.is_set()

        # Progress is not shown to anyone: it is what lets us stop in the middle of a prompt.
        extra = {"stream": True, "return_progress": True, "cache_prompt": True}
        if not stop.is_set():
            self._server.handle_chat_completions(request | extra, receive)
        return called_off


def _serve(xllamacpp: Any, params: Any, name: str) -> Any:
    """The engine with nobody else able to use it: it insists on listening somewhere."""
    params.api_keys = [secrets.token_urlsafe(24)]
    folder = Path(tempfile.mkdtemp(prefix="rag-"))
    socket = folder / "engine.sock"
    if os.name == "posix" and len(os.fsencode(socket)) < 100:  # what the system's addresses hold
        params.hostnames = [str(socket)]
    try:
        return xllamacpp.Server(params)
    except _FAILURES as error:
        raise WriterFailed(
            f"{name} could not be loaded: {error}",
            hint="Is it a whole GGUF file of a kind that llama.cpp knows, and is there enough memory?",
            retry=False,
        ) from error
    finally:
        # Without its name the socket cannot be reached any more.
        shutil.rmtree(folder, ignore_errors=True)


def _processors() -> int:
    # Not all of the machine's may be ours, as in a container.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shorter(request: Chunk) -> Chunk:
    """The same prompt with the end of its last user message cut off, to be read and not answered."""
    messages = [dict(message) for message in request["messages"]]
    while len(messages) > 1 and messages[-1]["role"] == "assistant":
        messages.pop()
    text = messages[-1]["content"]
    messages[-1]["content"] = text[: max(len(text) - CUT, len(text) // 2)]
    return {"messages": messages, "max_tokens": 1, "temperature": 0}


def _failure(error: Any) -> WriterFailed:
    said = error.get("message", error) if isinstance(error, dict) else error
    if "context size" in str(said):
        return WriterFailed(f"the prompt is too long: {said}", hint="Set prompt_tokens lower.", retry=False)
    return WriterFailed(f"the engine failed: {said}")


_engines: dict[tuple[str, int, int], Engine] = {}
_engines_lock = Lock()


@atexit.register
def close_all() -> None:
    """Stop and free every engine. A thread in the engine's code must not outlive the interpreter."""
    while _engines:
        _engines.popitem()[1].close()


class EngineLLM(StreamingLLM):
    """A GGUF file in this process. Loads on first use, or by `load`; while it loads, all of Python stands still
    (a second for a gigabyte that the system has at hand)."""

    path: Path

    @property
    def _key(self) -> tuple[str, int, int]:
        return str(self.path.resolve()), self._options.context_tokens, self._options.threads

    @property
    def engine(self) -> Engine:
        """The loaded model, shared by all that name the same file. Raises WriterFailed."""
        with _engines_lock:
            if self._key not in _engines:
                _engines[self._key] = Engine(self.path, self._options)
            return _engines[self._key]

    @property
    def loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._key in _engines

    def load(self) -> None:
        """Bring the model into memory now. Raises WriterFailed."""
        _ = self.engine

    def close(self) -> None:
        """Free the model's memory, also for others that share it; the next use loads it again."""
        with _engines_lock:
            engine = _engines.pop(self._key, None)
        if engine is not None:
            engine.close()

    def pieces(self, messages: list[Message], options: Options) -> Iterator[str]:
        """See `Engine.stream`."""
        return self.engine.stream(messages, options)

    def next_token_logprobs(self, messages: list[ChatMessage], n: int = 20, prefill: str = "") -> dict[str, float]:
        """Natural log-probabilities of the `n` likeliest tokens that follow `prefill` at the beginning of the answer,
        on the same cached prefix. Raises WriterFailed."""
        begun = [ChatMessage(role=MessageRole.ASSISTANT, content=prefill)] if prefill else []
        return self.engine.next_token_logprobs(plain([*messages, *begun]), n, self._options.timeout)
