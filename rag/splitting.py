"""What a writer streams, cut into sentences with the marks of what they cite."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.sentences import Span, sentences

_MARK = re.compile(r"\s*[\[【](\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)[\]】]")
_MARK_AFTER_STOP = re.compile(r"([.!?…。！？]++[\"”’»)」』]*)((?:\s*[\[【]\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*[\]】])+)")
_LINE_START = re.compile(r"\s*\n\s*")
_BULLET = re.compile(r"(?m)^[ \t]*(?:[-*•·]|\d{1,2}[.)])[ \t]+")
_BEGUN = re.compile(r"(?![^\w\[【]*[\[【][\d\s,;–-]*$)[^\w]*\w[^\s\"'“”‘’()\[\]—–,;:.!?]*[\s\"'“”‘’()\[\]—–,;:.!?]")


@dataclass(frozen=True, slots=True)
class Raw:
    """A sentence as written: its text without marks, and the marks."""

    text: str
    marks: tuple[int, ...]


class Splitter:
    """Cuts a stream of text into sentences as soon as each is complete."""

    def __init__(self) -> None:
        self._text = ""
        self._given = 0

    def feed(self, piece: str) -> list[Raw]:
        """Sentences that this piece completes: those after which another one has begun."""
        self._text += piece
        text, spans = self._split()
        while spans and not _BEGUN.match(text, spans[-1][1]):
            spans.pop()  # the next word or mark, still to come, may belong to it
        return self._new(text, spans)

    def end(self) -> list[Raw]:
        """What is left when the stream has ended."""
        return self._new(*self._split())

    def _split(self) -> tuple[str, list[Span]]:
        # "… in May. [1] The council" has its mark behind the full stop: move it in front. A line is a paragraph.
        text = _MARK_AFTER_STOP.sub(lambda found: "".join(found[2].split()) + found[1], self._text)
        text = _BULLET.sub("", _LINE_START.sub("\n\n", text))
        return text, sentences(text)

    def _new(self, text: str, spans: Sequence[Span]) -> list[Raw]:
        new = spans[self._given :]
        self._given = max(self._given, len(spans))
        return [raw for start, end in new if (raw := _raw(text[start:end])).text]


def _raw(text: str) -> Raw:
    marks = [int(n) for group in _MARK.findall(text) for n in re.findall(r"\d+", group)]
    bare = _MARK.sub("", text).strip()
    return Raw(bare if re.search(r"\w", bare) else "", tuple(dict.fromkeys(marks)))
