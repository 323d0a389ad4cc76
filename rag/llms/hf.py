"""`hf:ID`: a Hugging Face model by transformers, in this process. ID is a repository or a folder."""

from __future__ import annotations

import os
import queue
import time
from dataclasses import dataclass, field
from functools import cache
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from rag.errors import UnknownModel, WriterFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.interop import LLM
    from rag.llms import Options
    from rag.models import Progress

SCHEME = "hf"
SUMMARY = "a Hugging Face model, by transformers, in this process"
NEEDS = "the network once, and memory for the whole model"
EXAMPLE = "hf:Qwen/Qwen2.5-1.5B-Instruct"

_loading = Lock()


@dataclass
class _Model:
    """A loaded model. One question at a time; others wait for their turn."""

    tokenizer: Any
    model: Any
    turn: Lock = field(default_factory=Lock)


def connect(target: str, options: Options, *, progress: Progress | None = None) -> LLM:
    """The model loads on first use, which raises UnknownModel if there is none, WriterFailed if it is broken."""
    from rag.llms.streaming import Message, StreamingLLM

    class HuggingFaceLLM(StreamingLLM):
        """See the module."""

        def pieces(self, messages: list[Message], options: Options) -> Iterator[str]:
            with _loading:
                loaded = _load(target)
            yield from _stream(loaded, _inputs(loaded, messages, target, options), options)

    return HuggingFaceLLM(spec=f"hf:{target}").with_options(options)


@cache
def _load(target: str) -> _Model:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        return _Model(AutoTokenizer.from_pretrained(target), AutoModelForCausalLM.from_pretrained(target, dtype="auto"))
    except (OSError, ValueError) as error:
        raise UnknownModel(f"{target} cannot be loaded: {error}", hint="Check the name and the network.") from error
    except (RuntimeError, MemoryError, KeyError, ImportError, SafetensorError) as error:
        raise WriterFailed(
            f"{target} cannot be loaded: {error}", hint="Are its files whole, and is there enough memory?", retry=False
        ) from error


def _inputs(loaded: _Model, messages: list[dict[str, str]], target: str, options: Options) -> Any:
    if not loaded.tokenizer.chat_template:
        raise WriterFailed(f"{target} has no chat template", hint="Choose an instruct model.", retry=False)
    inputs = loaded.tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    trained = getattr(loaded.model.config, "max_position_embeddings", None) or options.context_tokens
    room = min(options.context_tokens, trained)
    if inputs["input_ids"].shape[1] >= room:
        raise WriterFailed(
            f"the prompt is too long: {inputs['input_ids'].shape[1]} tokens of {room}",
            hint="Set prompt_tokens lower.",
            retry=False,
        )
    return inputs


def _stream(loaded: _Model, inputs: Any, options: Options) -> Iterator[str]:
    from transformers import StoppingCriteriaList, TextIteratorStreamer

    stop = Event()
    failures: list[Exception] = []
    deadline = time.monotonic() + options.timeout
    late = WriterFailed(
        f"the model had not ended after {options.timeout:.0f} seconds",
        hint="Set writer_timeout higher, answer_tokens lower, or choose a smaller model.",
    )
    if not loaded.turn.acquire(timeout=options.timeout):
        raise late
    streamer = TextIteratorStreamer(
        loaded.tokenizer, skip_prompt=True, skip_special_tokens=True, timeout=max(0.1, deadline - time.monotonic())
    )
    sampling = {"do_sample": True, "temperature": options.temperature} if options.temperature else {"do_sample": False}

    def work() -> None:
        try:
            loaded.model.generate(
                **inputs,
                **sampling,
                max_new_tokens=options.max_tokens,
                streamer=streamer,
                stopping_criteria=StoppingCriteriaList([lambda ids, scores, **_: stop.is_set()]),
                pad_token_id=loaded.tokenizer.eos_token_id,
            )
        except (RuntimeError, ValueError, TypeError, IndexError, MemoryError) as error:
            failures.append(error)
            streamer.end()
        finally:
            # The prompt cannot be called off while it is read; nobody waits for that but the next question.
            loaded.turn.release()

    Thread(target=work, name="transformers", daemon=True).start()
    try:
        for piece in streamer:
            if time.monotonic() > deadline:
                raise late
            if piece:
                yield piece
    except queue.Empty:
        raise late from None
    finally:
        stop.set()
    if failures:
        raise WriterFailed(f"transformers failed: {failures[0]}") from failures[0]
