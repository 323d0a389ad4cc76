"""Other systems' texts in the form of our answers, and the function as a system."""

from __future__ import annotations

import importlib
import re
import threading
from collections.abc import Iterator, Sequence
from datetime import date
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import rag
from eval import systems
from eval.asked import Asked
from eval.cases import Case
from eval.metrics import discovered
from eval.systems import Response, as_answer, connect, stock
from rag.errors import SettingsError, WriterFailed
from tests import fakes
from tests.conftest import SETTINGS, Opener
from tests.llms.servers import Handler

SOURCES = [
    {"text": f"Source {n}.", "article_id": f"a{n}", "title": f"Title {n}", "published": "2024-03-05T00:00:00+00:00"}
    for n in (1, 2, 3)
]
COST = "How much will the repairs of the Weir Bridge cost?"


def question(text: str = COST, **more: Any) -> Asked:
    return Asked("q1", text, "number", True, "12.5 million", (("12.5 million",),), **more)


def shaped(text: str, sources: Sequence[dict[str, Any]] = SOURCES, **more: Any) -> dict[str, Any]:
    named: dict[str, Any] = {"abstained": False, "model": "m", "version": "v", "timings": {}}
    return as_answer("What?", text, sources, **named | more)


def numbers(answer: dict[str, Any]) -> list[tuple[str, list[int]]]:
    """Each sentence with the numbers that it cites."""
    return [(s["text"], [c["number"] for c in s["citations"]]) for s in answer["sentences"]]


# -- a text with marks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They cost 5 crowns [1]. Brandt said so [2].", [("They cost 5 crowns.", [1]), ("Brandt said so.", [2])]),
        ("They cost 5 crowns [1, 2].", [("They cost 5 crowns.", [1, 2])]),
        ("They cost 5 crowns [2; 1].", [("They cost 5 crowns.", [2, 1])]),
        ("They cost 5 [1][2] crowns [1].", [("They cost 5 crowns.", [1, 2])]),
        ("[1] They cost 5 crowns.", [("They cost 5 crowns.", [1])]),
        ("They cost 5 crowns. [1] Brandt said so.", [("They cost 5 crowns.", [1]), ("Brandt said so.", [])]),
        ("They cost 5 crowns.[1][2] Brandt did.[3]", [("They cost 5 crowns.", [1, 2]), ("Brandt did.", [3])]),
        ("“Never.” [1] “Ever,” he said [2].", [("“Never.”", [1]), ("“Ever,” he said.", [2])]),
        ("- They cost 5 [1]\n- Nobody knows [2]", [("- They cost 5", [1]), ("- Nobody knows", [2])]),
        ("They cost 5 crowns. Nobody knows.", [("They cost 5 crowns.", []), ("Nobody knows.", [])]),
        ("They cost 5 crowns [4], they say [0] [3].", [("They cost 5 crowns, they say.", [3])]),
        ("They cost 5 crowns (see [2]) in all.", [("They cost 5 crowns (see ) in all.", [2])]),
        ("It rose by 38.4% to 1.5 million [1].", [("It rose by 38.4% to 1.5 million.", [1])]),
        ("  ", []),
        ("[1]", []),
        ("… [1]\n\n—", []),
        ("They cost 5 crowns. [1]", [("They cost 5 crowns.", [1])]),
        ("They cost 5. [1]\nBrandt did. [2]", [("They cost 5.", [1]), ("Brandt did.", [2])]),
        ("They cost 5 crowns.\n[1]", [("They cost 5 crowns.", [1])]),
    ],
)
def test_marks_are_taken_from_the_text_and_cite_its_sources(text: str, expected: list[tuple[str, list[int]]]) -> None:
    assert numbers(shaped(text)) == expected


def _letters(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"\[[\d\s,;]+\]", " ", text))


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Smith and Dr. Holm met on 3 Dec. 2024 in St. Aske. [1] It cost approx. 5 crowns [2].",
        "U.S. officials said “No. Never.” (They were two.) [1] And then? Nothing!",
        "1. The bridge [1]\n2. The library [2]\n\n# Heading\n* and more … Ärger [3]",
        "One sentence without any stop or mark",
        "It cost .5 percent , or so [1] .",
        "“Quoted. Twice.” [1] [2] (In brackets. [3]) \u2028End",
    ],
)
def test_no_text_is_lost(text: str) -> None:
    assert [word for piece, _ in numbers(shaped(text)) for word in _letters(piece)] == _letters(text)


def test_a_figure_that_begins_with_its_point_stays_apart() -> None:
    assert numbers(shaped("It rose by .5 percent [1].")) == [("It rose by .5 percent.", [1])]


