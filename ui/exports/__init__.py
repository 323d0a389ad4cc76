"""Answers as files to take away. One file a format; a new file is found by its `NAME`.

A format's file has NAME (as a menu shows it), EXTENSION (without the dot), MEDIA_TYPE and `render(export) -> bytes`.
What a file holds is settled once, by `prepare`: the standing sentences, their footnotes numbered through the whole
document, and what has become of the cited articles since. Struck sentences are in the JSON alone.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from types import ModuleType

from rag.errors import SettingsError
from rag.types import Answer, Article, Citation, Record, Verdict
from ui.saved import ArticleOf, since, today

_LONGEST_NAME = 60  # characters of a file's name


@dataclass(frozen=True, slots=True)
class Footnote(Record):
    """A citation with its number in the document, which counts from 1 in the order of reading.

    `content_hash` is the SHA-256 of the article as it is today (None: gone from the archive), and `changed` says what
    has happened to the cited words since, "" if they stand.
    """

    number: int
    citation: Citation
    content_hash: str | None
    changed: str


@dataclass(frozen=True, slots=True)
class Standing(Record):
    """A sentence that stands, and the numbers of its footnotes."""

    text: str
    footnotes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Section(Record):
    """One answer, when it was given, and what of it goes into a document. An abstention has no sentences."""

    answer: Answer
    when: datetime
    sentences: tuple[Standing, ...]
    footnotes: tuple[Footnote, ...]


@dataclass(frozen=True, slots=True)
class Export(Record):
    """A document: the title and the answers in it, oldest first."""

    title: str
    sections: tuple[Section, ...]

    @property
    def footnotes(self) -> tuple[Footnote, ...]:
        """All footnotes in order of number."""
        return tuple(footnote for section in self.sections for footnote in section.footnotes)

    @property
    def titled_by_question(self) -> bool:
        """Whether the title is the one question, which a heading would only repeat."""
        return [section.answer.question.strip() for section in self.sections] == [self.title]


def prepare(answer: Answer, article_of: ArticleOf, when: datetime, title: str) -> Export:
    """One answer, given at `when`, as a document. `article_of` is as for `ui.saved.changed`."""
    return prepare_all([(answer, when)], article_of, title)


def prepare_all(answers: Sequence[tuple[Answer, datetime]], article_of: ArticleOf, title: str) -> Export:
    """The answers of a conversation, with the time of each, as one document."""
    articles: dict[str, Article | None] = {}
    sections: list[Section] = []
    before = 0
    for answer, when in answers:
        sections.append(_section(answer, when, before, article_of, articles))
        before += len(sections[-1].footnotes)
    return Export(title.strip() or "Untitled", tuple(sections))


def _section(
    answer: Answer, when: datetime, before: int, article_of: ArticleOf, articles: dict[str, Article | None]
) -> Section:
    footnotes: dict[int, Footnote] = {}
    sentences = []
    for sentence in answer.sentences:
        if sentence.verdict is not Verdict.SUPPORTED:
            continue
        for citation in sentence.citations:
            if citation.article_id not in articles:
                articles[citation.article_id] = today(citation.article_id, article_of)
            article = articles[citation.article_id]
            if citation.number not in footnotes:
                footnotes[citation.number] = Footnote(
                    before + len(footnotes) + 1,
                    citation,
                    article.content_hash if article else None,
                    since(citation, article),
                )
        numbers = dict.fromkeys(footnotes[c.number].number for c in sentence.citations)
        sentences.append(Standing(sentence.text, tuple(numbers)))
    return Section(answer, when, tuple(sentences), tuple(footnotes.values()))


@cache
def discovered() -> dict[str, ModuleType]:
    """Every format's module by its name."""
    modules = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


def render(export: Export, name: str) -> tuple[bytes, str, str]:
    """A document in the format of that name: its bytes, a file name, and its media type. Raises SettingsError."""
    module = discovered().get(name)
    if module is None:
        raise SettingsError(f"no format is called {name!r}", hint=f"There are: {', '.join(discovered())}.")
    return module.render(export), file_name(export, module.EXTENSION), module.MEDIA_TYPE


def file_name(export: Export, extension: str) -> str:
    """A name that every file system takes: words of the title, and the day of the last answer."""
    words = re.findall(r"[^\W_]+", export.title.encode("utf-8", "ignore").decode("utf-8"))
    stem = ""
    for word in words:
        if len(stem) + len(word) > _LONGEST_NAME:
            break
        stem += f"{word}-".lower()
    day = f"{export.sections[-1].when:%Y-%m-%d}" if export.sections else "empty"
    return f"{stem or 'answer-'}{day}.{extension}"
