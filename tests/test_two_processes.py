"""Two processes and one archive: one writes, others read; a second writer is told to wait."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import rag
from rag.errors import ArchiveLocked
from tests import fakes
from tests.conftest import SETTINGS, Opener, command, consistent, environment, run, write_article

NEW = 30


@contextmanager
def writing(folder: Path, archive: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that ingests slowly."""
    process = subprocess.Popen(
        command("ingest", folder, "--archive", archive),
        env=environment(**{fakes.SLEEP: "0.05"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_articles(archive: rag.Archive, at_least: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while archive.status().articles < at_least:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def more(tmp_path: Path) -> Path:
    for n in range(NEW):
        write_article(
            tmp_path / "more" / f"{n:02}.md",
            f"The lighthouse of Ness {n} flashed {n + 100} times on the night of the storm.",
            title=f"Lighthouse {n}",
        )
    return tmp_path / "more"


def test_searching_goes_on_while_another_process_ingests(opened: Opener, folder: Path, more: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    assert archive.search("apples harvested near Ortmund")[0].title == "Apple harvest grows"
    searches, versions = 0, {archive.version}
    with writing(more, archive.path) as process:
        while process.poll() is None:
            assert archive.search("apples harvested near Ortmund")[0].title == "Apple harvest grows"
            versions.add(archive.version)
            searches += 1
        said, complained = process.communicate()
        assert process.returncode == 0, complained
    assert said.startswith(f"{NEW} added")
    assert searches > 20
    assert len(versions) > 2  # it saw the archive grow
    hits = archive.search("How often did the lighthouse of Ness 17 flash?", k=3)
    assert hits[0].title == "Lighthouse 17"
    assert hits[0].dense is not None  # by its vector too, not by its words alone
    consistent(archive)


def test_a_reader_sees_deletions_and_changes_of_another_process(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    assert archive.search("apples")[0].title == "Apple harvest grows"
    (folder / "harvest.md").unlink()
    write_article(folder / "library.md", "The library in Sundby burned.", url="https://radio.example/library")
    done = run("ingest", folder, "--prune", "--archive", archive.path)
    assert "1 updated, 1 unchanged, 1 removed" in done.stdout, done.stderr
    hits = archive.search("apples library")
    assert {hit.text.split()[1] for hit in hits} <= {"library", "council"}
    assert "The library in Sundby burned." in {hit.text for hit in hits}


def test_a_second_writer_is_told_to_wait(opened: Opener, folder: Path, more: Path) -> None:
    archive = opened()
    with writing(more, archive.path) as process:
        wait_for_articles(archive, 5, process)
        with pytest.raises(ArchiveLocked, match="another process is writing") as told:
            archive.ingest(folder)
        assert told.value.retry
        second = run("ingest", folder, "--archive", archive.path)
        assert process.poll() is None, "the first ended too early for this test"
        assert second.returncode == 1
        assert "another process is writing" in second.stderr
        assert "Wait until it has finished" in second.stderr
        assert "Traceback" not in second.stderr
        _, complained = process.communicate(timeout=60)
        assert process.returncode == 0, complained
    assert archive.status().articles == NEW
    assert archive.ingest(folder).added == 3
    consistent(archive)


def test_a_writer_that_was_killed_locks_nobody_out(opened: Opener, folder: Path, more: Path) -> None:
    archive = opened()
    with writing(more, archive.path) as process:
        wait_for_articles(archive, 5, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert archive.status().unfinished
    assert archive.ingest([folder, more]).failed == ()
    assert archive.status().articles == NEW + 3
    consistent(archive)


def test_two_archives_objects_of_one_folder_in_one_process(opened: Opener, folder: Path, tmp_path: Path) -> None:
    writer = opened()
    with rag.open(tmp_path / "archive", settings=SETTINGS) as reader:
        assert reader.search("apples") == []
        writer.ingest(folder)
        assert reader.search("apples")[0].title == "Apple harvest grows"
    assert writer.search("apples")[0].title == "Apple harvest grows"
