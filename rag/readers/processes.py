"""Reading in processes of their own, so that as many files are read at once as there are cores (eight at most).

A worker is a Python that reads one file after the other: jobs come by its standard input, what was read goes back by
its standard output. `multiprocessing` would run the caller's main module again in each worker, and leave workers behind
when the caller is killed; these end as soon as their input does, on POSIX with whatever they have started.

A reader that takes its process down with it (a fault in a library's C, no memory left) takes the worker and not the
ingest: the file is given to another worker, and if that dies too, it becomes a `ReaderDied`.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
from collections import deque
from dataclasses import dataclass, field
from threading import Thread
from typing import IO, Any

from rag import readers
from rag.errors import ReaderDied, ReadError
from rag.readers.base import Context
from rag.types import Article

Read = list[Article | ReadError]

_MOST = 8  # workers, of some 100 MB each
_NICE = 5  # below the embedding beside it: without this, two cores take in web pages no faster than one process did
_LENGTH = struct.Struct("!Q")  # of a pickled message, before it
_READY = b"ready to read"
# What libraries print goes to standard error from the first import on: nothing must come between the results.
_WORKER = (
    "import os, sys; results = os.dup(1); os.dup2(2, 1); sys.path[:] = sys.argv[1:]; "
    "from rag.readers import processes; processes.serve(results)"
)
_POSIX = os.name == "posix"
# Exit codes of processes that a fault in them ended, and not somebody, or the system for want of memory.
_FAULTS = frozenset(
    -number for number in signal.Signals if number.name in ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT")
)


@dataclass(eq=False)
class Job:
    """One file to read, and what reads it."""

    source: readers.Source
    context: Context
    worker: _Worker


@dataclass(eq=False)
class _Worker:
    """`process` is None after its death, until it is needed again."""

    process: subprocess.Popen[bytes] | None
    jobs: deque[Job] = field(default_factory=deque)


class Processes:
    """Some workers. Results must be asked for in the order in which the jobs were given.

    Raises OSError if they cannot be started, then or later in place of one that died.
    """

    def __init__(self, count: int | None = None) -> None:
        self._workers: list[_Worker] = []
        try:
            for _ in range(count or min(cores(), _MOST)):
                self._workers.append(_Worker(_started()))
            for worker in self._workers:
                assert worker.process is not None, "it was started just now"
                _await(worker.process)
        except BaseException:
            self.close()
            raise

    @property
    def ahead(self) -> int:
        """How many jobs keep all workers at it: one being read, one waiting for each."""
        return 2 * len(self._workers)

    def begin(self, source: readers.Source, context: Context) -> Job:
        """Have a file read by the worker with least to do."""
        worker = min(self._workers, key=lambda one: len(one.jobs))
        job = Job(source, context, worker)
        worker.jobs.append(job)
        if worker.process is not None:
            _give(worker.process, job)
        return job

    def result(self, job: Job) -> Read:
        """All that `readers.read` gives of the job's file, once it is there."""
        worker = job.worker
        assert worker.jobs[0] is job, "results are asked for in order"
        found, first = self._tried(worker)
        if found is None:  # it may have died of something else: once more
            try:
                found, second = self._tried(worker)
            except OSError as error:
                worker.jobs.popleft()
                return [ReaderDied(job.source.location, f"its reader failed ({_ending(first)}; {error})", again=True)]
        worker.jobs.popleft()
        if found is not None:
            return found
        faults = first in _FAULTS and second in _FAULTS
        endings = " and ".join(dict.fromkeys(map(_ending, (first, second))))
        return [ReaderDied(job.source.location, f"its reader failed twice ({endings})", again=not faults)]

    def _tried(self, worker: _Worker) -> tuple[Read | None, int]:
        """What a worker read first of its jobs; if it died, None and its exit code."""
        if worker.process is None:
            worker.process = _started()
            _await(worker.process)
            for job in worker.jobs:
                _give(worker.process, job)
        found: Read | None = _received(worker.process.stdout)
        if found is not None:
            return found, 0
        code = _ended(worker.process)
        worker.process = None
        return None, code

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        for worker in self._workers:
            if worker.process is not None:
                _ended(worker.process)
        self._workers.clear()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def serve(results: int) -> None:
    """What a worker does: read what its standard input names until that ends. `results` is a file descriptor."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
    Thread(target=_listen, args=(jobs,), daemon=True).start()
    readers.discovered()
    out = os.fdopen(results, "wb")
    out.write(_READY)
    out.flush()
    with contextlib.suppress(BrokenPipeError):
        while True:
            source, context = jobs.get()
            _send(out, list(readers.read(source, context)))
    os._exit(0)  # whoever wanted to know is gone, and `_listen` is in the middle of reading


def _listen(jobs: queue.SimpleQueue[Any]) -> None:
    """Take jobs in; when there is nobody left to give any, end at once, with whatever a reader has started."""
    while (job := _received(sys.stdin.buffer)) is not None:
        jobs.put(job)
    if _POSIX:
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _started() -> subprocess.Popen[bytes]:
    if not sys.executable or getattr(sys, "frozen", False):
        raise OSError("this Python is part of another program")
    # Of Tesseract several may run now: if each used all cores, every page would take too long.
    environment = {"OMP_THREAD_LIMIT": "1", **os.environ}
    # A group of their own: Ctrl-C in a terminal does not reach them, and what they have started ends with them.
    flags: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # of Windows; `start_new_session` is of the others
    return subprocess.Popen(
        [sys.executable, "-c", _WORKER, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
        creationflags=flags,
    )


def _await(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout, "it is a pipe"
    if process.stdout.read(len(_READY)) != _READY:
        raise OSError(f"a process to read files in did not start ({_ending(_ended(process))})")


def _give(process: subprocess.Popen[bytes], job: Job) -> None:
    with contextlib.suppress(OSError):  # it has died: `result` finds that, with what is left to read
        _send(process.stdin, (job.source, job.context))


def _ended(process: subprocess.Popen[bytes]) -> int:
    """End a process and all that it has started; its exit code."""
    if process.returncode is None and _POSIX:  # nobody else has its number before it is waited for
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


def _send(stream: IO[bytes] | None, message: Any) -> None:
    assert stream is not None, "it is a pipe"
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def _received(stream: IO[bytes] | None) -> Any:
    """The next message; None if the other side has ended, be it in the middle of one."""
    assert stream is not None, "it is a pipe"
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    size = _LENGTH.unpack(head)[0]
    data = stream.read(size)
    return pickle.loads(data) if len(data) == size else None
