"""Files read in processes of their own: the same articles, in the same order, whatever becomes of a process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import rag
from rag import readers
from rag.errors import ReadError
from rag.readers import ahead, processes
from rag.readers.base import Context
from rag.readers.processes import Job, Processes
from tests.conftest import CORPUS, PROJECT, Opener, consistent, environment

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals")


@pytest.fixture
def two() -> Iterator[Processes]:
    """Two workers."""
    made = Processes(2)
    yield made
    made.close()


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A folder with articles, what cannot be read, and a container."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for path in sorted(CORPUS.glob("*.md"))[:12]:
        shutil.copy(path, folder)
    (folder / "2025-empty.md").write_text("")
    (folder / "2025-broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    (folder / "2025-odd.xyz").write_text("no reader")
    shutil.make_archive(str(folder / "2025-more"), "zip", CORPUS, ".")
    return folder


def source(path: Path) -> readers.Source:
    return readers.Source(str(path), path)


def ids(process: Processes) -> list[int]:
    return [worker.process.pid for worker in process._workers]


def gone(pid: int) -> bool:
    """Whether a process that is not ours ends soon."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and " Z " in Path(f"/proc/{pid}/stat").read_text():
            return True  # ended; nobody has asked for its exit code
        time.sleep(0.05)
    return False


def texts(archive: rag.Archive) -> dict[str, str]:
    return {article.source: archive.article(article.id).text for article in archive.articles()}


def test_an_archive_is_the_same_however_its_files_were_read(
    opened: Opener, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = opened("here")
    expected = here.ingest(articles)
    given: list[str] = []
    begin = Processes.begin

    def counted(self: Processes, source: readers.Source, context: Context) -> Job:
        given.append(source.location)
        return begin(self, source, context)

    monkeypatch.setattr(Processes, "begin", counted)
    monkeypatch.setattr(ahead, "STARTING", 0.0)
    monkeypatch.setattr(processes, "cores", lambda: 2)
    monkeypatch.setattr(ahead, "cores", lambda: 2)
    there = opened("there")
    report = there.ingest(articles)
    assert (report.added, sorted(report.failed)) == (expected.added, sorted(expected.failed))
    assert len(given) == 14, "all but the container, which is read bit by bit, and what no reader takes"
    assert len(expected.failed) == 3
    assert texts(there) == texts(here)
    consistent(there)
    again = there.ingest(articles)
    assert (again.added, again.updated, len(again.failed)) == (0, 0, 3)


def test_results_come_in_the_order_in_which_they_were_asked_for(two: Processes) -> None:
    paths = sorted(CORPUS.glob("*.md"))[:10]
    jobs: list[Job] = [two.begin(source(path), Context()) for path in paths]
    assert {id(job.worker) for job in jobs} == {id(worker) for worker in two._workers}
    assert [two.result(job) for job in jobs] == [list(readers.read(source(path), Context())) for path in paths]


@POSIX
def test_a_reader_that_takes_its_process_down_costs_one_file(two: Processes, tmp_path: Path) -> None:
    pipe, good = tmp_path / "pipe.md", sorted(CORPUS.glob("*.md"))[0]
    os.mkfifo(pipe)  # nobody writes to it: its reader waits
    hangs = two.begin(source(pipe), Context())
    rest = [two.begin(source(good), Context()) for _ in range(3)]
    assert any(job.worker is hangs.worker for job in rest), "one waits behind it"
    os.kill(hangs.worker.process.pid, signal.SIGSEGV)
    [error] = two.result(hangs)
    assert isinstance(error, ReadError)
    assert error.path == str(pipe)
    assert "SIGSEGV" in error.message
    assert [two.result(job) for job in rest] == 3 * [list(readers.read(source(good), Context()))]


@POSIX
def test_closing_ends_a_worker_that_hangs(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.md"
    os.mkfifo(pipe)
    made = Processes(1)
    made.begin(source(pipe), Context())
    [pid] = ids(made)
    made.close()
    assert gone(pid)


INGEST = """
import sys
import rag
from rag.readers import ahead, processes

ahead.STARTING = 0.0
ahead.cores = processes.cores = lambda: 2
started = processes._started

def told():
    process = started()
    print(process.pid, flush=True)
    return process

processes._started = told
with rag.open(sys.argv[1]) as archive:  # no `if __name__ == "__main__"`: whoever has a script need not know of workers
    print(archive.ingest(sys.argv[2]).added)
"""


def script(tmp_path: Path, folder: Path) -> subprocess.Popen[str]:
    file = tmp_path / "script.py"
    file.write_text(INGEST)
    command = [sys.executable, str(file), str(tmp_path / "made"), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(), cwd=PROJECT)


def test_a_script_without_a_main_guard_can_take_articles_in(tmp_path: Path) -> None:
    with script(tmp_path, CORPUS) as process:
        told, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert int(told.split()[-1]) >= 80


@POSIX
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_an_ingest(tmp_path: Path, how: signal.Signals) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(500):
        shutil.copy(sorted(CORPUS.glob("*.md"))[number % 80], folder / f"{number}.md")
    with script(tmp_path, folder) as process:
        assert process.stdout
        workers = [int(process.stdout.readline()) for _ in range(2)]
        time.sleep(1.5)
        process.send_signal(how)
        process.wait(30)
        assert all(map(gone, workers))
    with rag.open(tmp_path / "made", settings=rag.Settings(embedder=environment()["RAG_EMBEDDER"])) as archive:
        archive.ingest(folder)
        consistent(archive)


def test_where_no_process_can_be_started_files_are_read_here(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "STARTING", 0.0)
    monkeypatch.setattr(ahead, "cores", lambda: 2)
    monkeypatch.setattr(processes, "_WORKER", "raise SystemExit(3)")
    archive = opened()
    with pytest.warns(RuntimeWarning, match=r"one core only: .* ended with code 3"):
        assert archive.ingest(folder).added == 3
    consistent(archive)
