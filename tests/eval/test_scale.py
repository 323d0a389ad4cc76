"""`python -m eval scale` on a few hundred passages, and that its figures can be bad."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import rag
from eval import measures, news
from eval.__main__ import main
from eval.benchmarks import scale
from tests.conftest import PROJECT

SIZE = 300


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scale")


@pytest.fixture(scope="module")
def printed(kept: Path) -> dict[str, Any]:
    """What the command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "eval", *f"scale --json --passages {SIZE} --questions 20 --folder {kept}".split()],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "59 of 59 articles" in done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    return {name.removeprefix(f"{SIZE} "): value for name, value in figures.items()}


def test_all_is_measured(printed: dict[str, Any], kept: Path) -> None:
    assert printed["articles"] == 59
    assert 0.8 * SIZE < printed["passages"] < 1.2 * SIZE
    assert printed["ingest, passages/s"] == pytest.approx(printed["passages"] / printed["ingest, s"])
    files = [value for name, value in printed.items() if name.startswith("disk ") and value]
    assert sum(files) == pytest.approx(printed["disk, MiB"], abs=0.1)
    assert 0 < printed["cold open, s"] < printed["cold open to first hits, s"]
    assert 0 < printed["search p50, ms"] <= printed["search p95, ms"]
    for name in measures.kinds():
        assert printed[f"search, {name}, ratio"] > 0
    assert printed["recall@10"] > 0.9
    if sys.platform == "linux":
        assert 0 < printed["memory before opening, MiB"] < printed["memory after 20 searches, MiB"]
    assert sorted(path.name for path in (kept / str(SIZE)).iterdir()) == ["archive", "build.json", "exact.json"]


def test_what_is_built_is_used_again(
    printed: dict[str, Any], kept: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)
    arguments = ["--passages", str(SIZE), "--folder", str(kept), "--parts", "build"]
    assert main(["scale", *arguments, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again[f"{SIZE} ingest, s"] == printed["ingest, s"]
    assert again[f"{SIZE} passages"] == printed["passages"]


def test_an_interrupted_build_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "_ARTICLES_A_FILE", 20)
    put = rag.Archive.ingest
    calls = []

    def failing(archive: rag.Archive, *arguments: Any) -> rag.IngestReport:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return put(archive, *arguments)

    monkeypatch.setattr(rag.Archive, "ingest", failing)
    with pytest.raises(KeyboardInterrupt):
        scale._build(tmp_path, SIZE, 20)
    figures = scale._build(tmp_path, SIZE, 20)
    assert len(calls) == 4  # three files, one of them twice
    assert (figures["articles"], figures["ingest interrupted"]) == (59, 1)
    with rag.open(tmp_path / "archive", scale.settings()) as archive:
        assert archive.status().articles == 59


def test_recall_falls_with_what_search_misses(
    printed: dict[str, Any], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = news.questions(5, printed["articles"], plain=True)
    folder = kept / str(SIZE) / "archive"
    search = rag.Archive.search
    monkeypatch.setattr(rag.Archive, "search", lambda *arguments: search(*arguments)[:4])
    with scale.by_cosine(folder, asked[0]) as settings:
        found = measures.recall(folder, settings, asked)
    assert found["recall@10"] <= 0.5  # four of ten, and what repeats them
    assert found["recall@10"] >= 0.3


def test_vectors_of_other_texts_are_noticed(
    printed: dict[str, Any], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = rag.Archive.search

    def off(*arguments: Any) -> list[rag.Hit]:
        return [replace(hit, dense=(hit.dense or 0) + 0.1) for hit in search(*arguments)]

    monkeypatch.setattr(rag.Archive, "search", off)
    folder, asked = kept / str(SIZE) / "archive", news.questions(3, 59, plain=True)
    with scale.by_cosine(folder, asked[0]) as settings, pytest.raises(rag.RagError, match="cosine"):
        measures.recall(folder, settings, asked)


def test_a_hit_that_does_not_pass_is_an_error(printed: dict[str, Any], kept: Path) -> None:
    large = measures.kinds()["outlet 10%"]
    with rag.open(kept / str(SIZE) / "archive", scale.settings()) as archive:
        asked = news.questions(1, 59)[0]
        assert measures.milliseconds(archive, asked, large) > 0
        hits = archive.search(asked, 10)
    assert {hit.outlet for hit in hits} - set(large.outlets)

    class Lax:
        def search(self, *arguments: Any) -> list[rag.Hit]:
            return hits

    with pytest.raises(rag.RagError, match="does not pass"):
        measures.milliseconds(Lax(), asked, large)  # type: ignore[arg-type]


def test_wrong_sizes_and_parts_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["scale", "--passages", "5"])
    assert main(["scale", "--parts", "build,dig"]) == 1
    assert "dig" in capsys.readouterr().err
