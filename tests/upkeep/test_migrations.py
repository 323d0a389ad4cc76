"""Archives of every earlier schema open with everything in them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import rag
from rag.store import schema
from tests.conftest import SETTINGS, consistent, write_article

TEXT = "The council of Ortmund voted 7-2. The repairs will cost 12.5 million crowns."
OLD = {"id": "a1", "text": "The council of Ortmund will vote.", "source": "vote.md", "title": "Vote"}
FIELDS = ("outlet", "byline", "published", "updated", "url", "section", "language", "kind")


def make(folder: Path, version: int) -> tuple[rag.Article, rag.Article]:
    """An archive as release number `version` left it: a retracted article in two versions, and one reprint of it."""
    current = rag.Article("a1", TEXT, "vote.md", title="RETRACTED: Vote", outlet="Ortmund Post")
    reprint = rag.Article("b2", TEXT, "reprint.md", title="Vote", outlet="Sundby Radio")
    folder.mkdir()
    with closing(sqlite3.connect(folder / "catalog.sqlite3", isolation_level=None)) as db:
        for script in schema.MIGRATIONS[:version]:
            db.executescript(script)
        db.execute(f"PRAGMA user_version = {version}")
        for name in ("embedder", "passage_tokens"):
            db.execute("INSERT INTO meta VALUES (?, ?)", (name, str(getattr(SETTINGS, name))))
        old = rag.Article(**OLD)
        record = json.dumps(OLD | dict.fromkeys(FIELDS))
        db.execute("INSERT INTO versions VALUES ('a1', 1, ?, ?, '2024-03-05T00:00:00')", (old.content_hash, record))
        for n, (article, number) in enumerate(((current, 2), (reprint, 1)), 1):
            db.execute(
                "INSERT INTO articles (n, id, version, content_hash, text, source, title, outlet) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (n, article.id, number, article.content_hash, TEXT, article.source, article.title, article.outlet),
            )
            db.execute("INSERT INTO facets VALUES ('outlet', ?, ?)", ((article.outlet or "").casefold(), n))
            db.execute(
                "INSERT INTO sources VALUES (?, ?, ?, ?)", (article.source,) * 2 + (article.id, article.content_hash)
            )
            sentences = json.dumps([[0, 33], [34, len(TEXT)]])
            db.execute(
                "INSERT INTO passages (n, id, article, start, end, sentences) VALUES (?, ?, ?, 0, ?, ?)",
                (n, f"{article.id}.{number}.0", n, len(TEXT), sentences),
            )
        db.execute("INSERT INTO passage_index (rowid, title, body) SELECT n, title, body FROM passage_text")
        db.execute("INSERT INTO doomed_vectors (id) VALUES ('a1.1.0')")
    return current, reprint


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS) + 1))
def test_an_archive_of_an_earlier_schema_opens_with_everything_in_it(tmp_path: Path, version: int) -> None:
    current, reprint = make(tmp_path / "archive", version)
    with rag.open(tmp_path / "archive", settings=SETTINGS) as archive:
        assert {a.id: a for a in archive.articles()} == {"a1": current, "b2": reprint}
        assert archive.article("a1", 1) == rag.Article(**OLD)
        assert [v.version for v in archive.upkeep.versions("a1")] == [1, 2]
        assert archive.search("How did the council vote?")  # by its words, before anything is embedded
        assert "not been looked through for corrections" in (archive.status().unfinished or "")

        archive.ingest([])  # finishes what the new release needs
        assert archive.status().unfinished is None
        consistent(archive)
        assert [a.id for a in archive.upkeep.retracted()] == ["a1"]
        assert {hit.article_id for hit in archive.search("How did the council vote?")} == {"b2"}
        findings = archive.upkeep.verify(repair=True).findings  # makes the version, which was not filled in here
        assert findings == ()


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS) + 1))
def test_what_is_removed_stays_out_of_an_archive_of_an_earlier_schema(tmp_path: Path, version: int) -> None:
    make(tmp_path / "archive", version)
    snow = write_article(tmp_path / "snow.md", "Snow fell on Sundby.", title="Snow")
    with rag.open(tmp_path / "archive", settings=SETTINGS) as archive:
        assert archive.ingest(snow).added == 1
        archive.upkeep.remove([article.id for article in archive.articles() if article.title == "Snow"])
        assert [path for path, _ in archive.ingest(snow).failed] == [str(snow)]
        assert {article.id for article in archive.articles()} == {"a1", "b2"}
        assert archive.ingest(snow, again=True).added == 1


def test_every_step_keeps_the_rows_of_every_table(tmp_path: Path) -> None:
    def counts(db: sqlite3.Connection) -> dict[str, int]:
        names = [
            r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")
        ]
        return {
            n: db.execute(f"SELECT count(*) FROM {n}").fetchone()[0] for n in names if not n.startswith("passage_index")
        }

    make(tmp_path / "archive", 1)
    with closing(sqlite3.connect(tmp_path / "archive" / "catalog.sqlite3", isolation_level=None)) as db:
        before = counts(db)
        schema.migrate(db, "here")
        after = counts(db)
    assert {name: after[name] for name in before} == before
    assert before["articles"] == 2
