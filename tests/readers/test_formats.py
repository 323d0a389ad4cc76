"""docs/formats.md says what the readers do: each row of its tables is held against them, and none is missing."""

from __future__ import annotations

import ast
import re
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from rag import readers
from rag.errors import ReadError
from rag.readers import Context, Reader, Source, dialects, expand, read, reader_for, scans
from rag.types import Article
from tests.conftest import PROJECT
from tests.readers.in_full import IN_FULL
from tests.readers.samples import SAMPLES
from tests.readers.wrong import FILES, PLACES

COME_OUT = "title byline outlet published updated url section language kind pages times correction".split()
NOTHING_WRONG = "no error: "
CALLED = packages_distributions()
MODULES = PROJECT / "rag" / "readers"


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading of the document, without the marks of code."""
    _, _, below = (PROJECT / "docs" / "formats.md").read_text("utf-8").partition(f"## {heading}\n")
    lines = [line for line in below.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split(" | ")] for line in lines[2:]]


FORMATS = rows("What is read")
WRONG = {what: (place, message) for what, place, message in rows("What you read where something is wrong")}


def read_as(suffix: str, data: bytes, folder: Path) -> list[Article | ReadError]:
    path = folder / f"a{suffix}"
    path.write_bytes(data)
    return list(read(Source(str(path), path), Context()))


def reader_of_row(samples: str) -> Reader:
    (reader,) = {id(r): r for r in (reader_for(Source("", Path(f"a{s}"))) for s in samples.split())}.values()
    return reader


def imported(module: Path) -> Iterator[str]:
    """The libraries that a module imports itself, as they are called where they are installed from."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for top in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"rag"}:
            yield from CALLED[top]


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row[0])
def test_what_comes_out_of_a_format(row: list[str], tmp_path: Path) -> None:
    named, _, _, said, samples = row
    reader = reader_of_row(samples)
    assert named in (reader.FORMAT, *(dialect.FORMAT for dialect in dialects.discovered().values()))
    found = [item for suffix in samples.split() for item in read_as(suffix, IN_FULL[suffix](), tmp_path)]
    assert all(isinstance(item, Article) for item in found)
    filled = [name for name in COME_OUT if any(getattr(item, name) for item in found)]
    assert said.partition(";")[0] == ", ".join(filled)


def test_each_suffix_and_each_sample_is_in_the_table() -> None:
    documented = {id(reader): set[str]() for reader in readers.discovered().values()}
    for _, suffixes, _, _, samples in FORMATS:
        documented[id(reader_of_row(samples))].update(suffixes.split())
    for reader in readers.discovered().values():
        assert documented[id(reader)] == set(reader.SUFFIXES), reader.FORMAT
    assert {suffix for row in FORMATS for suffix in row[4].split()} == set(SAMPLES)
    assert {row[0] for row in FORMATS} >= {dialect.FORMAT for dialect in dialects.discovered().values()} - {"sitemap"}


def test_the_libraries_are_those_of_the_code() -> None:
    everywhere = {name for module in MODULES.rglob("*.py") for name in imported(module)}
    for _, _, libraries, _, samples in FORMATS:
        named = set(libraries.split(", "))
        reader = reader_of_row(samples)
        own = set(imported(Path(getattr(reader, "__file__", ""))))
        assert own <= named, f"{samples} is read by {own}"
        assert named <= everywhere | sys.stdlib_module_names


def test_every_bad_input_has_its_row() -> None:
    assert list(WRONG) == [*FILES, *PLACES]


@pytest.mark.parametrize("what", [*FILES, *PLACES])
def test_what_is_said_of_a_bad_input(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "installed", lambda: False)
    folder = tmp_path / "given"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    if what in FILES:
        name, data = FILES[what]
        found: list[Source | Article | ReadError] = [*read_as(name.removeprefix("a"), data(), folder)]
    else:
        found = list(expand(PLACES[what](folder)))
    place, message = WRONG[what]
    error = next((item for item in found if isinstance(item, ReadError)), None)
    if error is None:
        assert message.startswith(NOTHING_WRONG)
        assert all(isinstance(item, Article) for item in found)
        assert len(list(tmp_path.rglob("*"))) == 2  # the folder and the file that was given
        return
    assert re.sub(rf"^{re.escape(str(folder))}/(?:inside/)?", "", error.path) == place
    assert re.fullmatch(re.escape(message).replace("…", ".*"), error.message), error.message
