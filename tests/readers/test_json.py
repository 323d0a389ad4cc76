"""JSON and JSON Lines: where records are, what their fields are called, and what is wrong with which."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ReadError
from rag.readers import fields
from rag.types import Article
from tests.readers import failure, items, one
from tests.readers.samples import RECORD

BENCH = Path(__file__).parents[2].parent / "shared" / "bench" / "multihop_rag" / "corpus.json"


def written(folder: Path, value: Any) -> Path:
    path = folder / "a.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return path


def article(folder: Path, **record: Any) -> Article:
    return one(written(folder, {"text": "Words.", **record}))


def test_every_documented_name_is_read(tmp_path: Path) -> None:
    usable = {"published": "2025-05-06", "updated": "2025-05-06", "url": "https://post.example/a", "language": "en"}
    for field, names in fields.NAMES.items():
        for name in names if field != "guid" else ():
            record = {name.upper(): usable.get(field, "Value")} | ({} if field == "text" else {"Te-x_t": "Words."})
            found = one(written(tmp_path, record))
            assert getattr(found, field) is not None, name
    assert len(fields.NAMES) == 11


@pytest.mark.parametrize("name", fields.NAMES["guid"])
def test_what_a_record_is_called_by_is_its_identity_wherever_it_stands(name: str, tmp_path: Path) -> None:
    mine, other = {"text": "Words.", name.upper(): 12}, {"text": "Other words.", name.upper(): "13"}
    first, second = (items(written(tmp_path, records)) for records in ([mine, other], [other, mine]))
    assert [item.id for item in first if isinstance(item, Article)] == [
        item.id for item in reversed(second) if isinstance(item, Article)
    ]
    assert article(tmp_path, **{name: 12}).id == article(tmp_path, **{name: 13}).id, "of one record the file is enough"


def test_a_record(tmp_path: Path) -> None:
    found = one(written(tmp_path, RECORD))
    assert (found.title, found.byline, found.outlet) == ("Harbour lights go out", "Ida Moen", "Shoreline Post")
    assert found.published == datetime(2025, 5, 6, 5, 8, 9, tzinfo=UTC)
    assert found.source == str(tmp_path / "a.json")


@pytest.mark.parametrize(
    "shape", [lambda r: [r, r], lambda r: {"Articles": [r, r], "total": 2}, lambda r: {"docs": [r, r]}]
)
def test_lists(shape: Any, tmp_path: Path) -> None:
    found = items(written(tmp_path, shape({"text": "Words."})))
    assert [item.source for item in found if isinstance(item, Article)] == [
        f"{tmp_path / 'a.json'}#{n}" for n in (1, 2)
    ]


def test_an_article_may_have_items_of_its_own(tmp_path: Path) -> None:
    assert one(written(tmp_path, {"text": "Words.", "items": [1]})).text == "Words."


def test_nested_values(tmp_path: Path) -> None:
    found = article(
        tmp_path,
        title={"rendered": "Lights &amp; <em>shade</em>"},
        source={"id": "sp", "name": "Shoreline Post"},
        authors=[{"name": "Ida Moen"}, "Per Aas", {"name": None}],
        categories=[{"name": "Port"}, {"name": "News"}],
    )
    assert (found.title, found.outlet, found.byline, found.section) == (
        "Lights & shade",
        "Shoreline Post",
        "Ida Moen, Per Aas",
        "Port",
    )


def test_an_address_is_no_outlet_and_the_next_name_counts(tmp_path: Path) -> None:
    found = article(
        tmp_path, source="https://post.example/a", publisher="Shoreline Post", published="soon", date="2025-05-06"
    )
    assert found.outlet == "Shoreline Post"
    assert found.published == datetime(2025, 5, 6, tzinfo=UTC)


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    found = article(tmp_path, title="", author=None, published_at="", url=" ", category=[])
    assert not any((found.title, found.byline, found.published, found.url, found.section, found.outlet, found.language))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<p>One &amp; <b>two</b></p><p>three<br/>four</p><script>x()</script>", "One & two\n\nthree\nfour"),
        ("<ul><li>one</li>\n<li>two</li></ul>", "one\n\ntwo"),
        ("5 < 6 and a > b &amp; <unknown>", "5 < 6 and a > b &amp; <unknown>"),
        (["One.", {"type": "paragraph", "text": "Two."}], "One.\n\nTwo."),
        ({"rendered": "It&#8217;s"}, "It’s"),
    ],
)
def test_texts(text: Any, plain: str, tmp_path: Path) -> None:
    assert one(written(tmp_path, {"content": text})).text == plain


def test_a_record_without_text_names_its_fields(tmp_path: Path) -> None:
    good, bad = items(written(tmp_path, [{"text": "Words."}, {"title": "a", "summary": "b"}]))
    assert isinstance(good, Article)
    assert isinstance(bad, ReadError)
    assert bad.path.endswith("a.json#2")
    assert "no text" in bad.message
    assert "title, summary" in bad.message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"text": "a",}', "not valid JSON"),
        ("[1]", "a number instead of an object"),
        ("[null]", "nothing instead of an object"),
        ('"text"', "a string instead of an object"),
        ("[]", "list of articles is empty"),
        ("[" * 100_000, "not readable JSON"),
        ("[" + "9" * 5000 + "]", "not readable JSON"),
    ],
)
def test_what_is_no_article(content: str, reason: str, tmp_path: Path) -> None:
    assert reason in failure(written(tmp_path, content)).message


def test_the_place_of_a_mistake(tmp_path: Path) -> None:
    assert "line 2, column 9" in failure(written(tmp_path, '{\n"text": a}')).message


def test_half_a_character(tmp_path: Path) -> None:
    found = article(tmp_path, text="half \ud83d", title="half \ud83d")
    assert (found.text, found.title) == ("half \ufffd", "half \ufffd")


def test_a_broken_line_is_named_and_the_others_go_in(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [json.dumps({"text": f"Article {n}."}).encode() for n in range(1, 11)]
    lines[6], lines[7], lines[8] = b'{"text": "cut', b'{"text": "caf\xe9"}', b"[]"
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join([*lines, b"", b'{"title": "a"}']))
    found = items(path)
    assert [item.path for item in found if isinstance(item, ReadError)] == [f"{path}:{n}" for n in (7, 8, 9, 12)]
    assert [item.source for item in found if isinstance(item, Article)] == [
        f"{path}:{n}" for n in (1, 2, 3, 4, 5, 6, 10)
    ]
    reasons = [item.message for item in found if isinstance(item, ReadError)]
    assert "not valid JSON" in reasons[0]
    assert "not UTF-8" in reasons[1]
    assert "a list instead" in reasons[2]
    assert "no text" in reasons[3]


def test_lines_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "One."}\n{"text": "Two."}\n', "utf-8")
    reader = iter(items(path))
    assert isinstance(next(reader), Article)


def test_json_lines_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes('{"text": "Words."}'.encode("utf-16"))
    assert "must be UTF-8" in failure(path).message


@pytest.mark.skipif(not BENCH.exists(), reason="the shared files are not here")
def test_a_news_collection() -> None:
    found = items(BENCH)
    assert len(found) == 609
    assert all(isinstance(item, Article) and item.published and item.url and item.outlet for item in found)
