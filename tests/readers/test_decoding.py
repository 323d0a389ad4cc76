"""Encodings: right, or an error; never a wrong letter."""

from __future__ import annotations

import pytest

from rag.errors import ReadError
from rag.readers.decoding import decode

GERMAN = "Die Bürgermeisterin erklärte, die Brücke müsse gesperrt bleiben; größere Schäden seien möglich. " * 4
RUSSIAN = "Мэр города заявил во вторник, что мост будет закрыт до конца года. " * 4
POLISH = "Burmistrz powiedział, że most będzie zamknięty do końca roku, a koszty są wyższe. "
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
    [(POLISH, "cp1250"), (POLISH, "iso8859-2"), (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp"), ("Caf\xe9", "cp1252")],
)
def test_one_that_does_not_is_refused_unless_declared(text: str, encoding: str) -> None:
    with pytest.raises(ReadError, match="UTF-8"):
        decode(text.encode(encoding), "a.txt")
    assert decode(text.encode(encoding), "a.txt", declared=encoding) == text


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "utf-16", "no-such", "hex", "rot13", "", "a\0b"])
def test_a_wrong_declaration_does_no_harm_to_utf_8(declared: str) -> None:
    assert decode(GERMAN.encode(), "a.txt", declared) == GERMAN


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
