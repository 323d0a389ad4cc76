"""An article too long to be shown at once comes in parts that are the whole together."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest

import rag
from tests.conftest import Opener, write_article
from ui import panel

TODAY = date(2026, 11, 25)
MORE = re.compile(r'<button type="button" class="plain more" data-more="(\w+)" data-of="(\w+)" data-version="(\d+)" '
                  r'data-at="(\d+)">[^<]*</button>')  # fmt: skip


@pytest.fixture
def long(opened: Opener, tmp_path: Path) -> rag.Archive:
    """One article of some 250,000 characters: short lines, and one that is itself longer than a part."""
    lines = [f"Line {n} of the <log> & nothing else." for n in range(3000)] + ["word " * 20_000 + "end."]
    archive = opened()
    archive.ingest(write_article(tmp_path / "log.md", "\n\n".join(lines), title="The log"))
    return archive


def _text(shown: str) -> str:
    return "".join(unescape(re.sub("</?mark>", "", line)) for line in re.findall(r'<p dir="auto">(.*?)</p>', shown))


@pytest.mark.parametrize("quote", ["Line 0 of", "Line 1500 of", "end."])
def test_the_parts_are_the_whole(long: rag.Archive, quote: str) -> None:
    item = long.articles()[0]
    start = item.text.index(quote)
    data = {"article": item.id, "start": str(start), "end": str(start + len(quote)), "quote": quote}
    shown = panel.opened(long, panel.wanted_from(data), TODAY)
    assert f"<mark>{quote}</mark>" in shown
    assert len(shown) < 150_000
    text, left = _text(shown), MORE.findall(shown)
    assert left
    while left:
        where, article, version, at = left.pop()
        sent = {"article": article, "version": version, "more": where, "at": at}
        part = panel.opened(long, panel.wanted_from(sent), TODAY)
        text = _text(part) + text if where == "before" else text + _text(part)
        left += MORE.findall(part)
    assert re.sub(r"\s", "", text) == re.sub(r"\s", "", item.text)


def test_a_short_article_is_shown_at_once(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    shown = panel.opened(archive, panel.wanted_from({"article": archive.articles()[0].id}), TODAY)
    assert "data-more" not in shown


@pytest.mark.parametrize("sent", [{"more": "after", "at": "9" * 9}, {"more": "x", "at": "-1", "version": "1"}])
def test_a_part_that_is_none_is_empty_or_the_first(long: rag.Archive, sent: dict[str, str]) -> None:
    part = panel.opened(long, panel.wanted_from({"article": long.articles()[0].id, **sent}), TODAY)
    assert "Traceback" not in part
    assert len(part) < 150_000
