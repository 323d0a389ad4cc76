"""The format of questions, and our own questions about corpus/."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import frontmatter
import pytest

from eval import questions
from rag.errors import ReadError
from tests.conftest import CORPUS

OWN = Path(questions.__file__).with_name("retrieval.jsonl")


def written(folder: Path, *records: object) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records), "utf-8")
    return path


def test_a_question_has_its_line_type_and_facts(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"query": "Who?", "question_type": "who_said", "evidence_list": [{"fact": "Mia"}, {"fact": "Ola"}]},
        {"query": "What of\u2028it?", "evidence_list": []},
    )
    assert questions.load(path) == [
        questions.Question("1", "Who?", "who_said", ("Mia", "Ola")),
        questions.Question("2", "What of\u2028it?", questions.UNTYPED, ()),
    ]


@pytest.mark.parametrize(
    "record",
    [
        {"query": "Who?"},
        {"evidence_list": []},
        {"query": " ", "evidence_list": []},
        {"query": "Who?", "evidence_list": [{"fact": " "}]},
        {"query": "Who?", "evidence_list": [{}]},
        {"query": 7, "evidence_list": []},
        ["Who?"],
    ],
)
def test_what_is_no_question_is_named_by_its_line(tmp_path: Path, record: object) -> None:
    path = written(tmp_path, {"query": "Who?", "evidence_list": []}, record)
    with pytest.raises(ReadError, match=r"questions\.jsonl:2"):
        questions.load(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"nothing\.jsonl cannot be read"):
        questions.load(tmp_path / "nothing.jsonl")


def test_a_limit_takes_questions_from_everywhere() -> None:
    some = [questions.Question(str(i), "?", "number", ("x",)) for i in range(10)]
    assert [q.id for q in questions.spaced(some, 4)] == ["0", "2", "5", "7"]
    assert questions.spaced(some, None) == questions.spaced(some, 99) == some


def test_our_questions_are_of_every_kind_and_none_twice() -> None:
    own = questions.load(OWN)
    kinds = Counter(question.type for question in own)
    assert len(own) == 80 == len({question.text for question in own})
    assert len(kinds) == 12
    assert min(kinds.values()) >= 6
    assert all(question.facts for question in own)
    assert all(question.text.endswith("?") for question in own)


def test_every_fact_of_ours_is_verbatim_in_the_article_that_it_names() -> None:
    articles = {}
    for path in CORPUS.glob("*.md"):
        article = frontmatter.loads(path.read_text("utf-8"))
        articles[article["url"]] = article
    for line in OWN.read_text("utf-8").splitlines():
        for evidence in json.loads(line)["evidence_list"]:
            article = articles[evidence["url"]]
            assert evidence["fact"] in article.content
            assert (evidence["title"], evidence["source"]) == (article["title"], article["outlet"])
            assert str(evidence["published_at"])[:10] == str(article["published"])[:10]


def test_questions_that_compare_outlets_have_a_fact_from_each() -> None:
    for line in OWN.read_text("utf-8").splitlines():
        record = json.loads(line)
        if record["question_type"] == "two_outlets":
            assert len({evidence["source"] for evidence in record["evidence_list"]}) == 2
