"""Pack files from a repository on the Hugging Face Hub, through its own library, which knows where the Hub is."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

from rag.errors import HashMismatch
from rag.models.base import NO_ROOM, PackFile, SourceFailed, mismatch

_ANSWER_SECONDS = 5.0
_TRUE = {"1", "ON", "YES", "TRUE"}


@dataclass(frozen=True, slots=True)
class HuggingFaceSource:
    """Files of `repo` at `revision`.

    renamed: pairs of pack file name and name in the repository, for files that are called otherwise there.
    endpoint: where the Hub or a mirror of it is; None leaves that to the library (and its HF_ENDPOINT).
    """

    repo: str
    revision: str
    renamed: tuple[tuple[str, str], ...] = ()
    endpoint: str | None = None

    @property
    def label(self) -> str:
        return f"Hugging Face ({self.repo} at {self.revision})"

    def room(self, files: Sequence[PackFile], scratch: Path) -> int:
        return sum(max(0, file.size - _here(file, scratch)) for file in files)

    def deliver(
        self, files: Sequence[PackFile], scratch: Path, moved: Callable[[int], None]
    ) -> Iterator[tuple[PackFile, Path]]:
        if os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE:
            raise SourceFailed("HF_HUB_OFFLINE is set")
        have = 0
        for file in files:
            path = _partial(file, scratch)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._fetch(file, path, functools.partial(_Bar, moved, have))
            except (SourceFailed, HashMismatch):
                raise
            # The library raises its HTTP client's own errors, which are other classes in other releases.
            except Exception as error:
                if isinstance(error, OSError) and error.errno in NO_ROOM:
                    raise
                raise SourceFailed(f"{file.name}: {_one_line(error)}") from error
            have += file.size
            yield file, path

    def _fetch(self, file: PackFile, path: Path, bar: Callable[..., _Bar]) -> None:
        """Appends what is still missing of `file` to `path`."""
        # Read when the library is first imported; no figures about our users go anywhere.
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        from huggingface_hub import get_hf_file_metadata, hf_hub_url
        from huggingface_hub.file_download import http_get

        name = dict(self.renamed).get(file.name, file.name)
        url = hf_hub_url(self.repo, name, revision=self.revision, endpoint=self.endpoint)
        # Asked for once and shortly, because the library's own download tries for most of a minute when offline.
        # No token: the packs are public, and who fetches them is nobody's business.
        there = get_hf_file_metadata(url, token=False, timeout=_ANSWER_SECONDS)
        self._compare(file, there.size, there.etag)
        # `hf_hub_download` drops what it has when it is interrupted; `http_get` goes on at the byte where it stopped.
        with path.open("ab") as stream:
            if stream.tell() > file.size:
                stream.truncate(0)
            http_get(
                url,
                stream,
                resume_size=stream.seek(0, os.SEEK_END),
                expected_size=file.size,
                tqdm_class=cast(Any, bar),
            )
            stream.flush()
            os.fsync(stream.fileno())

    def _compare(self, file: PackFile, size: int | None, etag: str | None) -> None:
        """Raises when what the Hub tells of its file shows already that it is another one."""
        if etag and re.fullmatch("[0-9a-f]{64}", etag) and etag != file.sha256:
            raise mismatch(file.name, self.label, promised=file.sha256, got=etag)
        if size is not None and size != file.size:
            raise SourceFailed(f"{file.name} has {size} bytes there, and {file.size} were promised")


class _Bar:
    """What `http_get` takes for its progress bar."""

    def __init__(self, moved: Callable[[int], None], have: int, *, initial: int = 0, **_: Any) -> None:
        self._moved = moved
        self._done = have + initial

    def update(self, size: int = 1) -> None:
        self._done += size
        self._moved(self._done)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


def _partial(file: PackFile, scratch: Path) -> Path:
    return scratch / "hub" / f"{file.name}.partial"


def _here(file: PackFile, scratch: Path) -> int:
    path = _partial(file, scratch)
    return path.stat().st_size if path.exists() else 0


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
