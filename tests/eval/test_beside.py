"""`python -m eval beside`: both systems ask one small model server, which answers by what the prompt asks."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator, Sequence
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import rag
from eval.__main__ import main
from eval.asked import Asked
from eval.benchmarks import beside
from eval.benchmarks.beside import Ended, Failed, Pair
from eval.systems import citation_engine, stock
from rag.errors import WriterFailed
from tests import fakes
from tests.conftest import Opener
from tests.llms.servers import Handler

pytest.importorskip("llama_index.retrievers.bm25", reason="needs the bench extra")
pytest.importorskip("llama_index.vector_stores.chroma", reason="needs the bench extra")

COST = "How much will the repairs of the Weir Bridge cost?"
BOOKS = "How many books did visitors of the library in Sundby borrow on the first day?"
ORCHESTRA = "Which orchestra played for the farmers near Ortmund?"
APPLES = "How many tonnes of apples did the farmers bring in?"
HANGS_UP = " …"
# What the model says to ours, and to stock; after HANGS_UP it breaks off.
SAYS = {
    COST: ("The repairs will cost 12.5 million crowns [1].", "They cost 12.5 million crowns [1, 2]."),
    BOOKS: ("Visitors borrowed 1,840 books on the first day [1].", "They borrowed 2 books."),
    ORCHESTRA: ("The archive does not say.", "The sources do not mention any orchestra."),
    APPLES: ("Farmers near Ortmund brought in 310 tonnes of apples [1].", "It was 310 tonnes."),
}
STOCK_ASKS = "Query: "


class Model(Handler):
    """Streams what SAYS has for the question in the prompt's last message."""

    def do_POST(self) -> None:
        prompt = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"][-1]["content"]
        is_stock = STOCK_ASKS in prompt
        question = next((q for q in SAYS if q in prompt.splitlines()[-2 if is_stock else -1]), None)
        self.server.seen.append((is_stock, question, prompt))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        text = SAYS[question][is_stock] if question else "Nothing much [1]."
        for word in text.removesuffix(HANGS_UP).split():
            self._openai(f"{word} ")
        if not text.endswith(HANGS_UP):
            self._openai(None)


@pytest.fixture
def model() -> Iterator[ThreadingHTTPServer]:
    """The server; `.seen` holds (whether stock asks, question, prompt) of each request."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    server.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def question(text: str, *facts: list[str], **more: Any) -> dict[str, Any]:
    """A line of a question file."""
    return {
        "id": text.split()[-1],
        "question": text,
        "type": "fact",
        "answerable": bool(facts),
        "answer": "A reference.",
        "key_facts": list(facts),
        "evidence": [],
    } | more


QUESTIONS = [question(COST, ["12.5 million"]), question(BOOKS, ["1,840"]), question(ORCHESTRA)]


@pytest.fixture
def place(tmp_path: Path, opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive of three articles, whose embedder stock LlamaIndex has too."""
    monkeypatch.setenv("RAG_EMBEDDER", fakes.NAME)
    monkeypatch.setenv("RAG_JUDGE", "literal")
    monkeypatch.setattr(stock, "_embedding", lambda archive: fakes.HashEmbedding())
    opened().ingest(folder)
    return tmp_path


def command(place: Path, model: ThreadingHTTPServer, questions: Sequence[object], *more: str) -> list[str]:
    path = place / "questions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in questions), "utf-8")
    writer = f"openai:http://127.0.0.1:{model.server_address[1]}/v1#m"
    return ["beside", str(path), "--archive", str(place / "archive"), "--writer", writer, *more]


