"""What an article said before, and what changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rag
from rag.errors import ArticleNotFound
from tests.conftest import Opener, run, write_article


@pytest.fixture
def archive(opened: Opener, tmp_path: Path) -> rag.Archive:
    """An article in three versions."""
    archive = opened()
    path = tmp_path / "articles" / "vote.md"
    for text, title in (
        ("The council met. It voted 8-1. The mayor was away.", "Council votes"),
        ("The council met. It voted 7-2. The mayor was away.", "Council votes"),
        ("The council met. It voted 7-2. The mayor was away. She had a cold.", "Council votes 7-2"),
    ):
        write_article(path, text, title=title, url="https://post.example/vote")
        archive.ingest(path)
    return archive


def test_versions_are_listed_oldest_first(archive: rag.Archive) -> None:
    (article,) = archive.articles()
    first, second, third = archive.upkeep.versions(article.id)
    assert [v.version for v in (first, second, third)] == [1, 2, 3]
    assert [v.title for v in (first, second, third)] == ["Council votes", "Council votes", "Council votes 7-2"]
    assert first.replaced is not None
    assert third.replaced is None
    assert third.content_hash == article.content_hash
    assert archive.article(article.id, 1).content_hash == first.content_hash


def test_a_difference_is_told_by_sentences_and_fields(archive: rag.Archive) -> None:
    (article,) = archive.articles()
    assert archive.upkeep.difference(article.id, 1, 2).sentences == (
        ("kept", "The council met."),
        ("removed", "It voted 8-1."),
        ("added", "It voted 7-2."),
        ("kept", "The mayor was away."),
    )
    later = archive.upkeep.difference(article.id, 2, 3)
    assert later.fields == (("title", "Council votes", "Council votes 7-2"),)
    assert later.sentences[-1] == ("added", "She had a cold.")
    assert archive.upkeep.difference(article.id, 3, 3).sentences[0] == ("kept", "The council met.")


def test_a_declared_correction_is_kept_with_its_version(opened: Opener, tmp_path: Path) -> None:
    archive, path = opened(), tmp_path / "vote.html"
    text = "The council of Ortmund met on Tuesday and voted 7-2 to repair the old bridge over the river. " * 4
    for words in (None, "The vote was 7-2.", "The vote was 7-2, not 8-1."):
        data = {"@type": "NewsArticle", "headline": "Council votes"} | ({"correction": words} if words else {})
        head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
        body = f"<article><h1>Council votes</h1><p>{text}</p></article>"
        path.write_text(f"<html><head>{head}</head><body>{body}</body></html>", "utf-8")
        report = archive.ingest(path)
        assert (report.added + report.updated, report.failed) == (1, ())
    (article,) = archive.articles()
    kept = [archive.article(article.id, version).correction for version in (1, 2, 3)]
    assert kept == [None, "The vote was 7-2.", "The vote was 7-2, not 8-1."]
    changed = ("correction", "The vote was 7-2.", "The vote was 7-2, not 8-1.")
    assert archive.upkeep.difference(article.id, 2, 3).fields == (changed,)
    assert [note.text for note in archive.upkeep.notes(article.id)] == ["The vote was 7-2, not 8-1."]


def test_what_is_not_there_is_an_error(archive: rag.Archive) -> None:
    (article,) = archive.articles()
    with pytest.raises(ArticleNotFound):
        archive.upkeep.versions("nowhere")
    with pytest.raises(ArticleNotFound, match="version 9"):
        archive.upkeep.difference(article.id, 1, 9)


def test_the_command_shows_the_last_change_by_default(archive: rag.Archive) -> None:
    (article,) = archive.articles()
    shown = run("versions", article.id, "--archive", archive.path)
    assert "version 2 to 3" in shown.stdout, shown.stderr
    assert "+ She had a cold." in shown.stdout
    assert "- title: Council votes\n+ title: Council votes 7-2" in shown.stdout
    first = json.loads(run("versions", article.id, "--from", "1", "--json", "--archive", archive.path).stdout)
    assert len(first["versions"]) == 3
    assert (first["difference"]["old"], first["difference"]["new"]) == (1, 3)
    assert ["removed", "It voted 8-1."] in first["difference"]["sentences"]
