"""Another embedder for an archive in use: the old vectors serve until all new ones are there."""

from __future__ import annotations

import dataclasses
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rag
from rag.errors import (
    ArchiveError,
    ArchiveLocked,
    ArchiveMismatch,
    ArticleNotFound,
    SettingsError,
    UnknownModel,
)
from rag.reembedding import ReembedProgress, made_in
from rag.store import features
from rag.store.lock import embedder_lock, write_lock
from rag.upkeep import backup
from tests import fakes
from tests.conftest import SETTINGS, Opener, command, consistent, environment, run, write_article

CHANGED = dataclasses.replace(SETTINGS, embedder=fakes.OTHER)
QUESTION = "Who is the city engineer of Ortmund?"


class Stop(Exception):
    """Thrown by a progress, as Ctrl-C would."""


@pytest.fixture
def archive(opened: Opener, folder: Path) -> rag.Archive:
    for number in range(300):  # several batches
        write_article(
            folder / f"{number}.md", f"The ferry number {number} left Ortmund late again.", title=f"F {number}"
        )
    archive = opened()
    archive.ingest(folder)
    return archive


def stop_after(passages: int) -> ReembedProgress:
    def progress(*, done: int, total: int) -> None:
        assert done <= total
        if done >= passages:
            raise Stop

    return progress


def test_the_new_one_serves_when_all_is_there(archive: rag.Archive) -> None:
    passages = archive.status().passages
    seen = []
    made = archive.upkeep.reembed(fakes.OTHER, lambda *, done, total: seen.append((done, total)))
    assert made == passages
    assert seen[-1] == (passages, passages)
    assert archive.status().embedder == fakes.OTHER
    assert archive.status().changing is None
    assert archive._embedder.dimensions == features.dimensions(archive._catalog) == 2 * fakes.DIMENSIONS
    assert not (archive.path / "chroma").exists()
    hit = archive.search(QUESTION)[0]
    assert hit.title == "Weir Bridge to be repaired"
    assert hit.dense is not None
    consistent(archive)
    assert archive.upkeep.verify().findings == ()


def test_the_old_one_serves_meanwhile(archive: rag.Archive, folder: Path) -> None:
    before = archive.search(QUESTION)

    def look(*, done: int, total: int) -> None:
        assert archive.search(QUESTION) == before
        assert archive.status().embedder == fakes.NAME

    archive.upkeep.reembed(fakes.OTHER, look)
    assert archive.status().embedder == fakes.OTHER


def test_a_stopped_change_goes_on_where_it_was(archive: rag.Archive, opened: Opener) -> None:
    passages = archive.status().passages
    with pytest.raises(Stop):
        archive.upkeep.reembed(fakes.OTHER, stop_after(256))
    changing = archive.status().changing
    assert changing
    assert changing.startswith(f"256 of {passages} ")
    archive.close()
    again = opened(settings=CHANGED)  # what its settings.toml says now
    assert again.status().embedder == fakes.NAME
    assert again.search(QUESTION)[0].dense is not None
    assert again.upkeep.reembed() == passages - 256
    assert again.status().embedder == fakes.OTHER
    consistent(again)


def test_what_is_taken_in_meanwhile_is_there(archive: rag.Archive, folder: Path) -> None:
    begun = False

    def ingest(*, done: int, total: int) -> None:
        nonlocal begun
        if done and not begun:
            begun = True
            write_article(folder / "new.md", "A heron nested on the customs house of Ortmund.", title="Heron")
            write_article(folder / "1.md", "The ferry was broken up at Sundby.", title="F 1")
            (folder / "2.md").unlink()
            report = archive.ingest(folder, prune=True)
            assert (report.added, report.updated, report.removed) == (1, 1, 1)

    archive.upkeep.reembed(fakes.OTHER, ingest)
    assert archive.search("Where did a heron nest?")[0].dense is not None
    assert not any(
        "ferry number 1 " in hit.text or "ferry number 2 " in hit.text for hit in archive.search("ferry", 700)
    )
    consistent(archive)
    assert archive.upkeep.verify().findings == ()


def test_the_end_waits_for_whoever_writes(archive: rag.Archive) -> None:
    waited = 0

    with _Held(archive.path) as held:

        def progress(*, done: int, total: int) -> None:
            nonlocal waited
            if done == total:
                waited += 1
                if waited == 4:
                    held.release()

        archive.upkeep.reembed(fakes.OTHER, progress)
    assert archive.status().embedder == fakes.OTHER


