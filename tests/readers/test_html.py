"""Web pages: main text, and the metadata that the page declares."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from rag.readers import Context
from rag.types import Article
from tests.readers import failure, one
from tests.readers.samples import HTML


def article(folder: Path, page: str | bytes, context: Context | None = None) -> Article:
    path = folder / "a.html"
    path.write_bytes(page.encode() if isinstance(page, str) else page)
    return one(path, context)


def with_head(head: str, page: str = HTML) -> str:
    bare = page[: page.index("<link")] + page[page.index("</head>") :]
    return bare.replace("</head>", f"{head}</head>")


def test_text_and_metadata(tmp_path: Path) -> None:
    found = article(tmp_path, HTML)
    assert (found.title, found.outlet, found.byline) == ("Harbour lights go out", "Shoreline Post", "Ida Moen")
    assert found.published == datetime.fromisoformat("2025-05-06T07:08:09+02:00")
    assert found.updated == datetime.fromisoformat("2025-05-06T09:00:00+02:00")
    assert (found.url, found.section, found.language) == ("https://shoreline.example/harbour-lights", "Port", "en")
    assert "\n\nNobody could say why, although the café" in found.text
    assert "Home" not in found.text
    assert "Imprint" not in found.text


def test_linked_data(tmp_path: Path) -> None:
    data = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "Organization", "name": "Shoreline Media"},
            {
                "@type": ["NewsArticle"],
                "headline": "Harbour lights go out",
                "author": [{"@type": "Person", "name": "Ida Moen"}, {"name": "Per Aas"}],
                "publisher": {"name": "Shoreline Post"},
                "datePublished": "2025-05-06T07:08:09Z",
                "dateModified": "2025-05-07T07:08:09Z",
                "articleSection": ["Port", "News"],
            },
        ],
    }
    broken = '<script type="application/ld+json">{not json</script>'
    found = article(tmp_path, with_head(f'{broken}<script type="application/ld+json">{json.dumps(data)}</script>'))
    assert (found.byline, found.outlet, found.section) == ("Ida Moen, Per Aas", "Shoreline Post", "Port")
    assert found.published == datetime.fromisoformat("2025-05-06T07:08:09+00:00")
    assert found.updated == datetime.fromisoformat("2025-05-07T07:08:09+00:00")


def test_what_a_page_does_not_say_is_none(tmp_path: Path) -> None:
    found = article(tmp_path, with_head("").replace(' lang="en-GB"', ""))
    assert (found.outlet, found.byline, found.published, found.updated) == (None, None, None, None)
    assert (found.url, found.section, found.language) == (None, None, None)


def test_a_host_name_is_no_outlet_and_a_front_page_no_address(tmp_path: Path) -> None:
    found = article(tmp_path, with_head('<link rel="canonical" href="https://www.shoreline.example/">'))
    assert (found.outlet, found.url) == (None, None)
    found = article(tmp_path, with_head('<link rel="canonical" href="https://www.shoreline.example/lights">'))
    assert (found.outlet, found.url) == (None, "https://www.shoreline.example/lights")


def test_a_day_without_a_time_is_midnight_at_home(tmp_path: Path) -> None:
    head = '<meta name="date" content="2025-05-06">'
    found = article(tmp_path, with_head(head), Context("Europe/Oslo"))
    assert found.published == datetime.fromisoformat("2025-05-06T00:00:00+02:00")


@pytest.mark.parametrize(
    "declaration", ['<meta charset="windows-1252">', '<?xml version="1.0" encoding="windows-1252"?>']
)
def test_the_declared_encoding(declaration: str, tmp_path: Path) -> None:
    page = HTML.replace('<meta charset="utf-8">', "")
    page = declaration + page if declaration.startswith("<?") else page.replace("<title>", f"{declaration}<title>")
    assert "the café on the quay" in article(tmp_path, page.encode("cp1252")).text


def test_the_server_s_encoding_comes_first(tmp_path: Path) -> None:
    page = HTML.replace('"utf-8"', '"iso-8859-2"').replace("café", "Größe").encode("cp1252")
    assert "Größe" in article(tmp_path, page, Context(encoding="windows-1252")).text


def test_a_bare_fragment(tmp_path: Path) -> None:
    page = "<p>The harbour lights went out on Monday evening, the port office said, and pilots waited.</p>" * 2
    assert "The harbour lights went out" in article(tmp_path, page).text


@pytest.mark.parametrize(
    "page", ["<html><body><p>Hi</p></body></html>", "<html></html>", "just words", "<<<>>>", "<p>"]
)
def test_a_page_without_an_article(page: str, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(page, "utf-8")
    assert failure(path).message == "no article text found in the page"
