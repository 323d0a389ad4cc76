"""Taking articles out of an archive, to the last byte."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import rag
from rag.errors import ArticleNotFound
from rag.overview import REMOVING
from tests import fakes
from tests.conftest import Opener, consistent, run, write_article
from tests.ui.answers import answer, cite, stands
from ui.conversations import Conversations
from ui.feedback import Feedback, FeedbackStore, Kind

WORD = "quillfeather"  # stands in one article only
BEFORE = "marshwhistle"  # stood in an older version of it
STEMS = ("illfeath", "shwhistl")  # the same as the full-text index has them: stemmed, without what two words share


def holding(folder: Path, wanted: bytes) -> list[str]:
    """Files under a folder that hold some bytes, in any case of letters."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [str(path.relative_to(folder)) for path in files if wanted.lower() in path.read_bytes().lower()]


@pytest.fixture
def secret(folder: Path) -> Path:
    path = folder / "secret.md"
    write_article(path, f"Ada {WORD.title()} kept {BEFORE} bees behind the mill. She sold 40 jars.", title="Bees")
    return path


@pytest.fixture
def archive(opened: Opener, folder: Path, secret: Path) -> rag.Archive:
    archive = opened()
    archive._catalog.rows("PRAGMA secure_delete = OFF")  # as some builds of SQLite have it: deleting does not overwrite
    archive.ingest(folder)
    write_article(secret, f"Ada {WORD.title()} kept bees behind the mill of Ortmund. She sold 45 jars.", title="Bees")
    assert archive.ingest(folder).updated == 1
    return archive


def bees(archive: rag.Archive) -> rag.Article:
    return next(article for article in archive.articles() if article.title == "Bees")


def test_no_byte_of_it_stays(archive: rag.Archive) -> None:
    article = bees(archive)
    rows = archive._catalog.rows("SELECT n FROM passages WHERE id LIKE ?", (f"{article.id}%",))
    vector = archive._vectors.gathered(np.array([rows[0]["n"]]), fakes.DIMENSIONS)[0].tobytes()
    old = archive._vectors.rows(fakes.DIMENSIONS)
    superseded = [v.tobytes() for v in old if v.any() and v.tobytes() != vector]
    for present in (WORD, BEFORE, *STEMS, article.id):
        assert holding(archive.path, present.encode())
    assert {"chroma/chroma.sqlite3", "chroma/vectors.f32"} <= set(holding(archive.path, vector))

    removed = archive.upkeep.remove([article.id])
    assert removed.articles == ((article.id, "Bees"),)
    assert (removed.versions, removed.left, removed.quoting) == (1, (), ())
    for gone in (WORD, BEFORE, *STEMS, article.id, "behind the mill"):
        assert holding(archive.path, gone.encode()) == []
    assert holding(archive.path, vector) == []
    assert sum(bool(holding(archive.path, v)) for v in superseded) == 3  # those of the other articles
    consistent(archive)
    assert archive.upkeep.verify().findings == ()


def test_what_is_removed_is_found_by_nothing_and_the_rest_is(archive: rag.Archive) -> None:
    article = bees(archive)
    archive.search("bees behind the mill")  # what is kept in memory must not serve either
    archive.upkeep.remove([article.id])
    assert len(archive.articles()) == 3
    assert all(hit.article_id != article.id for hit in archive.search("Who kept bees behind the mill?", k=50))
    assert archive.search("apples harvested")[0].title == "Apple harvest grows"
    for version in (None, 1, 2):
        with pytest.raises(ArticleNotFound):
            archive.article(article.id, version)


def test_the_last_article_goes_like_any_other(opened: Opener, secret: Path) -> None:
    archive = opened()
    archive.ingest(secret)
    archive.upkeep.remove([bees(archive).id])
    assert holding(archive.path, WORD.encode()) == []
    assert archive.status().articles == 0
    assert not archive._vectors.rows(fakes.DIMENSIONS).any()


def test_an_id_that_is_none_removes_nothing(archive: rag.Archive) -> None:
    before = archive.articles()
    with pytest.raises(ArticleNotFound, match="nowhere"):
        archive.upkeep.remove([before[0].id, "nowhere"])
    assert archive.articles() == before


