"""Articles counted by outlet, section, author and month, with filters and without."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rag import Filters
from tests.conftest import Opener, write_article


def test_articles_are_counted(opened: Opener, folder: Path) -> None:
    write_article(folder / "bare.md", "Nobody says where or when this was printed.", title="Bare")
    archive = opened()
    archive.ingest(folder)
    tally = archive.tally()
    assert tally.articles == 4
    assert tally.outlets == {"Field Weekly": 1, "Ortmund Post": 1, "Sundby Radio": 1}
    assert tally.sections == {"Business": 1, "Culture": 1, "Transport": 1}
    assert tally.bylines == {"Ivo Sand": 1, "Lena Falk": 1, "Mia Holt": 1}
    assert tally.months == {"2024-03": 1, "2024-04": 1, "2024-09": 1}


def test_filters_limit_what_is_counted(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    assert archive.tally(Filters(outlets=("sundby radio",))).bylines == {"Mia Holt": 1}
    assert archive.tally(Filters(published_to=date(2024, 4, 30))).articles == 2
    assert archive.tally(Filters(sections=("Sport",))).months == {}


def test_an_author_of_two_articles_counts_twice(opened: Opener, folder: Path) -> None:
    write_article(folder / "more.md", "The Weir Bridge closes in May.", title="Closing", byline=["Lena Falk"])
    archive = opened()
    archive.ingest(folder)
    assert archive.tally().bylines["Lena Falk"] == 2
