"""A process that takes in, changes, removes, notes and repairs is killed by chance: nothing that it reported is lost.

What it takes in are files of nineteen formats, half of them with two articles each. What it said it had finished
must be there as it said; what it was at may be done or not, and the next ingest does it. A hundred kills:
`pytest -m slow tests/upkeep/test_killed.py`.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

import rag
from rag.readers import Context, Source, read
from tests import fakes
from tests.conftest import PROJECT, SETTINGS, consistent, environment
from tests.upkeep.worker import NAMES

MOST_SAID = 18  # lines of what the process does, after some of which it is killed
LONGEST = 30.0  # seconds from the first action to the kill, however little was done
JUST_AFTER = 0.3  # seconds

State = dict[str, set[str | None]]


def disturb(archive: Path, articles: Path, seed: int, allowed: State) -> None:
    """Run the process until a moment of chance, and note what it allows to be there."""
    chance = random.Random(seed)
    log = archive.with_name("said.jsonl")
    with (
        log.open("w") as said,
        subprocess.Popen(
            [sys.executable, "-m", "tests.upkeep.worker", archive, articles, str(seed)],
            env=environment(**{fakes.SLEEP: "0.001"}),
            cwd=PROJECT,
            stdout=said,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        begun = time.monotonic()
        while not log.stat().st_size and process.poll() is None:
            assert time.monotonic() - begun < 120, "it never began"
            time.sleep(0.01)
        lines, begun = chance.randint(1, MOST_SAID), time.monotonic()
        while log.read_bytes().count(b"\n") < lines and time.monotonic() - begun < LONGEST and process.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, JUST_AFTER))
        process.send_signal(signal.SIGKILL)
        _, complained = process.communicate()
    assert process.returncode == -signal.SIGKILL, complained
    for line in log.read_text("utf-8").splitlines():
        when, name, text = json.loads(line)
        allowed[name] = {text} if when == "end" else allowed[name] | {text}


def check(archive: Path, articles: Path, allowed: State, *, repair: bool) -> None:
    """Everything is as it was last reported; a repair leaves nothing to find, and an ingest nothing to take in."""
    with rag.open(archive, settings=SETTINGS) as opened:
        there = texts_of(opened.articles())
        for name in NAMES:
            assert there.get(name) in allowed[name], name
            allowed[name] = {there.get(name)}
        for hit in opened.search("How many gulls did the crew of ship-03 count?", k=3):
            assert opened.article(hit.article_id).text[hit.start : hit.end] == hit.text
        if repair:
            assert opened.upkeep.verify(repair=True).findings == ()
            opened.ingest(articles, again=True)
            there = texts_of(opened.articles())
            files = [Source(str(file), file) for file in articles.resolve().glob("log*")]
            assert there == texts_of(item for file in files for item in read(file, Context()))
            allowed.update({name: {there.get(name)} for name in NAMES})
            if there:
                consistent(opened)


def texts_of(found: Iterable[object]) -> dict[str | None, str]:
    """By headline; formats differ in where paragraphs end, not in the words."""
    return {article.title: " ".join(article.text.split()) for article in found if isinstance(article, rag.Article)}


def run_and_kill(tmp_path: Path, kills: int, seed: int) -> None:
    allowed: State = {name: {None} for name in NAMES}
    for n in range(kills):
        disturb(tmp_path / "archive", tmp_path / "articles", seed + n, allowed)
        check(tmp_path / "archive", tmp_path / "articles", allowed, repair=n % 3 == 2 or n == kills - 1)
    assert any(texts != {None} for texts in allowed.values())


@pytest.mark.timeout(400)
def test_killed_at_a_few_moments_nothing_reported_is_lost(tmp_path: Path) -> None:
    run_and_kill(tmp_path, kills=3, seed=11)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_a_hundred_moments_nothing_reported_is_lost(tmp_path: Path) -> None:
    run_and_kill(tmp_path, kills=100, seed=1000)
