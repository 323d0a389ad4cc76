"""A catalog with damaged pages: said, kept, copied as far as it can be read, and what is lost is named."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import rag
from rag.errors import ArchiveError
from rag.upkeep import salvage
from tests.conftest import SETTINGS, consistent, run, write_article

ARTICLES = 80
PAGE = 4096


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An archive of eighty articles, some in two versions, and the articles."""
    base = tmp_path_factory.mktemp("salvage")
    articles = base / "articles"
    for turn in ("", "again "):
        for n in range(ARTICLES):
            text = " ".join(f"On day {d} the crew of ship {n} counted {turn}{n * d + d} gulls." for d in range(1, 30))
            if turn == "" or n % 4 == 0:
                write_article(articles / f"{n:02}.md", text, title=f"Ship {n}", outlet="Bay Log")
        with rag.open(base / "archive", settings=SETTINGS) as archive:
            archive.ingest(articles)
    with closing(sqlite3.connect(base / "archive" / "catalog.sqlite3")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return base / "archive", articles


@pytest.fixture
def archive(made: tuple[Path, Path], tmp_path: Path) -> Iterator[Path]:
    return shutil.copytree(made[0], tmp_path / "archive")


def pages_of(archive: Path, name: str, kind: str = "leaf") -> list[int]:
    """The pages of a table or index, in the order of the file."""
    with closing(sqlite3.connect(archive / salvage.NAME)) as db:
        rows = db.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ?", (name, kind))
        return sorted(row[0] for row in rows)


def spoil(archive: Path, page: int, data: bytes = bytes(PAGE)) -> None:
    with (archive / salvage.NAME).open("r+b") as stream:
        stream.seek((page - 1) * PAGE)
        stream.write(data)


def count(archive: Path) -> int:
    with rag.open(archive, settings=SETTINGS) as opened:
        return opened.status().articles


@pytest.mark.parametrize("data", [bytes(PAGE), b"\xff" * PAGE, b"gull" * (PAGE // 4)])
@pytest.mark.parametrize("table", ["articles", "passages", "sources", "versions", "meta", "passage_index_data"])
def test_a_damaged_page_costs_what_is_on_it_and_an_ingest_brings_it_back(
    archive: Path, made: tuple[Path, Path], table: str, data: bytes
) -> None:
    pages = pages_of(archive, table)
    spoil(archive, pages[len(pages) // 2], data)
    assert salvage.damage(archive)
    with rag.open(made[0], settings=SETTINGS) as whole:
        version, before = whole.version, {a.id: a for a in whole.articles()}

    done = salvage.salvage(archive)
    assert Path(done.kept).exists()
    assert salvage.damage(archive) == ()
    assert len(done.lost) + done.articles == ARTICLES
    if table == "articles":
        assert 0 < len(done.lost) < ARTICLES / 4
        assert all(Path(place).name.endswith(".md") for _, place in done.lost)
    else:
        assert done.lost == ()
    with rag.open(archive, settings=SETTINGS) as again:
        assert all(before[a.id] == a for a in again.articles())  # what is there is what was
        again.upkeep.verify(repair=True)
        again.ingest(made[1])
        assert again.version == version
        assert {a.id: a for a in again.articles()} == before
        consistent(again)
        left = {finding.text.split(" ")[0] for finding in again.upkeep.verify().findings}
        assert left <= ({"older"} if table in ("versions", "articles") else set())


def test_a_text_of_which_a_page_is_blank_is_named_though_the_file_looks_sound(archive: Path, tmp_path: Path) -> None:
    text = " ".join(f"On day {day} the keeper of the long pier wrote a line." for day in range(300))
    path = write_article(tmp_path / "long.md", text, title="Pier")
    with rag.open(archive, settings=SETTINGS) as opened:
        opened.ingest(path)
        opened._catalog.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        (long,) = (a for a in opened.articles() if a.title == "Pier")
    spoil(archive, pages_of(archive, "articles", "overflow")[-1])
    with rag.open(archive, settings=SETTINGS) as opened:
        told = [finding.text for finding in opened.upkeep.verify().findings if finding.part == "catalog"]
    assert any(long.id in text or "page" in text for text in told)


def test_two_damaged_places_cost_what_is_on_both(archive: Path, made: tuple[Path, Path]) -> None:
    pages = pages_of(archive, "articles")
    for at in (1, len(pages) - 2):
        spoil(archive, pages[at])
    done = salvage.salvage(archive)
    assert 0 < len(done.lost) < ARTICLES / 3
    assert done.articles == ARTICLES - len(done.lost) == count(archive)


def test_a_number_is_never_given_twice(archive: Path, made: tuple[Path, Path]) -> None:
    def last(path: Path) -> int:
        with closing(sqlite3.connect(path / salvage.NAME)) as db:
            return int(db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'passages'").fetchone()[0])

    before = last(archive)
    spoil(archive, pages_of(archive, "passages")[-1])
    salvage.salvage(archive)
    assert last(archive) >= before


def test_a_first_page_that_is_gone_is_said_and_nothing_is_changed(archive: Path) -> None:
    spoil(archive, 1)
    bytes_before = (archive / salvage.NAME).read_bytes()
    with pytest.raises(ArchiveError, match="nothing can be read") as told:
        salvage.salvage(archive)
    assert "rag restore" in told.value.hint
    assert (archive / salvage.NAME).read_bytes() == bytes_before
    assert not list(archive.glob("*.new*"))


def test_the_command_says_which_page_and_repairs(archive: Path, made: tuple[Path, Path]) -> None:
    pages = pages_of(archive, "articles")
    spoil(archive, pages[len(pages) // 2])
    told = run("verify", "--archive", archive)
    assert told.returncode == 1
    assert "is damaged" in told.stderr
    assert "page" in told.stderr.lower()
    assert "rag restore" in told.stderr
    done = run("verify", "--repair", "--archive", archive)
    assert done.returncode == 1  # something is lost
    assert "lost: " in done.stderr
    assert "the damaged one is" in done.stdout
    assert run("ingest", made[1], "--archive", archive).returncode == 0
    assert count(archive) == ARTICLES
    listed = json.loads(run("articles", "--json", "--archive", archive).stdout)
    assert len(listed) == ARTICLES
