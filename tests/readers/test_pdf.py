"""PDF: paragraphs, document information, and files that cannot be read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfReader, PdfWriter

from rag.errors import ReadError
from rag.readers import scans
from rag.types import Article
from tests.readers import failure, items, one
from tests.readers.samples import pdf

LINES = [
    "Lights out",
    "The harbour lights went out on Monday evening, the exam-",
    "ple of the Anglo-",
    "Saxon pilots said, and all of them waited outside in the",
    "dark.",
    "Nobody could say why, although the quay had been without",
    "power since noon.",
]


def written(folder: Path, data: bytes) -> Path:
    path = folder / "a.pdf"
    path.write_bytes(data)
    return path


def encrypted(user: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([LINES]))))
    writer.encrypt(user_password=user, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_lines_become_paragraphs(tmp_path: Path) -> None:
    text = one(
        written(
            tmp_path, pdf([[*LINES[:2], LINES[2] + "Saxon pilots said, and they waited", *LINES[4:]], ["Page two."]])
        )
    ).text
    assert text == (
        "Lights out\n\nThe harbour lights went out on Monday evening, the example of the Anglo-Saxon pilots said, and "
        "they waited dark.\n\nNobody could say why, although the quay had been without power since noon.\n\nPage two."
    )


def test_a_hyphen_before_a_capital_stays(tmp_path: Path) -> None:
    lines = [
        "The harbour lights, said the spokesman of the Anglo-",
        "Saxon pilots, went out when everybody was asleep.",
    ]
    assert "Anglo-Saxon pilots" in one(written(tmp_path, pdf([lines]))).text


def test_document_information(tmp_path: Path) -> None:
    info = "/Title (Lights out) /Author (Ida Moen; Per Aas) /CreationDate (D:20250506070809Z)"
    found = one(written(tmp_path, pdf([LINES], info)))
    assert (found.title, found.byline) == ("Lights out", "Ida Moen, Per Aas")
    assert found.published is None  # the file was made then; when it was published, it does not say
    assert one(written(tmp_path, pdf([LINES]))).title is None


def test_a_password(tmp_path: Path) -> None:
    assert failure(written(tmp_path, encrypted("secret"))).message.startswith("password-protected")
    assert "harbour lights" in one(written(tmp_path, encrypted(""))).text


def test_pages(tmp_path: Path) -> None:
    found = one(written(tmp_path, pdf([[], ["Lights out."], [], ["Nobody knows why."], []])))
    assert found.text == "Lights out.\n\nNobody knows why."
    assert [found.page_at(found.text.index(word)) for word in ("Lights", "out", "Nobody", "why")] == [2, 2, 4, 4]
    assert found.pages == (0, 0, 13, 13, 30)
    assert found.kind is None


def test_empty_pages(tmp_path: Path) -> None:
    assert (
        failure(written(tmp_path, pdf([[], []]))).message == "no text in it (scanned?); there is nothing on its pages"
    )


def scanned(folder: Path, *pages: str | None) -> Path:
    """A PDF of pictures of these words; None is a page of text."""
    out = PdfWriter()
    for words in pages:
        if words is None:
            out.append(io.BytesIO(pdf([["A page of text."]])))
            continue
        picture = Image.new("L", (1700, 600), 255)
        if words:
            ImageDraw.Draw(picture).text((100, 200), words, fill=0, font=ImageFont.load_default(70))
        drawn = io.BytesIO()
        picture.save(drawn, "PDF", resolution=200)
        out.append(drawn)
    path = folder / "scan.pdf"
    out.write(path)
    return path


def test_scanned_pages_without_tesseract_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = scanned(tmp_path, None, "Lights out", "Dark", None, "Morning")
    error, article = items(path)
    assert isinstance(error, ReadError)
    assert error.path == f"{path}#pages"
    assert error.message.startswith(
        "no text on pages 2 to 3, 5 of 5 (scanned?); install Tesseract and take the file in"
    )
    assert isinstance(article, Article)
    assert (article.text, article.kind) == ("A page of text.\n\nA page of text.", None)
    assert article.page_at(20) == 4
    assert failure(scanned(tmp_path, "Lights out")).message.startswith("no text in it (scanned?); install Tesseract")


@pytest.mark.skipif(not scans.installed(), reason="Tesseract is not installed")
def test_scanned_pages_are_read_by_tesseract(tmp_path: Path) -> None:
    found = one(scanned(tmp_path, None, "The harbour lights went out."))
    assert found.text == "A page of text.\n\nThe harbour lights went out."
    assert found.kind == "partly scanned (page 2), read by Tesseract"
    assert found.page_at(found.text.index("harbour")) == 2
    assert one(scanned(tmp_path, "The harbour lights went out.")).kind == "scan, read by Tesseract"
    error, article = items(scanned(tmp_path, None, ""))
    assert isinstance(error, ReadError)
    assert error.message == "no text on page 2 of 2 (scanned?); Tesseract finds none either"
    assert isinstance(article, Article)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'no such model' >&2; exit 1", "Tesseract failed: no such model"),
        ("echo List of languages:", "Tesseract has no language installed"),
    ],
)
def test_a_tesseract_that_fails(script: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "tesseract"
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    scans._languages.cache_clear()
    try:
        assert failure(scanned(tmp_path, "Lights out")).message == f"no text in it (scanned?); {reason}"
    finally:
        scans._languages.cache_clear()


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"not a pdf at all", pdf([LINES])[:200]])
def test_damaged_files(data: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert failure(written(tmp_path, data)).message.startswith(("not a readable PDF", "no text in it"))
    assert not caplog.records
