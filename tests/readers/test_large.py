"""Files larger than memory is meant for are read in little of it: `pytest -m slow tests/readers/test_large.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT

BYTES = 2 * 10**9
MOST = 64 * 2**20  # bytes that reading may add
TEXT = " ".join(f"The ferry {n} left the quay at {n} minutes past, the harbour master said." for n in range(60))
READ = """
import resource, sys
from pathlib import Path
from rag.readers import Context, Source, read
path = Path(sys.argv[1])
articles = read(Source(str(path), path), Context())
first = next(articles)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = 1 + sum(1 for _ in articles)
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["jsonl", "json"])
def test_two_gigabytes_stream(suffix: str, tmp_path: Path) -> None:
    path, count = tmp_path / f"export.{suffix}", 0
    between = "\n" if suffix == "jsonl" else ","
    with path.open("w", encoding="utf-8") as file:
        file.write("" if suffix == "jsonl" else "[")
        while file.tell() < BYTES:
            record = json.dumps({"title": f"Ferry {count}", "text": f"{count} {TEXT}", "published": "2025-03-04"})
            file.write((between if count else "") + record)
            count += 1
        file.write("" if suffix == "jsonl" else "]")
    arguments = [sys.executable, "-c", READ, str(path)]
    done = subprocess.run(arguments, cwd=PROJECT, capture_output=True, text=True, check=True)
    path.unlink()
    read, kilobytes = map(int, done.stdout.split())
    assert read == count
    assert kilobytes * 1024 < MOST
