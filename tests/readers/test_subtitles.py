"""Subtitles: a transcript that knows when each sentence was said."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ReadError
from rag.types import Article
from tests.readers import failure, items, one
from tests.readers.samples import VTT


def written(folder: Path, text: str, suffix: str = ".srt") -> Path:
    path = folder / f"a{suffix}"
    path.write_text(text, "utf-8", newline="")
    return path


def srt(*cues: tuple[str, str]) -> str:
    return "\n\n".join(f"{number}\n{times}\n{words}" for number, (times, words) in enumerate(cues, 1)) + "\n"


def said(article: Article, words: str) -> float | None:
    return article.time_at(article.text.index(words))


def test_a_transcript_with_speakers_and_times(tmp_path: Path) -> None:
    found = one(written(tmp_path, VTT, ".vtt"))
    assert found.text == "Ida Moen: The harbour lights went out on Monday.\n\nPer Aas: Nobody could say why."
    assert found.title == "Harbour lights go out"
    times = [said(found, words) for words in ("Ida", "lights", "on Monday", "why")]
    assert times == [1, 1, 3.5, 3730]


def test_subrip(tmp_path: Path) -> None:
    text = srt(
        ("00:00:01,000 --> 00:00:02,500", "{\\an8}<i>The lights went</i>"),
        ("00:00:02,600 --> 00:00:03,000", "out in\n1987."),
        ("00:00:03,100 --> 00:00:04,000", "- Why?\n- Nobody knows."),
        ("01:00:00,000 --> 01:00:02,000", "Later."),
    )
    found = one(written(tmp_path, text.replace("\n", "\r\n")))
    assert found.text == "The lights went out in 1987.\n\n- Why?\n\n- Nobody knows.\n\nLater."
    assert found.title is None
    assert found.times == ((0, 1.0), (16, 2.6), (30, 3.1), (38, 3.1), (55, 3600.0))


def test_lines_that_roll_up_the_screen_come_once(tmp_path: Path) -> None:
    text = (
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n\u00a0\nthe lights<00:00:01.000><c> went</c>\n\n"
        "00:00:02.000 --> 00:00:02.010\nthe lights went\n\u00a0\n\n"
        "00:00:02.010 --> 00:00:04.000\nthe lights went\nout on Monday\n\n"
        "00:00:04.000 --> 00:00:05.000\nNo.\n\n00:00:05.000 --> 00:00:06.000\nNo.\n"
    )
    assert one(written(tmp_path, text, ".vtt")).text == "the lights went out on Monday No. No."


def test_entities_are_characters_in_webvtt_only(tmp_path: Path) -> None:
    assert one(written(tmp_path, "WEBVTT\n\n00:01.000 --> 00:02.000\nLamp &amp; Co\n", ".vtt")).text == "Lamp & Co"
    assert one(written(tmp_path, srt(("00:00:01,000 --> 00:00:02,500", "Lamp &amp; Co")))).text == "Lamp &amp; Co"


def test_broken_cues_are_counted_and_the_rest_goes_in(tmp_path: Path) -> None:
    path = written(tmp_path, "WEBVTT\n\n00:01.000 --> 00:02.000\nOne.\n\n00:xx --> 00:03.000\nTwo.\n", ".vtt")
    error, article = items(path)
    assert isinstance(error, ReadError)
    assert (error.path, error.message) == (f"{path}#cues", "1 of 2 cues are broken and left out")
    assert isinstance(article, Article)
    assert article.text == "One."


@pytest.mark.parametrize("text", ["WEBVTT\n", "Lights out\n", "1\n00:00:xx,000 --> 00:00:02,500\nx\n"])
def test_what_cannot_be_read(text: str, tmp_path: Path) -> None:
    assert failure(written(tmp_path, text)).message
