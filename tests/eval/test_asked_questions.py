"""What came of a case, whether a key fact is there, the format of questions, and our own questions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from eval import asked, outcomes
from eval.asked import Asked
from eval.benchmarks.run import QUESTIONS as FOLDER
from eval.cases import Case
from rag.errors import ReadError
from tests.conftest import CORPUS

OWN = [FOLDER / f"{part}.jsonl" for part in ("dev", "test")]
COST = "How much will the repairs of the Weir Bridge cost?"


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


def written(path: Path, lines: Sequence[object]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def case(facts: Sequence[Sequence[str]], text: str | None, *, failed: bool = False) -> Case:
    """A case with these key facts, answered by `text` (None: an abstention)."""
    own = tuple(tuple(forms) for forms in facts)
    answer = {"text": text or "The archive does not say.", "abstained": text is None, "sentences": []}
    return Case(Asked("q", "Q?", "fact", bool(facts), "R.", own), "ours", None if failed else answer, None)


CASES = {
    "right": case([["seven"], ["March"]], "Seven came in March [1]."),
    "partly": case([["seven"], ["March"]], "Seven came [1]."),
    "no key fact": case([["1"]], "Nobody came [1]."),
    "refused": case([["7 March"]], None),
    "answered although not answerable": case([], "It cost nothing [1]."),
    "rightly refused": case([], None),
    "failed": case([["seven"]], None, failed=True),
}


def test_each_outcome() -> None:
    assert {name: outcomes.outcome(each) for name, each in CASES.items()} == {name: name for name in CASES}


def test_rates_are_of_those_that_can_have_an_outcome() -> None:
    table = outcomes.rates(list(CASES.values()))
    assert {name: (row.get("count"), row["of"]) for name, row in table.items()} == {
        "answered": (4, 7), "abstained": (2, 7), "right, of answerable": (1, 5), "partly, of answerable": (1, 5),
        "no key fact, of answerable": (1, 5), "refused although answerable": (1, 5),
        "answered although not answerable": (1, 2), "key-fact recall": (None, 5),
    }  # fmt: skip
    assert table["key-fact recall"]["rate"] == pytest.approx(1.5 / 5)


def test_no_question_of_a_kind_gives_no_rate() -> None:
    result = outcomes.rates([CASES["rightly refused"]])
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
        {"filters": {"outlet": ["Courier"]}},
        {"filters": {"published_from": "spring"}},
        {"wrong_facts": [["…"]]},
        {"id": "q1"},
    ],
)
def test_what_is_no_question_is_named_by_its_line(tmp_path: Path, wrong: dict[str, Any]) -> None:
    path = written(tmp_path / "q.jsonl", [question(1, COST, ["12.5 million"]), question(7, COST, ["x"]) | wrong])
    with pytest.raises(ReadError, match=r"q\.jsonl:2"):
        asked.load([path])


def test_every_quote_of_our_questions_is_verbatim_in_the_article_that_it_names() -> None:
    own = asked.load(OWN)  # which sees to it that no id is there twice, and that all have what they need
    assert len(own) == 301 == len({(each.question, each.history) for each in own})
    for each in own:
        assert each.evidence or not each.answerable, each.id
        for quote in each.evidence:
            assert quote.quote in (CORPUS / quote.article).read_text("utf-8"), each.id


def test_our_answerable_questions_are_answered_by_their_references() -> None:
    for each in asked.load(OWN):
        for forms in each.key_facts:
            assert outcomes.holds(each.reference, forms), (each.id, forms)
        for forms in each.wrong_facts:
            assert not outcomes.holds(each.reference, forms), (each.id, forms)


def test_our_questions_are_of_all_kinds_and_a_quarter_is_not_answered_by_the_archive() -> None:
    for path in OWN:
        part = asked.load([path])
        assert {each.type for each in part} == {
            "across", "compare", "correction", "date", "disagreement", "fact", "false_premise", "follow_up", "latest",
            "list", "near_miss", "number", "out_of_archive", "timeline", "who_said", "why",
        }  # fmt: skip
        assert sum(not each.answerable for each in part) >= len(part) / 4
        assert any(each.history for each in part)
        assert any(each.filters for each in part)


def test_every_question_has_a_second_label_and_what_was_settled_is_there() -> None:
    own = {each.id: each for each in asked.load(OWN)}
    second = {record["id"]: record for _, record in asked.objects(FOLDER / "second.jsonl")}
    assert second.keys() == own.keys()
    for record in second.values():
        for quote in record["evidence"]:
            assert quote["quote"] in (CORPUS / quote["article"]).read_text("utf-8"), record["id"]
    settled = [record for _, record in asked.objects(FOLDER / "settled.jsonl")]
    assert all(record["why"] and record["id"] in own for record in settled)
    settled_ids = {record["id"] for record in settled}
    assert all(own[i].answerable is record["answerable"] or i in settled_ids for i, record in second.items())
