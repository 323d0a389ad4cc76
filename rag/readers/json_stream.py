"""The records of a JSON list that is too large to be read at once, one after the other, by ijson."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from rag.errors import ReadError
from rag.readers import limits
from rag.readers.fields import plain_name


def records(path: Path, source: str, lists: Collection[str]) -> Iterator[object]:
    """Every record of the list that the file is, or of the first list under one of the names `lists` of its object.

    Raises ReadError, also after some records, where the file breaks off, holds no list, or one record is too large.
    """
    import ijson

    done = 0
    with path.open("rb") as file:
        mark = file.read(len(codecs.BOM_UTF8))
        if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise ReadError(source, f"larger than {limits.AT_ONCE / 2**20:g} MB and not UTF-8, which is not read")
        begin = len(mark) if mark == codecs.BOM_UTF8 else 0
        file.seek(begin)
        stream = _Metered(file, source)
        try:
            place = _place(stream, source, lists)
            file.seek(begin)
            for record in ijson.items(stream, place, use_float=True):
                done += 1
                stream.since = 0
                yield record
        except ijson.JSONError as error:
            told = error.args[0] if error.args else ""
            said = (told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)).splitlines()[0].strip()
            raise ReadError(source, f"not valid JSON after {done:,} records: {said}") from error


class _Metered:
    """A file that is read until one record takes more than the memory is meant for."""

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._file, self._source = file, source
        self.since = 0

    def read(self, size: int = -1) -> bytes:
        """As the file's."""
        data = self._file.read(size)
        self.since += len(data)
        limits.bounded(self._source, self.since, limits.DOCUMENT, "not read further: a record of it is ")
        return data


def _place(stream: _Metered, source: str, lists: Collection[str]) -> str:
    """Where the records are, as ijson names places."""
    import ijson

    for place, event, _ in ijson.parse(stream):
        stream.since = 0
        if event == "start_array" and (not place or plain_name(place) in lists):
            return f"{place}.item" if place else "item"
    raise ReadError(source, f"larger than {limits.AT_ONCE / 2**20:g} MB, and no list of articles")
