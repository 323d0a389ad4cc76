"""Building articles: ids, texts, names, languages, addresses."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ReadError
from rag.readers.base import Context, clean_text, make_article
from rag.types import Article


def made(**values: Any) -> Article:
    return make_article(**{"source": "/a.txt", "text": "Words.", "context": Context(), **values})


@given(st.text(st.characters(categories=None), max_size=200))
def test_clean_text_keeps_everything_but_what_cannot_be_stored(text: str) -> None:
    clean = clean_text(text)
    assert clean == clean_text(clean)
    assert not any(ord(c) < 32 and c not in "\n\t" for c in clean)
    clean.encode("utf-8")  # no halves of surrogate pairs
    words = [c for c in text if not c.isspace() and ord(c) >= 32 and not 0xD800 <= ord(c) < 0xE000]
    assert [c for c in clean if not c.isspace() and c != "\ufffd"] == [c for c in words if c != "\ufffd"]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("\n \n  first\n\nlast  \n\t\n", "  first\n\nlast  "),
        ("nul\0 and\x0cfeed", "nul  and feed"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("year - on - year  twice", "year - on - year  twice"),
        ("e\u0301 is not composed", "e\u0301 is not composed"),
        (" \n\t", ""),
    ],
)
def test_clean_text(text: str, clean: str) -> None:
    assert clean_text(text) == clean


def test_the_id_comes_from_the_address_else_from_the_place() -> None:
    link = "https://post.example/a"
    assert made(url=link).id == hashlib.sha256(f"url:{link}".encode()).hexdigest()[:16]
    assert made(url=link).id == made(url=link, source="/elsewhere.md").id
    assert made().id == hashlib.sha256(b"source:/a.txt").hexdigest()[:16]


def test_what_was_read_from_an_address_has_it() -> None:
    assert made(source="https://post.example/a").url == "https://post.example/a"
    assert made(source="https://post.example:8080/a").url == "https://post.example:8080/a"
    assert made(source="https://post.example/feed.json#2").url is None
    assert made(source="https://post.example/feed.jsonl:2").url is None


@pytest.mark.parametrize("text", ["", " \n ", "\0\x01", "— … !"])
def test_a_text_without_words_is_an_error(text: str) -> None:
    with pytest.raises(ReadError, match="no text") as caught:
        made(text=text)
    assert caught.value.path == "/a.txt"


@pytest.mark.parametrize(
    ("given_", "byline"),
    [
        ("By Ida Moen", "Ida Moen"),
        ("BY: Ida  Moen ", "Ida Moen"),
        ("Byron Aas", "Byron Aas"),
        (["Ida Moen", "By Per Aas", "", None, "Ida Moen"], "Ida Moen, Per Aas"),
        ("Ida Moen; Per Aas", "Ida Moen, Per Aas"),
        ("", None),
        ([], None),
        (None, None),
        ("By ", "By"),
    ],
)
def test_bylines(given_: object, byline: str | None) -> None:
    assert made(byline=given_).byline == byline


@pytest.mark.parametrize(
    ("given_", "language"), [("en-GB", "en"), ("pt_BR", "pt"), ("DE", "de"), ("", None), ("??", None), (None, None)]
)
def test_languages(given_: object, language: str | None) -> None:
    assert made(language=given_).language == language


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/a", "post.example/a", "http://", "http://[", 7, None, ""])
def test_what_is_no_address_is_none(url: object) -> None:
    assert made(url=url).url is None


def test_labels_are_one_line_and_never_empty() -> None:
    article = made(title=" Two\n lines\t", outlet="  ", section=2024, kind=True)
    assert (article.title, article.outlet, article.section, article.kind) == ("Two lines", None, "2024", None)
