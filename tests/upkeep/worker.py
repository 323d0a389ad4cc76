"""A process that uses an archive in every way there is until it is killed, and says before and after what it does.

    python -m tests.upkeep.worker ARCHIVE ARTICLES SEED

Each line is JSON: ["begin" or "end", name of the article, its text, or null where it is removed].
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import rag
from tests.conftest import SETTINGS, write_article

NAMES = [f"ship-{n:02}" for n in range(24)]


def say(when: str, name: str, text: str | None) -> None:
    print(json.dumps([when, name, text]), flush=True)


def text_of(archive: rag.Archive, name: str) -> rag.Article | None:
    return next((article for article in archive.articles() if article.title == name), None)


def take_in(archive: rag.Archive, articles: Path, chance: random.Random) -> None:
    """New articles and new versions of old ones, some at a time."""
    some = chance.sample(NAMES, chance.randint(1, 6))
    texts = {}
    for name in some:
        turn = chance.randint(1, 10**6)
        lines = (f"On day {d} the crew of {name} counted {turn + d} gulls." for d in range(chance.randint(1, 40)))
        texts[name] = " ".join(["The log begins.", *lines])
        say("begin", name, texts[name])
        write_article(articles / f"{name}.md", texts[name], title=name, url=f"https://bay.example/{name}")
    report = archive.ingest([str(articles / f"{name}.md") for name in some])
    assert report.failed == ()
    for name in some:
        say("end", name, texts[name])


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
