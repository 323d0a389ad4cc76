"""What a worker of `processes.py` does: read one file after the other, as its standard input names them.

What was read goes back by standard output, in parts, while reading goes on; a worker whose parts nobody takes waits, so
that a file of any size fills nobody's memory.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import shutil
import signal
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Thread
from typing import IO, Any

from rag import readers
from rag.errors import ReadError
from rag.types import Article

Item = Article | ReadError
Part = tuple[list[Item], bool]  # some of what is in a file, and whether it is the last of it

READY = b"ready to read"
POSIX = os.name == "posix"

_NICE = 5  # below the embedding beside it: without this, two cores take in web pages no faster than one process did
_LENGTH = struct.Struct("!Q")  # of a pickled message, before it
_LETTERS = 2**20  # about, that a part holds
_ENTRY = 2**10  # letters that an article or error counts for besides its text
_SECONDS = 1.0  # that a part is waited for
_WAITING = 8  # parts: with a part's size, what a file holds that may be read whole before anybody asks for it


def serve(results: int, folder: str) -> None:
    """Read what standard input names until that ends.

    `results` is a file descriptor; `folder`, one of ours, holds this process's temporary files.
    """
    if hasattr(os, "nice"):
        os.nice(_NICE)
    jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
    Thread(target=_listen, args=(jobs, Path(folder)), daemon=True).start()
    readers.discovered()
    out = os.fdopen(results, "wb")
    out.write(READY)
    out.flush()
    found: queue.Queue[Part] = queue.Queue(_WAITING)
    Thread(target=_tell, args=(found, out), daemon=True).start()
    while True:
        source, context, one_by_one = jobs.get()
        for part in _parts(readers.read(source, context), one_by_one):
            found.put(part)
            if one_by_one:
                found.join()  # what is read next may end this process


def _parts(items: Iterable[Item], one_by_one: bool) -> Iterator[Part]:
    """What a reader gives, cut by size and by time."""
    part, size, begun = list[Item](), 0, time.monotonic()
    for item in items:
        part.append(item)
        size += _ENTRY + (len(item.text) if isinstance(item, Article) else 0)
        if one_by_one or size >= _LETTERS or time.monotonic() - begun >= _SECONDS:
            yield part, False
            part, size, begun = [], 0, time.monotonic()
    yield part, True


def _tell(found: queue.Queue[Part], out: IO[bytes]) -> None:
    """Send what was read. When there is nobody left to take it, `_listen` ends the process."""
    with contextlib.suppress(BrokenPipeError):
        while True:
            send(out, found.get())
            found.task_done()


def _listen(jobs: queue.SimpleQueue[Any], folder: Path) -> None:
    """Take jobs in; when there is nobody left to give any, end at once, with whatever a reader has started."""
    while (job := received(sys.stdin.buffer)) is not None:
        jobs.put(job)
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()  # that of all workers, if this is the last
    if POSIX:
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def send(stream: IO[bytes] | None, message: Any) -> None:
    """Write a message for the other side."""
    assert stream is not None, "it is a pipe"
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def received(stream: IO[bytes] | None) -> Any:
    """The next message; None if the other side has ended, be it in the middle of one."""
    assert stream is not None, "it is a pipe"
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    size = _LENGTH.unpack(head)[0]
    data = stream.read(size)
    return pickle.loads(data) if len(data) == size else None
