"""What every reader keeps, run over whatever is discovered."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

import pytest

from rag import readers
from rag.errors import ReadError
from rag.readers import Context, Reader
from rag.types import Article
from tests.readers import items
from tests.readers.samples import SAMPLES, UNTITLED

READERS = list(readers.discovered().values())


def name(reader: Reader) -> str:
    return reader.FORMAT


def test_every_format_is_discovered() -> None:
    assert {"markdown", "text", "html", "pdf", "json_records", "json_lines"} <= set(readers.discovered())
    assert {"zip_archive", "tar_archive", "compressed", "warc"} <= set(readers.discovered())
    assert {"docx", "odt", "epub", "rtf", "mail", "mbox", "csv_rows", "xlsx", "subtitles"} <= set(readers.discovered())


def test_no_two_readers_take_the_same_suffix_or_media_type() -> None:
    for attribute in ("SUFFIXES", "MEDIA_TYPES"):
        taken = [value for reader in READERS for value in getattr(reader, attribute)]
        assert len(taken) == len(set(taken)), attribute


@pytest.mark.parametrize("reader", READERS, ids=name)
def test_names_are_well_formed(reader: Reader) -> None:
    assert reader.FORMAT
    assert reader.VERSION >= 1
    assert reader.SUFFIXES
    assert all(s == s.lower() and s.startswith(".") for s in reader.SUFFIXES)
    assert all(m == m.lower() and "/" in m for m in reader.MEDIA_TYPES)


@pytest.mark.parametrize("reader", READERS, ids=name)
@pytest.mark.parametrize(
    "content", [b"", b"\n \n", b"\xef\xbb\xbf", b"\xff\xfe"], ids=["nothing", "blank", "BOM", "BOM16"]
)
def test_an_empty_file_is_one_error(reader: Reader, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"empty{reader.SUFFIXES[0]}"
    path.write_bytes(content)
    (error,) = items(path)
    assert isinstance(error, ReadError)
    assert error.path == str(path)
    assert error.message


@pytest.mark.parametrize("reader", READERS, ids=name)
@pytest.mark.parametrize("seed", range(8))
def test_random_bytes_are_errors_only(reader: Reader, seed: int, tmp_path: Path) -> None:
    path = tmp_path / f"noise{reader.SUFFIXES[0]}"
    path.write_bytes(random.Random(seed).randbytes(40 * 4**seed % 9000 + 200))
    found = items(path)
    assert found
    assert all(isinstance(item, ReadError) and item.path.startswith(str(path)) for item in found)


@pytest.mark.parametrize("reader", READERS, ids=name)
def test_a_missing_file_is_an_error(reader: Reader, tmp_path: Path) -> None:
    (error,) = items(tmp_path / f"gone{reader.SUFFIXES[0]}")
    assert isinstance(error, ReadError)
    assert "no such file" in error.message


@pytest.mark.parametrize("suffix", SAMPLES)
@pytest.mark.parametrize("damage", range(12))
def test_a_damaged_file_raises_nothing(suffix: str, damage: int, tmp_path: Path) -> None:
    chance = random.Random(damage)
    data = bytearray(SAMPLES[suffix]())
    if damage % 2:
        del data[chance.randrange(len(data)) :]
    for _ in range(damage):
        if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(data)
    assert all(isinstance(item, Article | ReadError) for item in items(path))


@pytest.mark.parametrize("suffix", SAMPLES)
def test_articles_are_whole_and_the_same_on_each_reading(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"sample{suffix}"
    path.write_bytes(SAMPLES[suffix]())
    found = items(path, Context("Europe/Oslo"))
    assert found == items(path, Context("Europe/Oslo"))
    assert len({article.id for article in found if isinstance(article, Article)}) == len(found)
    for article in found:
        assert isinstance(article, Article), article
        assert article.text.strip()
        assert article.title == (None if suffix in UNTITLED else "Harbour lights go out")
        assert "Nobody could say why" in article.text
        assert article.source.startswith(str(path))
        for moment in (article.published, article.updated):
            assert moment is None or (isinstance(moment, datetime) and moment.utcoffset() is not None)
