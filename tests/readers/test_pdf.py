"""PDF: paragraphs, columns, running headers, document information, and files that cannot be read."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import cast

import pytest
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ContentStream,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
)

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


Placed = tuple[float, float, str]  # how far right, how far up, what is written there

HEADLINE = "Ferry landing to close after eighty years of service"
COLUMNS = [
    [
        "The council of Pellhaven voted",
        "on Monday evening to close the",
        "old ferry landing, because the",
        "piles under it have rotted and",
        "nobody wants to pay for others.",
    ],
    [
        "In other news, the library on",
        "the quay will open on Sundays",
        "from May, which readers have",
        "asked for since the winter in",
        "which the heating was mended.",
    ],
]
TEXTS = [*map(" ".join, COLUMNS)]


def drawn(*pages: bytes) -> bytes:
    """A PDF with these operations on its pages; /F1 is Helvetica."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([["-"]] * len(pages)))))
    for page, operations in zip(writer.pages, pages):
        content = ContentStream(None, writer)
        content.set_data(operations)
        page.replace_contents(content)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def at(places: Sequence[Placed]) -> bytes:
    """Operations that write in these places, in this order."""
    return "".join(f"BT /F1 10 Tf {x} {y} Td ({words}) Tj ET\n" for x, y, words in places).encode("latin-1")


def column(lines: Sequence[str], number: int = 0, top: float = 680) -> list[Placed]:
    return [(72 + 180 * number, top - 12 * row, line) for row, line in enumerate(lines)]


def by_rows(*columns: Sequence[Placed]) -> list[Placed]:
    return [place for row in zip_longest(*columns) for place in row if place]


LEFT, RIGHT = (column(lines, number) for number, lines in enumerate(COLUMNS))
ACROSS: Placed = (72, 704, HEADLINE)


@pytest.mark.parametrize(
    "places",
    [
        [ACROSS, *by_rows(LEFT, RIGHT)],
        [*by_rows(LEFT, RIGHT), ACROSS],
        [ACROSS, *LEFT, *RIGHT],
        [*RIGHT, *LEFT, ACROSS],
    ],
    ids=["row by row", "row by row, the headline last", "column by column", "column by column backwards"],
)
def test_columns_are_read_one_after_the_other(places: list[Placed], tmp_path: Path) -> None:
    assert one(written(tmp_path, drawn(at(places)))).text.split("\n\n") == [HEADLINE, *TEXTS]


def test_a_headline_of_two_lines_does_not_go_on_in_the_columns(tmp_path: Path) -> None:
    large = b"BT /F1 20 Tf 24 TL 72 730 Td (Ferry landing is to close) Tj (after eighty years of use) ' ET "
    found = one(written(tmp_path, drawn(large + at(by_rows(LEFT, RIGHT)))))
    assert found.text.split("\n\n") == ["Ferry landing is to close after eighty years of use", *TEXTS]


def test_a_line_across_columns_parts_those_above_from_those_below(tmp_path: Path) -> None:
    below = by_rows(*(column(lines, number, top=580) for number, lines in enumerate(reversed(COLUMNS))))
    found = one(written(tmp_path, drawn(at([*by_rows(LEFT, RIGHT), (72, 604, HEADLINE), *below]))))
    assert found.text.split("\n\n") == [*TEXTS, HEADLINE, *reversed(TEXTS)]


def test_three_columns_of_words_with_gaps_between_them(tmp_path: Path) -> None:
    third = column(["Fishermen heard of it from the", *COLUMNS[0][1:]], 2)
    rows = by_rows(LEFT, RIGHT, third)
    gaps = (f"1 0 0 1 {x} {y} Tm [({') -300 ('.join(words.split())})] TJ " for x, y, words in rows)
    found = one(written(tmp_path, drawn(at([ACROSS]) + f"BT /F1 10 Tf {''.join(gaps)} ET".encode())))
    assert found.text.split("\n\n") == [HEADLINE, *TEXTS, " ".join(words for _, _, words in third)]


@pytest.mark.parametrize("begun", ["mayor, for others made of oak", "Mayor of the town, for others"])
def test_a_sentence_goes_on_in_the_next_column(begun: str, tmp_path: Path) -> None:
    places = by_rows(column([*COLUMNS[0][:4], "nobody wants to pay, said the"]), column([begun, *COLUMNS[1][1:]], 1))
    assert f"nobody wants to pay, said the {begun} the quay" in one(written(tmp_path, drawn(at(places)))).text


