"""Tests of the readers."""

from __future__ import annotations

from pathlib import Path

from rag.errors import ReadError
from rag.readers import Context, Source, read
from rag.types import Article


def items(path: Path, context: Context | None = None) -> list[Article | ReadError]:
    return list(read(Source(str(path), path), context or Context()))


def one(path: Path, context: Context | None = None) -> Article:
    found = items(path, context)
    assert len(found) == 1, found
    assert isinstance(found[0], Article), found[0]
    return found[0]


def failure(path: Path, context: Context | None = None) -> ReadError:
    found = items(path, context)
    assert len(found) == 1, found
    assert isinstance(found[0], ReadError), found[0]
    return found[0]
