"""JSON lists that are larger than what is read at once: the same articles, one after the other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.errors import ReadError
from rag.readers import Context, Source, limits, read
from rag.types import Article

RECORDS = [
    {
        "title": "Lights",
        "text": f"Lamp {n} of the quay went out at {n} o'clock.",
        "tags": ["quay", {"n": n}],
        "size": n / 4,
    }
    for n in range(1, 41)
]


def articles(path: Path) -> list[Article | ReadError]:
    return list(read(Source(str(path), path), Context()))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "AT_ONCE", 100)


def written(path: Path, content: str) -> Path:
    path.write_text(content, "utf-8")
    return path


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2),
        "\ufeff" + json.dumps(RECORDS),
        json.dumps({"meta": {"total": 40, "items": []}, "Articles": RECORDS, "next": None}),
        json.dumps([*RECORDS[:3], 7, None, {"title": "No text"}, *RECORDS[3:]]),
    ],
    ids=["list", "indented", "marked", "object", "with what is no article"],
)
def test_the_same_articles_as_when_it_is_read_at_once(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.json", content)
    at_once = articles(path)
    monkeypatch.setattr(limits, "AT_ONCE", 100)
    one_by_one = articles(path)
    assert [str(a) if isinstance(a, ReadError) else a for a in one_by_one] == [
        str(a) if isinstance(a, ReadError) else a for a in at_once
    ]
    assert sum(isinstance(article, Article) for article in one_by_one) == len(RECORDS)


@pytest.mark.usefixtures("small")
def test_what_comes_before_a_break_is_read(tmp_path: Path) -> None:
    text = json.dumps(RECORDS)
    path = written(tmp_path / "a.json", text[: text.index("Lamp 30")])
    got = []
    with pytest.raises(ReadError, match="not valid JSON after 29 records"):
        got.extend(_each(path, got))
    assert len(got) == 29


def _each(path: Path, got: list[Article | ReadError]) -> list[Article | ReadError]:
    for article in read(Source(str(path), path), Context()):
        if isinstance(article, ReadError):
            raise article
        got.append(article)
    return []


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (json.dumps({"title": "Lights", "text": "They went out. " * 30}), "no list of articles"),
        ("[" + " " * 200 + "]", "the list of articles is empty"),
        ("{" * 300, "not valid JSON after 0 records"),
        (" " * 300, "not valid JSON after 0 records"),
    ],
)
def test_what_cannot_be_read_record_by_record(content: str, reason: str, tmp_path: Path) -> None:
    (error,) = articles(written(tmp_path / "a.json", content))
    assert isinstance(error, ReadError)
    assert reason in str(error)


@pytest.mark.usefixtures("small")
def test_another_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(RECORDS), "utf-16")
    assert len(articles(path)) == len(RECORDS)  # not larger than what may be read at once if it must
    monkeypatch.setattr(limits, "DOCUMENT", 1000)
    (error,) = articles(path)
    assert "not UTF-8" in str(error)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("odd", [float("nan"), float("inf"), 2**70, -(2**70)])
def test_numbers_that_a_stream_does_not_take(odd: float, tmp_path: Path) -> None:
    records = [*RECORDS[:20], {**RECORDS[20], "size": odd}, *RECORDS[21:]]
    read_ = articles(written(tmp_path / "a.json", json.dumps(records)))
    assert [a.source for a in read_ if isinstance(a, Article)] == [f"{tmp_path}/a.json#{n}" for n in range(1, 41)]


@pytest.mark.usefixtures("small")
def test_a_record_that_would_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DOCUMENT", 200_000)
    large = [*RECORDS, {"title": "Much", "text": "word " * 100_000}, *RECORDS]
    *before, error = articles(written(tmp_path / "a.json", json.dumps(large)))
    assert isinstance(error, ReadError)
    assert "a record of it is larger than" in str(error)
    assert len(before) == len(RECORDS)
    assert all(isinstance(article, Article) for article in before)