def test_columns_in_a_form_that_is_drawn_elsewhere(tmp_path: Path) -> None:
    """Its places count from its own corner: by them alone, the headline would stand below the columns."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(drawn(at([ACROSS]) + b"q 1 0 0 1 0 -300 cm /X Do Q"))))
    resources = cast(DictionaryObject, writer.pages[0]["/Resources"])
    form = DecodedStreamObject()
    form.set_data(at([(x, y + 200, words) for x, y, words in by_rows(LEFT, RIGHT)]))
    form[NameObject("/Subtype")] = NameObject("/Form")
    form[NameObject("/Matrix")] = ArrayObject(map(NumberObject, (1, 0, 0, 1, 0, 100)))
    form[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): resources["/Font"]})
    resources[NameObject("/XObject")] = DictionaryObject({NameObject("/X"): writer._add_object(form)})
    out = io.BytesIO()
    writer.write(out)
    assert one(written(tmp_path, out.getvalue())).text.split("\n\n") == [HEADLINE, *TEXTS]


TABLE = [
    ("Harbour dues and pilotage", "1,204", "1,311", "12 May 2025"),
    ("Ferry to Sundby, all year", "310", "298", "13 May 2025"),
    ("Repairs to the north quay", "2,750", "2,750", "14 May 2025"),
    ("Lights, buoys and beacons", "96", "101", "15 May 2025"),
    ("Wages of the night watches", "1,880", "1,902", "16 May 2025"),
]
QUESTIONS = [
    ("Who pays for the new piles", "The town, by what it saves"),
    ("When will the ferry go again", "Not before the autumn of 2026"),
    ("Why is the library shut now", "Its heating has to be mended"),
    ("What do all fishermen say", "That nobody has asked them"),
]

REASONS = [
    ("the piles under the old landing", "they have rotted in salt water"),
    ("the town library", "its heating broke"),
    ("the night ferries", "nobody takes them"),
    ("the north light", "a gull nests in it"),
    ("the fish market", "not enough herring"),
]
LOADS = [("driftwood", "by weight"), ("hardwoods", "by number"), ("mackerels", "by weight"), ("limestone", "by length")]


@pytest.mark.parametrize(
    ("table", "width"),
    [(TABLE, 130), (QUESTIONS, 200), (REASONS, 200), (LOADS, 100)],
    ids=["figures", "sentences", "words", "single words"],
)
def test_a_table_is_read_row_by_row(table: Sequence[Sequence[str]], width: float, tmp_path: Path) -> None:
    cells = [
        (72 + width * place, 700.0 - 14 * row, cell)
        for row, cells in enumerate(table)
        for place, cell in enumerate(cells)
    ]
    assert one(written(tmp_path, drawn(at(cells)))).text.replace("\n\n", " ") == " ".join(chain(*table))


def test_blocks_that_were_drawn_one_by_one_stay_in_their_order(tmp_path: Path) -> None:
    """Long cells of a table: what stands right of a cell belongs to it, not what stands below."""
    below = [[line.replace("council", "town").replace("library", "school") for line in lines] for lines in COLUMNS]
    places = chain(LEFT, RIGHT, *(column(lines, number, top=600) for number, lines in enumerate(below)))
    found = one(written(tmp_path, drawn(at([*places]))))
    assert found.text.replace("\n\n", " ") == " ".join([*TEXTS, *map(" ".join, below)])


def test_one_column_is_read_as_it_was_drawn(tmp_path: Path) -> None:
    signs = ["1.", "a list of the boats over nine metres, and of who owns them now", "2.", "what each is worth."]
    points = [(72.0 + 18 * (n % 2), 700.0 - 12 * (n // 2), sign) for n, sign in enumerate(signs)]
    places = [*points, (300.0, 600.0, "Out of order"), *column(COLUMNS[0], top=660)]
    found = one(written(tmp_path, drawn(at(places))))
    assert found.text.split("\n\n") == [" ".join(signs), "Out of order", TEXTS[0]]


BEYOND = b"1000 0 0 1000 0 0 cm " * 100 + b"1 0 0 1 %b 0 cm " % (b"9" * 30) + b"0.001 0 0 0.001 0 0 cm " * 100


@pytest.mark.parametrize(
    "odd", [BEYOND, b"1000 0 0 1000 0 0 cm " * 120, b"/None 1 Tf", b"/X Do", b"(b) TJ [1 /A null] TJ"]
)
def test_what_cannot_be_followed_is_read_all_the_same(odd: bytes, tmp_path: Path) -> None:
    found = one(written(tmp_path, drawn(at(by_rows(LEFT, RIGHT)) + b"q BT /F1 10 Tf " + odd + b" (x) Tj ET Q")))
    assert all(line in found.text for line in chain(*COLUMNS))


HEADED = [
    ["Pellhaven Courier, 5 May 2025", *COLUMNS[0], "Page 1 of 4"],
    ["Pellhaven Courier, 5 May 2025", *COLUMNS[1], "Page 2 of 4"],
    ["Letters", "Nobody asked the fishermen.", "Page 3 of 4"],
    ["Pellhaven Courier, 5 May 2025", "Write to us at the old quay.", "Page 4 of 4"],
]


def test_running_headers_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    found = one(written(tmp_path, pdf(HEADED)))
    rest = ["Letters", "Nobody asked the fishermen.", "Write to us at the old quay."]
    assert found.text.split("\n\n") == [*TEXTS, *rest]
    words = ("council", "library", "Letters", "Write")
    assert [found.page_at(found.text.index(word)) for word in words] == [1, 2, 3, 4]


def test_page_numbers_that_begin_anew_are_left_out(tmp_path: Path) -> None:
    towns = ["Sundby", "Norholm", "Akersund", "Pellhaven", "Tornvik", "Leirnes", "Oxby"]
    bodies = [[f"The council of {town} voted", *COLUMNS[0][1:4], f"nobody in {town} will pay."] for town in towns]
    numbered = [[*body, f"- {number} -"] for body, number in zip(bodies, (1, 2, 3, 4, 1, 2, 3))]
    assert one(written(tmp_path, pdf(numbered))).text.split("\n\n") == [*map(" ".join, bodies)]


def test_page_numbers_beside_columns_are_left_out(tmp_path: Path) -> None:
    ends = ["for others.", "for anything.", "for it."]
    columns = [column([*COLUMNS[0][:4], f"nobody wants to pay {end}"]) for end in ends]
    pages = [
        at([(72, 710, "Courier"), (380, 710, f"{number}"), *by_rows(left, column([f"News of {end}", *COLUMNS[1]], 1))])
        for number, left, end in zip((12, 13, 14), columns, ends)
    ]
    text = one(written(tmp_path, drawn(*pages))).text
    assert "Courier" not in text
    assert not any(character.isdigit() for character in text)
    assert text.count("the library on the quay") == 3


@pytest.mark.parametrize(
    "pages",
    [
        HEADED[:2],
        [["Harbour dues", *COLUMNS[0]], ["Pilotage", *COLUMNS[1]], ["Letters", "Nobody asked the fishermen."]],
        [["Dues were paid by", "Boats 12 310"], ["In June they were", "Boats 9 410"], ["And in July", "Boats 17 96"]],
        [["Page 1"], ["Page 2"], ["Page 3"]],
    ],
    ids=["two pages", "headings", "rows of tables", "nothing else"],
)
def test_what_is_no_running_header_stays(pages: list[list[str]], tmp_path: Path) -> None:
    text = one(written(tmp_path, pdf(pages))).text
    assert all(line in text for lines in pages for line in (lines[0], lines[-1]))


OPEN = [
    "The harbour office has asked the council of Pellhaven to",
    "lend it the money for oak piles, which the council will",
]


@pytest.mark.parametrize(
    ("last", "first", "whole"),
    [
        (
            "not do before it has met with the fishermen and with the",
            "owners of the ferry.",
            "with the owners of the ferry.",
        ),
        (
            "not do before it has heard from the fishermen and the",
            "Ferry Company.",
            "from the fishermen and the Ferry Company.",
        ),
        ("re-", "consider in June.", "which the council will reconsider in June."),
        ("ask of the Anglo-", "Varrish bank.", "which the council will ask of the Anglo-Varrish bank."),
    ],
)
def test_a_paragraph_goes_on_over_the_end_of_a_page(last: str, first: str, whole: str, tmp_path: Path) -> None:
    found = one(written(tmp_path, pdf([[*OPEN, last], [], [first], ["The end."]])))
    assert found.text.endswith(f"{whole}\n\nThe end.")
    assert found.pages == (0, found.text.index(first), found.text.index(first), found.text.index("The end."))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([*OPEN, "not do before it has met with the fishermen of Pellhaven."], ["Letters to the editor"]),
        ([*OPEN, "not do before it has met with the fishermen and with the"], ["Letters to the editor"]),
        (["Report on all the harbour lights of Pellhaven and Sundby"], [*OPEN, "not do."]),
        ([*OPEN, "not do"], ["because nobody has asked."]),
    ],
    ids=["a full stop", "a heading follows", "a title page", "a short last line"],
)
def test_the_next_page_begins_another_paragraph(before: list[str], after: list[str], tmp_path: Path) -> None:
    found = one(written(tmp_path, pdf([before, after])))
    begin = found.pages[1]
    assert found.text[begin - 2 :] == "\n\n" + " ".join(after)


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
