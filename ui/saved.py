"""Answers that were kept: read back from their JSON, and compared with what the archive says today."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from rag.errors import ArticleNotFound
from rag.types import Answer, Article, Citation, Record

CHANGED = "the article has changed since, and these words no longer stand where they were"
GONE = "the article is no longer in the archive"

ArticleOf = Callable[[str], Article]
_Item = TypeVar("_Item", bound=Record)


@dataclass(frozen=True, slots=True)
class Changed(Record):
    """An article that an answer cites and that has changed since: which citations it is about, and what happened."""

    article_id: str
    title: str | None
    numbers: tuple[int, ...]
    reason: str


def changed(answer: Answer, article_of: ArticleOf) -> list[Changed]:
    """The articles cited, or nearest, that have changed since, in order of their first quote.

    `article_of` gives an article by its id as it is today, and raises ArticleNotFound for one that is gone, as
    `Archive.article` does. An article that changed elsewhere, so that the cited words still stand, is not among them.
    """
    found: dict[tuple[str, str], list[Citation]] = {}
    articles: dict[str, Article | None] = {}
    for citation in answer.citations or answer.nearest:
        name = citation.article_id
        if name not in articles:
            articles[name] = today(name, article_of)
        if reason := since(citation, articles[name]):
            found.setdefault((name, reason), []).append(citation)
    return [
        Changed(name, citations[0].title, tuple(c.number for c in citations), reason)
        for (name, reason), citations in found.items()
    ]


def today(article_id: str, article_of: ArticleOf) -> Article | None:
    """The article as it is today, or None if it is gone."""
    try:
        return article_of(article_id)
    except ArticleNotFound:
        return None


def since(citation: Citation, article: Article | None) -> str:
    """What has happened to cited words since, in words: "" if they stand as they did."""
    if article is None:
        return GONE
    return "" if article.text[citation.start : citation.end] == citation.quote else CHANGED


def read(kind: type[_Item], data: Mapping[str, Any]) -> _Item:
    """The record of a class from its `to_dict()`. Fields that this release does not know are left out.

    Raises ValueError if it cannot be one.
    """
    hints: dict[str, Any] = _fields(kind)  # type: ignore[arg-type]  # mypy takes a class for no Hashable
    try:
        return kind(**{name: _value(hint, data[name]) for name, hint in hints.items() if name in data})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a {kind.__name__}: {error}") from error


@cache
def _fields(kind: type[Record]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}  # type: ignore[arg-type]


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):  # here always "or None"
        return _value(next(kind for kind in inside if kind is not types.NoneType), value)
    if origin is tuple:
        each = [inside[0]] * len(value) if inside[-1] is Ellipsis else inside
        return tuple(_value(kind, item) for kind, item in zip(each, value, strict=True))
    if isinstance(hint, type) and issubclass(hint, Record):
        return read(hint, value)
    if hint in (date, datetime):
        return hint.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(value)
    return value
