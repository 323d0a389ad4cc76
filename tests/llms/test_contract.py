"""Every backend keeps the same contract; a new one without a fixture here fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import llms
from rag.errors import SettingsError, UnknownModel, WriterFailed
from rag.interop import LLM, ChatMessage, MessageRole
from rag.llms.ollama import _address
from tests.llms.servers import PIECES, model_server

QUESTION = [ChatMessage(role=MessageRole.USER, content="Count from one to twenty, in words.")]


@pytest.fixture(scope="module")
def server() -> Iterator[object]:
    with model_server() as running:
        yield running


@pytest.fixture(scope="session")
def tiny_transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a few thousand random weights: it writes nonsense by the real code."""
    import torch
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import WordLevel
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    words = ["<unk>", "<end>", *(f"w{i}" for i in range(60))]
    core = Tokenizer(WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    core.decoder = decoders.WordPiece(prefix="##")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>", eos_token="<end>")
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }} {% endfor %}"
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=4096, eos_token_id=1, bos_token_id=1,
    )  # fmt: skip
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    model.lm_head.weight.data[config.eos_token_id] = 0  # never the likeliest: it would end answers by chance
    model.save_pretrained(folder)
    return folder


def _spec(scheme: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, model: str = "good") -> str:
    if scheme in ("local", "gguf"):
        file = request.getfixturevalue("small_model")
        return "local:smollm2-135m" if scheme == "local" else f"gguf:{file}"
    if scheme == "hf":
        return f"hf:{request.getfixturevalue('tiny_transformer')}"
    port = request.getfixturevalue("server").server_address[1]
    if scheme == "ollama":
        monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{port}")
        return f"ollama:{model}"
    if scheme == "openai":
        return f"openai:http://127.0.0.1:{port}/v1#{model}"
    raise AssertionError(f"add a fixture for the backend {scheme!r}")


@pytest.fixture(params=sorted(llms.schemes()))
def llm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> LLM:
    spec = _spec(request.param, request, monkeypatch)
    return llms.open_llm(spec, llms.Options(max_tokens=24, threads=2, timeout=60))


@pytest.mark.models
def test_deltas_make_up_the_text(llm: LLM) -> None:
    responses = list(llm.stream_chat(QUESTION))
    text = "".join(response.delta or "" for response in responses)
    assert text.strip()
    assert responses[-1].message.content == text
    assert len(responses) > 1


@pytest.mark.models
def test_greedy_repeats(llm: LLM) -> None:
    assert llm.chat(QUESTION).message.content == llm.chat(QUESTION).message.content


@pytest.mark.models
def test_closing_stops_and_the_next_question_is_answered(llm: LLM) -> None:
    stream = llm.stream_chat(QUESTION, max_tokens=2000)
    first = next(stream)
    begun = time.perf_counter()
    stream.close()
    assert llm.chat(QUESTION, max_tokens=4).message.content
    assert first.delta is not None
    assert time.perf_counter() - begun < 20  # two thousand tokens would take longer


@pytest.mark.models
def test_names_itself(llm: LLM) -> None:
    assert llm.metadata.is_chat_model
    assert llm.metadata.num_output == 24
    assert ":" in llm.metadata.model_name


@pytest.mark.models
def test_completes_a_prompt(llm: LLM) -> None:
    assert llm.complete("Hello").text.strip()


