"""Whatever the bytes: articles or ReadErrors that name the file, nothing else, and never nothing."""

from __future__ import annotations

import io
import os
import random
import tempfile
import time
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import ReadError
from rag.readers import Context, Source, read
from rag.types import Article
from tests.readers.samples import SAMPLES

PACKED = [suffix for suffix, sample in SAMPLES.items() if zipfile.is_zipfile(io.BytesIO(sample()))]
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


def edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """`data` with some stretches, each from a place and of a length, replaced."""
    for place, length, new in edits:
        at = place % (len(data) + 1)
        data = data[:at] + new + data[at + length :]
    return data


def packed_anew(data: bytes, edits: list[tuple[int, int, bytes]], which: int, gone: bool) -> bytes:
    """A zip archive with one of its files edited, or without it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    chosen = list(members)[which % len(members)]
    content = members.pop(chosen)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member, kept in {**members, **({} if gone else {chosen: edited(content, edits)})}.items():
            archive.writestr(member, kept)
    return out.getvalue()


def holds(suffix: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        path = Path(folder) / f"file{suffix}"
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


@pytest.mark.parametrize("suffix", SAMPLES)
@EACH
@given(data=st.binary(min_size=1, max_size=400), keep=st.integers(0, 64))
def test_any_bytes(suffix: str, data: bytes, keep: int) -> None:
    holds(suffix, SAMPLES[suffix]()[:keep] + data)


@pytest.mark.parametrize("suffix", SAMPLES)
@EACH
@given(edits=EDITS)
def test_samples_with_stretches_replaced(suffix: str, edits: list[tuple[int, int, bytes]]) -> None:
    holds(suffix, edited(SAMPLES[suffix](), edits))


@pytest.mark.parametrize("suffix", PACKED)
@EACH
@given(edits=EDITS, which=st.integers(0, 99), gone=st.booleans())
def test_archives_that_are_whole_with_broken_files_in_them(
    suffix: str, edits: list[tuple[int, int, bytes]], which: int, gone: bool
) -> None:
    holds(suffix, packed_anew(SAMPLES[suffix](), edits, which, gone))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SAMPLES)
def test_for_long(suffix: str) -> None:
    """New edits at every run, an hour for all formats together (FUZZ_MINUTES); what fails is kept, and named."""
    chance = random.Random()
    sample = SAMPLES[suffix]()
    until = time.monotonic() + 60 * float(os.environ.get("FUZZ_MINUTES", "60")) / len(SAMPLES)
    while time.monotonic() < until:
        edits = [_edit(chance, sample) for _ in range(chance.randint(1, 12))]
        if suffix in PACKED and chance.random() < 2 / 3:
            data = packed_anew(sample, edits, chance.randrange(100), gone=chance.random() < 0.1)
        else:
            data = edited(sample, edits)
        try:
            holds(suffix, data)
        except BaseException as error:
            kept = Path(tempfile.mkdtemp(prefix="fuzz-")) / f"failing{suffix}"
            kept.write_bytes(data)
            raise AssertionError(f"{suffix} fails on {kept}") from error


def _edit(chance: random.Random, sample: bytes) -> tuple[int, int, bytes]:
    kind = chance.randrange(4)
    if kind == 0:
        new = chance.randbytes(chance.randint(0, 8))
    elif kind == 1:
        new = chance.choice(ODD)
    elif kind == 2:  # a stretch of the file itself, in the wrong place
        at = chance.randrange(len(sample))
        new = sample[at : at + chance.randint(1, 200)]
    else:
        new = chance.choice(ODD) * chance.randint(2, 300)
    return chance.randrange(1 << 20), chance.choice([0, 1, 4, 40, 400]), new
