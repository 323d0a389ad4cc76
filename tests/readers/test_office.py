"""Word, OpenDocument, EPUB, Excel and CSV: what of each goes in, and what is refused."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from docx.oxml import OxmlElement
from docx.shared import Pt

from rag.errors import ReadError
from rag.readers import Context, Source, read
from rag.types import Article
from tests.readers import items
from tests.readers.samples import COLUMNS, ROW, docx, epub, odt, xlsx, zipped

BOMB = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


def _written(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def _one(path: Path) -> Article:
    (article,) = items(path)
    assert isinstance(article, Article), article
    return article


def _refused(path: Path) -> str:
    (error,) = items(path)
    assert isinstance(error, ReadError), error
    assert error.path == str(path)
    return error.message


@pytest.mark.parametrize(("suffix", "data"), [(".docx", docx()), (".odt", odt()), (".epub", epub())])
def test_properties_are_metadata(suffix: str, data: bytes, tmp_path: Path) -> None:
    article = _one(_written(tmp_path, f"lights{suffix}", data))
    assert (article.title, article.byline, article.language) == ("Harbour lights go out", "Ida Moen", "en")
    assert article.text == "The harbour lights went out on Monday.\n\nNobody could say why."
    assert article.published
    assert article.published.date().isoformat() == "2025-05-06"
    assert article.outlet == ("Shoreline Post" if suffix == ".epub" else None)


def test_word_gives_rows_and_leaves_out_what_nobody_sees(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        table = document.add_table(rows=1, cols=2)
        table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Lamps", "14"
        hidden = document.add_paragraph("Seen.").add_run(" Not for print.")
        hidden.font.hidden, hidden.font.size = True, Pt(9)
        deleted = OxmlElement("w:del")
        deleted.append(document.add_paragraph().add_run("Struck out.")._r)
        document.element.body.insert(0, deleted)

    text = _one(_written(tmp_path, "lights.docx", docx(change=change))).text
    assert "Lamps | 14" in text
    assert "Seen." in text
    assert "Not for print" not in text
    assert "Struck out" not in text


def test_a_document_without_properties_has_no_invented_ones(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        known = document.core_properties
        known.title = known.author = known.language = ""

    article = _one(_written(tmp_path, "lights.docx", docx(change=change)))
    assert (article.title, article.byline, article.language) == (None, None, None)


def test_a_book_is_its_chapters(tmp_path: Path) -> None:
    book = epub({"One": "<p>The ferry left.</p>", "Two": "<p>The ferry came back.</p>"})
    first, second = items(_written(tmp_path, "book.epub", book))
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert (first.title, first.text) == ("Harbour lights go out: One", "The ferry left.")
    assert (second.title, second.source[-2:]) == ("Harbour lights go out: Two", "#2")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_header_tells_what_separates(separator: str, tmp_path: Path) -> None:
    rows = [separator.join(["title", "text", "outlet"]), separator.join(["Lights", "They went out.", "Shoreline Post"])]
    article = _one(_written(tmp_path, "lights.csv", "\n".join(rows)))
    assert (article.title, article.text, article.outlet) == ("Lights", "They went out.", "Shoreline Post")


def test_a_broken_row_is_named_and_the_rest_goes_in(tmp_path: Path) -> None:
    path = _written(
        tmp_path, "lights.csv", "title,text\nLights,They went out.\nFerry,It left.,what,else\nDawn,It rose.\n"
    )
    first, broken, last = items(path)
    assert isinstance(broken, ReadError)
    assert (broken.path, broken.message) == (f"{path}#3", "4 cells where the header names 2 columns")
    assert [a.text for a in (first, last) if isinstance(a, Article)] == ["They went out.", "It rose."]


def test_a_table_without_a_text_column_names_those_it_has(tmp_path: Path) -> None:
    assert _refused(_written(tmp_path, "a.csv", "lamp,count\nred,4\n")).endswith("there are: lamp, count")
    assert "Lamps: no column for the text" in _refused(
        _written(tmp_path, "a.xlsx", xlsx({"Lamps": [["lamp"], ["red"]]}))
    )


def test_a_sheet_without_articles_is_reported_and_the_others_go_in(tmp_path: Path) -> None:
    path = _written(tmp_path, "a.xlsx", xlsx({"Notes": [["lamp"], ["red"]], "Articles": [COLUMNS, ROW]}))
    article, error = items(path)
    assert isinstance(article, Article)
    assert isinstance(error, ReadError)
    assert article.source == f"{path}#Articles!2"
    assert error.path == f"{path}#Notes"


@pytest.mark.parametrize("suffix", [".docx", ".odt", ".epub", ".xlsx"])
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no zip archive", "not a readable"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "old office format or password-protected"),
        (zipped({"a.xml": "<a/>", "zeros": bytes(300_000_000)}), "grows more than 200 times"),
        (zipped({f"{n}": "" for n in range(10_001)}), "10001 files in it"),
    ],
    ids=["no zip", "old office", "bomb", "many"],
)
def test_what_no_document_is_is_refused(suffix: str, data: bytes, reason: str, tmp_path: Path) -> None:
    assert reason in _refused(_written(tmp_path, f"a{suffix}", data))


def test_entities_are_refused_before_they_unfold(tmp_path: Path) -> None:
    assert "declares a document type" in _refused(_written(tmp_path, "a.odt", odt("<text:p>&b;</text:p>", BOMB)))


def test_a_chapter_that_is_not_there_is_named_and_the_rest_goes_in(tmp_path: Path) -> None:
    book = epub({"One": "<p>The ferry left.</p>", "Two": "<p>Back.</p>"}).replace(b"OPS/c1.xhtml", b"OPS/cX.xhtml")
    path = _written(tmp_path, "book.epub", book)
    error, article = items(path)
    assert isinstance(error, ReadError)
    assert error.path == f"{path}#OPS/c1.xhtml"
    assert isinstance(article, Article)
    assert article.text == "The ferry left."


def test_a_workbook_whose_sheets_are_gone_is_an_error(tmp_path: Path) -> None:
    data = xlsx({"Articles": [COLUMNS, ROW]}).replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheetX.xml")
    assert _refused(_written(tmp_path, "a.xlsx", data))


def test_warnings_are_as_they_were_between_two_articles(tmp_path: Path) -> None:
    found = iter(read(Source("a", _written(tmp_path, "a.xlsx", xlsx({"Articles": [COLUMNS, ROW, ROW]}))), Context()))
    before = list(warnings.filters)
    next(found)
    assert warnings.filters == before
