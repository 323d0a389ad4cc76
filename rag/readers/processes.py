"""Reading in processes of their own, so that as many files are read at once as there are cores.

A worker is a Python that reads one file after the other: jobs come by its standard input, what was read goes back by
its standard output. `multiprocessing` would run the caller's main module again in each worker, and leave workers behind
when the caller is killed; these end when their input does. Ctrl-C does not reach them: the caller closes them.

A reader that takes its process down with it (a fault in a library's C, no memory left) takes the worker and not the
ingest: the file becomes a ReadError, and another worker goes on with the rest.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import subprocess
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import IO, Any

from rag import readers
from rag.errors import ReadError
from rag.readers.base import Context
from rag.types import Article

Read = list[Article | ReadError]

_MOST = 8  # workers, of some 100 MB each
_NICE = 5  # below what waits for their results, and whatever else the machine is used for
_LENGTH = struct.Struct("!Q")  # of a pickled message, before it
_WORKER = "import sys; sys.path[:] = sys.argv[1:]; from rag.readers import processes; processes.serve()"


@dataclass(eq=False)
class Job:
    """One file to read, and what reads it."""

    source: readers.Source
    context: Context
    worker: _Worker


@dataclass(eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    jobs: deque[Job] = field(default_factory=deque)


class Processes:
    """Some workers. Results must be asked for in the order in which the jobs were given.

    Raises OSError if they cannot be started.
    """

    def __init__(self, count: int | None = None) -> None:
        self._workers: list[_Worker] = []
        try:
            for _ in range(count or min(cores(), _MOST)):
                self._workers.append(_Worker(_started()))
            for worker in self._workers:
                _ready(worker.process)
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
        self._give(job)
        return job

    def result(self, job: Job) -> Read:
        """All that `readers.read` gives of the job's file, once it is there."""
        assert job.worker.jobs[0] is job, "results are asked for in order"
        found = _receive(job.worker.process.stdout)
        job.worker.jobs.popleft()
        if found is not None:
            read: Read = found
            return read
        code = self._replace(job.worker)
        return [ReadError(job.source.location, f"its reader failed ({_ending(code)}); please report this file")]

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            _end(worker.process)
        self._workers.clear()

    def _give(self, job: Job) -> None:
        with contextlib.suppress(BrokenPipeError):  # it has ended: `result` finds that, with what is left to read
            _send(job.worker.process.stdin, (job.source, job.context))

    def _replace(self, worker: _Worker) -> int:
        """Put another process in the place of one that ended, with its jobs; how it ended."""
        worker.process.kill()
        code = _end(worker.process)
        worker.process = _started()
        _ready(worker.process)
        for job in worker.jobs:
            self._give(job)
        return code


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def serve() -> None:
    """What a worker does: read what its standard input names until that ends."""
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between
    if hasattr(os, "nice"):
        os.nice(_NICE)
    with contextlib.suppress(BrokenPipeError):  # whoever wanted to know is gone
        readers.discovered()
        _send(results, "ready")
        while (job := _receive(sys.stdin.buffer)) is not None:
            source, context = job
            _send(results, list(readers.read(source, context)))


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _WORKER, *sys.path]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True)


def _ready(process: subprocess.Popen[bytes]) -> None:
    if _receive(process.stdout) is None:
        raise OSError(f"a process to read files in did not start ({_ending(process.wait())})")


def _end(process: subprocess.Popen[bytes]) -> int:
    for stream in (process.stdin, process.stdout):
        assert stream is not None, "both are pipes"
        with contextlib.suppress(BrokenPipeError):
            stream.close()
    return process.wait()


def _ending(code: int) -> str:
    return f"its process ended by {signal.Signals(-code).name}" if code < 0 else f"its process ended with code {code}"


def _send(stream: IO[bytes] | None, message: Any) -> None:
    assert stream is not None, "it is a pipe"
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def _receive(stream: IO[bytes] | None) -> Any:
    """The next message; None if the other side has ended, be it in the middle of one."""
    assert stream is not None, "it is a pipe"
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    size = _LENGTH.unpack(head)[0]
    data = stream.read(size)
    return pickle.loads(data) if len(data) == size else None
