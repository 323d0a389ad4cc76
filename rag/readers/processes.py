"""Reading in processes of their own, so that as many files are read at once as there are cores (eight at most).

A worker is a Python that reads one file after the other (`worker.py`): jobs come by its standard input, what was read
goes back by its standard output. `multiprocessing` would run the caller's main module again in each worker, and leave
workers behind when the caller is killed; these end as soon as their input does, on POSIX with whatever they have
started.

A reader that takes its process down with it (a fault in a library's C, no memory left) takes the worker and not the
ingest: the file is given to another worker, and if that dies too, what came of it is followed by a `ReaderDied`. So is
what came of a file whose reader gives nothing more for longer than the file's size excuses: its worker is ended.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer

from rag import readers
from rag.errors import ReaderDied
from rag.readers.base import Context
from rag.readers.worker import POSIX, READY, Item, Part, received, send

_MOST = 8  # workers, of some 100 MB each
# How long a reader may give nothing while it is waited for: seconds, and bytes for each of which that is a second more.
# A page of a scan takes Tesseract some seconds, and is rarely smaller than that.
PATIENCE, A_SECOND_EACH = 900.0, 8192
# What libraries print goes to standard error from the first import on: nothing must come between the results.
_WORKER = (
    "import os, sys; results = os.dup(1); os.dup2(2, 1); sys.path[:] = sys.argv[2:]; "
    "from rag.readers import worker; worker.serve(results, sys.argv[1])"
)
# Exit codes of processes that a fault in them ended, and not somebody, or the system for want of memory.
_FAULTS = frozenset(
    -number for number in signal.Signals if number.name in ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT")
)


@dataclass(eq=False)
class Job:
    """One file to read, and what reads it. `again`: it was being read when a worker died."""

    source: readers.Source
    context: Context
    worker: _Worker
    again: bool = False


@dataclass(eq=False)
class _Worker:
    """What reads, with a folder for its temporary files: it is killed, and what it was unpacking then is still there.

    `process` is None after its death, until it is needed again. It is `ready` once it has said so.
    """

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    late: bool = False  # ended, since it gave nothing
    jobs: deque[Job] = field(default_factory=deque)

    def start(self) -> None:
        """Start its process and give it its jobs. Raises OSError."""
        self.folder.mkdir(exist_ok=True)
        self.process, self.ready, self.late = _started(self.folder), False, False
        for job in self.jobs:
            self.give(job)

    def give(self, job: Job) -> None:
        """Have a job done after those before it."""
        if self.process is not None:
            with contextlib.suppress(OSError):  # it has died: that is found, with what is left to read
                send(self.process.stdin, (job.source, job.context, job.again))

    def await_ready(self) -> None:
        """Raises OSError if it does not come to read."""
        assert self.process, "it was started"
        assert self.process.stdout, "it is a pipe"
        if not self.ready and self.process.stdout.read(len(READY)) != READY:
            raise OSError(f"a process to read files in did not start ({_ending(self.end())})")
        self.ready = True

    def stop(self) -> None:
        """End its process, which is noticed by whoever waits for it."""
        self.late = True
        if self.process is not None:
            self.process.kill()

    def end(self) -> int:
        """End its process with all that this has started and unpacked; the exit code, 0 if there was none."""
        process, self.process = self.process, None
        code = 0 if process is None else _ended(process)
        shutil.rmtree(self.folder, ignore_errors=True)
        return code


class Processes:
    """Up to `most` workers, each started when those before it have something to do.

    Results must be asked for, and taken to their end, in the order in which the jobs were given.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most or min(cores(), _MOST)
        self._workers: list[_Worker] = []
        self._folder = tempfile.TemporaryDirectory(prefix="newsroom-rag-", ignore_cleanup_errors=True)

    @property
    def ahead(self) -> int:
        """How many jobs keep all workers at it: one being read, one waiting for each."""
        return 2 * self._most

    def begin(self, source: readers.Source, context: Context) -> Job:
        """Have a file read by the worker with least to do. Raises OSError if not even one can be started."""
        if len(self._workers) < self._most and all(worker.jobs for worker in self._workers):
            self._one_more()
        worker = min(self._workers, key=lambda one: len(one.jobs))
        job = Job(source, context, worker)
        worker.jobs.append(job)
        worker.give(job)
        return job

    def _one_more(self) -> None:
        worker = _Worker(Path(self._folder.name) / str(len(self._workers)))
        try:
            worker.start()
        except OSError:
            if not self._workers:
                raise
            self._most = len(self._workers)
        else:
            self._workers.append(worker)

    def result(self, job: Job) -> Iterator[Item]:
        """What `readers.read` gives of the job's file, as it comes.

        Raises OSError, before anything came, if its worker did not start, or none can in the place of one that died.
        """
        worker = job.worker
        assert worker.jobs[0] is job, "results are asked for in order"
        given, codes, trouble = 0, list[int](), list[str]()
        patience = _patience(job.source)
        while len(codes) < 2 and not trouble:  # it may have died of something else: once more
            try:
                if worker.process is None:
                    worker.start()
                worker.await_ready()
            except OSError as error:
                if not codes:
                    raise
                trouble.append(str(error))
                continue
            came = 0
            while part := _part(worker, patience):
                items, last = part
                yield from items[max(0, given - came) :]
                came += len(items)
                given = max(given, came)
                if last:
                    worker.jobs.popleft()
                    return
            late = worker.late
            codes.append(worker.end())
            job.again = True
            if late:
                worker.jobs.popleft()
                yield _too_long(job.source.location, given, patience)
                return
        worker.jobs.popleft()
        yield _died(job.source.location, given, codes, trouble)

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        for worker in self._workers:
            worker.end()
        self._workers.clear()
        self._folder.cleanup()


