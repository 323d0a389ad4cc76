"""Nothing on the way to the evidence walks through a whole table, or through all articles of an outlet.

What SQLite plans does not depend on the size, so that a small archive tells.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

import rag
from tests.conftest import Opener, write_article

# What may be walked through is small whatever the archive: what is still to be done, the retractions, a search's own.
_SMALL = re.compile(
    r"SCAN (?:CONSTANT ROW|\(subquery|every|m\b|doomed_vectors|places|passage_index VIRTUAL TABLE|main\.passage_index"
    r"|\w+ USING INDEX (?:passages_pending|articles_to_note|articles_to_compare|notes_of_retractions))"
)
_ALL_OF_A_NAME = re.compile(r"SEARCH f(?:acets)? USING (?:COVERING |PRIMARY )?(?:KEY|INDEX).*\(field=\? AND value=\?\)")
# One name of a list, and the articles of one author.
_OF_FEW = re.compile(r"WITH RECURSIVE every|SELECT article FROM facets WHERE field = 'byline'")
_FILTERS = (
    rag.Filters(),
    rag.Filters(outlets=("Sundby Radio", "Field Weekly"), bylines=("Mia Holt",), sections=("Culture",)),
    rag.Filters(published_from=date(2024, 1, 1), published_to=date(2024, 12, 31), languages=("en",)),
)
_QUESTIONS = (
    "How many tonnes of apples did farmers bring in?",
    "What did Sundby Radio and Field Weekly report in June about “another winter”?",
)


def _is_long(step: str, sql: str) -> bool:
    if step.startswith("SCAN"):
        return not _SMALL.match(step)
    return bool(_ALL_OF_A_NAME.match(step)) and not _OF_FEW.match(sql)


@contextmanager
def walks(archive: rag.Archive) -> Iterator[list[str]]:
    """What the statements of the block walk through, each with its statement; there when the block has ended."""
    said: list[str] = []
    found: list[str] = []
    db: sqlite3.Connection = archive._catalog._db
    db.set_trace_callback(said.append)
    try:
        yield found
    finally:
        db.set_trace_callback(None)
    for sql in dict.fromkeys(said):
        if re.match(r"\s*(?:SELECT|WITH)\b", sql) and "passage_index_" not in sql:
            steps = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
            found += [f"{step}: {sql}" for step in steps if _is_long(step, sql)]


@pytest.fixture
def archive(opened: Opener, folder: Path) -> rag.Archive:
    library = (folder / "library.md").read_text("utf-8")
    (folder / "reprint.md").write_text(
        library.replace("Sundby Radio", "Ortmund Post").replace("radio.e", "p.e"), "utf-8"
    )
    told = "Our article “Apple harvest grows” was wrong. Farmers brought in 301 tonnes of apples, not 310."
    write_article(folder / "wrong.md", told, title="Correction: the harvest", outlet="Field Weekly")
    made = opened()
    made.ingest(folder)
    made.search(_QUESTIONS[0])
    return made


@pytest.mark.parametrize("filters", _FILTERS, ids=["no filter", "names", "days"])
def test_a_search_of_a_changed_archive_up_to_the_evidence(
    archive: rag.Archive, folder: Path, filters: rag.Filters
) -> None:
    write_article(folder / "more.md", "More rain is on its way, the weather office said.", title="Rain")
    archive.ingest(folder)
    with walks(archive) as found:
        for question in _QUESTIONS:
            next(iter(archive.stream(question, filters=filters)))
    assert found == []


def test_the_newest_articles_and_one_of_them(archive: rag.Archive) -> None:
    with walks(archive) as found:
        newest = archive.articles(limit=2)
        archive.article(newest[0].id)
    assert [step for step in found if "USING INDEX articles_by_day" not in step] == []  # in order, as far as asked


def test_it_sees_a_walk(archive: rag.Archive) -> None:
    with walks(archive) as found:
        archive._catalog.rows("SELECT count(*) FROM passages WHERE start + 1 > 0")
        archive.articles(rag.Filters(outlets=("Field Weekly",)))  # lists them, so it may
    assert [step.split(":")[0].split(" USING")[0] for step in found] == ["SCAN passages", "SEARCH f"]
