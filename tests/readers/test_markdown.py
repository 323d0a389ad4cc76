"""Markdown: front matter, titles, and marks that become words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from rag.types import Article
from tests.readers import failure, one
from tests.readers.samples import MARKDOWN

CORPUS = Path(__file__).parents[2] / "corpus"


def article(folder: Path, text: str) -> Article:
    path = folder / "a.md"
    path.write_bytes(text.encode())
    return one(path)


def body(folder: Path, text: str) -> str:
    return article(folder, text).text


def test_front_matter(tmp_path: Path) -> None:
    found = article(tmp_path, MARKDOWN)
    assert (found.title, found.outlet, found.language) == ("Harbour lights go out", "Shoreline Post", "en")
    assert found.byline == "Ida Moen, Per Aas"
    assert found.published == datetime(2025, 5, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=2)))
    assert (found.updated, found.url, found.section, found.kind) == (None, None, None, None)
    assert found.text == ("The harbour lights went out on Monday, the port office said.\n\nNobody could say why.")


def test_yaml_dates_and_numbers(tmp_path: Path) -> None:
    found = article(tmp_path, "---\ntitle: 2024\ndate: 2025-05-06\nupdated: 2025-05-07 10:00:00\n---\nWords.\n")
    assert found.title == "2024"
    assert found.published == datetime(2025, 5, 6, tzinfo=UTC)
    assert found.updated == datetime(2025, 5, 7, 10, tzinfo=UTC)


def test_the_first_heading_is_the_title(tmp_path: Path) -> None:
    found = article(tmp_path, "# Lights *out*\n\nFirst.\n\n# Another\n\nSecond.")
    assert (found.title, found.text) == ("Lights out", "First.\n\nAnother\n\nSecond.")


def test_a_heading_that_repeats_the_title_goes_and_another_stays(tmp_path: Path) -> None:
    assert body(tmp_path, "---\ntitle: Lights out\n---\n# Lights  OUT\n\nWords.") == "Words."
    assert body(tmp_path, "---\ntitle: Lights out\n---\n# In short\n\nWords.") == "In short\n\nWords."


def test_a_heading_further_down_is_a_title_but_stays(tmp_path: Path) -> None:
    found = article(tmp_path, "Words.\n\n# Lights out\n\nMore.")
    assert (found.title, found.text) == ("Lights out", "Words.\n\nLights out\n\nMore.")


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("A *b* **c** `d` [e](https://x.example) ![f](g.png) <https://h.example>", "A b c d e f https://h.example"),
        ("One\nwrapped line.", "One wrapped line."),
        ("Hard  \nbreak<br>here", "Hard\nbreak\nhere"),
        ("- one\n- two\n\n3. three", "- one\n\n- two\n\n3. three"),
        ("> “Quoted,” she said.", "“Quoted,” she said."),
        ("1986. A good year", "1986. A good year"),
        ("| a | b |\n| --- | --- |\n| 1 | 2 |", "a | b\n\n1 | 2"),
        ("    An indented paragraph.", "An indented paragraph."),
        ("```\ncode\n```", "code"),
        ("a\\*b &amp; c – “d” 5 * 6 snake_case_name", "a*b & c – “d” 5 * 6 snake_case_name"),
        ("<!-- note --><div>Words <b>in</b> HTML</div>\n\nMore", "Words in HTML\n\nMore"),
        ("Title\n=====\n\nWords", "Words"),
        ("~~struck~~ [no link] and $5", "~~struck~~ [no link] and $5"),
        ("Above\n\n---\n\nBelow", "Above\n\nBelow"),
    ],
)
def test_marks(marked: str, plain: str, tmp_path: Path) -> None:
    assert body(tmp_path, marked) == plain


def test_rules_are_no_front_matter(tmp_path: Path) -> None:
    assert body(tmp_path, "---\n\nOnly a rule.") == "Only a rule."
    assert "Kept prose" in body(tmp_path, "---\n\nKept prose\n\n---\n\nmore")
    assert body(tmp_path, "---\n---\nWords.") == "Words."


def test_windows_line_ends(tmp_path: Path) -> None:
    found = article(tmp_path, MARKDOWN.replace("\n", "\r\n"))
    assert found.title == "Harbour lights go out"
    assert "\r" not in found.text


@pytest.mark.parametrize(
    ("front", "line"), [("title: a\noutlet: [b\n", "line 4"), ("title: 'a\n", "line"), ("a: b: c\n", "line 2")]
)
def test_broken_front_matter_is_named_with_its_line(front: str, line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"---\n{front}---\nWords.", "utf-8")
    assert line in failure(path).message
    assert "front matter" in failure(path).message


def test_impossible_dates_and_endless_values(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\ndate: 2025-02-31\n---\nWords.", "utf-8")
    assert "front matter" in failure(path).message
    path.write_text("---\nauthor: &a [*a, Ida]\n---\nWords.", "utf-8")
    assert one(path).byline == "Ida"


def test_front_matter_without_text(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\ntitle: a\n---\n", "utf-8")
    assert failure(path).message == "no text in it"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.md")), ids=lambda path: path.stem)
def test_our_own_articles_have_everything(path: Path) -> None:
    found = one(path)
    assert all((found.title, found.outlet, found.byline, found.published, found.url, found.section, found.kind))
    assert not {"**", "](", "---"} & set(found.text.split())
