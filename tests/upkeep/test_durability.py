"""What storage can do to an archive: no room, no right to write, torn ends of files. Nothing is lost without a word."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

import rag
from rag.errors import ArchiveError, ArchiveNotWritable
from rag.upkeep import salvage
from rag.upkeep.backup import restore
from tests.conftest import SETTINGS, consistent, run, write_article
from tests.test_cli import remount, small_disk

__all__ = ["small_disk"]
SHIPS = 30


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """An archive whose last ingest stands in the write-ahead log alone, as after a power failure; and the articles."""
    base = tmp_path_factory.mktemp("durability")
    with rag.open(base / "living", settings=SETTINGS) as archive:
        for first in (0, SHIPS // 2):
            for n in range(first, first + SHIPS // 2):
                text = " ".join(f"On day {d} the crew of ship {n} counted {n * d} gulls." for d in range(1, 20))
                write_article(base / "articles" / f"{n:02}.md", text, title=f"Ship {n}")
            archive.ingest(base / "articles")
            if not first:
                archive._catalog.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copytree(base / "living", base / "archive", ignore=shutil.ignore_patterns("*.lock", "*-shm"))
        yield base / "archive", base / "articles"


@pytest.fixture
def archive(made: tuple[Path, Path], tmp_path: Path) -> Path:
    return shutil.copytree(made[0], tmp_path / "archive")


def _cut(path: Path, share: float) -> None:
    os.truncate(path, int(path.stat().st_size * share))


def _blank(path: Path, share: float) -> None:
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.seek(int(size * share))
        stream.write(bytes(size - int(size * share)))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("tear", [_cut, _blank])
def test_a_torn_log_gives_an_earlier_moment_and_says_so(
    archive: Path, made: tuple[Path, Path], tear: Callable[[Path, float], None], share: float
) -> None:
    tear(archive / f"{salvage.NAME}-wal", share)
    with rag.open(archive, settings=SETTINGS) as opened:
        status, health = opened.status(), opened.upkeep.verify()
        assert status.articles >= SHIPS // 2  # what was in the file itself
        if status.articles < SHIPS:
            assert status.unfinished or "has lost what was written last" in str(health.findings)
            assert health.findings
        opened.upkeep.verify(repair=True)
        opened.ingest(made[1])
        assert opened.status().articles == SHIPS
        assert opened.upkeep.verify().findings == ()
        consistent(opened)


@pytest.mark.parametrize("name", ["vectors.f32", "attributes"])
@pytest.mark.parametrize("tear", [_cut, _blank])
def test_a_torn_flat_file_is_said_and_repaired_without_embedding(
    archive: Path, name: str, tear: Callable[[Path, float], None]
) -> None:
    tear(archive / "chroma" / name, 0.7)
    with rag.open(archive, settings=SETTINGS) as opened:
        assert {finding.part for finding in opened.upkeep.verify().findings} == {"vectors"}
        health = opened.upkeep.verify(repair=True)
        assert health.findings == ()
        assert not any("embedded" in done for done in health.repaired)
        consistent(opened)


def _fill(disk: Path, room: int) -> Path:
    """Leave `room` bytes."""
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(disk).free - room))
    return ballast


def _tried(act: Callable[[], object]) -> str:
    try:
        act()
    except ArchiveError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("room", [8_192, 120_000, 600_000])
def test_a_full_disk_stops_upkeep_and_nothing_is_lost(archive: Path, small_disk: Path, room: int) -> None:
    remount(small_disk, "size=64m")
    place = shutil.copytree(archive, small_disk / "archive")
    with rag.open(place, settings=SETTINGS) as opened:
        opened.upkeep.verify(repair=True)
        before = {article.id: article for article in opened.articles()}
        gone = next(iter(before))
        ballast = _fill(small_disk, room)
        said = [
            _tried(lambda: opened.upkeep.remove([gone])),
            _tried(lambda: opened.upkeep.backup(small_disk / "backup")),
        ]
    assert all(any(word in text for word in ("space", "full")) for text in said if text), said
    assert any(said) or room > 500_000
    assert not (small_disk / "backup").exists() or (small_disk / "backup" / "manifest.json").exists()
    ballast.unlink()
    with rag.open(place, settings=SETTINGS) as opened:
        assert opened.upkeep.verify(repair=True).findings == ()
        there = {article.id: article for article in opened.articles()}
        assert there | {gone: before[gone]} == before
        opened.upkeep.backup(small_disk / "again")
    assert restore(small_disk / "again", small_disk / "restored").articles == len(there)


def test_a_backup_for_which_there_is_no_room_is_not_there(archive: Path, small_disk: Path) -> None:
    _fill(small_disk, 200_000)
    with rag.open(archive, settings=SETTINGS) as opened, pytest.raises(ArchiveNotWritable):
        opened.upkeep.backup(small_disk / "backup")
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]


def test_a_folder_that_may_only_be_read_is_said_by_everything_that_writes(archive: Path, small_disk: Path) -> None:
    remount(small_disk, "size=64m")
    place = shutil.copytree(archive, small_disk / "archive")
    with rag.open(place, settings=SETTINGS) as opened:
        article = opened.articles()[0]
    remount(small_disk, "ro")
    try:
        for words in (
            ["verify"],
            ["verify", "--repair"],
            ["remove", article.id],
            ["retract", article.id, "--note", "x"],
        ):
            denied = run(*words, "--archive", place)
            assert denied.returncode == 1, words
            assert "Traceback" not in denied.stderr, denied.stderr
            assert any(word in denied.stderr for word in ("ermission", "read-only", "Read-only")), denied.stderr
    finally:
        remount(small_disk, "rw")
    with rag.open(place, settings=SETTINGS) as opened:
        assert opened.upkeep.verify(repair=True).findings == ()
        assert opened.upkeep.retracted() == []


def test_catalog_and_chroma_damaged_at_once(archive: Path, made: tuple[Path, Path]) -> None:
    with closing(sqlite3.connect(archive / salvage.NAME)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = db.execute("SELECT pageno FROM dbstat WHERE name = 'articles' AND pagetype = 'leaf' LIMIT 1").fetchone()[
            0
        ]
    with (archive / salvage.NAME).open("r+b") as stream:
        stream.seek((page - 1) * 4096)
        stream.write(b"\xff" * 4096)
    os.truncate(archive / "chroma" / "chroma.sqlite3", 5000)
    _cut(archive / "chroma" / "vectors.f32", 0.5)
    done = run("verify", "--repair", "--archive", archive)
    assert "lost: " in done.stderr
    assert "Traceback" not in done.stderr
    assert run("ingest", made[1], "--archive", archive).returncode == 0
    assert run("verify", "--archive", archive).returncode == 0
    with rag.open(archive, settings=SETTINGS) as opened:
        assert opened.status().articles == SHIPS
        consistent(opened)
