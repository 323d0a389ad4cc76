"""Taking articles out of an archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ArticleNotFound
from tests.conftest import Opener


def test_what_is_removed_is_nowhere(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    first, *others = archive.articles()
    assert others
    assert archive.upkeep.remove([first.id]) == 1
    assert [a.id for a in archive.articles()] == [a.id for a in others]
    assert all(hit.article_id != first.id for hit in archive.search(first.title or "", k=50))
    with pytest.raises(ArticleNotFound):
        archive.article(first.id)


def test_an_id_that_is_none_removes_nothing(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    before = archive.articles()
    with pytest.raises(ArticleNotFound, match="nowhere"):
        archive.upkeep.remove([before[0].id, "nowhere"])
    assert archive.articles() == before


def test_what_was_removed_comes_back_when_its_file_is_taken_in_again(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    before = archive.articles()
    archive.upkeep.remove([before[0].id])
    assert archive.ingest(folder).added == 1
    assert archive.articles() == before