@pytest.mark.parametrize("scheme", ["ollama", "openai"])
def test_server_text_is_whole_and_the_request_greedy(
    scheme: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = _spec(scheme, request, monkeypatch)
    assert llms.open_llm(spec).chat(QUESTION).message.content == "".join(PIECES)
    sent = request.getfixturevalue("server").seen[-1]
    assert (sent.get("options") or sent)["temperature"] == 0
    assert sent["messages"][0]["content"] == QUESTION[0].content


@pytest.mark.models
@pytest.mark.parametrize("scheme", sorted(llms.schemes()))
def test_what_takes_too_long_is_given_up(
    scheme: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = _spec(scheme, request, monkeypatch, "slow")
    llms.open_llm(spec, llms.Options(threads=2, timeout=60)).chat(QUESTION, max_tokens=1)  # loading does not count
    slow = llms.open_llm(spec, llms.Options(threads=2, timeout=0.3, max_tokens=3000))
    with pytest.raises(WriterFailed, match="had not ended after 0 seconds") as caught:
        slow.chat(QUESTION)
    assert "writer_timeout" in caught.value.hint
    assert caught.value.retry


@pytest.mark.models
def test_a_closed_answer_leaves_no_thread(llm: LLM) -> None:
    stream = llm.stream_chat(QUESTION, max_tokens=2000)
    next(stream)
    stream.close()
    working = ("engine", "transformers")
    for _ in range(100):
        if not any(thread.name in working for thread in threading.enumerate()):
            return
        time.sleep(0.1)
    raise AssertionError([thread.name for thread in threading.enumerate()])


@pytest.mark.parametrize("scheme", ["ollama", "openai"])
@pytest.mark.parametrize(("model", "said"), [("sick", "out of memory"), ("gone", "broke off")])
def test_a_server_that_fails_midway(
    scheme: str, model: str, said: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = llms.open_llm(_spec(scheme, request, monkeypatch, model)).stream_chat(QUESTION)
    assert next(stream).delta == PIECES[0]
    with pytest.raises(WriterFailed, match=said):
        list(stream)


@pytest.mark.parametrize("scheme", ["ollama", "openai"])
def test_hanging_up_reaches_the_server(
    scheme: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = request.getfixturevalue("server")
    server.hung_up.clear()
    stream = llms.open_llm(_spec(scheme, request, monkeypatch, "slow")).stream_chat(QUESTION)
    next(stream)
    stream.close()
    assert server.hung_up.wait(5)


@pytest.mark.parametrize("scheme", ["ollama", "openai"])
def test_an_unknown_model_is_the_servers_word(
    scheme: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = llms.open_llm(_spec(scheme, request, monkeypatch, "missing"))
    with pytest.raises(WriterFailed, match="404: model 'missing' not found") as caught:
        missing.chat(QUESTION)
    assert caught.value.hint


@pytest.mark.parametrize("spec", ["ollama:x", "openai:http://127.0.0.1:9/v1#x"])
def test_no_server_is_said_with_what_to_do(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    with pytest.raises(WriterFailed, match="cannot be reached") as caught:
        llms.open_llm(spec).chat(QUESTION)
    assert "running" in caught.value.hint


def test_finding_the_backends_imports_nothing_heavy() -> None:
    code = "import sys; from rag import llms; llms.schemes(); print([m for m in sys.argv[1:] if m in sys.modules])"
    heavy = ["rag.interop", "llama_index", "xllamacpp", "transformers", "torch", "httpx"]
    found = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ("nonsense:x", UnknownModel),
        ("local:no-such-pack", UnknownModel),
        ("local:all-minilm-l6-v2", UnknownModel),
        ("gguf:/no/such/file.gguf", UnknownModel),
        ("openai:no-address", SettingsError),
        ("local:", SettingsError),
    ],
)
def test_a_spec_that_is_none(spec: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        llms.open_llm(spec)


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"hello there")
    with pytest.raises(UnknownModel, match="not a GGUF"):
        llms.open_llm(f"gguf:{tmp_path / 'x.gguf'}")


def test_a_key_goes_to_the_server_and_is_not_shown(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_OPENAI_KEY", "secret-key")
    llm = llms.open_llm(_spec("openai", request, monkeypatch))
    llm.chat(QUESTION)
    assert request.getfixturevalue("server").keys[-1] == "Bearer secret-key"
    assert "secret-key" not in f"{llm!r}{llm.to_json()}{llm.metadata}"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("box:80", "http://box:80"),
        ("https://box/ollama/", "https://box:443/ollama"),
        ("[::1]", "http://[::1]:11434"),
    ],
)
def test_ollamas_address_is_read_as_ollama_reads_it(host: str, address: str) -> None:
    assert _address(host) == address


def test_a_transformers_model_without_a_chat_template(tiny_transformer: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    shutil.copytree(tiny_transformer, folder)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(WriterFailed, match="chat template"):
        llms.open_llm(f"hf:{folder}").chat(QUESTION)


def test_a_transformers_prompt_that_is_too_long(tiny_transformer: Path) -> None:
    llm = llms.open_llm(f"hf:{tiny_transformer}", llms.Options(context_tokens=8))
    with pytest.raises(WriterFailed, match="too long"):
        llm.chat(QUESTION)


def test_a_transformers_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match="cannot be loaded"):
        llms.open_llm(f"hf:{tmp_path / 'nothing'}").chat(QUESTION)


@pytest.mark.models
def test_a_broken_model_file_is_a_writer_failure(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF" + bytes(2000))
    with pytest.raises(WriterFailed, match="could not be loaded"):
        llms.open_llm(f"gguf:{tmp_path / 'x.gguf'}").chat(QUESTION)
