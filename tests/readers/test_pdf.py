"""PDF: paragraphs, document information, and files that cannot be read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from tests.readers import failure, one
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


def test_scanned_pages(tmp_path: Path) -> None:
    assert failure(written(tmp_path, pdf([[], []]))).message.startswith("no text in it (scanned?)")


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"not a pdf at all", pdf([LINES])[:200]])
def test_damaged_files(data: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert failure(written(tmp_path, data)).message.startswith(("not a readable PDF", "no text in it"))
    assert not caplog.records