def test_a_file_that_is_still_there_is_named_and_comes_back_with_the_next_ingest(
    archive: rag.Archive, folder: Path, secret: Path
) -> None:
    removed = archive.upkeep.remove([bees(archive).id])
    assert removed.sources == (str(secret.resolve()),)
    assert archive.ingest(folder).added == 1


@pytest.mark.parametrize("place", ["file", "folder"])
def test_everything_that_a_place_gave(archive: rag.Archive, folder: Path, secret: Path, place: str) -> None:
    ids = archive.upkeep.ids_from(str(secret if place == "file" else folder))
    assert len(ids) == (1 if place == "file" else 4)
    assert len(archive.upkeep.remove(ids).articles) == len(ids)
    with pytest.raises(ArticleNotFound, match="no article came from"):
        archive.upkeep.ids_from(str(secret))


def test_a_note_about_it_goes_too(archive: rag.Archive) -> None:
    article = bees(archive)
    archive.upkeep.retract(article.id, f"{WORD} was invented")
    archive.upkeep.remove([article.id])
    assert holding(archive.path, WORD.encode()) == []


def test_a_removal_that_was_stopped_is_said_and_ended(archive: rag.Archive) -> None:
    with archive._catalog.transaction():  # as far as a process gets that is killed right after
        archive._catalog.remove_articles([bees(archive).id])
        archive._catalog.set_meta(REMOVING, str(fakes.DIMENSIONS))
    assert "a removal did not finish" in (archive.status().unfinished or "")
    assert "a removal was stopped" in str(archive.upkeep.verify().findings)
    assert holding(archive.path, WORD.encode())
    assert archive.upkeep.verify(repair=True).findings == ()
    assert holding(archive.path, WORD.encode()) == []
    assert archive.status().unfinished is None
    consistent(archive)


def test_conversations_and_feedback_that_quote_it_are_named_and_stay(archive: rag.Archive) -> None:
    article = bees(archive)
    quote = f"Ada {WORD.title()} kept bees behind the mill of Ortmund."
    given = answer(stands(quote, cite(1, article, quote)), question="Who kept bees?")
    with (
        Conversations(archive.path / "conversations.sqlite3") as talks,
        FeedbackStore(archive.path / "feedback.sqlite3") as said,
    ):
        talks.add("", talks.create("", "About honey"), given)
        talks.create("", "About nothing")
        said.add(Feedback(Kind.USEFUL, given))
        removed = archive.upkeep.remove([article.id])
    assert ("conversations.sqlite3", "turns", "About honey") in {(r.file, r.table, r.name) for r in removed.quoting}
    assert {row.file for row in removed.quoting} == {"conversations.sqlite3", "feedback.sqlite3"}
    assert any(line.startswith("conversations.sqlite3") for line in removed.left)
    assert not any(line.startswith("catalog") for line in removed.left)


def test_a_reader_that_keeps_the_log_is_said(archive: rag.Archive) -> None:
    with closing(sqlite3.connect(archive.path / "catalog.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM articles").fetchone()
        archive._catalog._db.execute("PRAGMA busy_timeout = 100")
        removed = archive.upkeep.remove([bees(archive).id])
    assert any("another process is reading" in line for line in removed.left)


def test_the_command_removes_and_says_so(archive: rag.Archive, secret: Path) -> None:
    article = bees(archive)
    done = run("remove", article.id, "--archive", archive.path)
    assert done.returncode == 0, done.stderr
    assert f"removed {article.id}  Bees" in done.stdout
    assert "1 articles, 1 older versions and 1 passages are gone" in done.stdout
    assert f"taken in again by the next ingest of it: {secret.resolve()}" in done.stderr
    assert holding(archive.path, WORD.encode()) == []
    assert run("remove", "--archive", archive.path).returncode == 2
    assert run("remove", "nowhere", "--archive", archive.path).returncode == 1
    rest = run("remove", "--source", secret.parent, "--json", "--archive", archive.path)
    assert len(json.loads(rest.stdout)["articles"]) == 3
