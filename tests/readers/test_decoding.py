"""Encodings: right, or an error; never a wrong letter."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from rag.errors import ReadError
from rag.readers import Context, Source, read_page
from rag.readers.decoding import decode, guesses
from rag.readers.processes import Processes
from rag.readers.web import Page, Validators
from rag.types import Article
from tests.readers import items, one
from tests.readers.samples import tar_of, zip_of

GERMAN = "Die Bürgermeisterin erklärte, die Brücke müsse gesperrt bleiben; größere Schäden seien möglich. " * 4
RUSSIAN = "Мэр города заявил во вторник, что мост будет закрыт до конца года. " * 4
POLISH = "Burmistrz powiedział, że most będzie zamknięty do końca roku, a koszty są wyższe. "
ESTONIAN = "Linnapea ütles, et sild jääb aasta lõpuni suletuks, sest kahjud on suuremad, kui arvati. " * 4
MUDDLED = "Hafen gesperrt\n\n" + "Die Bürgermeisterin erklärte, die Brücke müsse gesperrt bleiben. " * 4
JAPANESE = "市長は火曜日、橋が年末まで閉鎖されると述べた。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("text", [GERMAN, RUSSIAN, JAPANESE])
def test_unicode_with_a_mark_or_as_utf_8(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "a.txt") == text


@pytest.mark.parametrize(("text", "encoding"), [(GERMAN, "cp1252"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r")])
def test_an_old_encoding_that_stands_out(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "a.txt") == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (POLISH, "cp1250"),
        (POLISH * 6, "cp1250"),
        (POLISH, "iso8859-2"),
        (ESTONIAN, "cp1257"),
        (MUDDLED, "cp1252"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        ("Caf\xe9", "cp1252"),
    ],
)
def test_one_that_does_not_is_refused_unless_declared(text: str, encoding: str) -> None:
    with pytest.raises(ReadError, match="UTF-8"):
        decode(text.encode(encoding), "a.txt")
    assert decode(text.encode(encoding), "a.txt", encoding) == text


@pytest.mark.parametrize(
    "declared",
    [
        "iso-8859-1",
        "windows-1252",
        "koi8-r",
        "gb2312",
        "big5",
        "euc-jp",
        "utf-16",
        "no-such",
        "hex",
        "rot13",
        "",
        "a\0b",
    ],
)
@pytest.mark.parametrize("text", [GERMAN, JAPANESE, "“Quoted”, she said"])
def test_a_wrong_declaration_does_no_harm_to_utf_8(text: str, declared: str) -> None:
    assert decode(text.encode(), "a.txt", declared) == text


def test_the_next_declaration_counts_where_the_surest_is_wrong() -> None:
    assert decode(POLISH.encode("cp1250"), "a.txt", "utf-8", None, "cp1250") == POLISH


@pytest.mark.parametrize(("source", "can_be_set"), [("a.txt", True), ("a.zip#a.txt", True), ("https://a.b/c", False)])
def test_what_cannot_be_told_says_what_to_do(source: str, can_be_set: bool) -> None:
    with pytest.raises(ReadError, match="or save it as UTF-8" if can_be_set else "certain; save it as UTF-8") as caught:
        decode("Caf\xe9".encode("cp1252"), source)
    assert ("set encoding in settings.toml, e.g. cp1252" in caught.value.message) == can_be_set


def test_a_guess_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with guesses() as guessed:
        decode(GERMAN.encode("cp1252"), "a.txt")
        decode(RUSSIAN.encode("cp1251"), "b.txt", "utf-8")
        decode(RUSSIAN.encode("cp1251"), "c.txt", "cp1251")
    assert (guessed, caplog.messages) == ({"a.txt": "cp1252", "b.txt": "cp1251"}, [])
    decode(GERMAN.encode("cp1252"), "a.txt")
    decode(GERMAN.encode("cp1252"), "a.zip#\x1b.txt")
    assert caplog.messages == [
        "a.txt: encoding guessed: cp1252; if letters are wrong, set encoding in settings.toml",
        "a.zip#\ufffd.txt: encoding guessed: cp1252; if letters are wrong, set encoding in settings.toml",
    ]


def test_a_guess_in_a_process_that_reads_is_said_on_standard_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(GERMAN.encode("cp1252"))
    processes = Processes()
    try:
        (article,) = processes.result(processes.begin(Source(str(path), path), Context()))
    finally:
        processes.close()
    assert isinstance(article, Article)
    assert f"{path}: encoding guessed: cp1252" in capfd.readouterr().err


def test_latin_1_means_what_browsers_take_it_for() -> None:
    assert decode("“Quoted” – €4".encode("cp1252"), "a.txt", "ISO-8859-1") == "“Quoted” – €4"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a picture"),
        (b"{\\rtf1 text}", "RTF"),
        (bytes(range(256)) * 4, "binary"),
        (b"\0\x01\x02" * 50, "binary"),
        (b"\xff\xfeA", "UTF-16 but is not valid"),
        (b"", "empty"),
        (b" \n", "empty"),
    ],
)
def test_what_is_no_text_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(ReadError, match=reason) as caught:
        decode(data, "a.md")
    assert caught.value.path == "a.md"


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.txt.gz", "a.eml", "a.mbox", "attached.eml"])
def test_the_settings_encoding_is_also_that_of_what_is_in_local_files(name: str, tmp_path: Path) -> None:
    words = "Hafen gesperrt\n\nDie Brücke bleibt zu.".encode("cp1252")
    head = b"From: ida@shoreline.example\nSubject: Br\n"
    part = b'Content-Type: text/plain; name="a.txt"\nContent-Disposition: attachment; filename="a.txt"\n\n' + words
    held = {
        "a.zip": lambda: zip_of({"a.txt": words}),
        "a.tar": lambda: tar_of({"a.txt": words}),
        "a.txt.gz": lambda: gzip.compress(words),
        "a.eml": lambda: head + b"\n" + words,
        "a.mbox": lambda: b"From ida Mon May  5 07:08:09 2025\n" + head + b"\n" + words,
        "attached.eml": lambda: head + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" + part + b"\n--x--\n",
    }
    path = tmp_path / name
    path.write_bytes(held[name]())
    assert "set encoding in settings.toml" in str(items(path))
    assert one(path, Context(usual="cp1252")).text.endswith("Die Brücke bleibt zu.")


def test_the_settings_encoding_is_not_that_of_what_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    sent = "From: ida@shoreline.example\nContent-Type: text/plain; charset=cp1252\n\nDie Brücke bleibt zu."
    path.write_bytes(sent.encode("cp1252"))
    assert one(path, Context(usual="cp1251")).text == "Die Brücke bleibt zu."
    address = "https://a.example/b.txt"
    page = Page(address, "Die Brücke bleibt zu.".encode("cp1252"), "text/plain", None, Validators())
    (failed,) = read_page(page, Source(address, None), Context(usual="cp1252"))
    assert "certain; save it as UTF-8" in str(failed)
