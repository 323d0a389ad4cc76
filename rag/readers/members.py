"""What is inside a container (zip, tar, gzip): each member read by the reader of its own suffix, within limits.

A member's name is shown, and its suffix chooses the reader; nothing is ever written under it. Members are copied to a
temporary file of ours, of each container one at a time, so that memory stays flat.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from rag import readers
from rag.errors import ReadError
from rag.readers.base import Allowance, Context
from rag.readers.packed import DAMAGE
from rag.types import Article

DEEPEST = 3  # containers within containers
MOST_MEMBERS = 100_000  # in a file that was given, with what is packed in it
LARGEST = 32 * 2**30  # bytes, all of these unpacked
LARGEST_MEMBER = 8 * 2**30
STEEPEST = 200  # times that a member may grow; text grows by 3 to 30
_SMALL = 16 * 2**20  # bytes; a member that stays below may grow as it likes
_CHUNK = 2**20
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a container.

    size: unpacked, in bytes, by what the container says; packed: there. None where it cannot be told. refused: why it
    is not read.
    """

    name: str
    size: int | None
    packed: int | None
    open: Callable[[], AbstractContextManager[IO[bytes]]]
    refused: str | None = None


def entered(source: str, context: Context) -> Context:
    """The context for what is inside a container. Raises ReadError if it is one too deep."""
    if context.depth >= DEEPEST:
        raise ReadError(source, f"containers within containers, more than {DEEPEST} deep")
    allowance = context.allowance or Allowance(MOST_MEMBERS, LARGEST)
    return replace(context, depth=context.depth + 1, allowance=allowance, encoding=None)


def articles(
    members: Iterable[Member], source: str, context: Context, *damage: type[Exception]
) -> Iterator[Article | ReadError]:
    """What all members hold, those that cannot be read as ReadErrors `source#name`.

    `context` is that of `entered`; `damage` what the container's library raises on damaged files beside the usual.
    Raises ReadError when a limit is reached: what came before it counts.
    """
    found = False
    for member in members:
        parts = PurePosixPath(member.name.replace("\\", "/")).parts
        if not parts or any(part.startswith((".", "__MACOSX")) and part not in (".", "..") for part in parts):
            continue  # what systems put there for themselves
        place = f"{source}#{shown(member.name)}"
        _count(member, place, context)
        found = True
        yield from _member(member, place, context, damage)
    if not found:
        raise ReadError(source, "there are no files in it")


def shown(name: str) -> str:
    """A member's name made safe to show: without line breaks, control characters and excess."""
    safe = "".join(letter if letter.isprintable() else "\ufffd" for letter in name.encode("utf-8", "replace").decode())
    return safe if len(safe) <= _LONGEST_NAME else f"{safe[: _LONGEST_NAME // 2]}…{safe[-_LONGEST_NAME // 2 :]}"


def _count(member: Member, place: str, context: Context) -> None:
    allowance = context.allowance
    assert allowance is not None
    allowance.members -= 1
    allowance.bytes -= member.size or 0
    if allowance.members < 0:
        raise ReadError(place, f"more than {MOST_MEMBERS} files are packed; the rest is left out")
    if allowance.bytes < 0:
        raise ReadError(place, f"it would unpack to more than {LARGEST >> 30} GB; the rest is left out")


def _member(
    member: Member, place: str, context: Context, damage: tuple[type[Exception], ...]
) -> Iterator[Article | ReadError]:
    suffix = PurePosixPath(member.name.replace("\\", "/")).suffix.lower()
    if member.refused:
        yield ReadError(place, member.refused)
    elif not any(suffix in reader.SUFFIXES for reader in readers.discovered().values()):
        yield ReadError(place, f"no reader for {suffix or 'a name without a suffix'}")
    else:
        with tempfile.TemporaryDirectory(prefix="newsroom-rag-") as folder:
            path = Path(folder) / f"member{suffix}"
            try:
                _unpack(member, path, place, context)
            except ReadError as error:
                yield error
            except (*DAMAGE, *damage) as error:
                yield ReadError(place, f"cannot be unpacked: {error or type(error).__name__}")
            else:
                yield from readers.read(readers.Source(place, path), context)


def _unpack(member: Member, path: Path, place: str, context: Context) -> None:
    most = LARGEST_MEMBER
    if member.packed is not None:
        most = min(most, max(_SMALL, STEEPEST * member.packed))
    if member.size is not None and member.size > most:
        raise ReadError(place, _too_large(most))
    written = 0
    with member.open() as packed, path.open("wb") as unpacked:
        while chunk := packed.read(_CHUNK):
            written += len(chunk)
            if written > most:
                raise ReadError(place, _too_large(most))
            unpacked.write(chunk)
    if member.size is None:
        assert context.allowance is not None
        context.allowance.bytes -= written


def _too_large(most: int) -> str:
    if most < LARGEST_MEMBER:
        return f"it grows more than {STEEPEST} times when unpacked, as no text does"
    return f"it unpacks to more than {most >> 30} GB"
