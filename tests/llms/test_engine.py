"""The in-process engine: what it does beyond the contract of all backends."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from rag import llms, models
from rag.errors import WriterFailed
from rag.interop import ChatMessage, MessageRole
from rag.llms import engine
from rag.llms.engine import Engine, EngineLLM

pytestmark = pytest.mark.models

TALE = "The ferry to Dunmore left at noon with forty people, two dogs and a piano on board. "


@pytest.fixture
def llm(small_model: Path) -> EngineLLM:
    found = llms.open_llm(f"gguf:{small_model}", llms.Options(max_tokens=24, threads=2, timeout=120))
    assert isinstance(found, EngineLLM)
    return found


def asked(text: str) -> list[ChatMessage]:
    return [
        ChatMessage(role=MessageRole.SYSTEM, content="You answer from what you are told."),
        ChatMessage(role=MessageRole.USER, content=text),
    ]


def test_loads_when_told_and_frees(llm: EngineLLM) -> None:
    llm.close()
    assert not llm.loaded
    llm.load()
    assert llm.loaded
    assert llm.chat(asked("Hello"), max_tokens=2).message.content
    llm.close()
    assert not llm.loaded
    assert llm.chat(asked("Hello"), max_tokens=2).message.content  # and loads again


@pytest.mark.parametrize("words", [0, 4, 8, 12])
def test_the_same_prompt_has_the_same_answer_whatever_was_asked_before(llm: EngineLLM, words: int) -> None:
    # Prompts of several lengths: also those whose end falls into a batch that is computed otherwise.
    question = asked(TALE * 6 + "Who " + "really " * words + "was on board?")

    def answers() -> tuple[dict[str, float], str | None]:
        return llm.next_token_logprobs(question, 5), llm.chat(question, max_tokens=12).message.content

    llm.close()
    cold = answers()
    warm = answers()
    llm.chat(asked("What is the capital of France? " * 8), max_tokens=1)
    again = answers()
    llm.chat(asked(TALE * 6 + "When did it leave, and was that before or after the mail boat came in?"), max_tokens=1)
    shared = answers()
    assert cold == warm == again == shared


def test_stops_in_the_middle_of_reading_a_prompt(llm: EngineLLM) -> None:
    llm.load()
    begun = time.perf_counter()
    list(llm.stream_chat(asked("Sing. " + TALE * 120), max_tokens=1))
    whole = time.perf_counter() - begun

    hurried = llms.open_llm(llm.spec, llms.Options(threads=2, timeout=whole / 10))
    begun = time.perf_counter()
    with pytest.raises(WriterFailed, match="had not ended"):
        list(hurried.stream_chat(asked("Dance. " + TALE * 120)))
    llm.chat(asked("Hello"), max_tokens=1)
    assert time.perf_counter() - begun < whole * 0.7


def test_a_closed_answer_lets_the_processor_rest(llm: EngineLLM) -> None:
    stream = llm.stream_chat(asked("Count to a thousand."), max_tokens=3000)
    next(stream)
    stream.close()
    time.sleep(0.5)
    before = time.process_time()
    time.sleep(1.0)
    assert time.process_time() - before < 0.3


def test_two_users_take_turns(llm: EngineLLM) -> None:
    alone = [llm.chat(asked(f"Tell of the number {n}.")).message.content for n in range(3)]
    found: dict[int, str | None] = {}

    def ask(n: int) -> None:
        found[n] = llm.chat(asked(f"Tell of the number {n}.")).message.content

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[n] for n in range(3)] == alone


def test_who_waits_for_his_turn_too_long_is_told(llm: EngineLLM) -> None:
    first = llm.stream_chat(asked("Write a very long story about the sea."), max_tokens=3000)
    next(first)
    second = llms.open_llm(llm.spec, llms.Options(threads=2, timeout=0.2))
    with pytest.raises(WriterFailed, match="had not ended"):
        second.chat(asked("Hello"))
    first.close()


def test_python_runs_on_while_the_engine_works(llm: EngineLLM) -> None:
    llm.load()
    gaps = [0.0]
    done = threading.Event()

    def watch() -> None:
        last = time.perf_counter()
        while not done.wait(0.01):
            gaps.append(time.perf_counter() - last)
            last = time.perf_counter()

    watcher = threading.Thread(target=watch)
    watcher.start()
    llm.chat(asked("Listen. " + TALE * 30), max_tokens=8)
    done.set()
    watcher.join()
    assert max(gaps) < 0.5


def test_first_token_log_probabilities(llm: EngineLLM) -> None:
    found = llm.next_token_logprobs(asked("Is Paris the capital of France? Answer yes or no."), n=10)
    assert len(found) == 10
    assert all(value <= 0 for value in found.values())
    assert sum(map(math.exp, found.values())) <= 1.001
    assert max(found, key=lambda token: found[token]) == next(iter(found))


def test_an_answer_can_be_begun(llm: EngineLLM) -> None:
    begun = llm.next_token_logprobs(asked("What is the capital of France?"), prefill="The capital of France is")
    assert "Paris" in max(begun, key=lambda token: begun[token])


def test_a_prompt_that_is_too_long(llm: EngineLLM) -> None:
    with pytest.raises(WriterFailed, match="too long") as caught:
        llm.chat(asked(TALE * 400))
    assert "prompt_tokens" in caught.value.hint
    assert not caught.value.retry


def test_cuts_back_a_prompt_only_at_its_end() -> None:
    request = {
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "x" * 100},
            {"role": "assistant", "content": "Yes"},
        ],
        "max_tokens": 5,
    }
    shorter = engine._shorter(request)
    assert [m["role"] for m in shorter["messages"]] == ["system", "user"]
    assert shorter["messages"][-1]["content"] == "x" * 52
    assert request["messages"][1]["content"] == "x" * 100


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="reads the system's table of ports")
def test_nothing_listens_on_a_port(llm: EngineLLM) -> None:
    llm.load()
    own = {os.fspath(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if os.path.lexists(entry)}
    for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        assert not (fields[3] == "0A" and f"socket:[{fields[9]}]" in own)


LEAVES = """
import sys
from rag import llms, models
from rag.interop import ChatMessage
stream = llms.open_llm(sys.argv[1], llms.Options(threads=2)).stream_chat(
    [ChatMessage(content="Count to a thousand.")], max_tokens=3000)
