"""`hf:ID`: a Hugging Face model by transformers, in this process. ID is a repository or a folder."""

from __future__ import annotations

import time
from functools import cache
from threading import Event, Thread
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


@cache
def _load(target: str) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        return AutoTokenizer.from_pretrained(target), AutoModelForCausalLM.from_pretrained(target, dtype="auto")
    except (OSError, ValueError) as error:
        raise UnknownModel(f"{target} cannot be loaded: {error}", hint="Check the name and the network.") from error


def connect(target: str, options: Options, *, progress: Progress | None = None) -> LLM:
    """The model loads on first use, which raises UnknownModel if it cannot."""
    from rag.llms.streaming import Message, StreamingLLM

    class HuggingFaceLLM(StreamingLLM):
        """See the module."""

        def pieces(self, messages: list[Message], options: Options) -> Iterator[str]:
            tokenizer, model = _load(target)
            return _stream(tokenizer, model, messages, options)

    return HuggingFaceLLM(spec=f"hf:{target}").with_options(options)


def _stream(tokenizer: Any, model: Any, messages: list[dict[str, str]], options: Options) -> Iterator[str]:
    from transformers import StoppingCriteriaList, TextIteratorStreamer

    stop = Event()
    deadline = time.monotonic() + options.timeout
    failures: list[Exception] = []
    streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True, timeout=options.timeout)
    inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    sampling = {"do_sample": True, "temperature": options.temperature} if options.temperature else {"do_sample": False}

    def work() -> None:
        criteria = StoppingCriteriaList([lambda ids, scores, **_: stop.is_set() or time.monotonic() > deadline])
        try:
            model.generate(
                **inputs,
                **sampling,
                max_new_tokens=options.max_tokens,
                streamer=streamer,
                stopping_criteria=criteria,
                pad_token_id=tokenizer.eos_token_id,
            )
        except (RuntimeError, ValueError, IndexError) as error:
            failures.append(error)
            streamer.end()

    worker = Thread(target=work, name="transformers", daemon=True)
    worker.start()
    try:
        yield from (piece for piece in streamer if piece)
    finally:
        stop.set()
        worker.join()
    if failures:
        raise WriterFailed(f"transformers failed: {failures[0]}") from failures[0]
    if time.monotonic() > deadline:
        raise WriterFailed(f"no end after {options.timeout:.0f} seconds")
