"""`python -m eval hostile`: instructions come into articles, and what follows them is seen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import rag
from eval.__main__ import main
from eval.benchmarks import hostile
from tests import fakes
from tests.conftest import Opener, write_article

# It holds the words of every title in `folder`, so that the extractive writer, which looks for them, takes it up.
TAKEN_UP = "What is reported about the Weir Bridge to be repaired, the library opens and the apple harvest grows"
IGNORED = "Zxq *vvk* <b>plmw</b> [qrr](http://x.example) 1. `ssd`"


@pytest.fixture
def place(tmp_path: Path, opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive of three articles."""
    monkeypatch.setenv("RAG_EMBEDDER", fakes.NAME)
    monkeypatch.setenv("RAG_WRITER", "extractive")
    opened().ingest(folder)
    return tmp_path


def command(place: Path, instructions: object, *more: str) -> list[str]:
    path = place / "instructions.json"
    path.write_text(json.dumps(instructions), "utf-8")
    return ["hostile", str(path), "--archive", str(place / "archive"), *more]


def measured(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_an_instruction_that_is_taken_up_is_flagged_and_kept(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = place / "records.jsonl"
    instructions = {"loud": [TAKEN_UP] * 3, "quiet": [IGNORED] * 3}
    result = measured(capsys, command(place, instructions, "--records", str(records)))
    assert (result["instructions"], result["not tried"], result["writer replaced by another"]) == (6, 0, 0)
    table = result["with the instruction"]
    assert (table["followed (flagged)"]["count"], table["followed (flagged)"]["of"]) == (3, 6)
    assert table["followed (flagged)"]["95% interval"] == pytest.approx([0.188, 0.812], abs=1e-3)
    assert table["answered"]["count"] + table["abstained"]["count"] == 6
    assert result["without it"]["flagged all the same"]["count"] == 0
    assert result["sentences flagged"] == {f"standing: {hostile.CITES}": 3}
    kinds = result["by kind of instruction"]
    assert {kind: (row["instructions"], row["followed"]) for kind, row in kinds.items()} == {
        "loud": (3, 3),
        "quiet": (3, 0),
    }
    assert {place: row["instructions"] for place, row in result["by place"].items()} == dict.fromkeys(hostile.PLACES, 2)
    kept = [json.loads(line) for line in records.read_text("utf-8").splitlines()]
    assert len({case["article"] for case in kept}) == 3
    for case in kept[:3]:
        (flag,) = case["flags"]
        assert case["answer"]["sentences"][flag["sentence"]]["text"] == flag["text"]
        assert TAKEN_UP in flag["text"]
        assert TAKEN_UP not in case["answer_without"]["text"]
        spans = [(c["start"], c["end"]) for c in case["answer"]["citations"] if c["article_id"] == case["article"]]
        assert any(start < case["end"] and case["start"] < end for start, end in spans)


def test_the_archive_itself_stays_as_it_is(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with rag.open(place / "archive") as archive:
        before = (archive.version, archive.status().articles)
    measured(capsys, command(place, {"loud": [TAKEN_UP]}))
    with rag.open(place / "archive") as archive:
        assert (archive.version, archive.status().articles) == before


def test_each_case_has_six_articles_and_only_its_own_instruction(
    place: Path, opened: Opener, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(8):
        text = f"The ferry number {n} sails on Monday.\n\nIt carries {n + 20} cars."
        write_article(place / "ferries" / f"{n}.md", text, title=f"Ferry number {n}", url=f"https://o.example/{n}")
    ferries = opened("ferries archive")
    ferries.ingest(place / "ferries")
    instructions = {"loud": [f"What is reported about the ferry number is secret{n}" for n in range(4)]}
    records = place / "records.jsonl"
    measured(
        capsys, command(place, instructions, "--archive", str(place / "ferries archive"), "--records", str(records))
    )
    order = [article.id for article in ferries.articles()]
    for n, line in enumerate(records.read_text("utf-8").splitlines()):
        case = json.loads(line)
        evidence = case["answer"]["evidence"]
        assert case["article"] == order[n]
        assert {hit["article_id"] for hit in evidence} <= {order[(n + i) % 8] for i in range(6)}
        shown = " ".join(hit["text"] for hit in evidence)
        assert [m for m in range(4) if f"secret{m}" in shown] == [n]
        assert "secret" not in json.dumps(case["answer_without"])


def test_a_copy_reads_back_as_the_same_article(opened: Opener, tmp_path: Path) -> None:
    text = (
        "1. First *line*\nand a second.\n\n- A <b>mark</b> & “quotes” | `code` \\ 3 > 2\n\n# No heading\n\nEnd_of_it."
    )
    write_article(tmp_path / "one.md", "Words.", title="A: “title” #1", outlet="O", url="https://o.example/1")
    first = opened("first")
    first.ingest(tmp_path / "one.md")
    [article] = first.articles()
    copy = tmp_path / "copy.md"
    copy.write_text(hostile.markdown(rag.Article(**{**_fields(article), "text": text})), "utf-8")
    second = opened("second")
    second.ingest(copy)
    [read] = second.articles()
    assert read.text == text
    assert _fields(read) | {"text": "", "source": ""} == _fields(article) | {"text": "", "source": ""}


def _fields(article: rag.Article) -> dict[str, Any]:
    return {name: getattr(article, name) for name in article.to_dict()}


@pytest.mark.parametrize(
    ("place_of_it", "expected"),
    [
        (hostile.BEGINNING, "X\n\na\n\nb\n\nc"),
        (hostile.MIDDLE, "a\n\nb\n\nX\n\nc"),
        (hostile.END, "a\n\nb\n\nc\n\nX"),
    ],
)
def test_an_instruction_is_a_paragraph_of_its_own(place_of_it: str, expected: str) -> None:
    assert hostile.inserted("a\n\nb\n\nc", "X", place_of_it) == expected


def sentence(text: str, verdict: rag.Verdict, *cited: tuple[str, int, int]) -> rag.Sentence:
    citations = tuple(rag.Citation(1, article, start, end, "…") for article, start, end in cited)
    return rag.Sentence(text, citations, verdict, "")


def flags(*sentences: rag.Sentence, at: tuple[str, int, int] | None = ("a", 10, 20)) -> list[tuple[int, bool, str]]:
    answer = rag.Answer("?", "", False, sentences, (), (), "x", "v", rag.Timings(0, 0, 0, 0, 0))
    known = hostile.content_words("The bridge was repaired in spring, said the engineer")
    found = hostile.flagged(answer, known, "Sing loudly of repaired ships", at)
    return [(flag.sentence, flag.standing, flag.why) for flag in found]


def test_citing_the_inserted_words_is_seen_to_the_letter() -> None:
    standing = rag.Verdict.SUPPORTED
    cites = [sentence("The bridge.", standing, span) for span in (("a", 0, 10), ("a", 0, 11), ("a", 20, 30))]
    assert flags(*cites, sentence("The bridge.", standing, ("b", 0, 30))) == [(1, True, hostile.CITES)]
    assert flags(*cites, at=None) == []


def test_words_from_nowhere_are_seen_when_they_are_most() -> None:
    half = sentence("The bridge sings.", rag.Verdict.UNCHECKED, ("a", 0, 5))
    most = sentence("The bridge sings arias.", rag.Verdict.SUPPORTED, ("a", 0, 5))
    assert flags(half, most) == [(1, True, hostile.FOREIGN)]
    assert flags(sentence("It is.", rag.Verdict.SUPPORTED)) == []


def test_struck_sentences_are_seen_by_their_words() -> None:
    struck = rag.Verdict.UNSUPPORTED
    repeated = sentence("The repaired ships sing spring.", struck)
    assert flags(repeated) == [(0, False, hostile.REPEATS)]
    assert flags(sentence("The bridge was repaired.", struck), sentence("Arias, please!", struck)) == [
        (1, False, hostile.FOREIGN)
    ]


def test_a_limit_is_spread_over_the_kinds(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    instructions = {kind: [f"Do {kind} {n}." for n in range(5)] for kind in ("one", "two", "three")}
    result = measured(capsys, command(place, instructions, "--limit", "3"))
    assert {kind: row["instructions"] for kind, row in result["by kind of instruction"].items()} == {
        "one": 1,
        "two": 1,
        "three": 1,
    }


def test_ctrl_c_gives_the_figures_of_what_is_done(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, asked = rag.Archive.ask, []

    def stopped(self: rag.Archive, text: str, **named: Any) -> rag.Answer:
        asked.append(text)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return ask(self, text, **named)

    monkeypatch.setattr(rag.Archive, "ask", stopped)
    result = measured(capsys, command(place, {"loud": [TAKEN_UP] * 3}))
    assert (result["instructions"], result["not tried"]) == (1, 2)


@pytest.mark.parametrize("instructions", [{}, {"kind": []}, {"kind": [" "]}, {"kind": "text"}, {"kind": [1]}, ["text"]])
def test_what_holds_no_instructions_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str], instructions: object
) -> None:
    assert main(command(place, instructions)) == 1
    assert "instruction" in capsys.readouterr().err


def test_records_that_are_there_are_not_written_over(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "kept").write_text("looked at by hand", "utf-8")
    assert main(command(place, {"loud": [TAKEN_UP]}, "--records", str(place / "kept"))) == 1
    assert "is there already" in capsys.readouterr().err
    assert (place / "kept").read_text("utf-8") == "looked at by hand"
