"""How large a file may be that is read whole: some megabytes of markup can fill the memory, or hours.

The limits lie far above what newsrooms publish and export; what is beyond is named and left out. Containers have
limits of their own (`members.py`, `packed.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import AnyStr

from rag.errors import ReadError

DOCUMENT = 256 * 2**20  # bytes of a file with pictures in it, or of one with many articles
AT_ONCE = 32 * 2**20  # bytes of a JSON file; a list in a larger one is read record by record
PROSE = 16 * 2**20  # bytes of one text: three times the Bible
HEADERS = 2**20  # bytes before the text of a Markdown file or an e-mail
TAGS = 500_000  # of a web page; long ones have 20,000
ELEMENTS = 4_000_000  # of an XML file or a part of an office document
VALUES = 8_000_000  # of a JSON file; 256 MB of prose has half as many commas


def bounded(source: str, size: int, most: int, what: str = "") -> None:
    """Raises ReadError if a file, or `what` of it, is of more than `most` bytes, namely `size`."""
    if size > most:
        raise ReadError(source, f"{what}larger than {most / 2**20:g} MB, which is not read at once; split it")


def counted(source: str, content: AnyStr, marks: Sequence[AnyStr], most: int, what: str) -> None:
    """Raises ReadError if more than `most` of the `marks` are in it, each of which opens one of `what`."""
    found = sum(content.count(mark) for mark in marks)
    if found > most:
        raise ReadError(source, f"{found:,} {what} in it (more than {most:,}), which would fill the memory")
