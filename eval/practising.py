"""Articles with questions, written to learn from (`eval/practice/`): each sentence numbered, each question with the
numbers of the sentences that answer it, or with those of such as only come near.

    TITLE: …
    OUTLET: …
    DATE: 2024-03-05
    1| First sentence.
    Q
    1	question that sentence 1 answers
    4,5	question that needs both
    N3	question that the article does not answer, though sentence 3 comes near

Articles on one subject share the beginning of their names: `2-1-3.txt` is the third on subject 1 of part 2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rag.errors import SettingsError

_HEAD = re.compile(r"(TITLE|OUTLET|DATE):\s*(.*)")
_SENTENCE = re.compile(r"(\d+)\s*\|\s*(\S.*)")
_QUESTION = re.compile(r"(N?)\s*(\d+(?:\s*,\s*N?\d+)*)\s+(\S.*)")


@dataclass(frozen=True, slots=True)
class Question:
    """A question; the sentences, by place in the article, that answer it, or, if none does, that come near."""

    text: str
    answered: bool
    sentences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Practice:
    """An article and its questions."""

    subject: str
    title: str
    sentences: tuple[str, ...]
    questions: tuple[Question, ...]


def load(*folders: Path) -> list[Practice]:
    """Every article of some folders, by name. Raises SettingsError that names the folder or the line at fault."""
    found = []
    for folder in folders:
        own = [_read(path) for path in sorted(folder.glob("*.txt"))]
        if not own:
            hint = "eval/practising.py says what they are."
            raise SettingsError(f"{folder} holds no articles to learn from", hint=hint)
        found += own
    return found


def _read(path: Path) -> Practice:
    head: dict[str, str] = {}
    places: dict[int, int] = {}
    sentences: list[str] = []
    questions: list[Question] = []
    asking = False
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        if line.strip() == "Q":
            asking = True
        elif asking and (match := _QUESTION.fullmatch(line.strip())):
            numbers = [int(each) for each in re.findall(r"\d+", match[2])]
            if not places.keys() >= set(numbers):
                raise SettingsError(f"{path}, line {number}: no sentence has one of these numbers: {line!r}")
            questions.append(Question(match[3], not match[1], tuple(places[each] for each in numbers)))
        elif not asking and (match := _HEAD.fullmatch(line.strip())):
            head[match[1]] = match[2]
        elif not asking and (match := _SENTENCE.fullmatch(line.strip())):
            places[int(match[1])] = len(sentences)
            sentences.append(match[2])
        else:
            raise SettingsError(f"{path}, line {number} is none of its parts: {line!r}")
    return Practice(path.stem.rpartition("-")[0], head.get("TITLE", ""), tuple(sentences), tuple(questions))
