"""`python -m eval answers`: its figures from made-up and real records, going on after a stop, labels, our questions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import rag
from eval import asked, outcomes
from eval.__main__ import main
from eval.asked import Answered, Asked, Label
from rag.errors import ReadError, SettingsError
from tests import fakes
from tests.conftest import CORPUS, Opener

OWN = [Path(asked.__file__).parent / "questions" / f"answers_{part}.jsonl" for part in ("dev", "test")]
COST = "How much will the repairs of the Weir Bridge cost?"
VISITORS = "How many books did visitors of the library in Sundby borrow on the first day?"
ORCHESTRA = "Which orchestra played in Reykjavik last Tuesday?"


def question(number: int, text: str, *facts: list[str], **more: Any) -> dict[str, Any]:
    """A line of a question file."""
    return {
        "id": f"q{number}",
        "question": text,
        "type": "number" if facts else "near_miss",
        "answerable": bool(facts),
        "answer": "A reference.",
        "key_facts": list(facts),
        "evidence": [{"article": "bridge.md", "quote": "It cannot wait"}] if facts else [],
        "notes": "a trap",
    } | more


QUESTIONS = [
    question(1, COST, ["12.5 million"]),
    question(2, VISITORS, ["1 840"], ["the first day"], ["a brass band"]),
    question(3, ORCHESTRA),
]


def written(path: Path, lines: Sequence[object]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def place(tmp_path: Path, opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive, a file of questions, and room for records."""
    monkeypatch.setenv("RAG_EMBEDDER", fakes.NAME)
    monkeypatch.setenv("RAG_WRITER", "extractive")
    opened().ingest(folder)
    written(tmp_path / "questions.jsonl", QUESTIONS)
    return tmp_path


def command(place: Path, *more: str) -> list[str]:
    archive, records = str(place / "archive"), str(place / "records.jsonl")
    return ["answers", str(place / "questions.jsonl"), "--archive", archive, "--records", records, *more]


