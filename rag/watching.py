"""Folders that are watched: each change in them is taken in as soon as it has settled, and told in a line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rag import console, readers
from rag.errors import ArchiveLocked, ReadError
from rag.types import IngestReport

if TYPE_CHECKING:
    from rag.archive import Archive

SETTLED = 1.0  # seconds without a further change, so that a file is not read while it is being written
_LOOK = 200  # milliseconds between two looks at what has settled
_LOCKED = 2.0  # seconds between two tries while another process writes to the archive


def run(archive: Archive, folders: Sequence[str], *, prune: bool, as_json: bool) -> None:
    """Take in some folders, then what changes in them, until Ctrl-C. Raises BadParameter for what is no folder."""
    roots = [Path(folder).resolve() for folder in folders if not readers.is_url(folder)]
    if len(roots) < len(folders) or not all(root.is_dir() for root in roots):
        raise typer.BadParameter("--watch takes folders that are there; addresses are read again by `rag sync`")
    watch = _Watch(archive, roots, prune, _Telling(as_json))
    try:
        changes = settled(roots)
        next(changes)  # from here on nothing is missed
        watch.begin()
        for paths in changes:
            for path in paths:
                watch.take(path)
    except KeyboardInterrupt:
        console.error("Watching has ended. What was taken in is kept.")


def settled(roots: Sequence[Path]) -> Iterator[list[Path]]:
    """Paths under some folders that have changed, or gone, and then rested; an empty list every now and then.

    What is hidden does not count, nor what a link leads to out of its folder. The first list comes once all changes
    are seen.
    """
    from watchfiles import watch

    last: dict[Path, float] = {}
    for changes in watch(*roots, watch_filter=None, step=50, rust_timeout=_LOOK, yield_on_timeout=True, debounce=_LOOK):
        now = time.monotonic()
        last.update((path, now) for _, name in changes if _counts(path := Path(name), roots))
        rested = sorted(path for path, at in last.items() if now - at >= SETTLED)
        for path in rested:
            del last[path]
        yield rested


def _counts(path: Path, roots: Sequence[Path]) -> bool:
    for root in roots:
        if path.is_relative_to(root):
            hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
            return not hidden and path.resolve().is_relative_to(root)
    return False


@dataclass
class _Watch:
    archive: Archive
    roots: Sequence[Path]
    prune: bool
    telling: _Telling
    _taken: dict[str, tuple[int, int]] = field(default_factory=dict)  # time of change and size of files that were read

    def begin(self) -> None:
        """Take in what is there now."""
        self.telling.report(self._ingest([str(root) for root in self.roots], self.prune))
        console.error("Watching; Ctrl-C ends it.")

    def take(self, path: Path) -> None:
        """Take in what has changed at a path, or tell that it is gone."""
        if not path.exists():
            self._gone(path)
            return
        for item in readers.expand([path]):
            if isinstance(item, ReadError):
                self.telling.change("failed", item.path, item.message)
            else:
                self._file(item.location)

    def _file(self, file: str) -> None:
        try:
            found = Path(file).stat()
        except FileNotFoundError:  # gone since: that is a change of its own
            return
        stamp = found.st_mtime_ns, found.st_size
        if self._taken.get(file) == stamp:  # one change may be seen twice, of a file and of its folder
            return
        report = self._ingest([file], prune=False)
        self._taken[file] = stamp
        for path, reason in report.failed:
            self.telling.change("failed", path, reason)
        counts = {"added": report.added, "updated": report.updated, "unchanged": report.unchanged}
        came = {name: n for name, n in counts.items() if n}
        if report.added or report.updated:
            self.telling.change(next(iter(came)), file, ", ".join(f"{n} {name}" for name, n in came.items()))

    def _gone(self, path: Path) -> None:
        files = self.archive.upkeep.files_under(path)
        for file in files:
            self._taken.pop(file, None)
            self.telling.change(
                "gone", file, "to be removed" if self.prune else "its articles stay; --prune removes them"
            )
        if files and self.prune:
            self._remove(path)

    def _remove(self, path: Path) -> None:
        """Remove what was under a path that is gone, by reading the nearest folder that is still there."""
        within = [folder for folder in path.parents if any(folder.is_relative_to(root) for root in self.roots)]
        there = next((folder for folder in within if folder.is_dir()), None)
        if there is None:
            self.telling.change("failed", str(path), "the watched folder is gone, so nothing is removed")
            return
        report = self._ingest([str(there)], prune=True)
        self.telling.change("removed", str(path), f"{report.removed} removed")

    def _ingest(self, paths: Sequence[str], prune: bool) -> IngestReport:
        told = False
        while True:
            try:
                with console.ingest_progress() as progress:
                    return self.archive.ingest(paths, progress, prune=prune)
            except ArchiveLocked:
                if not told:
                    console.error(f"another process is writing to {self.archive.path}; waiting until it has finished")
                told = True
                time.sleep(_LOCKED)


class _Telling:
    """Lines on standard output: text, or JSON with one object a line."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def report(self, report: IngestReport) -> None:
        """What the first ingest did."""
        typer.echo(_line(report.to_dict()) if self._as_json else console.counted(report))
        console.show_failures(report)

    def change(self, what: str, path: str, more: str) -> None:
        """What came of one change: added, updated, gone, removed or failed."""
        if self._as_json:
            typer.echo(_line({"change": what, "path": path, "more": more}))
        else:
            typer.echo(console.printable(f"{what:9} {path} ({more})"))


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
