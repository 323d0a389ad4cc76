"""Articles' files that came through the page, kept in a folder of the archive, so that a later ingest knows them.

A file is called as it was called where it came from, as far as that is a safe name. One with the same name and other
contents is kept beside it under a number, unless it is to replace it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

from rag.errors import AGAIN, RagError
from rag.types import Article, IngestReport

FOLDER = "uploads"  # in the archive's folder
MOST_BYTES = 50_000_000  # of one file
_LONGEST = 120  # bytes of a name without its suffix
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)  # which are no files on Windows


class UploadRefused(RagError):
    """A file that is not kept, or a name that is none of a kept file."""


class Uploads:
    """The uploaded files of the archive in a folder. Safe to use from several threads."""

    def __init__(self, archive: Path) -> None:
        self.folder = archive.resolve() / FOLDER
        self._lock = Lock()

    def keep(self, name: str, content: bytes, *, replace: bool = False) -> str:
        """Keep a file; the name it now has. Raises UploadRefused if it is too big or the disk does not take it."""
        if len(content) > MOST_BYTES:
            raise UploadRefused(f"{name} is bigger than {MOST_BYTES // 1_000_000} MB.")
        try:
            with self._lock:
                self.folder.mkdir(exist_ok=True)
                path = next(self._free(safe(name), content, replace))
                unfinished = path.with_name(f".{path.name}.part")  # hidden: no ingest reads it
                unfinished.write_bytes(content)
                unfinished.replace(path)
        except OSError as error:
            raise UploadRefused(f"{name} cannot be kept in {self.folder}: {error.strerror}") from error
        return path.name

    def _free(self, name: str, content: bytes, replace: bool) -> Iterator[Path]:
        """Where a file of that name may go: first its own place, then numbered ones."""
        first = self.folder / name
        for number in range(1, 1_000_000):
            path = first if number == 1 else first.with_stem(f"{first.stem}-{number}")
            if replace or not path.exists() or path.read_bytes() == content:
                yield path

    def path(self, name: str) -> Path:
        """The kept file of that name. Raises UploadRefused if there is none."""
        path = self.folder / name
        if path.parent != self.folder or name.startswith(".") or not path.is_file():
            raise UploadRefused(f"{name} is not among the uploaded files.", hint="Choose it once more.")
        return path

    def of(self, article: Article) -> Path | None:
        """The uploaded file that holds this article and no other; None for an article from anywhere else."""
        path = Path(article.source)
        return path if path.parent == self.folder and path.is_file() else None

    def drop(self, paths: Sequence[Path]) -> None:
        """Delete files that nothing comes from any more. Raises UploadRefused if one cannot be deleted."""
        for path in paths:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise UploadRefused(f"{path} cannot be deleted: {error.strerror}") from error

    def drop_unread(self, report: IngestReport) -> None:
        """Delete the files that no reader could read: nothing would come of keeping them. Those that are read again
        next time stay."""
        final = (Path(path) for path, reason in report.failed if not reason.endswith(AGAIN))
        self.drop([path for path in final if path.parent == self.folder])


def safe(name: str) -> str:
    """A name that is a plain file's on any system: no folder, nothing hidden, no control or direction marks."""
    base = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    stem, dot, suffix = base.rpartition(".") if "." in base else (base, "", "")
    stem = re.sub(r"[^\w-]+", "-", stem).encode()[:_LONGEST].decode("utf-8", "ignore").strip("-_") or "article"
    if _DEVICES.fullmatch(stem):
        stem += "-file"
    suffix = re.sub(r"[^a-z0-9]", "", suffix.lower())[:12]
    return f"{stem}.{suffix}" if dot and suffix else stem
