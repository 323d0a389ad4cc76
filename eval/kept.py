"""Archives that measurements keep between runs, so that articles are embedded once."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path

import rag
from rag.errors import SettingsError

_EVERY = 5.0  # seconds between two lines of progress


def corpus_of(folder: Path) -> Path:
    """What of `folder` is taken in: its `corpus.json` if it has one, else all of it. Raises SettingsError."""
    if not folder.exists():
        raise SettingsError(f"{folder} is not there")
    file = folder / "corpus.json"
    return file if file.is_file() else folder


def default_place(corpus: Path, settings: rag.Settings) -> Path:
    """A folder in the user's cache, named by what the archive is made of: the articles' files, the settings, the
    release. A change of the code that cuts passages, between releases, does not show in it.
    """
    from platformdirs import user_cache_path

    digest = hashlib.sha256()
    for part in (rag.__version__, settings.embedder, str(settings.passage_tokens), settings.timezone):
        digest.update(f"{part}\0".encode())
    for file in sorted(p for p in corpus.rglob("*") if p.is_file()) if corpus.is_dir() else [corpus]:
        digest.update(f"{file.relative_to(corpus.parent)}\0".encode())
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    cache = os.environ.get("RAG_CACHE") or user_cache_path("newsroom-rag", appauthor=False)
    return Path(cache) / "eval" / digest.hexdigest()[:16]


def fill(archive: rag.Archive, corpus: Path) -> rag.IngestReport:
    """Take the articles in, or finish taking them in; nothing to do costs nothing.

    What cannot be read is named on standard error. Raises SettingsError if the archive holds other articles too:
    figures would be those of another collection.
    """
    sys.stderr.write(f"articles of {corpus} in {archive.path}\n")
    report = archive.ingest(corpus, _Progress())
    for path, reason in report.failed:
        sys.stderr.write(f"not taken in: {path}: {reason}\n")
    taken = report.added + report.updated + report.unchanged
    if (held := archive.status().articles) > taken:
        raise SettingsError(
            f"{archive.path} holds {held} articles, {corpus} has {taken}", hint="Choose another folder with --archive."
        )
    return report


class _Progress:
    def __init__(self) -> None:
        self._shown = time.monotonic()

    def __call__(self, *, articles: int, embedded: int, pending: int, current: str) -> None:
        if time.monotonic() - self._shown >= _EVERY:
            self._shown = time.monotonic()
            sys.stderr.write(f"{articles} articles, {embedded} passages embedded\n")