class _Held:
    """The write lock, to be let go in the middle of something."""

    def __init__(self, path: Path) -> None:
        self._lock = write_lock(path)

    def __enter__(self) -> _Held:
        self._lock.__enter__()
        return self

    def release(self) -> None:
        self._lock.__exit__(None, None, None)

    def __exit__(self, *_: object) -> None:
        pass


def test_one_change_at_a_time(archive: rag.Archive) -> None:
    with embedder_lock(archive.path), pytest.raises(ArchiveLocked, match="embedder"):
        archive.upkeep.reembed(fakes.OTHER)
    with embedder_lock(archive.path), pytest.raises(ArchiveLocked, match="embedder"):
        archive.upkeep.remove([archive.articles()[0].id])
    assert archive.status().articles == 303
    assert archive.status().changing is None
    assert not (archive.path / "settings.toml").exists()  # what was refused is noted nowhere


def test_nothing_of_what_is_removed_later_stays(archive: rag.Archive) -> None:
    archive.upkeep.reembed(fakes.OTHER)
    assert not list(archive.path.glob("chroma*/features*"))


def test_an_id_that_is_none_costs_nothing_that_was_done(archive: rag.Archive) -> None:
    with pytest.raises(Stop):
        archive.upkeep.reembed(fakes.OTHER, stop_after(256))
    before = archive.status().changing
    with pytest.raises(ArticleNotFound):
        archive.upkeep.remove(["no such id"])
    assert archive.status().changing == before is not None


def test_a_kill_in_the_middle_of_writing_costs_nothing_that_was_done(archive: rag.Archive) -> None:
    with pytest.raises(Stop):
        archive.upkeep.reembed(fakes.OTHER, stop_after(256))
    folder = archive.path / "chroma-2"
    with closing(sqlite3.connect(folder / "features.sqlite3", isolation_level=None)) as database:
        database.execute("PRAGMA cache_size = 1")  # so that much is on disk before the end
        database.execute("BEGIN")
        database.execute("UPDATE passage_features SET vectors = zeroblob(9000)")
        left = {path: path.read_bytes() for path in folder.glob("features*")}
        database.execute("ROLLBACK")
    assert len(left) == 2  # the file, and the journal that undoes what was begun
    for path, content in left.items():
        path.write_bytes(content)
    assert made_in(folder) == (fakes.OTHER, 256)
    assert archive.upkeep.reembed() == archive.status().passages - 256


def test_folders_of_others_stay(archive: rag.Archive) -> None:
    (archive.path / "chroma.bak").mkdir()
    archive.upkeep.reembed(fakes.OTHER)
    assert sorted(path.name for path in archive.path.glob("chroma*")) == ["chroma-2", "chroma.bak"]


def test_the_end_does_without_the_files_that_serve(archive: rag.Archive) -> None:
    question = "Which ferry sails?"
    for name in ("attributes", "vectors.f32"):
        (archive.path / "chroma" / name).unlink()
    archive.upkeep.reembed(fakes.OTHER)
    assert archive.search(question)
    assert not archive.upkeep.verify().findings