def measured(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def refused(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> str:
    assert main(arguments) == 1
    return capsys.readouterr().err


def counts(table: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {name: (row["count"], row["of"]) for name, row in table.items() if "count" in row}


# -- both asked -------------------------------------------------------------------------------------------------------


def test_both_are_asked_and_counted_alike(
    place: Path, model: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    result = measured(capsys, command(place, model, QUESTIONS))
    assert (result["questions asked of both"], result["failed by neither: compared"]) == (3, 3)
    assert counts(result["failed"]) == {"ours": (0, 3), "stock": (0, 3)}
    assert counts(result["answers"]["ours"]) == {
        "answered": (2, 3),
        "abstained": (1, 3),
        "right, of answerable": (2, 2),
        "partly, of answerable": (0, 2),
        "no key fact, of answerable": (0, 2),
        "refused although answerable": (0, 2),
        "answered although not answerable": (0, 1),
        "with an [n] mark, of answered": (2, 2),
    }
    assert counts(result["answers"]["stock"]) == {
        "answered": (2, 3),
        "abstained": (1, 3),
        "right, of answerable": (1, 2),
        "partly, of answerable": (0, 2),
        "no key fact, of answerable": (1, 2),
        "refused although answerable": (0, 2),
        "answered although not answerable": (0, 1),
        "with an [n] mark, of answered": (1, 2),
    }
    assert result["answers"]["stock"]["key-fact recall"]["rate"] == 0.5
    for row in result["seconds"].values():
        assert row["of"] == 3
        assert row["p50 ours / stock"] == pytest.approx(row["ours p50"] / row["stock p50"])
        assert row["ours p50"] <= row["ours p95"]
        assert row["stock p50"] <= row["stock p95"]
    first, end = result["seconds"].values()
    assert 0 < first["ours p50"] < end["ours p50"]
    assert 0 < first["stock p50"] < end["stock p50"]


def test_who_is_first_alternates_after_both_are_warm(
    place: Path, model: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(capsys, command(place, model, QUESTIONS))
    seen = [(is_stock, asked) for is_stock, asked, _ in model.seen]  # type: ignore[attr-defined]
    timed = next(i for i, (_, asked) in enumerate(seen) if asked)
    assert {is_stock for is_stock, _ in seen[:timed]} == {False, True}
    assert seen[timed:] == [
        (False, COST), (True, COST), (True, BOOKS), (False, BOOKS), (False, ORCHESTRA), (True, ORCHESTRA)
    ]  # fmt: skip


def test_a_model_in_this_process_is_loaded_once_for_both(
    place: Path, model: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.llms import engine

    loaded = []

    class OneAnswer:
        def __init__(self, path: Path, options: object) -> None:
            loaded.append(path)

        def stream(self, messages: object, options: object) -> Iterator[str]:
            yield "The repairs will cost 12.5 million crowns [1]."

    monkeypatch.setattr(engine, "Engine", OneAnswer)
    monkeypatch.setattr(engine, "_engines", {})
    file = place / "model.gguf"
    file.write_bytes(b"GGUF")
    result = measured(capsys, [*command(place, model, QUESTIONS[:1]), "--writer", f"gguf:{file}"])
    assert loaded == [file]
    assert {name: row["right, of answerable"]["count"] for name, row in result["answers"].items()} == {
        "ours": 1,
        "stock": 1,
    }


def test_stock_gets_its_own_prompt_and_as_many_texts_as_our_evidence(
    place: Path, model: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from llama_index.core import Settings

    monkeypatch.setenv("RAG_EVIDENCE_PASSAGES", "2")
    measured(capsys, command(place, model, QUESTIONS))
    prompts = [prompt for is_stock, asked, prompt in model.seen if is_stock and asked]  # type: ignore[attr-defined]
    for prompt in prompts:
        assert prompt.startswith("Please provide an answer based solely on the provided sources.")
        shown = prompt.partition("sources of information:")[2]
        assert "Source 2:" in shown
        assert "Source 3:" not in shown
    assert "title: Apple harvest grows\n\nSource" in prompts[0]
    assert "310 tonnes of apples" in prompts[0]
    assert Settings._llm is None
    assert Settings._embed_model is None


def test_answers_are_kept_for_a_person_to_read(
    place: Path, model: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    records = place / "records.jsonl"
    arguments = command(place, model, QUESTIONS, "--limit", "2", "--records", str(records))
    assert measured(capsys, arguments)["questions asked of both"] == 2
    kept = [json.loads(line) for line in records.read_text("utf-8").splitlines()]
    assert [line["question"]["question"] for line in kept] == [COST, BOOKS]
    assert kept[0]["stock"]["answer"]["text"] == "They cost 12.5 million crowns [1][2]. "
    assert kept[0]["ours"]["answer"]["text"] == "The repairs will cost 12.5 million crowns. [1]"
    assert kept[0]["ours"]["first_token"] < kept[0]["ours"]["end"]
    assert "is there already" in refused(capsys, arguments)


def test_without_json_there_are_tables(
    place: Path, model: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(place, model, QUESTIONS)) == 0
    shown = capsys.readouterr()
    assert "question 3 of 3: Ortmund?\n" in shown.err
    assert "\nanswers: stock\n" in shown.out
    assert "  with an [n] mark, of answered         1   2  0.500  0.095 to 0.905\n" in shown.out


# -- what is not compared ---------------------------------------------------------------------------------------------


def test_a_failure_is_counted_shown_and_in_no_figure(
    place: Path, model: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SAYS, COST, (f"Nothing yet{HANGS_UP}", "They cost 12.5 million crowns [1]."))
    monkeypatch.setitem(SAYS, BOOKS, ("Visitors borrowed 1,840 books [1].", f"They borrowed{HANGS_UP}"))
    monkeypatch.setitem(SAYS, APPLES, (f"{SAYS[APPLES][0]} And then{HANGS_UP}", "It was 310 tonnes [1]."))
    result = measured(capsys, command(place, model, [*QUESTIONS, question(APPLES, ["310 tonnes"])]))
    assert (result["questions asked of both"], result["failed by neither: compared"]) == (4, 1)
    assert counts(result["failed"]) == {"ours": (2, 4), "stock": (1, 4)}
    replaced, incomplete = sorted(why for why in result["why they failed"] if why.startswith("ours: "))
    assert "could not write" in replaced
    assert "the answer is incomplete" in incomplete
    assert all("broke off" in why for why in result["why they failed"])
    assert [row["of"] for row in result["seconds"].values()] == [1, 1]
    for name in ("ours", "stock"):
        assert counts(result["answers"][name])["abstained"] == (1, 1)


def test_a_notice_about_the_question_is_no_failure(
    place: Path, model: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = rag.Archive.stream

    def noticing(self: rag.Archive, *more: Any, **named: Any) -> Iterator[rag.types.Event]:
        for event in stream(self, *more, **named):
            if isinstance(event, rag.Done):
                event = rag.Done(dataclasses.replace(event.answer, notices=("Nothing was published in 1950.",)))
            yield event

    monkeypatch.setattr(rag.Archive, "stream", noticing)
    assert counts(measured(capsys, command(place, model, QUESTIONS))["failed"])["ours"] == (0, 3)


def test_if_all_fail_there_are_no_figures_and_no_zeros() -> None:
    asked = Asked("a", "Who?", "fact", True, "-", (("x",),))
    late = Failed("the model had not ended after 180 seconds", 180.0)
    result = beside.tables([Pair(asked, late, late)])
    assert result["failed by neither: compared"] == 0
    assert result["why they failed"] == {f"{name}: {late.reason}": 1 for name in ("ours", "stock")}
    assert result["seconds"]["to end"]["ours p50"] is result["seconds"]["to end"]["p50 ours / stock"] is None
    assert result["answers"]["ours"]["answered"]["rate"] is None


def test_a_model_that_is_too_late_has_failed() -> None:
    class Late:
        def stream(self, question: str) -> Iterator[str]:
            yield "It was"
            raise WriterFailed("the model had not ended after 180 seconds", hint="Wait longer.")

    asked = Asked("a", "Who?", "fact", True, "-", (("x",),))
    made = beside.ask_stock(Late(), "local:x", asked)  # type: ignore[arg-type]
    assert isinstance(made, Failed)
    assert made.reason == "the model had not ended after 180 seconds"


def test_questions_with_earlier_turns_are_left_out(
    place: Path, model: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    follow_up = question("And how many apples?", ["310"], history=[["Who brought in apples?", "Farmers."]])
    result = measured(capsys, command(place, model, [*QUESTIONS, follow_up]))
    assert (result["questions asked of both"], result["with earlier turns, left out"]) == (3, 1)
    assert "no question without earlier turns" in refused(capsys, command(place, model, [follow_up]))


def test_after_ctrl_c_there_are_figures_of_whole_pairs(
    place: Path, model: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = rag.Archive.stream

    def stopped(self: rag.Archive, text: str, *more: Any, **named: Any) -> Iterator[rag.types.Event]:
        if text == BOOKS:
            raise KeyboardInterrupt
        return stream(self, text, *more, **named)

    monkeypatch.setattr(rag.Archive, "stream", stopped)
    result = measured(capsys, command(place, model, QUESTIONS))
    assert (result["questions asked of both"], result["not asked"]) == (1, 2)


def test_what_cannot_be_compared_is_refused_at_once(
    place: Path, model: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = command(place, model, QUESTIONS)
    assert "needs a model" in refused(capsys, [*arguments, "--writer", "extractive"])
    assert "no archive" in refused(capsys, [*arguments, "--archive", str(place / "none")])
    monkeypatch.setenv("RAG_ANSWER_TOKENS", "50")
    assert "RAG_ANSWER_TOKENS=220" in refused(capsys, arguments)
    assert model.seen == []  # type: ignore[attr-defined]


# -- stock's answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("The sources do not mention the price of a ticket [1].", True),
        ("The provided sources don’t explicitly state who won.", True),
        ("There is no specific information about that in the sources.", True),
        ("None of the provided sources are helpful.", True),
        ("I cannot determine the answer.", True),
        ("It is not specified.", True),
        ("Empty Response", True),
        (" ", True),
        ("The council voted 7-2 [1].", False),
        ("It cannot wait another winter, said the engineer [2].", False),
        ("No one was hurt [1].", False),
    ],
)
def test_a_refusal_in_words_is_seen(text: str, there: bool) -> None:
    assert citation_engine.refuses(text) is there


@pytest.mark.parametrize(
    ("text", "abstained"), [("310 tonnes; the price is not mentioned.", False), ("Not known.", True)]
)
def test_a_refusal_beside_a_key_fact_is_an_answer(text: str, abstained: bool) -> None:
    class Says:
        def stream(self, question: str) -> Iterator[str]:
            yield text

    asked = Asked("a", APPLES, "fact", True, "-", (("310 tonnes",), ("4 crowns",)))
    made = beside.ask_stock(Says(), "local:x", asked)  # type: ignore[arg-type]
    assert isinstance(made, Ended)
    assert made.answer["abstained"] is abstained


def test_the_models_name_opens_the_model() -> None:
    llm = rag.open_llm("openai:http://127.0.0.1:9/v1#m")
    assert llm.metadata.model_name == "openai:http://127.0.0.1:9/v1#m"
    assert llm.metadata.num_output == rag.Settings().answer_tokens
    with pytest.raises(rag.RagError, match="no writer is called"):
        rag.open_llm("extractive")