def _part(worker: _Worker, patience: float) -> Part | None:
    """The next of what a worker reads; None if it has died, or was ended since it took too long."""
    assert worker.process is not None, "it is ready"
    watch = Timer(patience, worker.stop)
    watch.daemon = True
    watch.start()
    try:
        part: Part | None = received(worker.process.stdout)
    finally:
        watch.cancel()
    return part


def _patience(source: readers.Source) -> float:
    try:
        return PATIENCE + (source.path.stat().st_size / A_SECOND_EACH if source.path else 0.0)
    except OSError:
        return PATIENCE  # gone meanwhile: its reading says so


def _died(location: str, given: int, codes: list[int], trouble: list[str]) -> ReaderDied:
    """What is said of a file that took its readers down with it, after `given` articles and errors."""
    twice = "" if trouble else " twice"
    endings = "; ".join([" and ".join(dict.fromkeys(map(_ending, codes))), *trouble])
    again = bool(trouble) or not _FAULTS.issuperset(codes)
    return ReaderDied(location, f"its reader failed{twice} ({endings}){_rest(given)}", again=again)


def _too_long(location: str, given: int, patience: float) -> ReaderDied:
    what = f"its reader gave nothing more for {patience / 60:.0f} minutes and was ended; split the file"
    return ReaderDied(location, f"{what}{_rest(given)}", again=False)


def _rest(given: int) -> str:
    return f"; what follows the first {given} articles and errors in it is left out" if given else ""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _started(folder: Path) -> subprocess.Popen[bytes]:
    """A process to read in, whose temporary files go to a folder."""
    if not sys.executable or getattr(sys, "frozen", False):
        raise OSError("this Python is part of another program")
    # Of Tesseract several may run now: if each used all cores, every page would take too long.
    environment = {"OMP_THREAD_LIMIT": "1", **os.environ, "TMPDIR": str(folder)}
    # A group of their own: Ctrl-C in a terminal does not reach them, and what they have started ends with them.
    flags: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # of Windows; `start_new_session` is of the others
    return subprocess.Popen(
        [sys.executable, "-c", _WORKER, str(folder), *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
        creationflags=flags,
    )


def _ended(process: subprocess.Popen[bytes]) -> int:
    """End a process and all that it has started; its exit code."""
    if process.returncode is None and POSIX:  # nobody else has its number before it is waited for
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    for stream in (process.stdin, process.stdout):
        assert stream is not None, "both are pipes"
        with contextlib.suppress(OSError):
            stream.close()
    return process.wait()


def _ending(code: int) -> str:
    named = {-number: number.name for number in signal.Signals}
    return f"its process ended by {named[code]}" if code in named else f"its process ended with code {code}"