def measured(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def refused(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> str:
    capsys.readouterr()
    assert main(arguments) == 1
    return capsys.readouterr().err


# -- asking -----------------------------------------------------------------------------------------------------------


def test_every_question_is_asked_and_its_answer_kept(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = measured(capsys, command(place))
    shown = result["as shown"]
    assert result["questions"] == 3
    assert result["questions without an answer, left out"] == 0
    assert result["writer replaced by another"] == 0
    assert {name: (row["count"], row["of"]) for name, row in shown.items() if "count" in row} == {
        "answered": (2, 3),
        "abstained": (1, 3),
        "right, of answerable": (1, 2),
        "partly, of answerable": (1, 2),
        "no key fact, of answerable": (0, 2),
        "refused although answerable": (0, 2),
        "answered although not answerable": (0, 1),
    }
    assert shown["key-fact recall"]["rate"] == pytest.approx((1 + 2 / 3) / 2)
    assert shown["key-fact recall"]["95% interval"] == pytest.approx([2 / 3, 1])
    assert shown["answered"]["95% interval"] == list(outcomes.wilson(2, 3))
    assert result["by type of question"]["near_miss"]["rightly refused"] == 1
    assert result["by type of question"]["number"]["partly"] == 1
    assert 0 < result["seconds"]["to evidence"]["p50"] <= result["seconds"]["to end"]["p95"]
    kept = lines(place / "records.jsonl")
    assert [line["id"] for line in kept] == ["q1", "q2", "q3"]
    assert kept[0]["answer"]["question"] == kept[0]["question"] == COST
    assert "12.5 million" in kept[0]["answer"]["text"]
    assert kept[0]["settings"]["writer"] == "extractive"


def test_figures_come_from_records_alone(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = measured(capsys, command(place))
    monkeypatch.setattr(rag, "open", None)
    records = ["answers", "--records", str(place / "records.jsonl"), "--from-records"]
    assert measured(capsys, records) == first
    written(place / "questions.jsonl", [question(2, VISITORS, ["books"]), question(9, "Who?", ["x"])])
    anew = measured(capsys, [*records, str(place / "questions.jsonl")])
    assert anew["as shown"]["right, of answerable"]["count"] == 1
    assert (anew["questions"], anew["questions without an answer, left out"]) == (1, 1)


def test_without_json_there_are_tables(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(place, "--limit", "1")) == 0
    shown = capsys.readouterr()
    assert "question 1 of 1: q1\n" in shown.err
    assert "\nas shown\n" in shown.out
    assert "  right, of answerable                  1   1  1.000  0.207 to 1.000\n" in shown.out


def test_what_a_question_brings_is_given_to_the_archive(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = [["How many tonnes of apples did farmers bring in near Ortmund?", "310 tonnes."]]
    follow_up = question(1, "And what does that cost?", ["no such"], history=history)
    last_month = question(2, "What did the Sundby Radio report last month?", ["no such"], as_of="2024-05-02")
    written(place / "questions.jsonl", [follow_up, last_month])
    measured(capsys, command(place))
    first, second = lines(place / "records.jsonl")
    assert first["answer"]["evidence"][0]["title"] == "Apple harvest grows"
    assert [hit["title"] for hit in second["answer"]["evidence"]] == ["Library opens"]


# -- stopping and going on --------------------------------------------------------------------------------------------


def test_after_ctrl_c_there_are_figures_and_the_next_run_goes_on(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = rag.Archive.ask

    def stopped(self: rag.Archive, text: str, *more: Any, **named: Any) -> rag.Answer:
        if text == VISITORS:
            raise KeyboardInterrupt
        return ask(self, text, *more, **named)

    with monkeypatch.context() as patched:
        patched.setattr(rag.Archive, "ask", stopped)
        result = measured(capsys, command(place))
    assert (result["questions"], result["questions without an answer, left out"]) == (1, 2)
    assert [line["id"] for line in lines(place / "records.jsonl")] == ["q1"]
    capsys.readouterr()
    assert main(command(place)) == 0
    assert "question 1 of 2: q2\n" in capsys.readouterr().err
    assert [line["id"] for line in lines(place / "records.jsonl")] == ["q1", "q2", "q3"]


def test_a_line_that_was_cut_off_is_asked_again(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = measured(capsys, command(place))
    records = place / "records.jsonl"
    records.write_bytes(records.read_bytes()[:-30])
    result = measured(capsys, command(place))
    assert [line["id"] for line in lines(records)] == ["q1", "q2", "q3"]
    assert result["as shown"] == first["as shown"]


def test_records_of_another_run_are_refused_and_left_alone(
    place: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(capsys, command(place))
    before = (place / "records.jsonl").read_bytes()
    with monkeypatch.context() as patched:
        patched.setenv("RAG_EVIDENCE_PASSAGES", "2")
        assert "other settings: evidence_passages" in refused(capsys, command(place))
    written(place / "questions.jsonl", [question(1, VISITORS, ["x"]), *QUESTIONS[1:]])
    assert "about other questions, such as 'q1'" in refused(capsys, command(place))
    written(place / "questions.jsonl", QUESTIONS)
    (folder / "library.md").write_text("The library in Sundby is closed again.", "utf-8")
    with rag.open(place / "archive") as archive:
        archive.ingest(folder)
    assert "another version of the archive" in refused(capsys, command(place))
    assert (place / "records.jsonl").read_bytes() == before


def test_a_file_that_holds_no_records_is_not_touched(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "records.jsonl").write_text("a letter without a line break", "utf-8")
    assert "no file of records" in refused(capsys, command(place))
    assert (place / "records.jsonl").read_text("utf-8") == "a letter without a line break"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "no file of questions"),
        (["--from-records"], "--records FILE"),
        (["{questions}", "--labels", "{questions}"], "--records FILE"),
        (["{questions}", "--records", "{no}/r.jsonl"], "to write r.jsonl into"),
        (["{questions}", "--to-label", "{questions}"], "names the sheet"),
        (["{questions}", "--archive", "{no}"], "there is no archive in"),
        (["{no}"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    named = {"questions": place / "questions.jsonl", "no": place / "no"}
    assert why in refused(capsys, ["answers", *(each.format(**named) for each in arguments)])
    assert not (place / "no").exists()


# -- figures of made-up records ---------------------------------------------------------------------------------------


def answered(name: str, facts: Sequence[Sequence[str]], *sentences: tuple[str, str]) -> Answered:
    """A record whose sentences are (verdict, text)."""
    standing = [text for verdict, text in sentences if verdict != "unsupported"]
    answer = {
        "text": " ".join(f"{text} [1]" for text in standing) or "The archive does not say. Nearest: “7 March”.",
        "abstained": not standing,
        "sentences": [{"text": text, "verdict": verdict} for verdict, text in sentences],
        "model": "extractive",
        "timings": {"retrieve": 0.5, "first_token": None, "total": 2.0},
    }
    asked_of = Asked(name, "Which?", "fact", bool(facts), "A reference.", tuple(map(tuple, facts)))
    return Answered(asked_of, {"writer": "local:x"}, answer)


RECORDS = [
    answered("right", [["seven"], ["March"]], ("supported", "Seven came in March."), ("unsupported", "Nine left.")),
    answered("partly", [["seven"], ["March"]], ("unchecked", "Seven came.")),
    answered("beside", [["1"]], ("supported", "Nobody came.")),
    answered("refused", [["7 March"]], ("unsupported", "It was on 7 March.")),
    answered("tempted", [], ("supported", "It cost nothing.")),
    answered("saved", [], ("unsupported", "It cost nine.")),
]


def counts(table: dict[str, dict[str, Any]]) -> dict[str, int]:
    return {name: row["count"] for name, row in table.items() if "count" in row}


def test_outcomes_with_checking_and_without() -> None:
    result = outcomes.figures(RECORDS)
    assert [outcomes.outcome(each) for each in RECORDS] == [
        "right", "partly", "no key fact", "refused", "answered although not answerable", "rightly refused"
    ]  # fmt: skip
    assert counts(result["as shown"]) == {
        "answered": 4, "abstained": 2, "right, of answerable": 1, "partly, of answerable": 1,
        "no key fact, of answerable": 1, "refused although answerable": 1, "answered although not answerable": 1,
    }  # fmt: skip
    assert counts(result["with checking off"]) == {
        "answered": 6, "abstained": 0, "right, of answerable": 2, "partly, of answerable": 1,
        "no key fact, of answerable": 1, "refused although answerable": 0, "answered although not answerable": 2,
    }  # fmt: skip
    assert result["as shown"]["key-fact recall"]["rate"] == pytest.approx(1.5 / 4)
    assert result["with checking off"]["key-fact recall"]["rate"] == pytest.approx(2.5 / 4)
    assert counts(result["sentences"]) == {"standing": 4, "struck": 3, "unchecked, and standing": 1}
    assert result["seconds"]["to first word"] == {"p50": None, "p95": None}
    assert result["seconds"]["to end"] == {"p50": 2, "p95": 2}
    assert result["writer replaced by another"] == 6


def test_no_question_of_a_kind_gives_no_rate() -> None:
    result = outcomes.figures(RECORDS[4:])["as shown"]
    assert result["right, of answerable"] == {"count": 0, "of": 0, "rate": None, "95% interval": None}
    assert result["key-fact recall"] == {"of": 0, "rate": None, "95% interval": None}


@pytest.mark.parametrize(
    ("text", "forms", "there"),
    [
        ("It came to 117 000 in all.", ["117,000"], True),
        ("It came to 117\u202f000 in all.", ["117000"], True),
        ("It came to 1,117,000.", ["117,000"], False),
        ("In 2025 300 people came.", ["300"], True),
        ("A rise of 38.4 degrees", ["38"], False),
        ("A rise of 2.38 degrees", ["38"], False),
        ("It rose to 38.", ["38"], True),
        ("Training began.", ["rain"], False),
        ("The Mayor’s office, Karim DOYLE", ["mayor's office"], True),
        ("They voted 6–3.", ["6-3"], True),
        ("a price of €4.1m", ["4.1 million", "€4.1m"], True),
        ("54%", ["54%"], True),
        ("Some  May\nsay", ["may say"], True),
        ("Nothing of it.", ["a", "b"], False),
    ],
)
def test_a_key_fact_is_there_as_whole_words(text: str, forms: list[str], there: bool) -> None:
    assert outcomes.holds(text, forms) is there


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_of_shares_are_wilsons(count: int, of: int, low: float, high: float) -> None:
    """The examples of Newcombe 1998, table I, method 3."""
    assert outcomes.wilson(count, of) == pytest.approx((low, high), abs=1e-4)


# -- labels -----------------------------------------------------------------------------------------------------------


def test_labels_say_how_often_checking_is_wrong() -> None:
    given = [
        Label("right", 0, "stated", "Seven came in March."),
        Label("right", 1, "not stated", None),
        Label("partly", 0, "not stated", None),
        Label("beside", 0, "unclear", None),
        Label("refused", 0, "stated", None),
        Label("tempted", 0, "stated", None),
    ]
    result = outcomes.labelled(RECORDS, given)
    assert result["sentences labelled"] == 6
    assert result["of them unclear, left out"] == 1
    assert result["sentences without a label"] == 1
    rows = {name: (row["count"], row["of"], row["per 100"]) for name, row in result.items() if isinstance(row, dict)}
    assert rows == {
        "wrong shown as supported, of standing": (1, 3, pytest.approx(100 / 3)),
        "struck although right, of stated": (1, 3, pytest.approx(100 / 3)),
        "wrong with checking off, of written": (2, 5, pytest.approx(40)),
    }
    low, high = result["wrong with checking off, of written"]["95% interval"]
    assert (low / 100, high / 100) == pytest.approx(outcomes.wilson(2, 5))


@pytest.mark.parametrize(
    "label", [Label("right", 2, "stated", None), Label("none", 0, "stated", None), Label("right", 0, "stated", "Else.")]
)
def test_labels_of_other_sentences_are_refused(label: Label) -> None:
    with pytest.raises(SettingsError, match="no such sentence"):
        outcomes.labelled(RECORDS, [label])


def test_a_sheet_shows_no_verdict_and_its_labels_become_figures(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = [*RECORDS, answered("many", [["x"]], *[("unsupported", f"Sentence {n}.") for n in range(8)])]
    written(place / "records.jsonl", [each.to_dict() for each in kept])
    records = ["answers", "--records", str(place / "records.jsonl"), "--from-records"]
    sheet = place / "sheet.md"
    assert measured(capsys, [*records, "--to-label", str(sheet)])["sentences to label"] == 15
    text = sheet.read_text("utf-8")
    assert "unsupported" not in text
    assert "- reference: A reference.\n\nrefused / 0: It was on 7 March.\n" in text
    blank = lines(place / "sheet.jsonl")
    assert all(line["label"] == "" for line in blank)
    order = [line["sentence"] for line in blank if line["id"] == "many"]
    assert sorted(order) == list(range(8)) != order
    assert text.index(f"Sentence {order[0]}.") < text.index(f"Sentence {order[-1]}.")
    assert "sheet.md is there already" in refused(capsys, [*records, "--to-label", str(sheet)])

    labels = ["--labels", str(place / "sheet.jsonl")]
    blank[0]["label"] = "not stated"
    written(place / "sheet.jsonl", blank)
    result = measured(capsys, [*records, *labels])["labelled by hand"]
    assert (result["sentences labelled"], result["sentences without a label"]) == (1, 14)
    blank[1]["label"] = "perhaps"
    written(place / "sheet.jsonl", blank)
    assert "sheet.jsonl:2: the label is 'perhaps'" in refused(capsys, [*records, *labels])
    written(place / "sheet.jsonl", [blank[0], blank[0]])
    assert "has a label already" in refused(capsys, [*records, *labels])


# -- questions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": " "},
        {"question": None},
        {"answerable": "yes"},
        {"answerable": False},
        {"key_facts": []},
        {"key_facts": [[]]},
        {"key_facts": [["…"]]},
        {"key_facts": [[7]]},
        {"key_facts": ["x"]},
        {"evidence": ["bridge.md"]},
        {"as_of": "last week"},
        {"history": [["only a question"]]},
        {"id": "q1"},
    ],
)
def test_what_is_no_question_is_named_by_its_line(tmp_path: Path, wrong: dict[str, Any]) -> None:
    path = written(tmp_path / "q.jsonl", [QUESTIONS[0], question(7, COST, ["x"]) | wrong])
    with pytest.raises(ReadError, match=r"q\.jsonl:2"):
        asked.load([path])


def test_every_quote_of_our_questions_is_verbatim_in_the_article_that_it_names() -> None:
    own = asked.load(OWN)  # which sees to it that no id is there twice, and that all have what they need
    assert len(own) == 136 == len({question.question for question in own})
    for question_of_ours in own:
        assert question_of_ours.evidence, question_of_ours.id
        for quote in question_of_ours.evidence:
            assert quote.quote in (CORPUS / quote.article).read_text("utf-8"), question_of_ours.id


def test_our_answerable_questions_are_answered_by_their_references() -> None:
    for question_of_ours in asked.load(OWN):
        for forms in question_of_ours.key_facts:
            assert outcomes.holds(question_of_ours.reference, forms), (question_of_ours.id, forms)
