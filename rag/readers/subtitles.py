"""Subtitles (WebVTT and SubRip), by webvtt-py: cues joined to a transcript that remembers when each was said.

A new paragraph begins after a pause and with a new speaker; where WebVTT names speakers, the paragraph begins with the
name. Lines that roll up the screen, and so come in several cues, are taken once. `Article.times` keeps the times.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ReadError
from rag.readers.base import Context, make_article, one_line, read_text, with_places
from rag.readers.packed import damage
from rag.types import Article

if TYPE_CHECKING:
    from webvtt import Caption

FORMAT = "subtitles"
VERSION = 2
SUFFIXES = (".vtt", ".srt")
MEDIA_TYPES = ("text/vtt", "application/x-subrip", "text/srt")

_PAUSE = 2  # seconds
_FLASH = 0.1  # seconds; a shorter cue only moves a rolling line up
_PLACED = re.compile(r"\{\\[^{}]*\}")  # "{\an8}": where on the screen
_TURN = re.compile(r"[-–—]\s*(?=\S)")


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """One article, after a ReadError `source#cues` if some cues are broken. Raises ReadError if there is no cue."""
    from webvtt import WebVTT
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    text = read_text(path, source, context)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    is_vtt = lines[0].startswith("WEBVTT")
    with damage(source, "subtitle file", MalformedFileError, MalformedCaptionError):
        captions = WebVTT.from_buffer(lines, format="vtt" if is_vtt else "srt").captions
        if not captions:
            raise ReadError(source, "no cues in it")
        transcript, times = _transcript(captions, is_vtt)
        title = one_line(lines[0].removeprefix("WEBVTT").lstrip(" \t-–—:")) if is_vtt else None
    broken = sum("-->" in line for line in lines) - len(captions)
    if broken > 0:
        yield ReadError(f"{source}#cues", f"{broken} of {broken + len(captions)} cues are broken and left out")
    article = make_article(source=source, text=transcript, title=title, context=context)
    yield with_places(article, transcript, times=times)


def _transcript(captions: Sequence[Caption], is_vtt: bool) -> tuple[str, list[tuple[int, float]]]:
    """The text, and (offset in it, second) for each cue that adds to it."""
    text, times = "", list[tuple[int, float]]()
    last_line, last_end, last_voice = "", 0.0, None
    for caption in captions:
        begin, end = _seconds(caption.start), _seconds(caption.end)
        words = html.unescape(caption.text) if is_vtt else _PLACED.sub("", caption.text)
        said = [line for line in map(one_line, words.split("\n")) if line]
        rolls = bool(said) and said[0] == last_line and (len(said) > 1 or end - begin < _FLASH)
        if said:
            last_line = said[-1]
        voice = one_line(html.unescape(caption.voice or "")) if is_vtt else None
        for number, line in enumerate(said[1:] if rolls else said):
            apart = not text or bool(_TURN.match(line))
            if number == 0 or apart:
                apart = apart or begin - last_end >= _PAUSE or voice != last_voice
                text += "\n\n" if text and apart else " " if text else ""
                times.append((len(text), begin))
                text += f"{voice}: " if voice and voice != last_voice else ""
            else:
                text += " "
            text += line
            last_voice = voice
        last_end = max(last_end, end)
    return text, times


def _seconds(timestamp: str) -> float:
    parts = [float(part) for part in timestamp.replace(",", ".").split(":")]
    return sum(part * unit for part, unit in zip(reversed(parts), (1, 60, 3600)))
