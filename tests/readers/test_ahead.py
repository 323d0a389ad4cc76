"""Files read in processes of their own: the same articles, in the same order, whatever becomes of a process."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

import rag
from rag import readers
from rag.errors import AGAIN, ReaderDied, ReadError
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


def at_once(monkeypatch: pytest.MonkeyPatch, workers: int = 2) -> None:
    """Read in processes from the first file on, whatever the machine has."""
    monkeypatch.setattr(ahead, "STARTING", 0.0)
    monkeypatch.setattr(ahead, "cores", lambda: 2)
    monkeypatch.setattr(processes, "cores", lambda: workers)


def jobs_of(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The jobs that are begun from now on."""
    begun: list[Job] = []
    begin = Processes.begin

    def kept(self: Processes, source: readers.Source, context: Context) -> Job:
        begun.append(begin(self, source, context))
        return begun[-1]

    monkeypatch.setattr(Processes, "begin", kept)
    return begun


def source(path: Path) -> readers.Source:
    return readers.Source(str(path), path)


def ids(process: Processes) -> list[int]:
    return [worker.process.pid for worker in process._workers if worker.process]


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
    given = jobs_of(monkeypatch)
    at_once(monkeypatch)
    there = opened("there")
    assert there.ingest(articles) == expected
    assert len(given) == 15, "all but what no reader takes"
    assert len(expected.failed) == 3
    assert texts(there) == texts(here)
    consistent(there)
    again = there.ingest(articles)
    assert (again.added, again.updated, len(again.failed)) == (0, 0, 3)


def test_results_come_in_the_order_in_which_they_were_asked_for(two: Processes) -> None:
    paths = sorted(CORPUS.glob("*.md"))[:10]
    jobs: list[Job] = [two.begin(source(path), Context()) for path in paths]
    assert {id(job.worker) for job in jobs} == {id(worker) for worker in two._workers}
    assert [list(two.result(job)) for job in jobs] == [list(readers.read(source(path), Context())) for path in paths]


@pytest.mark.parametrize(
    "error", [ReadError("a.md#2", "damaged", hint="Save it anew.", retry=True), ReaderDied("a.md", "died", again=True)]
)
def test_what_could_not_be_read_goes_through_a_pipe(error: ReadError) -> None:
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is type(error)
    assert (there.message, vars(there), str(there)) == (error.message, vars(error), str(error))


def test_addresses_need_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once(monkeypatch)
    reading = ahead.Ahead(at_once=True)
    address = readers.Source("https://post.example/bridge", None)
    assert [(mark, list(items)) for mark, items in reading.through([(address, 1), (address, 2)], Context())] == [
        (1, []),
        (2, []),
    ]
    assert reading._processes is None


def test_a_result_larger_than_a_pipe_holds_comes_whole(two: Processes, tmp_path: Path) -> None:
    jobs = []
    for number in range(6):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"Number {number}.\n\n" + "The council of Ortmund met again on Tuesday. " * 20_000)
        jobs.append(two.begin(source(path), Context()))
    for number, job in enumerate(jobs):
        [article] = two.result(job)
        assert isinstance(article, rag.Article)
        assert (article.title, len(article.text) > 800_000) == (f"Number {number}.", True)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_is_in_a_large_file_comes_part_by_part(two: Processes, tmp_path: Path) -> None:
    """Whatever its size, a part of it is in memory: nothing more is read before somebody takes it."""
    path, count = tmp_path / "export.jsonl", 18_000
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            record = {"title": f"Number {number}", "text": "The council met again. " * 100, "id": str(number)}
            file.write(json.dumps(record) + "\n")
    job = two.begin(source(path), Context())
    [pid] = [worker.process.pid for worker in two._workers if worker.process and worker.jobs]
    reading = two.result(job)
    titles = [getattr(next(reading), "title", None)]
    time.sleep(1)
    assert open_at(pid, path) < path.stat().st_size / 2, "it goes on reading"
    titles += [getattr(item, "title", None) for item in reading]
    assert titles == [f"Number {number}" for number in range(count)]


