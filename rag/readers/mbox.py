"""Mailboxes (.mbox): each message as `rag.readers.mail` reads it, `source#n` for the n-th, message by message."""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterator
from pathlib import Path

from rag.errors import ReadError
from rag.readers import mail
from rag.readers.base import Context
from rag.readers.packed import damage
from rag.types import Article

FORMAT = "mailbox"
VERSION = 2
CONTAINER = True
SUFFIXES = (".mbox", ".mbx")
MEDIA_TYPES = ("application/mbox",)

_BEGIN = b"From "
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


def read(path: Path, source: str, context: Context) -> Iterator[Article | ReadError]:
    """What each message holds; a ReadError `source#n` for a broken one. Raises ReadError if it is no mailbox."""
    with path.open("rb") as stream:
        first = next((line for line in stream if line.strip()), b"")
    if not first.startswith(_BEGIN):
        raise ReadError(
            source, "not a mailbox: it does not begin with a line “From …”" if first else "the file is empty"
        )
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), 1):
            yield from _message(box, key, f"{source}#{number}", context)
    finally:
        box.close()


def _message(box: mailbox.mbox, key: str, place: str, context: Context) -> Iterator[Article | ReadError]:
    try:
        with damage(place, "message"):
            data = box.get_bytes(key)
        # A line of the text that begins as the line between messages does carries a mark.
        yield from mail.articles(_QUOTED.sub(rb"\1", data), place, context)
    except ReadError as error:
        yield error
