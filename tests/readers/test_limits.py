"""Files that would fill the memory or take hours: named, left out, and the rest goes in."""

from __future__ import annotations

import re
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import readers
from rag.errors import ReadError
from rag.readers import Context, Source, limits, read, text
from rag.types import Article
from tests.conftest import Opener, write_article
from tests.readers.samples import PARAGRAPHS, SAMPLES, odd_pdf

AT_ONCE = 10  # seconds, on a machine that has other work; none of these takes one


def only(path: Path) -> str:
    (found,) = read(Source(str(path), path), Context())
    assert isinstance(found, ReadError)
    assert found.path == str(path)  # else an ingest would take the file for read, and prune what it held before
    return found.message


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".rtf", ".srt", ".vtt"])
def test_a_text_that_nobody_wrote(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"word\n" * (limits.PROSE // 5 + 1))
    assert only(path) == "larger than 16 MB, which is not read at once; split it"


@pytest.mark.parametrize(
    ("limit", "suffix", "data"),
    [
        ("TAGS", ".html", b"<html><body>" + b"<i>" * 200),
        ("ELEMENTS", ".xml", b"<rss>" + b"<a/>" * 200 + b"</rss>"),
        ("VALUES", ".json", b"[" + b"[]," * 200 + b"[]]"),
        ("HEADERS", ".md", b"---\ntitle: " + b"a" * 200 + b"\n---\nThe lights went out.\n"),
        ("HEADERS", ".eml", b"From: a@shoreline.example\nSubject: " + b"a " * 200 + b"\n\nThe lights went out.\n"),
    ],
)
def test_too_much_of_what_is_kept_in_memory(
    limit: str, suffix: str, data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    monkeypatch.setattr(limits, limit, 100)
    assert re.search(r"more than 100\b|larger than 9\.5\d+e-05 MB", only(path))


def test_a_line_of_json_lines_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"title": "Lights", "text": "They went out."}\n' + b'{"title": "Lights", "text": "' + b"a" * 500)
    monkeypatch.setattr(limits, "DOCUMENT", 100)
    first, second = read(Source(str(path), path), Context())
    assert isinstance(first, Article)
    assert isinstance(second, ReadError)
    assert second.path == str(path)
    assert "from line 2 on" in second.message


def test_every_sample_is_far_below(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TAGS", "ELEMENTS", "VALUES"):
        monkeypatch.setattr(limits, name, getattr(limits, name) // 100)
    for suffix, sample in SAMPLES.items():
        path = tmp_path / f"a{suffix}"
        path.write_bytes(sample())
        assert any(isinstance(item, Article) for item in read(Source(str(path), path), Context()))


def test_a_reader_that_fails_does_not_end_the_ingest(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "articles"
    write_article(folder / "a.md", "The harbour lights went out at dusk and nobody could say why.")
    write_article(folder / "c.md", "The pilots waited outside the harbour until the morning came.")
    (folder / "b.txt").write_text("Unlike any other.")

    def broken(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
        raise ZeroDivisionError("in the library")
        yield

    monkeypatch.setattr(text, "read", broken)
    assert readers.discovered()["text"].read is broken
    report = opened().ingest(folder)
    assert report.added == 2
    ((place, reason),) = report.failed
    assert place.endswith("b.txt")
    assert "ZeroDivisionError: in the library" in reason


def test_a_text_in_a_record_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"title": "Lights", "text": "%s"}, {"title": "Lights", "text": "They went out."}]' % ("a " * 200))
    monkeypatch.setattr(limits, "PROSE", 100)
    first, second = read(Source(str(path), path), Context())
    assert isinstance(first, ReadError)
    assert first.path.endswith("#1")
    assert isinstance(second, Article)


def test_a_page_of_ten_million_nodes_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    with path.open("wb") as page:
        page.write(b"<html><body><p>The harbour lights went out on Monday.</p>")
        for _ in range(1000):
            page.write(b"<i></i>" * 10_000)
    begun = time.monotonic()
    tracemalloc.start()
    try:
        assert only(path) == "larger than 16 MB, which is not read at once; split it"
        assert tracemalloc.get_traced_memory()[1] < 3 * limits.PROSE < path.stat().st_size
    finally:
        tracemalloc.stop()
    with path.open("r+b") as page:
        page.truncate(limits.PROSE)
    assert re.fullmatch(r"4,793,\d{3} tags in it \(more than 500,000\), which would fill the memory", only(path))
    assert time.monotonic() - begun < AT_ONCE


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (odd_pdf(kids="4 0 R 2 0 R", count=2), "Detected cyclic page references"),
        (odd_pdf(kids="2 0 R"), "Detected cyclic page references"),
        (odd_pdf(kids="4 0 R " * 300_000, count=300_000), "Reached maximum array element count"),
    ],
    ids=["pages in a circle", "nothing but a circle", "300,000 pages"],
)
def test_a_pdf_whose_pages_have_no_end(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    begun = time.monotonic()
    assert only(path).startswith(f"not a readable PDF: {reason}")
    assert time.monotonic() - begun < AT_ONCE


@pytest.mark.parametrize(
    "data",
    [
        odd_pdf(draws="/X Do", trailer="/Prev XREF"),
        odd_pdf(draws="/X Do", form="/X Do"),
        odd_pdf(draws="/X Do", form="/X Do /X Do /X Do"),
        odd_pdf(draws="/X Do", count=300_000),
    ],
    ids=["tables in a circle", "a form in itself", "a form in itself thrice", "300,000 pages, says it"],
)
def test_a_pdf_in_a_circle_beside_its_text_is_read(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    begun = time.monotonic()
    (article,) = read(Source(str(path), path), Context())
    assert isinstance(article, Article)
    assert [article.text.count(words) for words in PARAGRAPHS] == [1, 1]
    assert article.pages == (0,)
    assert time.monotonic() - begun < AT_ONCE