def open_at(pid: int, path: Path) -> int:
    """Where a process is in a file that it is reading."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        if link.exists() and link.resolve() == path.resolve():
            return int(Path(f"/proc/{pid}/fdinfo/{link.name}").read_text().split()[1])
    raise AssertionError("it is not reading it")


def test_a_large_file_is_read_in_a_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once(monkeypatch)
    monkeypatch.setattr(ahead, "STARTING", 1e9)
    small = source(folder / "bridge.md")
    large = folder / "large.md"
    large.write_text((folder / "bridge.md").read_text("utf-8") + "\nAnd more.\n", "utf-8")
    monkeypatch.setattr(ahead, "LARGE", large.stat().st_size)
    with closing(ahead.Ahead()) as reading:
        taken = [(mark, list(items), reading._processes is None) for mark, items in
                 reading.through([(small, 1), (source(large), 2), (small, 3)], Context())]  # fmt: skip
    assert [(mark, alone) for mark, _, alone in taken] == [(1, True), (2, False), (3, False)]
    assert taken[0][1] == taken[2][1] == list(readers.read(small, Context()))


@POSIX
def test_a_worker_that_dies_with_nothing_to_do_costs_no_file(two: Processes) -> None:
    good = source(sorted(CORPUS.glob("*.md"))[0])
    for job in [two.begin(good, Context()) for _ in range(2)]:
        assert list(two.result(job))
    assert len(two._workers) == 2
    for worker in two._workers:
        assert worker.process
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
    jobs = [two.begin(good, Context()) for _ in range(4)]
    assert [list(two.result(job)) for job in jobs] == 4 * [list(readers.read(good, Context()))]


@POSIX
def test_closing_ends_a_worker_that_hangs(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.md"
    os.mkfifo(pipe)
    made = Processes(1)
    made.begin(source(pipe), Context())
    [pid] = ids(made)
    made.close()
    assert gone(pid)


# Readers of Markdown that take long, and end their process on a file that is called "deadly".
ODD = (
    "from rag.readers import markdown; import os, time; known = markdown.read\n"
    "def read(path, source, context):\n"
    "    open(path.with_name('.reading-' + path.name), 'w').close()\n"
    "    time.sleep({pause})\n"
    "    'deadly' in path.name and os.abort()\n"
    "    return known(path, source, context)\n"
    "markdown.read = read\n"
)


def with_odd_readers(pause: float) -> str:
    """What a worker runs, with ODD before it reads anything."""
    before, serve, after = processes._WORKER.partition("worker.serve")
    return f"{before}exec({ODD.format(pause=pause)!r}); {serve}{after}"


@POSIX
def test_a_reader_that_takes_its_process_down_costs_one_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deadly, good = source(folder / "deadly.md"), source(folder / "bridge.md")
    shutil.copy(folder / "bridge.md", folder / "deadly.md")
    monkeypatch.setattr(processes, "_WORKER", with_odd_readers(0.0))
    two = Processes(2)
    try:
        jobs = [two.begin(one, Context()) for one in (good, deadly, good, good, deadly, good)]
        found = [list(two.result(job)) for job in jobs]
    finally:
        two.close()
    assert found[0] == found[2] == found[3] == found[5] == list(readers.read(good, Context()))
    for [error] in (found[1], found[4]):
        assert isinstance(error, ReaderDied)
        assert (error.path, "SIGABRT" in error.message) == (deadly.location, True)


@POSIX
def test_what_came_before_a_reader_died_is_there_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third member takes its reader down, each time."""
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as container:
        for name in ("a.md", "b.md", "deadly.md", "c.md"):
            container.writestr(name, f"# Of {name}\n\nThe council of Ortmund met on Tuesday, and voted on {name}.\n")
    before, serve, after = processes._WORKER.partition("worker.serve")
    odd = "from rag.readers import markdown; import os; known = markdown.read\n"
    odd += "def read(path, source, context):\n    'deadly' in source and os.abort()\n"
    odd += "    return known(path, source, context)\nmarkdown.read = read\n"
    monkeypatch.setattr(processes, "_WORKER", f"{before}exec({odd!r}); {serve}{after}")
    with closing(Processes(1)) as one:
        first, second, error = one.result(one.begin(source(packed), Context()))
        assert list(one.result(one.begin(source(packed.with_name("no.md")), Context())))
    titles = [item.title for item in (first, second) if isinstance(item, rag.Article)]
    assert titles == ["Of a.md", "Of b.md"]
    assert isinstance(error, ReaderDied)
    assert (error.path, "follows the first 2 articles" in error.message) == (str(packed), True)


