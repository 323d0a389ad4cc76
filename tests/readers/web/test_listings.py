"""Feeds and sitemaps: which pages they list."""

from __future__ import annotations

import gzip

import pytest

from rag.errors import ReadError
from rag.readers.web import Listed, Listing, Page, Validators, listing

AT = "https://post.example/news/feed"


def page(body: str | bytes, media_type: str = "application/xml", encoding: str | None = None) -> Page:
    return Page(AT, body if isinstance(body, bytes) else body.encode(), media_type, encoding, Validators())


def listed(body: str | bytes, media_type: str = "application/xml", encoding: str | None = None) -> Listing:
    found = listing(page(body, media_type, encoding))
    assert found is not None
    return found


RSS = """<?xml version="1.0" encoding="utf-8"?><!-- made by hand -->
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Post</title><language>en-gb</language>
<item><title>Quay &amp; café</title><link>https://post.example/quay</link><dc:creator>Ida Lund</dc:creator>
<pubDate>Tue, 03 Jun 2025 08:00:00 +0200</pubDate></item>
<item><title>By its id</title><guid isPermaLink="true">https://post.example/id</guid></item>
<item><title>No link</title></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/news/"><title>Post</title>
<entry><title>Relative</title><link rel="self" href="self"/><link rel="alternate" href="quay"/>
<published>2025-06-03T08:00:00Z</published><author><name>Ida Lund</name></author></entry></feed>"""
NEWS = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:n="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>https://post.example/old</loc><lastmod>2025-06-01</lastmod></url>
<url><loc>https://post.example/none</loc></url>
<url><loc> https://post.example/new </loc><image:image><image:title>A picture</image:title></image:image>
<n:news><n:publication><n:name>The Post</n:name><n:language>en</n:language></n:publication>
<n:publication_date>2025-06-03T08:00:00Z</n:publication_date><n:title>New &lt;quay&gt;</n:title></n:news></url>
</urlset>"""
INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://post.example/1.xml</loc>
</sitemap><sitemap><loc>https://post.example/2.xml.gz</loc></sitemap></sitemapindex>"""


@pytest.mark.parametrize("media_type", ["application/rss+xml", "text/xml", "text/html", "text/plain", ""])
def test_rss(media_type: str) -> None:
    first, second = listed(RSS, media_type).pages
    assert first == Listed(
        "https://post.example/quay",
        title="Quay & café",
        published="Tue, 03 Jun 2025 08:00:00 +0200",
        byline="Ida Lund",
        language="en-gb",
    )
    assert second.address == "https://post.example/id"


def test_the_encoding_that_the_server_names() -> None:
    body = RSS.replace(' encoding="utf-8"', "").encode("latin-1")
    assert listed(body, "application/rss+xml", "iso-8859-1").pages[0].title == "Quay & café"


def test_atom_with_links_that_are_relative() -> None:
    (only,) = listed(ATOM, "application/atom+xml").pages
    assert (only.address, only.published) == ("https://post.example/news/quay", "2025-06-03T08:00:00Z")


def test_a_news_sitemap_newest_first() -> None:
    assert listed(NEWS).pages == (
        Listed(
            "https://post.example/new",
            title="New <quay>",
            published="2025-06-03T08:00:00Z",
            outlet="The Post",
            language="en",
        ),
        Listed("https://post.example/old", changed="2025-06-01"),
        Listed("https://post.example/none"),
    )


def test_an_index_and_a_packed_sitemap() -> None:
    assert listed(INDEX).sitemaps == ("https://post.example/1.xml", "https://post.example/2.xml.gz")
    assert listed(gzip.compress(NEWS.encode()), "application/gzip") == listed(NEWS)


@pytest.mark.parametrize(
    "body", ["<html><body><p>A page about <rss> feeds</p></body></html>", "", "rss", '{"feed": 1}', "%PDF-1.7 <rss>"]
)
def test_what_is_none(body: str) -> None:
    assert listing(page(body)) is None


@pytest.mark.parametrize("body", [NEWS[:300], b"\x1f\x8bnot gzip", "<rss version='2.0'"])
def test_what_is_broken_is_named(body: str | bytes) -> None:
    with pytest.raises(ReadError, match=r"not (a )?readable") as caught:
        listing(page(body))
    assert caught.value.path == AT


def test_entities_are_not_followed(tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("secret") / "words.txt"
    secret.write_text("https://post.example/secret", "utf-8")
    doctype = f'<!DOCTYPE urlset [<!ENTITY words SYSTEM "{secret.as_uri()}">]>'
    hostile = NEWS.replace('<?xml version="1.0"?>', doctype).replace("https://post.example/old", "&words;")
    assert "secret" not in str(listed(hostile))
