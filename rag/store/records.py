"""Rows of the catalog as the words that everything speaks, and back."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rag.passages import searched
from rag.types import Article, Passage

FIELDS = tuple("id text source title outlet byline published updated url section language kind".split())
# JSON; None where there is none, and not there in versions that are older than they.
NEWER = ("pages", "times", "correction")
_DATES = ("published", "updated")


@dataclass(frozen=True, slots=True)
class Pending:
    """A passage that is not among the vectors yet, with what of its article a filter may ask for.

    `n` and `article` are numbers in the catalog; `sentences` are (start, end) offsets into `text`.
    """

    n: int
    id: str
    article: int
    title: str | None
    text: str
    sentences: tuple[tuple[int, int], ...]
    day: str | None
    outlet: str | None
    section: str | None
    language: str | None


def passage_values(passage: Passage) -> tuple[int, int, str, str | None]:
    """Start, end, sentences and, where it is not all of it, what is searched: a passage as its row has it."""
    start, text = passage.start, passage.text
    clean, _ = searched(text, [(a - start, b - start) for a, b in passage.sentences])
    places = json.dumps(passage.sentences, separators=(",", ":"))
    return start, passage.end, places, None if clean == text else clean


def pending_of(row: sqlite3.Row) -> Pending:
    """A Pending from its row."""
    known = (row[name] for name in ("published_day", "outlet", "section", "language"))
    return Pending(row["n"], row["id"], row["article"], row["title"], row["body"], sentences_of(row), *known)


def sentences_of(row: sqlite3.Row) -> tuple[tuple[int, int], ...]:
    """The sentences of a passage's row as (start, end) offsets into its own text."""
    return tuple((start - row["start"], end - row["start"]) for start, end in json.loads(row["sentences"]))


def facets(article: Article) -> set[tuple[str, str]]:
    """(field, case-folded value) pairs that an article can be filtered by; each author of a byline is one."""
    values = [("outlet", article.outlet), ("section", article.section), ("language", article.language)]
    values += [("byline", name) for name in (article.byline or "").split(", ")]
    return {(field, value.casefold()) for field, value in values if value}


def article_of(row: sqlite3.Row | dict[str, Any]) -> Article:
    """An Article from its row or record."""
    values: dict[str, Any] = {name: row[name] for name in FIELDS}
    for name in _DATES:
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    there = row.keys()
    pages, times, correction = (json.loads(row[name]) if name in there and row[name] else None for name in NEWER)
    said = tuple((offset, second) for offset, second in times or ())
    return Article(**values, pages=tuple(pages or ()), times=said, correction=correction)


def newer_of(article: Article) -> tuple[str | None, ...]:
    """The values of the columns `NEWER` of an article."""
    return tuple(json.dumps(value) if (value := getattr(article, name)) else None for name in NEWER)


def pages_of(row: sqlite3.Row) -> tuple[int, ...]:
    """The page of each sentence of a passage's row; empty where its article has no pages."""
    pages = json.loads(row["pages"]) if row["pages"] else ()
    return tuple(bisect_right(pages, start) for start, _ in json.loads(row["sentences"])) if pages else ()
