"""`rag ingest --watch`: a real process, a real folder."""

from __future__ import annotations

import json
import queue
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import rag
from tests.conftest import SETTINGS, command, consistent, environment, run, write_article


class Watching:
    """A process that watches a folder; its lines come as they are printed."""

    def __init__(self, *arguments: str | Path) -> None:
        self.process = subprocess.Popen(
            command("ingest", "--watch", *arguments),
            env=environment(PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def line(self, seconds: float = 120) -> str:
        return self._lines.get(timeout=seconds)

    def rest(self) -> list[str]:
        """What comes within three seconds."""
        try:
            return [self.line(3)]
        except queue.Empty:
            return []

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(60)
        self._close()
        return status

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._close()

    def _close(self) -> None:
        self._reader.join()
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def watching(folder: Path, tmp_path: Path) -> Iterator[Watching]:
    process = Watching(folder, "--archive", tmp_path / "archive")
    try:
        yield process
    finally:
        process.kill()


def titles(archive: Path) -> set[str | None]:
    with rag.open(archive, settings=SETTINGS) as found:
        consistent(found)
        return {article.title for article in found.articles()}


def test_changes_are_taken_in_as_they_come(watching: Watching, folder: Path, tmp_path: Path) -> None:
    assert watching.line() == "3 added, 0 updated, 0 unchanged, 0 removed, 0 failed"
    assert watching.line().startswith("Watching")
    snow = write_article(folder / "more" / "snow.md", "Snow fell on Sundby.", title="Snow")
    assert watching.line() == f"added     {snow} (1 added)"
    write_article(snow, "Snow fell on Sundby and melted.", title="Snow")
    assert watching.line() == f"updated   {snow} (1 updated)"
    (folder / "broken.jsonl").write_text("{", "utf-8")
    assert watching.line().startswith(f"failed    {folder / 'broken.jsonl'}")
    (folder / ".hidden.md").write_text("Not for the archive.", "utf-8")
    (folder / "passing.md").write_text("Gone at once.", "utf-8")
    (folder / "passing.md").unlink()
    assert watching.rest() == []
    shutil.rmtree(folder / "more")
    assert watching.line() == f"gone      {snow} (its articles stay; --prune removes them)"
    assert watching.end() == 0
    assert titles(tmp_path / "archive") >= {"Snow", "Library opens"}
    [place] = json.loads(run("sync", "--list", "--json", "--archive", tmp_path / "archive").stdout)
    assert place["place"] == str(folder)


def test_a_file_that_is_being_written_is_read_once(watching: Watching, folder: Path) -> None:
    watching.line(), watching.line()
    path = folder / "slow.txt"
    with path.open("w", encoding="utf-8") as stream:
        for n in range(8):
            stream.write(f"Line {n} of a slow report on the quay of Ortmund.\n")
            stream.flush()
            threading.Event().wait(0.3)
    assert watching.line() == f"added     {path} (1 added)"
    assert watching.rest() == []


def test_pruning_and_json(folder: Path, tmp_path: Path) -> None:
    process = Watching(folder, "--prune", "--json", "--archive", tmp_path / "archive")
    try:
        assert json.loads(process.line())["added"] == 3
        process.line()
        (folder / "library.md").unlink()
        gone, removed = json.loads(process.line()), json.loads(process.line())
        assert (gone["change"], gone["path"]) == ("gone", str(folder / "library.md"))
        assert removed == {"change": "removed", "path": str(folder / "library.md"), "more": "1 removed"}
        assert process.end() == 0
    finally:
        process.kill()
    assert "Library opens" not in titles(tmp_path / "archive")


@pytest.mark.parametrize("place", ["nowhere", "https://post.example/"])
def test_what_cannot_be_watched(place: str, tmp_path: Path) -> None:
    done = run("ingest", "--watch", place, "--archive", tmp_path / "archive")
    assert done.returncode == 2
    assert "--watch takes folders" in " ".join(done.stderr.split())
