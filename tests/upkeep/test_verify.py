"""Damage of every kind is said in words, and repaired from what is left."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import rag
from rag.errors import ArchiveError, ArchiveLocked
from rag.store.lock import write_lock
from tests import fakes
from tests.conftest import SETTINGS, Opener, consistent, run, write_article

ROW = 4 * fakes.DIMENSIONS


@pytest.fixture
def archive(opened: Opener, folder: Path) -> rag.Archive:
    archive = opened()
    archive.ingest(folder)
    return archive


def parts(archive: rag.Archive) -> set[str]:
    return {finding.part for finding in archive.upkeep.verify().findings}


def texts(archive: rag.Archive) -> str:
    return "\n".join(finding.text for finding in archive.upkeep.verify().findings)


def repaired(archive: rag.Archive) -> str:
    health = archive.upkeep.verify(repair=True)
    assert health.findings == ()
    consistent(archive)
    assert archive.search("apples harvested near Ortmund")[0].title == "Apple harvest grows"
    return "\n".join(health.repaired)


def numbers(archive: rag.Archive) -> list[int]:
    return [row["n"] for row in archive._catalog.rows("SELECT n FROM passages ORDER BY n")]


def test_a_sound_archive_has_no_findings_and_a_repair_does_nothing(archive: rag.Archive) -> None:
    health = archive.upkeep.verify()
    assert (health.articles, health.versions, health.passages, health.findings) == (3, 0, 3, ())
    assert archive.upkeep.verify(repair=True) == health


def test_an_empty_archive_is_sound(opened: Opener) -> None:
    assert opened().upkeep.verify(repair=True).findings == ()


def test_passages_with_the_same_words_are_no_damage(opened: Opener, tmp_path: Path) -> None:
    """A search for either finds the same one first, and Chroma refuses to be asked for an id twice."""
    for n in range(4):
        write_article(
            tmp_path / "wire" / f"{n}.md", "Rain fell on Ortmund all day.", title="Rain", url=f"https://a/{n}"
        )
    archive = opened()
    archive.ingest(tmp_path / "wire")
    assert archive.status().articles == 4
    assert archive.upkeep.verify().findings == ()


def test_it_waits_for_nobody(archive: rag.Archive) -> None:
    with write_lock(archive.path), pytest.raises(ArchiveLocked):
        archive.upkeep.verify()


def test_words_that_left_the_full_text_index_come_back(archive: rag.Archive) -> None:
    archive._catalog.rows(
        "INSERT INTO passage_index (passage_index, rowid, title, body) "
        "SELECT 'delete', n, title, body FROM passage_text WHERE n = ?",
        (numbers(archive)[0],),
    )
    assert parts(archive) == {"full-text"}
    assert repaired(archive) == "full-text index rebuilt"


def test_a_text_that_was_altered_is_named_and_not_hushed_up(archive: rag.Archive) -> None:
    article = archive.articles()[0]
    archive._catalog.rows("UPDATE articles SET text = replace(text, '310', '810') WHERE id = ?", (article.id,))
    assert article.id in texts(archive)
    left = archive.upkeep.verify(repair=True).findings
    assert [finding.part for finding in left] == ["catalog"]
    assert "remove" in left[0].remedy


def test_an_older_version_that_was_altered_or_lost_is_named(archive: rag.Archive, folder: Path) -> None:
    write_article(folder / "library.md", "The library in Sundby burned.", url="https://radio.example/library")
    archive.ingest(folder)
    assert archive.upkeep.verify().findings == ()
    archive._catalog.rows("UPDATE versions SET record = replace(record, '1,840', '9,840')")
    assert "version 1" in texts(archive)
    archive._catalog.rows("DELETE FROM versions")
    assert "older versions of 1 articles are missing" in texts(archive)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE passages SET end = end - 3",
        "UPDATE passages SET start = start + 1",
        "UPDATE passages SET sentences = '[[0,1]]'",
        "UPDATE passages SET sentences = 'no'",
        "DELETE FROM passages",
    ],
)
def test_passages_that_do_not_fit_are_cut_anew(archive: rag.Archive, sql: str) -> None:
    archive._catalog.rows(sql)
    assert "do not fit their text" in texts(archive)
    assert "3 articles cut into passages anew" in repaired(archive)


def test_the_archives_version_is_computed_anew(archive: rag.Archive) -> None:
    before = archive.version
    archive._catalog.set_meta("content", "ab" * 32)
    assert "version does not fit" in texts(archive)
    repaired(archive)
    assert archive.version == before


def test_rows_that_belong_to_nothing_are_seen(archive: rag.Archive) -> None:
    with closing(sqlite3.connect(archive.path / "catalog.sqlite3", isolation_level=None)) as db:
        db.execute("UPDATE passages SET article = 99 WHERE n = ?", (numbers(archive)[0],))
    assert "1 rows belong to nothing: passages (of articles)" in texts(archive)


def test_vectors_missing_in_chroma_come_from_the_rows(archive: rag.Archive) -> None:
    ids = sorted(archive._vectors.ids())
    with archive._vectors._collection() as collection:
        collection.delete(ids=ids[:2])
    assert "lacks 2 vectors" in texts(archive)
    assert repaired(archive) == "2 vectors of Chroma taken from the flat file"


def test_a_vector_that_is_another_in_chroma_is_seen(archive: rag.Archive) -> None:
    ids = sorted(archive._vectors.ids())
    with archive._vectors._collection() as collection:
        collection.update(ids=ids[:1], embeddings=np.eye(fakes.DIMENSIONS, dtype=np.float32)[:1])
    assert "has others than the rows" in texts(archive)
    repaired(archive)


def test_torn_rows_come_from_chroma(archive: rag.Archive) -> None:
    path = archive.path / "chroma" / "vectors.f32"
    with path.open("r+b") as stream:
        stream.seek(numbers(archive)[1] * ROW)
        stream.write(bytes(ROW // 2))
    os.truncate(path, numbers(archive)[-1] * ROW + 7)
    assert "2 vectors in the flat file are torn or missing" in texts(archive)
    assert repaired(archive) == "2 vectors of the flat file taken from Chroma"


def test_torn_attributes_are_written_anew(archive: rag.Archive) -> None:
    os.truncate(archive.path / "chroma" / "attributes", 25)
    assert "what filters ask for is wrong of" in texts(archive)
    repaired(archive)
    found = archive.search("apples", filters=rag.Filters(outlets=("Field Weekly",)))
    assert [hit.outlet for hit in found] == ["Field Weekly"]


def test_vectors_of_no_passage_are_taken_away(archive: rag.Archive) -> None:
    stray = np.eye(fakes.DIMENSIONS, dtype=np.float32)[:1]
    archive._vectors.upsert(
        ["nobody.1.0"], [40], stray, np.array([(9, 0, 0, 0, 0)], archive._vectors.attributes().dtype)
    )
    assert "1 vectors belong to no passage" in texts(archive)
    assert "nobody.1.0" in repaired(archive)


def test_lost_features_are_made_anew(archive: rag.Archive) -> None:
    archive._catalog.rows("DELETE FROM passage_features WHERE passage = ?", (numbers(archive)[0],))
    assert "1 passages have lost what they are found by" in texts(archive)
    assert "1 passages embedded" in repaired(archive)


def _zero(path: Path, start: int, length: int) -> None:
    with path.open("r+b") as stream:
        stream.seek(start)
        stream.write(bytes(length))


CHROMA_DAMAGE: dict[str, Callable[[Path], object]] = {
    "database gone": lambda chroma: (chroma / "chroma.sqlite3").unlink(),
    "header zeroed": lambda chroma: _zero(chroma / "chroma.sqlite3", 0, 100),
    "pages zeroed": lambda chroma: _zero(chroma / "chroma.sqlite3", 10 * 4096, 30 * 4096),
    "cut short": lambda chroma: os.truncate(chroma / "chroma.sqlite3", 8192),
    "empty": lambda chroma: os.truncate(chroma / "chroma.sqlite3", 0),
    "something else": lambda chroma: (chroma / "chroma.sqlite3").write_bytes(b"hello" * 1000),
    "folder gone": shutil.rmtree,
}


@pytest.mark.parametrize("kind", CHROMA_DAMAGE)
def test_a_damaged_chroma_folder_is_made_anew(archive: rag.Archive, kind: str) -> None:
    archive.close()
    CHROMA_DAMAGE[kind](archive.path / "chroma")
    with rag.open(archive.path, settings=SETTINGS) as again:
        assert parts(again) == {"vectors"}
        assert parts(again) == {"vectors"}  # and the second look is no other than the first
        done = repaired(again)
        # Only where the rows are gone too does anything have to be embedded.
        assert ("embedded" in done) == (kind == "folder gone")


def test_the_command_says_what_is_wrong_and_repairs_it(archive: rag.Archive) -> None:
    place = ["--archive", archive.path]
    assert run("verify", *place).returncode == 0
    archive.close()
    os.truncate(archive.path / "chroma" / "vectors.f32", 0)
    told = run("verify", *place)
    assert told.returncode == 1
    assert "vectors: 3 vectors in the flat file are torn or missing" in told.stderr
    done = run("verify", "--repair", "--json", *place)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["repaired"] == ["3 vectors of the flat file taken from Chroma"]
    assert json.loads(run("verify", "--json", *place).stdout)["findings"] == []


def test_a_folder_without_catalog_is_no_archive(tmp_path: Path) -> None:
    told = run("verify", "--archive", tmp_path / "nothing")
    assert told.returncode == 1
    assert "holds no catalog" in told.stderr
    assert not (tmp_path / "nothing").exists()


def test_a_repair_of_damaged_pages_is_refused_while_the_archive_is_open(archive: rag.Archive) -> None:
    with closing(sqlite3.connect(archive.path / "catalog.sqlite3", isolation_level=None)) as db:
        db.execute("UPDATE passages SET article = 99")
    with pytest.raises(ArchiveError, match="belong to nothing"):
        archive.upkeep.verify(repair=True)
