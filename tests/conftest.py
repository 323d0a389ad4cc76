"""What the tests share: settings that need no model, small articles, and archives that are closed again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import rag
from rag.store import schema
from tests import fakes

PROJECT = Path(__file__).resolve().parent.parent
CORPUS = PROJECT / "corpus"
SETTINGS = rag.Settings(embedder=fakes.NAME, writer="extractive")
FIRST_VIEW = "CREATE VIEW" + schema.MIGRATIONS[0].split("CREATE VIEW")[1].split(";")[0]  # as the first release made it

Opener = Callable[..., rag.Archive]


def write_article(path: Path, text: str, **head: str | list[str]) -> Path:
    """A Markdown article with front matter."""
    lines = [f"{name}: {json.dumps(value)}" for name, value in head.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["---", *lines, "---", "", text, ""]), "utf-8")
    return path


def environment(**more: str) -> dict[str, str]:
    """What a process of the command line is started with: the fake embedder, no writer, nothing else of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAG_", "FAKE_"))}
    return kept | {"PYTHONPATH": str(PROJECT), "RAG_EMBEDDER": fakes.NAME, "RAG_WRITER": "extractive"} | more


def command(*arguments: str | Path) -> list[str]:
    """The command line as a new process runs it."""
    return [sys.executable, "-m", "rag.cli", *map(str, arguments)]


def run(*arguments: str | Path, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    return subprocess.run(
        command(*arguments), env=environment(**more), cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


# A test run started in the background of a shell script inherits an ignored SIGINT, and so would its children.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches an archive of theirs."""
    for name in [name for name in os.environ if name.startswith(("RAG_", "FAKE_")) and name != "RAG_CACHE"]:
        monkeypatch.delenv(name)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    """Opens archives with the fake embedder, and closes them when the test is over."""
    with ExitStack() as stack:

        def opener(name: str = "archive", settings: rag.Settings = SETTINGS) -> rag.Archive:
            return stack.enter_context(rag.open(tmp_path / name, settings=settings))

        yield opener


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three articles of a made-up town."""
    articles = tmp_path / "articles"
    write_article(
        articles / "bridge.md",
        "The council of Ortmund voted 7-2 to repair the Weir Bridge. The repairs will cost 12.5 million crowns. "
        "“It cannot wait another winter,” said Tove Brandt, the city engineer.",
        title="Weir Bridge to be repaired",
        outlet="Ortmund Post",
        byline=["Lena Falk", "Ivo Sand"],
        published="2024-03-05T23:30:00-05:00",
        url="https://post.example/bridge",
        section="Transport",
        language="en",
    )
    write_article(
        articles / "library.md",
        "The library in Sundby opened again on Monday. Visitors borrowed 1,840 books on the first day.",
        title="Library opens",
        outlet="Sundby Radio",
        byline="Mia Holt",
        published="2024-04-10",
        url="https://radio.example/library",
        section="Culture",
        language="en",
    )
    write_article(
        articles / "harvest.md",
        "Farmers near Ortmund brought in 310 tonnes of apples. That is a fifth more than the year before.",
        title="Apple harvest grows",
        outlet="Field Weekly",
        published="2024-09-30T08:00:00+02:00",
        section="Business",
        language="en",
    )
    return articles


@pytest.fixture(scope="session")
def corpus_archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Archive]:
    """The project's own articles with the real embedder and the default settings."""
    with rag.open(tmp_path_factory.mktemp("corpus") / "archive", settings=rag.Settings()) as archive:
        report = archive.ingest(CORPUS)
        assert report.added >= 30
        assert report.failed == ()
        yield archive


def consistent(archive: rag.Archive) -> None:
    """Catalog, full-text index and vectors say the same, and nothing is due."""
    catalog, vectors = archive._catalog, archive._vectors
    rows = catalog.rows("SELECT id, n, article FROM passages")
    passages = {row["id"] for row in rows}
    assert passages
    assert vectors.ids() == passages
    written = vectors.attributes()["article"]
    assert {n: written[n] for n in np.flatnonzero(written)} == {row["n"]: row["article"] for row in rows}
    assert vectors.gathered(np.array([row["n"] for row in rows]), archive._embedder.dimensions).any(axis=1).all()
    assert {row["passage"] for row in catalog.rows("SELECT passage FROM passage_features")} == {r["n"] for r in rows}
    assert catalog.pending_count() == 0
    assert catalog.doomed() == {}
    catalog.rows("INSERT INTO passage_index(passage_index, rank) VALUES('integrity-check', 1)")
    assert archive.status().unfinished is None
    for article_id, text, start, end, sentences in _spans(archive):
        assert text[start:end].strip() == text[start:end] != "", article_id
        assert sentences[0][0] == start
        assert sentences[-1][1] == end


def _spans(archive: rag.Archive) -> Sequence[tuple[str, str, int, int, list[list[int]]]]:
    rows = archive._catalog.rows(
        "SELECT a.id, a.text, p.start, p.end, p.sentences FROM passages p JOIN articles a ON a.n = p.article"
    )
    return [(r["id"], r["text"], r["start"], r["end"], json.loads(r["sentences"])) for r in rows]