def test_a_backup_during_which_the_embedder_changes_is_none(
    archive: rag.Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = backup._copy_rows

    def changed(*given: Any) -> None:
        archive.upkeep.reembed(fakes.OTHER)
        copied(*given)

    monkeypatch.setattr(backup, "_copy_rows", changed)
    with pytest.raises(ArchiveError, match="changed meanwhile"):
        archive.upkeep.backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_giving_it_up(archive: rag.Archive, opened: Opener) -> None:
    with pytest.raises(Stop):
        archive.upkeep.reembed(fakes.OTHER, stop_after(256))
    assert archive.upkeep.reembed(fakes.NAME) == 0
    assert archive.status().changing is None
    assert [path.name for path in archive.path.glob("chroma*")] == ["chroma"]
    with pytest.raises(ArchiveMismatch, match="rag reembed"):
        opened(settings=CHANGED)


def test_a_third_one_begins_anew(archive: rag.Archive) -> None:
    with pytest.raises(Stop):
        archive.upkeep.reembed(fakes.OTHER, stop_after(256))
    third = "llama-index:tests.fakes:ThirdEmbedding"
    assert archive.upkeep.reembed(third) == archive.status().passages
    assert archive.status().embedder == third


def test_and_back_again(archive: rag.Archive) -> None:
    before = archive.search(QUESTION)
    archive.upkeep.reembed(fakes.OTHER)
    archive.upkeep.reembed(fakes.NAME)
    assert archive.search(QUESTION) == before
    assert [path.name for path in archive.path.glob("chroma*")] == ["chroma-3"]


def test_no_such_embedder(archive: rag.Archive) -> None:
    with pytest.raises(UnknownModel):
        archive.upkeep.reembed("st-of-nobody")
    assert archive.status().changing is None


def test_one_that_reads_less_is_refused(archive: rag.Archive, tmp_path: Path) -> None:
    (tmp_path / "short").mkdir()
    (tmp_path / "short" / "sentence_bert_config.json").write_text('{"max_seq_length": 100}')
    with pytest.raises(SettingsError, match="100 tokens"):
        archive.upkeep.reembed(f"st:{tmp_path / 'short'}")
    assert archive.status().changing is None


def test_a_removal_leaves_nothing_in_what_is_being_made(archive: rag.Archive) -> None:
    with pytest.raises(Stop):
        archive.upkeep.reembed(fakes.OTHER, stop_after(256))
    archive.upkeep.remove([archive.articles()[0].id])
    assert [path.name for path in archive.path.glob("chroma*")] == ["chroma"]
    assert archive.upkeep.reembed() == archive.status().passages
    consistent(archive)


def test_a_backup_of_a_changed_archive(archive: rag.Archive, tmp_path: Path, opened: Opener) -> None:
    archive.upkeep.reembed(fakes.OTHER)
    with pytest.raises(Stop):
        archive.upkeep.reembed(fakes.NAME, stop_after(256))
    archive.upkeep.backup(tmp_path / "copy.zip")
    backup.restore(tmp_path / "copy.zip", tmp_path / "restored")
    restored = opened("restored", settings=SETTINGS)  # as its settings.toml says: on its way back
    assert restored.status().embedder == fakes.OTHER
    assert restored.search(QUESTION) == archive.search(QUESTION)
    assert restored.upkeep.verify().findings == ()
    assert restored.upkeep.reembed() == restored.status().passages


def test_another_process_follows(archive: rag.Archive, opened: Opener) -> None:
    """A server that has answered with the old vectors answers with the new ones."""
    reader = opened()
    old = reader.search(QUESTION)[0].dense
    done = run("reembed", fakes.OTHER, "--archive", archive.path)
    assert done.returncode == 0, done.stderr
    assert fakes.OTHER in done.stdout
    new = reader.search(QUESTION)[0].dense
    assert old is not None
    assert new is not None
    assert old != new
    assert np.isclose(new, archive.search(QUESTION)[0].dense)
    assert archive.status().unfinished is None


def test_a_search_that_the_change_overtakes_is_told(archive: rag.Archive) -> None:
    retriever = archive._retriever  # what a question that was under way has
    archive.upkeep.reembed(fakes.OTHER)
    with pytest.raises(ArchiveError, match="another embedder") as told:
        retriever.search(retriever.understand(QUESTION), 3, rag.Filters())
    assert told.value.retry
    assert archive.search(QUESTION)


def test_killed_it_goes_on(archive: rag.Archive) -> None:
    passages = archive.status().passages
    archive.close()
    arguments = command("reembed", fakes.OTHER, "--archive", archive.path)
    process = subprocess.Popen(arguments, env=environment(**{fakes.SLEEP: "0.003"}), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not _done(archive.path):
        time.sleep(0.02)
    assert process.poll() is None, "it ended before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    found = run("search", QUESTION, "--archive", archive.path)
    assert found.returncode == 0, found.stderr
    assert "Weir Bridge" in found.stdout
    ended = run("reembed", "--archive", archive.path, "--json")
    assert ended.returncode == 0, ended.stderr
    assert f'"embedder": "{fakes.OTHER}"' in ended.stdout
    assert 0 < int(ended.stdout.split('"embedded": ')[1].split(",")[0]) < passages
    with rag.open(archive.path, settings=CHANGED) as again:
        consistent(again)
        assert again.upkeep.verify().findings == ()


def _done(path: Path) -> int:
    return made_in(path / "chroma-2")[1]
