"""An ingest that is killed: at every moment the archive stays usable, and the next ingest completes it.

Real processes are ended by SIGKILL at moments spread over their run: by the clock, by the number of articles or
embedded passages in the catalog, and while vectors are made, stored and deleted. What comes out in the end must equal
an archive that was never disturbed.
"""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import rag
from tests import fakes
from tests.conftest import command, consistent, environment, run, write_article

# Short passages, so that few articles make several batches of vectors.
SETTINGS = rag.Settings(embedder=fakes.NAME, writer="extractive", passage_tokens=20)
CHOSEN = {"RAG_PASSAGE_TOKENS": "20"}
ARTICLES = 40
REPRINTS = 8
PAUSE = "0.002"  # a text: about a second for all of them


@dataclass(frozen=True)
class Moment:
    """When to kill: `delay` seconds after the first query gives at least `count` (at once after the start if None)."""

    sql: str | None
    count: int = 1
    delay: float = 0.0


START = None
ARTICLES_IN = "SELECT count(*) FROM articles"
NEW_IN = "SELECT count(*) FROM articles WHERE version = 2"
COMPARED = "SELECT count(*) FROM articles WHERE compared"
NEW_COMPARED = "SELECT count(*) FROM articles WHERE compared AND version = 2"
EMBEDDED = "SELECT count(*) FROM passages WHERE embedded"
NEW_EMBEDDED = "SELECT count(*) FROM passages WHERE embedded AND id LIKE '%.2.%'"
STORIES = (
    "SELECT a.id, b.id FROM story_pairs p JOIN articles a ON a.n = p.article JOIN articles b ON b.n = p.other "
    "ORDER BY 1, 2"
)
ALL_EMBEDDED = "SELECT NOT EXISTS (SELECT 1 FROM passages WHERE NOT embedded) AND EXISTS (SELECT 1 FROM passages)"
DONE_BUT_DOOMED = f"SELECT ({ALL_EMBEDDED}) AND (SELECT count(*) FROM articles WHERE version = 2) >= {ARTICLES // 2}"