@POSIX
def test_a_reader_that_does_not_come_to_an_end_is_ended(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = with_odd_readers(0.0).replace(
        "'deadly' in path.name and os.abort()", "'deadly' in path.name and time.sleep(99)"
    )
    assert slow != with_odd_readers(0.0)
    at_once(monkeypatch)
    monkeypatch.setattr(processes, "_WORKER", slow)
    monkeypatch.setattr(processes, "PATIENCE", 1.0)
    shutil.copy(folder / "bridge.md", folder / "deadly.md")
    archive = opened()
    report = archive.ingest(folder)
    [(path, reason)] = report.failed
    assert (report.added, path, "was ended" in reason) == (3, str(folder / "deadly.md"), True)
    assert archive.ingest(folder).failed == report.failed, "it is not waited for again"
    consistent(archive)


@POSIX
def test_a_worker_that_does_not_start_again_costs_the_file_that_it_died_of(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly, good, begun = source(folder / "deadly.md"), source(folder / "bridge.md"), tmp_path / "begun"
    shutil.copy(folder / "bridge.md", folder / "deadly.md")
    once = f"import os; os.path.exists({str(begun)!r}) and os._exit(3); open({str(begun)!r}, 'w').close(); "
    monkeypatch.setattr(processes, "_WORKER", once + with_odd_readers(0.0))
    with closing(Processes(1)) as one:
        jobs = [one.begin(file, Context()) for file in (deadly, good)]
        [error] = one.result(jobs[0])
        assert isinstance(error, ReaderDied)
        assert "SIGABRT; a process to read files in did not start (its process ended with code 3)" in error.message
        with pytest.raises(OSError, match="did not start"):
            list(one.result(jobs[1]))


def test_where_no_more_processes_can_be_started_there_are_fewer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, begun = processes._started, list[Path]()

    def once(own: Path) -> subprocess.Popen[bytes]:
        begun.append(own)
        if len(begun) > 1:
            raise OSError("no more processes")
        return started(own)

    monkeypatch.setattr(processes, "_started", once)
    good = source(folder / "bridge.md")
    with closing(Processes(3)) as made:
        jobs = [made.begin(good, Context()) for _ in range(4)]
        assert [len(list(made.result(job))) for job in jobs] == [1, 1, 1, 1]
        assert (len(begun), made.ahead) == (2, 2)


def test_of_large_files_one_at_a_time_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once(monkeypatch)
    monkeypatch.setattr(ahead, "LARGE", 1)
    begun = jobs_of(monkeypatch)
    files = [(source(path), number) for number, path in enumerate(sorted(folder.glob("*.md")))]
    with closing(ahead.Ahead()) as reading:
        for number, items in reading.through(files, Context()):
            assert len(begun) == number + 1
            assert list(items)
    assert len(begun) == len(files) > 1


@POSIX
def test_what_a_worker_was_unpacking_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as container:
        container.writestr("a.md", "# The council\n\nIt met.\n")
    monkeypatch.setattr(processes, "_WORKER", with_odd_readers(60.0))
    made = Processes(1)
    unpacked = Path(made._folder.name)
    made.begin(source(packed), Context())
    while not list(unpacked.glob("*/*/.reading-*")):
        time.sleep(0.05)
    made.close()
    assert not unpacked.exists()


@POSIX
def test_a_file_that_takes_its_reader_down_is_not_read_again(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(monkeypatch)
    monkeypatch.setattr(processes, "_WORKER", with_odd_readers(0.0))
    deadly = folder / "deadly.md"
    shutil.copy(folder / "bridge.md", deadly)
    deadly.write_text(deadly.read_text("utf-8").replace("post.example/bridge", "post.example/deadly"), "utf-8")
    archive = opened()
    report = archive.ingest(folder)
    assert report.added == 3
    [(path, reason)] = report.failed
    assert (path, "SIGABRT" in reason) == (str(deadly), True)
    consistent(archive)
    monkeypatch.setattr(ahead, "STARTING", 1e9)
    monkeypatch.setattr(readers, "read", None)  # nothing is read, here or there
    assert archive.ingest(folder) == rag.IngestReport(0, 0, 3, 0, report.failed)
    monkeypatch.undo()
    deadly.write_text(deadly.read_text("utf-8") + "\nIt has changed.\n", "utf-8")
    assert archive.ingest(folder) == rag.IngestReport(1, 0, 3, 0, ())


SCRIPT = """
import sys
import rag
from rag.readers import ahead, processes

ahead.STARTING = float(sys.argv[3])
ahead.cores = processes.cores = lambda: 2
processes._WORKER = sys.argv[4]
exec(sys.argv[5])
started = processes._started

def told(folder):
    process = started(folder)
    print(process.pid, flush=True)
    return process

processes._started = told
with rag.open(sys.argv[1]) as archive:  # no `if __name__ == "__main__"`: whoever has a script need not know of workers
    report = archive.ingest(sys.argv[2])
    print("added", report.added, "failed", len(report.failed))
"""


def script(
    tmp_path: Path, folder: Path, starting: float = 0.0, worker: str = processes._WORKER, before: str = ""
) -> subprocess.Popen[str]:
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    command = [sys.executable, file, tmp_path / "made", folder, starting, worker, before]
    (tmp_path / "temporary").mkdir(exist_ok=True)
    known = environment() | {"TMPDIR": str(tmp_path / "temporary")}
    return subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True, env=known, cwd=PROJECT)


def ended(process: subprocess.Popen[str]) -> list[str]:
    """What a script has said by its end, as words."""
    try:
        return process.communicate(timeout=120)[0].split()
    finally:
        process.kill()


def test_a_script_without_a_main_guard_can_take_articles_in(tmp_path: Path) -> None:
    process = script(tmp_path, CORPUS)
    told = ended(process)
    assert process.returncode == 0
    assert (int(told[-3]) >= 80, told[-1]) == (True, "0")


@POSIX
def test_a_file_that_ended_an_ingest_does_not_end_the_next(tmp_path: Path, folder: Path) -> None:
    shutil.copy(folder / "bridge.md", folder / "deadly.md")
    first = script(tmp_path, folder, starting=1e9, before=ODD.format(pause=0.0))
    ended(first)
    assert first.returncode == -signal.SIGABRT
    next_one = script(tmp_path, folder, starting=1e9, worker=with_odd_readers(0.0))
    assert ended(next_one)[-4:] == ["added", "2", "failed", "1"], "the first had come to one"


@POSIX
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_an_ingest(tmp_path: Path, folder: Path, how: signal.Signals) -> None:
    process = script(tmp_path, folder, worker=with_odd_readers(60.0))
    try:
        assert process.stdout
        workers = [int(process.stdout.readline()) for _ in range(2)]
        while len(list(folder.glob(".reading-*"))) < 2:  # both, and they will for a minute
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(how)
        assert process.wait(20) != 0
    finally:
        process.kill()
        process.communicate()
    assert all(map(gone, workers))
    assert not list((tmp_path / "temporary").iterdir())
    with rag.open(tmp_path / "made", settings=rag.Settings(embedder=environment()["RAG_EMBEDDER"])) as archive:
        assert archive.ingest(folder).added == 3
        consistent(archive)


@pytest.mark.parametrize("worker", ["raise SystemExit(3)", "print('Loading the library of somebody else …')"])
def test_where_no_process_can_be_started_files_are_read_here(
    worker: str, opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(monkeypatch)
    monkeypatch.setattr(processes, "_WORKER", worker)
    archive = opened()
    with pytest.warns(RuntimeWarning, match="one core only: a process to read files in did not start"):
        assert archive.ingest(folder).added == 3
    consistent(archive)


@POSIX
def test_a_file_that_may_have_ended_its_reader_is_not_read_here(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no process can be started in the place of one that died."""
    at_once(monkeypatch, workers=1)
    monkeypatch.setattr(processes, "_WORKER", with_odd_readers(0.0))
    started, begun = processes._started, list[int]()

    def once(folder: Path) -> subprocess.Popen[bytes]:
        if begun:
            raise OSError("no more processes")
        process = started(folder)
        begun.append(process.pid)
        return process

    monkeypatch.setattr(processes, "_started", once)
    deadly = folder / "deadly.md"
    shutil.copy(folder / "bridge.md", deadly)
    archive = opened()
    with pytest.warns(RuntimeWarning, match="no more processes"):
        report = archive.ingest(folder)
    assert report.added == 3
    [(path, reason)] = report.failed
    assert (path, "SIGABRT" in reason, reason.endswith(AGAIN)) == (str(deadly), True, True)
    monkeypatch.setattr(processes, "_started", started)
    monkeypatch.setattr(ahead, "STARTING", 1e9)
    [(path, reason)] = archive.ingest(folder).failed  # from the start in processes, not here
    assert (path, "failed twice" in reason) == (str(deadly), True)


@POSIX
def test_what_died_says_nothing_of_what_was_taken_in_before(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "deadly.csv"
    rows = [f'"The council of Ortmund met {n} times this year, and voted.",Council {n}' for n in range(4)]
    file.write_text("\n".join(["text,title", *rows]), "utf-8")
    archive = opened()
    assert archive.ingest(file).added == 4
    at_once(monkeypatch)
    monkeypatch.setattr(processes, "_WORKER", with_odd_readers(0.0).replace("markdown", "csv_rows"))
    file.write_text("\n".join(["text,title", *rows, rows[0].replace("Council", "Again")]), "utf-8")
    assert len(archive.ingest(file).failed) == 1
    assert archive.ingest(file).unchanged == 4
    assert len(list(archive.articles())) == 4


@POSIX
def test_what_the_system_ended_is_read_again_next_time(
    two: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe.md"
    os.mkfifo(pipe)  # nobody writes to it: its reader waits
    job = two.begin(source(pipe), Context())
    started = processes._started

    def killed(folder: Path) -> subprocess.Popen[bytes]:
        process = started(folder)
        Timer(3.0, lambda: process.send_signal(signal.SIGKILL)).start()
        return process

    monkeypatch.setattr(processes, "_started", killed)
    job.worker.end()
    [error] = two.result(job)
    assert isinstance(error, ReaderDied)
    assert (error.again, error.message.endswith(AGAIN), "SIGKILL" in error.message) == (True, True, True)


def test_files_that_are_named_one_by_one_are_read_ahead_too(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(monkeypatch)
    begun = jobs_of(monkeypatch)
    files = sorted(folder.glob("*.md"))
    report = opened().ingest([files[0], folder / "nothing.md", *files[1:], folder])
    assert (report.added, [path for path, _ in report.failed]) == (3, [str(folder / "nothing.md")])
    assert len({id(job.worker) for job in begun}) == 2
