"""A process that uses an archive in every way there is until it is killed, and says before and after what it does.

    python -m tests.upkeep.worker ARCHIVE ARTICLES SEED

Each line is JSON: ["begin" or "end", name of the article, its text, or null where it is removed]. The articles are in
files of many formats, one or two in each (`mixed.py`).
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import rag
from tests.conftest import SETTINGS
from tests.upkeep.mixed import FILES, write

NAMES = [name for names in FILES.values() for name in names]


def say(when: str, name: str, text: str | None) -> None:
    print(json.dumps([when, name, text]), flush=True)


def text_of(archive: rag.Archive, name: str) -> rag.Article | None:
    return next((article for article in archive.articles() if article.title == name), None)


def take_in(archive: rag.Archive, articles: Path, chance: random.Random) -> None:
    """New articles, new versions of old ones and what was removed, some at a time."""
    some = chance.sample(list(FILES), chance.randint(1, 4))
    texts = {name: _text(name, chance) for file in some for name in FILES[file]}
    for name, text in texts.items():
        say("begin", name, text)
    for file in some:
        write(articles / file, {name: texts[name] for name in FILES[file]})
    report = archive.ingest([str(articles / file) for file in some], again=True)
    assert report.failed == ()
    for name, text in texts.items():
        say("end", name, text)


def _text(name: str, chance: random.Random) -> str:
    turn = chance.randint(1, 10**6)
    lines = (f"On day {d} the crew of {name} counted {turn + d} gulls." for d in range(chance.randint(4, 40)))
    return " ".join(["The log begins.", *lines])


def take_out(archive: rag.Archive, chance: random.Random) -> None:
    """One article, if there is one."""
    if article := text_of(archive, chance.choice(NAMES)):
        say("begin", article.title or "", None)
        archive.upkeep.remove([article.id])
        say("end", article.title or "", None)


def note(archive: rag.Archive, chance: random.Random) -> None:
    """A retraction that is taken back, or a correction."""
    if article := text_of(archive, chance.choice(NAMES)):
        archive.upkeep.correct(article.id, "The gulls were terns.")
        archive.upkeep.retract(article.id, "Nobody counted.")
        archive.upkeep.reinstate(article.id)


def main(place: str, articles: str, seed: str) -> None:
    """Until killed."""
    chance = random.Random(int(seed))
    with rag.open(place, settings=SETTINGS) as archive:
        while True:
            match chance.randint(0, 9):
                case 0 | 1:
                    take_out(archive, chance)
                case 2:
                    note(archive, chance)
                case 3:
                    archive.upkeep.verify(repair=True)
                case _:
                    take_in(archive, Path(articles), chance)


if __name__ == "__main__":
    main(*sys.argv[1:])
