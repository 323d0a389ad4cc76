"""RTF: characters, links, and the document's information."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from rag.readers import Context
from tests.readers import failure, one
from tests.readers.samples import RTF


def written(folder: Path, rtf: str | bytes) -> Path:
    path = folder / "a.rtf"
    path.write_bytes(rtf if isinstance(rtf, bytes) else rtf.encode("cp1252"))
    return path


def test_information(tmp_path: Path) -> None:
    found = one(written(tmp_path, RTF), Context("Europe/Oslo"))
    assert (found.title, found.byline, found.section) == ("Harbour lights go out", "Ida Moen", "Port")
    assert found.published == datetime(2025, 5, 6, 7, 8, 9, tzinfo=ZoneInfo("Europe/Oslo"))
    assert found.updated == datetime(2025, 5, 7, 9, tzinfo=ZoneInfo("Europe/Oslo"))
    assert found.text == "The harbour lights went out on Monday.\n\nNobody could say why."
    bare = one(written(tmp_path, r"{\rtf1\ansi Words.\par}"))
    assert (bare.title, bare.published) == (None, None)


def test_a_moment_that_is_not_whole_is_none(tmp_path: Path) -> None:
    found = one(written(tmp_path, r"{\rtf1{\info{\creatim\yr2025\mo5}{\revtim\yr0\mo0\dy0\hr0\min0}} Words.}"))
    assert (found.published, found.updated) == (None, None)


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1\ansi\ansicpg1252 caf\'e9 and \u8364?uro \u-10179?\u-8704?}", "café and €uro \U0001f600"),
        (rb"{\rtf1\ansi\ansicpg1251 \'cf\'ee\'f0\'f2}", "Порт"),
        (b"{\\rtf1\\ansi\\ansicpg1251 \xcf\xee\xf0\xf2}", "Порт"),
        (rb"{\rtf1 \ldblquote Out\rdblquote , she said\emdash now.}", "“Out”, she said—now."),
    ],
)
def test_characters(rtf: bytes, text: str, tmp_path: Path) -> None:
    assert one(written(tmp_path, rtf)).text == text


def test_a_link_keeps_its_words_and_gains_none(tmp_path: Path) -> None:
    link = r'{\field{\*\fldinst{HYPERLINK "https://port.example"}}{\fldrslt port office}}'
    assert one(written(tmp_path, rf"{{\rtf1 The {link} said so.}}")).text == "The port office said so."


def test_what_cannot_be_read(tmp_path: Path) -> None:
    assert failure(written(tmp_path, RTF[:-30])).message.startswith("cut off")
    assert failure(written(tmp_path, "Lights out")).message.startswith("not an RTF document")
    assert failure(written(tmp_path, rb"{\rtf1\ansicpg932 \'81}")).message.startswith("not a readable RTF document")
