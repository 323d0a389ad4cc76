"""Plain text: which first line is a title."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.readers import Context
from tests.readers import failure, items, one

SEED = Path(__file__).parents[2].parent / "shared" / "seed"


@pytest.mark.parametrize(
    ("content", "title", "text"),
    [
        ("Lights out\n\nFirst.\n\nSecond.\n", "Lights out", "First.\n\nSecond."),
        ("Lights out.\n" + "A paragraph on one long line. " * 9 + "\nNext.", "Lights out.", None),
        ("Lights out\nWords.", "Lights out", "Words."),
        ("\n\nLights out\n\nWords.", "Lights out", "Words."),
        ("Only one line.", None, "Only one line."),
        ("Only one line.\n\n", None, "Only one line."),
        ("x" * 201 + "\n\nWords.", None, "x" * 201 + "\n\nWords."),
        ("The lights went out and\nnobody knew.", None, "The lights went out and\nnobody knew."),
    ],
)
def test_titles(content: str, title: str | None, text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(content, "utf-8")
    found = one(path)
    assert found.title == title
    assert found.text == (content.partition("\n")[2].strip() if text is None else text)


def test_wrapped_text_has_no_title(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    text = (
        "The harbour lights went out on Monday evening, the office of Captain\n"
        "Aas said, and the pilots waited outside until dawn without a word from\n"
        "the shore.\n\nNobody could say why."
    )
    path.write_text(text, "utf-8")
    assert (one(path).title, one(path).text) == (None, text)


def test_spacing_stays_as_it_was_published(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"Lights out\r\n\r\n  year - on - year\ttwice  .\r\nend")
    assert one(path).text == "  year - on - year\ttwice  .\nend"


def test_an_encoding_that_is_named_and_else_cannot_be_told(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Hafen gesperrt\n\nDie Brücke bleibt zu.".encode("cp1252"))
    assert "set encoding in settings.toml, e.g. cp1252" in failure(path).message
    assert one(path, Context(usual="cp1252")).text == "Die Brücke bleibt zu."
    path.write_text("Hafen gesperrt\n\n“Die Brücke bleibt zu.”", "utf-8")
    assert one(path, Context(usual="gb18030")).text == "“Die Brücke bleibt zu.”"


@pytest.mark.skipif(not SEED.is_dir(), reason="the shared files are not here")
def test_the_first_article_of_all() -> None:
    for path in SEED.glob("*.txt"):
        found = one(path)
        content = path.read_text("utf-8")
        assert f"{found.title}\n{found.text}".strip() == content.strip()
    assert len(items(next(SEED.glob("*.txt")))) == 1
