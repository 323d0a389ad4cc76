"""Backups of an archive in use, and bringing them back."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import rag
from rag.errors import ArchiveError, ArchiveNotWritable
from rag.upkeep.backup import restore
from tests import fakes
from tests.conftest import SETTINGS, Opener, command, consistent, environment, run, write_article
from ui.conversations import Conversations

QUESTION = "apples harvested near Ortmund"


@pytest.fixture
def archive(opened: Opener, folder: Path) -> rag.Archive:
    archive = opened()
    archive.ingest(folder)
    return archive


def same(restored: Path, archive: rag.Archive) -> None:
    with rag.open(restored, settings=SETTINGS) as again:
        assert again.version == archive.version
        assert again.articles() == archive.articles()
        assert again.search(QUESTION) == archive.search(QUESTION)
        assert again.upkeep.verify().findings == ()
        consistent(again)


@pytest.mark.parametrize("name", ["backup", "backup.zip"])
def test_a_backup_is_brought_back_whole(archive: rag.Archive, tmp_path: Path, name: str) -> None:
    (archive.path / "settings.toml").write_text('writer = "extractive"\n')
    with Conversations(archive.path / "conversations.sqlite3") as talks:
        talks.create("", "About honey")
        made = archive.upkeep.backup(tmp_path / "out" / name)
    assert (made.articles, made.pending, made.archive_version) == (3, 0, archive.version)
    restored = restore(tmp_path / "out" / name, tmp_path / "restored")
    assert (restored.articles, restored.pending, restored.made) == (3, 0, made.made)
    same(tmp_path / "restored", archive)
    assert (tmp_path / "restored" / "settings.toml").read_text() == 'writer = "extractive"\n'
    with Conversations(tmp_path / "restored" / "conversations.sqlite3") as talks:
        assert [summary.name for summary in talks.list("")] == ["About honey"]
    assert not list(tmp_path.rglob(".*"))  # nothing half made lies about


def test_what_lies_in_the_wal_alone_is_in_the_backup(archive: rag.Archive, tmp_path: Path) -> None:
    assert (archive.path / "catalog.sqlite3-wal").stat().st_size > 0
    archive.upkeep.backup(tmp_path / "backup")
    manifest = json.loads((tmp_path / "backup" / "manifest.json").read_text())
    assert set(manifest["files"]) == {"catalog.sqlite3", "chroma/vectors.f32"}
    assert manifest["articles"] == 3


def test_an_empty_archive_too(opened: Opener, tmp_path: Path) -> None:
    opened().upkeep.backup(tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "restored")
    with rag.open(tmp_path / "restored", settings=SETTINGS) as again:
        assert again.status().articles == 0


def test_a_backup_made_while_another_process_ingests_is_consistent(archive: rag.Archive, tmp_path: Path) -> None:
    for n in range(60):
        write_article(tmp_path / "more" / f"{n:02}.md", f"The lighthouse of Ness {n} flashed {n + 100} times.")
    made = []
    with subprocess.Popen(
        command("ingest", tmp_path / "more", "--archive", archive.path),
        env=environment(**{fakes.SLEEP: "0.03"}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        while process.poll() is None:
            made.append(archive.upkeep.backup(tmp_path / f"backup-{len(made)}"))
        _, complained = process.communicate()
    assert process.returncode == 0, complained
    sizes = {backup.articles for backup in made}
    assert min(sizes) >= 3
    for backup in {b.articles: b for b in made}.values():
        restored = restore(Path(backup.path), tmp_path / f"restored-{backup.articles}")
        with rag.open(restored.path, settings=SETTINGS) as again:
            health = again.upkeep.verify(repair=bool(restored.pending))
            assert health.findings == ()
            assert (health.articles, again.version) == (backup.articles, backup.archive_version)


def test_a_vector_lost_in_the_backed_up_file_is_embedded_anew(archive: rag.Archive, tmp_path: Path) -> None:
    os.truncate(archive.path / "chroma" / "vectors.f32", 0)
    archive.upkeep.backup(tmp_path / "backup")
    restored = restore(tmp_path / "backup", tmp_path / "restored")
    assert restored.pending == 3
    with rag.open(tmp_path / "restored", settings=SETTINGS) as again:
        assert again.upkeep.verify(repair=True).findings == ()


def test_nothing_is_overwritten(archive: rag.Archive, tmp_path: Path) -> None:
    archive.upkeep.backup(tmp_path / "backup")
    with pytest.raises(ArchiveError, match="is there already"):
        archive.upkeep.backup(tmp_path / "backup")
    with pytest.raises(ArchiveError, match="is not empty"):
        restore(tmp_path / "backup", archive.path)
    with pytest.raises(ArchiveError, match="inside the archive"):
        archive.upkeep.backup(archive.path / "backup")
    same(archive.path, archive)
    (tmp_path / "empty").mkdir()
    restore(tmp_path / "backup", tmp_path / "empty")
    same(tmp_path / "empty", archive)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _edit_manifest(backup: Path, change: Callable[[dict[str, object]], object]) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    change(manifest)
    (backup / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda b: _flip(b / "catalog.sqlite3"), "catalog.sqlite3 has SHA-256"),
        (lambda b: _flip(b / "chroma" / "vectors.f32"), "vectors.f32 has SHA-256"),
        (lambda b: (b / "catalog.sqlite3").unlink(), "catalog.sqlite3 is missing"),
        (lambda b: (b / "manifest.json").unlink(), "is no backup"),
        (lambda b: (b / "manifest.json").write_text("{"), "is no backup"),
        (lambda b: (b / "manifest.json").write_text("[]"), "is no backup"),
        (lambda b: _edit_manifest(b, lambda m: m.update(format=9)), "another release"),
        (lambda b: _edit_manifest(b, lambda m: m["files"].update({"../evil": {}})), "names files outside"),
    ],
)
def test_a_damaged_backup_is_refused_and_nothing_is_made_of_it(
    archive: rag.Archive, tmp_path: Path, damage: Callable[[Path], object], said: str
) -> None:
    archive.upkeep.backup(tmp_path / "backup")
    damage(tmp_path / "backup")
    with pytest.raises(ArchiveError, match=said):
        restore(tmp_path / "backup", tmp_path / "restored")
    assert not (tmp_path / "restored").exists()
    assert not list(tmp_path.rglob(".*"))


def test_a_zip_that_is_cut_short_is_refused(archive: rag.Archive, tmp_path: Path) -> None:
    archive.upkeep.backup(tmp_path / "b.zip")
    os.truncate(tmp_path / "b.zip", (tmp_path / "b.zip").stat().st_size // 2)
    with pytest.raises(ArchiveError, match="is no backup"):
        restore(tmp_path / "b.zip", tmp_path / "restored")
    with pytest.raises(ArchiveError, match="is no backup"):
        restore(tmp_path / "nowhere", tmp_path / "restored")


def test_a_damaged_catalog_is_not_backed_up_silently(archive: rag.Archive, tmp_path: Path) -> None:
    archive._catalog.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    root = archive._catalog.rows("SELECT rootpage FROM sqlite_master WHERE name = 'articles'")[0][0]
    with (archive.path / "catalog.sqlite3").open("r+b") as stream:
        stream.seek((root - 1) * 4096)
        stream.write(b"\xff" * 4096)
    with pytest.raises(ArchiveError, match="is damaged"):
        archive.upkeep.backup(tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_a_place_that_cannot_be_written_is_said(archive: rag.Archive, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveNotWritable):
        archive.upkeep.backup(tmp_path / "file" / "backup")


def test_the_commands(archive: rag.Archive, tmp_path: Path) -> None:
    done = run("backup", tmp_path / "b.zip", "--archive", archive.path)
    assert done.returncode == 0, done.stderr
    assert f"3 articles, version {archive.version}, backed up to" in done.stdout
    assert zipfile.ZipFile(tmp_path / "b.zip").testzip() is None
    refused = run("restore", tmp_path / "b.zip", "--archive", archive.path)
    assert refused.returncode == 1
    assert "nothing is overwritten" in refused.stderr
    back = run("restore", tmp_path / "b.zip", "--archive", tmp_path / "new", "--json")
    assert json.loads(back.stdout)["articles"] == 3, back.stderr
    same(tmp_path / "new", archive)
    assert run("backup", tmp_path / "c", "--archive", tmp_path / "nothing").returncode == 1