next(stream)
print("begun", flush=True)
if sys.argv[2] == "wait":
    for _ in stream: pass
"""


def _leave(llm: EngineLLM, how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LEAVES, llm.spec, how],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_a_process_can_end_in_the_middle_of_an_answer_and_the_engine_says_nothing(llm: EngineLLM) -> None:
    with _leave(llm, "go") as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, "begun\n", "")


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_ctrl_c_still_reaches_python(llm: EngineLLM) -> None:
    with _leave(llm, "wait") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert "KeyboardInterrupt" in err


@pytest.mark.parametrize(
    ("unread", "asks"),
    [(1, 3), (7, 3), (8, 1), (62, 1), (63, 1), (64, 3), (70, 3), (71, 1)],
)
def test_no_prompt_ends_in_a_few_tokens(unread: int, asks: int) -> None:
    # The tiny model computes all batches alike, so what is done about those that are not is looked at here.
    class Server:
        seen: ClassVar[list[tuple[int, int]]] = []

        def handle_chat_completions(self, request: dict[str, Any], receive: Callable[[Any], bool]) -> None:
            read = unread if len(self.seen) < 2 else 12  # cutting back leaves more than a few to read
            self.seen.append((len(request["messages"][0]["content"]), request["max_tokens"]))
            if not receive({"prompt_progress": {"total": 100 + read, "cache": 100, "processed": 100}}):
                receive({"choices": [{"delta": {"content": "Yes."}}]})

    bare = object.__new__(Engine)
    bare._server, bare._turn, bare._worker = Server(), threading.Lock(), None
    question = [{"role": "user", "content": "x" * 200}]
    assert list(bare.stream(question, llms.Options(max_tokens=9, timeout=10))) == ["Yes."]
    assert Server.seen == [(200, 9), (152, 1), (200, 9)][: 1 if asks == 1 else 3]


def test_the_default_writer_repeats_too() -> None:
    folder = models.path("qwen2.5-coder-1.5b")
    if folder is None:
        pytest.skip("the default writer is not on this machine; it is too big to be fetched for a test")
    found = llms.open_llm("local:qwen2.5-coder-1.5b", llms.Options(threads=2))
    assert isinstance(found, EngineLLM)
    question = asked(TALE * 3 + "Who was on board?")
    found.close()
    cold = found.next_token_logprobs(question, 5)
    assert found.next_token_logprobs(question, 5) == cold
    found.chat(asked(TALE * 3 + "When did it leave, and was that before or after the mail boat?"), max_tokens=1)
    assert found.next_token_logprobs(question, 5) == cold
    found.close()