def test_a_mark_cites_its_source_whole() -> None:
    answer = shaped("They cost 5 crowns [2]. Nobody knows [9]. Again [2] [1].")
    second = {
        "number": 2,
        "quote": "Source 2.",
        "article_id": "a2",
        "title": "Title 2",
        "published": "2024-03-05T00:00:00+00:00",
        **dict.fromkeys(("url", "page", "start", "end", "outlet", "byline")),
    }
    assert answer["sentences"][0]["citations"] == [second]
    assert [c["number"] for c in answer["citations"]] == [1, 2]
    assert answer["citations"][1] == second
    assert answer["evidence"] == SOURCES


def test_it_has_the_form_of_our_own_answer(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    own = archive.ask(COST).to_dict()
    made = shaped("They cost 5 crowns [1].", timings={"total": 2.0})
    assert made.keys() == own.keys()
    assert made["timings"].keys() == own["timings"].keys()
    assert made["sentences"][0].keys() == own["sentences"][0].keys()
    assert made["citations"][0].keys() == own["citations"][0].keys()
    assert (made["timings"]["total"], made["timings"]["retrieve"]) == (2.0, None)
    assert made["sentences"][0]["verdict"] == "unchecked"


def test_metrics_read_it() -> None:
    made = shaped("They cost 12.5 million crowns [1, 2].")
    case = Case(question(), "other", made)
    assert discovered()["right"].of(case) == 1.0
    assert discovered()["seconds to end"].of(case) is None
    refused = Case(question(), "other", shaped("", abstained=True))
    assert discovered()["false refusal"].of(refused) == 1.0


# -- which there are --------------------------------------------------------------------------------------------------


def test_every_responder_names_and_describes_itself() -> None:
    known = systems.responders()
    assert {"ours", "stock", "function"} <= known.keys()
    for name, module in known.items():
        assert name.lower().strip() == name
        assert module.SUMMARY
        assert "\n" not in module.SUMMARY


def test_a_new_file_is_a_system(tmp_path: Path, opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "echo_for_a_test.py").write_text(
        'NAME = "echo"\nSUMMARY = "says the question"\n\ndef connect(archive, target):\n    return target\n', "utf-8"
    )
    monkeypatch.setattr(systems, "__path__", [*systems.__path__, str(tmp_path)])
    try:
        assert str(connect("echo:loud:er", opened())) == "loud:er"
    finally:
        vars(systems).pop("echo_for_a_test", None)


def test_an_unknown_system_is_refused_with_the_names_there_are(opened: Opener) -> None:
    with pytest.raises(SettingsError, match="no system 'elsewhere'") as refused:
        connect("elsewhere:x", opened())
    assert "function, ours, stock" in str(refused.value)


# -- a function -------------------------------------------------------------------------------------------------------


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of functions, by its name."""
    (tmp_path / "functions_for_a_test.py").write_text(
        "def says(question):\n    return f'You ask: {question} It is 12.5 million [1].'\n\n"
        "def silent(question):\n    return None\n\n"
        "def raises(question):\n    raise OSError('no connection')\n\n"
        "number = 5\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    return "function:functions_for_a_test"


def test_a_function_answers(functions: str, opened: Opener) -> None:
    system = connect(f"{functions}:says", opened())
    response = system.ask(question())
    assert system.name == "functions_for_a_test:says"
    assert response.raw == f"You ask: {COST} It is 12.5 million [1]."
    assert numbers(dict(response.answer)) == [(f"You ask: {COST}", []), ("It is 12.5 million.", [])]
    assert response.answer["abstained"] is False
    assert response.answer["timings"]["total"] >= 0
    assert (response.opens, response.prompt) == ((), ())


def test_a_function_that_does_not_know(functions: str, opened: Opener) -> None:
    response = connect(f"{functions}:silent", opened()).ask(question())
    assert response.answer["abstained"] is True
    assert (response.raw, response.answer["sentences"]) == ("", [])


def test_what_a_function_raises_is_raised(functions: str, opened: Opener) -> None:
    with pytest.raises(OSError, match="no connection"):
        connect(f"{functions}:raises", opened()).ask(question())


@pytest.mark.parametrize("target", ["nowhere_at_all:f", "functions_for_a_test:nothing", "functions_for_a_test", ""])
def test_a_function_that_is_not_there(functions: str, opened: Opener, target: str) -> None:
    importlib.invalidate_caches()
    with pytest.raises(SettingsError, match="is not there"):
        connect(f"function:{target}", opened())


# -- ours -------------------------------------------------------------------------------------------------------------


def test_ours_answers_with_citations_that_open(opened: Opener, folder: Path) -> None:
    archive = opened(settings=rag.Settings(embedder=fakes.NAME, writer="extractive", judge="combined:words"))
    archive.ingest(folder)
    response = connect("ours", archive).ask(question())
    assert "12.5 million" in response.answer["text"]
    assert response.opens == (True,) * len(response.answer["citations"]) != ()
    assert "12.5 million" in response.raw
    assert response.prompt == ()


def test_ours_passes_on_history_filters_and_day(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    ours = connect("ours", archive)

    def titles(response: Response) -> list[str]:
        return [hit["title"] for hit in response.answer["evidence"]]

    history = (("How many tonnes of apples did farmers bring in near Ortmund?", "310 tonnes."),)
    assert titles(ours.ask(question("And what does that cost?", history=history)))[0] == "Apple harvest grows"
    last_month = question("What did the Sundby Radio report last month?", as_of=date(2024, 5, 2))
    assert titles(ours.ask(last_month)) == ["Library opens"]
    only = question(filters=rag.Filters(outlets=("Field Weekly",)))
    assert titles(ours.ask(only)) == ["Apple harvest grows"]


def test_unread_does_not_limit_the_search(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    asked = question("What did the Sundby Radio report about apples?")
    read, unread = (connect(name, archive).ask(asked).answer for name in ("ours", "ours:unread"))
    assert len(read["evidence"]) == 1
    assert len(unread["evidence"]) == 3
    with pytest.raises(SettingsError, match="no system ours:elsewhere"):
        connect("ours:elsewhere", archive)


class Model(Handler):
    """Says the two words of the server's `says` and stops, or breaks off."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        text, ends = self.server.says  # type: ignore[attr-defined]
        for word in text.split():
            self._openai(f"{word} ")
        if ends:
            self._openai(None)


@pytest.fixture
def model() -> Iterator[ThreadingHTTPServer]:
    """A model server; `.says` is (text, whether it comes to its end)."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def served(opened: Opener, folder: Path, model: ThreadingHTTPServer, text: str, *, ends: bool = True) -> rag.Archive:
    """An archive whose writer says `text`."""
    model.says = (text, ends)  # type: ignore[attr-defined]
    writer = f"openai:http://127.0.0.1:{model.server_address[1]}/v1#m"
    archive = opened(settings=rag.Settings(embedder=fakes.NAME, writer=writer, judge="combined:words"))
    archive.ingest(folder)
    return archive


def test_the_prompt_and_what_the_model_wrote_are_kept(opened: Opener, folder: Path, model: ThreadingHTTPServer) -> None:
    said = "The repairs will cost 12.5 million crowns [1]. They were 99 years old [1]."
    response = connect("ours", served(opened, folder, model, said)).ask(question())
    assert response.raw.split() == said.split()
    assert response.prompt[0][0] == "system"
    assert response.prompt[-1][1].endswith(f"Question: {COST}")
    assert "99" not in response.answer["text"]


def test_a_writer_that_was_replaced_has_failed(opened: Opener, folder: Path, model: ThreadingHTTPServer) -> None:
    archive = served(opened, folder, model, "Nothing yet", ends=False)
    with pytest.raises(WriterFailed, match="broke off"):
        connect("ours", archive).ask(question())


def test_an_answer_that_broke_off_has_failed(opened: Opener, folder: Path, model: ThreadingHTTPServer) -> None:
    archive = served(opened, folder, model, "The repairs will cost 12.5 million crowns [1]. And then", ends=False)
    with pytest.raises(WriterFailed, match="incomplete"):
        connect("ours", archive).ask(question())


# -- LlamaIndex's citation engine -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "abstained", "cites"),
    [
        ("They cost 12.5 million crowns [1, 2]. So it is.", False, [[1, 2], []]),
        ("The sources do not mention any price.", True, [[]]),
    ],
)
def test_the_citation_engine_answers_in_our_form(
    opened: Opener,
    folder: Path,
    model: ThreadingHTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    says: str,
    abstained: bool,
    cites: list[list[int]],
) -> None:
    pytest.importorskip("llama_index.retrievers.bm25", reason="needs the bench extra")
    pytest.importorskip("llama_index.vector_stores.chroma", reason="needs the bench extra")
    monkeypatch.setattr(stock, "require", lambda: None)
    monkeypatch.setattr(stock, "_embedding", lambda archive: fakes.HashEmbedding())
    archive = served(opened, folder, model, says)
    system = connect("stock", archive)
    response = system.ask(question())
    assert system.name == "stock"
    assert response.raw == says
    assert response.answer["abstained"] is abstained
    assert [marks for _, marks in numbers(dict(response.answer))] == cites
    assert response.answer["model"] == archive.settings.writer
    assert 0 < response.answer["timings"]["first_token"] <= response.answer["timings"]["total"]
    evidence = response.answer["evidence"]
    assert {hit["title"] for hit in evidence} == {"Weir Bridge to be repaired", "Library opens", "Apple harvest grows"}
    for hit in evidence:
        article = archive.article(hit["article_id"])
        assert article.title == hit["title"]
        assert hit["text"] in article.text
        assert (hit["outlet"], hit["url"]) == (article.outlet, article.url)


def test_without_a_model_the_citation_engine_is_refused(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("llama_index.retrievers.bm25", reason="needs the bench extra")
    monkeypatch.setattr(stock, "require", lambda: None)
    with pytest.raises(rag.RagError, match="no writer is called"):
        connect("stock", opened(settings=SETTINGS))
