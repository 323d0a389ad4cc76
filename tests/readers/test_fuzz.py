"""Whatever the bytes: articles or ReadErrors that name the file, nothing else, and never nothing."""

from __future__ import annotations

import io
import tempfile
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag import readers
from rag.errors import ReadError
from rag.readers import Context, Reader, Source, read
from rag.types import Article
from tests.readers.samples import SAMPLES

SAMPLED = [reader for reader in readers.discovered().values() if reader.SUFFIXES[0] in SAMPLES]
PACKED = [reader for reader in SAMPLED if zipfile.is_zipfile(io.BytesIO(SAMPLES[reader.SUFFIXES[0]]()))]
EACH = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
ODD = [
    b"\0",
    b"\n",
    b'"',
    b"<",
    b">",
    b"&",
    b"{",
    b"}",
    b"\\",
    b"#",
    b"=?utf-7?b?+AAA?=",
    b"\xff",
    b"\xed\xa0\x80",
    b"-->",
]
EDITS = st.lists(
    st.tuples(st.integers(0, 2**20), st.integers(0, 40), st.one_of(st.binary(max_size=8), st.sampled_from(ODD))),
    min_size=1,
    max_size=6,
)


def name(reader: Reader) -> str:
    return reader.FORMAT


def edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """`data` with some stretches, each from a place and of a length, replaced."""
    for place, length, new in edits:
        at = place % (len(data) + 1)
        data = data[:at] + new + data[at + length :]
    return data


def holds(reader: Reader, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        path = Path(folder) / f"file{reader.SUFFIXES[0]}"
        path.write_bytes(data)
        found = list(read(Source(str(path), path), Context()))
    assert found
    assert not any("its reader failed" in item.message for item in found if isinstance(item, ReadError))
    for item in found:
        assert isinstance(item, Article | ReadError)
        if isinstance(item, ReadError):
            assert item.path.startswith(str(path))
            assert item.message
        else:
            assert item.text.strip()
            item.text.encode("utf-8")
            assert all(0 <= offset <= len(item.text) for offset in (*item.pages, *(at for at, _ in item.times)))


@pytest.mark.parametrize("reader", SAMPLED, ids=name)
@EACH
@given(data=st.binary(min_size=1, max_size=400), keep=st.integers(0, 64))
def test_any_bytes(reader: Reader, data: bytes, keep: int) -> None:
    holds(reader, SAMPLES[reader.SUFFIXES[0]]()[:keep] + data)


@pytest.mark.parametrize("reader", SAMPLED, ids=name)
@EACH
@given(edits=EDITS)
def test_samples_with_stretches_replaced(reader: Reader, edits: list[tuple[int, int, bytes]]) -> None:
    holds(reader, edited(SAMPLES[reader.SUFFIXES[0]](), edits))


@pytest.mark.parametrize("reader", PACKED, ids=name)
@EACH
@given(edits=EDITS, which=st.integers(0, 99), gone=st.booleans())
def test_archives_that_are_whole_with_broken_files_in_them(
    reader: Reader, edits: list[tuple[int, int, bytes]], which: int, gone: bool
) -> None:
    with zipfile.ZipFile(io.BytesIO(SAMPLES[reader.SUFFIXES[0]]())) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    chosen = list(members)[which % len(members)]
    content = members.pop(chosen)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member, data in {**members, **({} if gone else {chosen: edited(content, edits)})}.items():
            archive.writestr(member, data)
    holds(reader, out.getvalue())