FIRST_RUN = (
    Moment(START, delay=0.25),
    Moment(START, delay=0.9),
    Moment(ARTICLES_IN, 1),
    Moment(ARTICLES_IN, 7, 0.01),
    Moment(ARTICLES_IN, 23),
    Moment(ARTICLES_IN, ARTICLES, 0.05),
    Moment(ARTICLES_IN, ARTICLES, 0.3),
    Moment(ARTICLES_IN, ARTICLES, 0.5),
    Moment(COMPARED, 1),
    Moment(EMBEDDED, 1),
    Moment(EMBEDDED, 1, 0.02),
    Moment(EMBEDDED, 257, 0.05),
    Moment(ALL_EMBEDDED, 1),
)
FRESH = (
    Moment(ARTICLES_IN, 12),
    Moment(COMPARED, 1, 0.002),
    Moment(EMBEDDED, 1, 0.005),
    Moment(ARTICLES_IN, ARTICLES, 0.4),
)
UPDATE = (
    Moment(START, delay=0.8),
    Moment(NEW_IN, 1),
    Moment(NEW_IN, 5, 0.005),
    Moment(NEW_IN, 14),
    Moment(NEW_IN, ARTICLES // 2),
    Moment(NEW_IN, ARTICLES // 2, 0.15),
    Moment(NEW_IN, ARTICLES // 2, 0.3),
    Moment(NEW_IN, ARTICLES // 2, 0.45),
    Moment(NEW_COMPARED, 1),
    Moment(NEW_EMBEDDED, 1),
    Moment(DONE_BUT_DOOMED, 1),
    Moment(DONE_BUT_DOOMED, 1, 0.01),
)


def write(folder: Path, *, changed: bool) -> None:
    """Forty small articles; the second time every other one says something else. The last ones are reprints."""
    for n in range(ARTICLES):
        turn = "again " if changed and n % 2 else ""
        ship, outlet = (n, "Bay Log") if n < ARTICLES - REPRINTS else (n - REPRINTS, "Shore News")
        text = " ".join(
            f"On day {day} the crew of ship {ship} counted {turn}{ship * day + day} gulls over the bay."
            for day in range(1, 14)
        )
        write_article(folder / f"{n:02}.md", text, title=f"Ship {ship}", outlet=outlet)


def ask(archive: Path, sql: str) -> int:
    """A number from the catalog as another process sees it; 0 while there is none."""
    path = archive / "catalog.sqlite3"
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)) as db:
            return int(db.execute(sql).fetchone()[0])
    except sqlite3.OperationalError:  # not made yet
        return 0


def killed(folder: Path, archive: Path, moment: Moment) -> bool:
    """Start an ingest and kill it at the moment. False if it had ended before."""
    with subprocess.Popen(
        command("ingest", folder, "--archive", archive),
        env=environment(**CHOSEN, **{fakes.SLEEP: PAUSE}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            begun = time.monotonic()
            while moment.sql and process.poll() is None and ask(archive, moment.sql) < moment.count:
                assert time.monotonic() - begun < 60, f"{moment} never came"
                time.sleep(0.001)
            time.sleep(moment.delay)
        finally:
            process.send_signal(signal.SIGKILL)
            _, said = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), said.decode()
    return process.returncode != 0


def usable(archive: Path, *, expected: str, started: bool) -> None:
    """What must hold after a kill: it opens, it searches, and it says that something is due if something is."""
    due = sum(
        ask(archive, f"SELECT count(*) FROM {what}")
        for what in ("passages WHERE NOT embedded", "doomed_vectors", "articles WHERE compared = 0")
    )
    with rag.open(archive, settings=SETTINGS) as opened:
        status = opened.status()
        if due or (started and status.version != expected):
            assert status.unfinished
        if not due and not started:
            assert status.unfinished is None
        hits = opened.search("How many gulls did the crew of ship 3 count on day 5?", k=3)
        assert bool(hits) == bool(status.passages)
        for hit in hits:
            assert opened.article(hit.article_id).text[hit.start : hit.end] == hit.text
        opened._catalog.rows("INSERT INTO passage_index(passage_index, rank) VALUES('integrity-check', 1)")


def same(archive: Path, undisturbed: Path) -> None:
    """Both hold the same, to the last vector."""
    with rag.open(archive, settings=SETTINGS) as a, rag.open(undisturbed, settings=SETTINGS) as b:
        consistent(a)
        consistent(b)
        assert a.version == b.version
        assert [(x.id, x.text) for x in a.articles()] == [(x.id, x.text) for x in b.articles()]
        for sql in (
            "SELECT article_id, version, content_hash FROM versions ORDER BY 1, 2",
            "SELECT source, file, article_id, content_hash FROM sources ORDER BY 1",
            "SELECT id, start, end, sentences FROM passages ORDER BY 1",
            "SELECT a.id, b.band FROM story_bands b JOIN articles a ON a.n = b.article ORDER BY 1, 2",
            STORIES,
        ):
            assert [tuple(row) for row in a._catalog.rows(sql)] == [tuple(row) for row in b._catalog.rows(sql)]
        assert len(b._catalog.rows(STORIES)) == 2 * REPRINTS
        ids = sorted(b._vectors.ids())
        of_a, of_b = vectors(a), vectors(b)
        assert of_a.keys() == of_b.keys() == set(ids)
        assert all(np.array_equal(of_a[i], of_b[i]) for i in ids)
        # The index that finds them reaches them all too.
        question = b._embedder.encode(["gulls over the bay"])
        assert set(a._vectors.nearest(question, len(ids))[0]) == set(ids)


def vectors(archive: rag.Archive) -> dict[str, np.ndarray]:
    """The vector of each passage."""
    rows = archive._catalog.rows("SELECT id, n FROM passages")
    found = archive._vectors.gathered(np.array([row["n"] for row in rows]), fakes.DIMENSIONS)
    return {row["id"]: vector for row, vector in zip(rows, found)}


def disturbed(folder: Path, archive: Path, moments: Sequence[Moment], expected: str, before: str) -> int:
    """Kill ingest after ingest of one archive, then let one end. Returns how many were killed inside."""
    kills = 0
    for moment in moments:
        dead = killed(folder, archive, moment)
        kills += dead
        begun = ask(archive, "SELECT count(*) FROM meta WHERE key = 'ingest'") > 0
        usable(archive, expected=expected, started=begun or not dead)
    done = run("ingest", folder, "--archive", archive, **CHOSEN)
    assert done.returncode == 0, done.stderr
    assert "0 failed" in done.stdout
    with rag.open(archive, settings=SETTINGS) as opened:
        assert opened.version == expected != before
    return kills


@pytest.mark.timeout(400)
def test_killed_at_many_moments_it_ends_as_if_undisturbed(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "undisturbed"
    articles = tmp_path / "articles"
    write(articles, changed=False)
    with rag.open(first, settings=SETTINGS) as archive:
        empty = archive.version
        assert archive.ingest(articles).added == ARTICLES
        assert archive.status().passages > 2 * 256  # or the moments are not what they say
        before = archive.version
    runs = {tmp_path / "killed": FIRST_RUN} | {tmp_path / f"fresh-{n}": (moment,) for n, moment in enumerate(FRESH)}
    with ThreadPoolExecutor(2) as pool:
        kills = sum(pool.map(lambda item: disturbed(articles, *item, before, empty), runs.items()))
    for archive_path in runs:
        same(archive_path, first)

    write(articles, changed=True)
    shutil.copytree(first, second)
    copies = {tmp_path / "update-1": UPDATE[::2], tmp_path / "update-2": UPDATE[1::2]}
    for copy in copies:
        shutil.copytree(first, copy)
    with rag.open(second, settings=SETTINGS) as archive:
        report = archive.ingest(articles)
        assert (report.updated, report.unchanged) == (ARTICLES // 2, ARTICLES // 2)
        after = archive.version
    with ThreadPoolExecutor(2) as pool:
        kills += sum(pool.map(lambda item: disturbed(articles, *item, after, before), copies.items()))
    for archive_path in copies:
        same(archive_path, second)
    assert kills >= 20
