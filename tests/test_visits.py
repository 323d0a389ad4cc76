"""Addresses in an archive: pages, feeds and sitemaps from a site on this machine; what has not changed costs little."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import rag
from tests.conftest import SETTINGS, Opener, consistent
from tests.site import Answer, Site, running, story

HERE = dataclasses.replace(SETTINGS, web_inside="127.0.0.1", web_delay=0.0)
XML = {"Content-Type": "application/xml"}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "*")
    with running() as found:
        yield found


def counts(report: rag.IngestReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, len(report.failed)


def feed(site: Site, *names: str) -> Answer:
    items = "".join(
        f"<item><title>{n}</title><link>{site.url}/{n}</link><pubDate>Tue, 03 Jun 2025 08:00:00 GMT</pubDate></item>"
        for n in names
    )
    return Answer(f'<rss version="2.0"><channel>{items}</channel></rss>'.encode(), headers=XML, validate=True)


def sitemap(site: Site, *pages: tuple[str, str | None], root: str = "urlset", item: str = "url") -> Answer:
    entries = "".join(
        f"<{item}><loc>{site.url}/{name}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</{item}>"
        for name, day in pages
    )
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return Answer(f'<{root} xmlns="{namespace}">{entries}</{root}>'.encode(), headers=XML)


def test_a_page_is_asked_for_only_if_it_changed(opened: Opener, site: Site) -> None:
    archive = opened(settings=HERE)
    site["/a"] = Answer(story("Quay"), validate=True)
    assert counts(archive.ingest(f"{site.url}/a")) == (1, 0, 0, 0)
    assert site.statuses() == {"/a": 200}
    assert counts(archive.ingest(f"{site.url}/a")) == (0, 0, 1, 0)
    assert site.statuses() == {"/a": 304}
    site["/a"] = Answer(story("Quay", "The vote was unanimous."), validate=True)
    assert counts(archive.ingest(f"{site.url}/a")) == (0, 1, 0, 0)
    assert "unanimous" in archive.articles()[0].text
    consistent(archive)


def test_a_server_without_validators_sends_again_but_nothing_is_read_again(opened: Opener, site: Site) -> None:
    archive = opened(settings=HERE)
    site["/a"] = Answer(story("Quay"))
    assert counts(archive.ingest(f"{site.url}/a")) == (1, 0, 0, 0)
    assert counts(archive.ingest(f"{site.url}/a")) == (0, 0, 1, 0)
    assert [request.status for request in site.asked if request.path == "/a"] == [200, 200]


def test_a_page_that_could_not_be_read_is_asked_for_again(opened: Opener, site: Site) -> None:
    archive = opened(settings=HERE)
    site["/a"] = Answer(b"<html><body><p>Nothing.</p></body></html>", validate=True)
    for _ in range(2):
        assert counts(archive.ingest(f"{site.url}/a")) == (0, 0, 0, 1)
        assert site.statuses() == {"/a": 200}


def test_the_entries_of_a_feed_are_read(opened: Opener, site: Site) -> None:
    archive = opened(settings=HERE)
    site["/feed"] = feed(site, "one", "two", "gone")
    site["/one"], site["/two"] = Answer(story("One"), validate=True), Answer(story("Two"), validate=True)
    report = archive.ingest(f"{site.url}/feed")
    assert counts(report) == (2, 0, 0, 1)
    assert report.failed == ((f"{site.url}/gone", "the server answers 404: there is no such page"),)
    assert {a.url for a in archive.articles()} == {f"{site.url}/one", f"{site.url}/two"}
    assert {str(a.published) for a in archive.articles()} == {"2025-06-03 08:00:00+00:00"}  # the pages have no date
    site.paths()
    assert counts(archive.ingest(f"{site.url}/feed")) == (0, 0, 2, 1)
    assert site.statuses() == {"/feed": 304, "/one": 304, "/two": 304, "/gone": 404}
    consistent(archive)


def test_a_feed_within_a_feed_is_not_followed(opened: Opener, site: Site) -> None:
    archive = opened(settings=HERE)
    site["/feed"], site["/other"], site["/one"] = feed(site, "other"), feed(site, "one"), Answer(story("One"))
    for _ in range(2):
        report = archive.ingest(f"{site.url}/feed")
        assert counts(report) == (0, 0, 0, 1)
        assert "name it to have it read" in report.failed[0][1]
    assert "/one" not in site.paths()


def test_a_sitemap_says_what_need_not_be_asked_for(opened: Opener, site: Site) -> None:
    archive = opened(settings=HERE)
    for name in ("one", "two", "three"):
        site[f"/{name}"] = Answer(story(name.title()), validate=True)
    site["/map.xml"] = sitemap(site, ("one", "2025-06-01"), ("two", "2025-06-02"), ("three", None))
    assert counts(archive.ingest(f"{site.url}/map.xml")) == (3, 0, 0, 0)
    assert site.paths() == ["/map.xml", "/two", "/one", "/three"]
    site["/two"] = Answer(story("Two", "It was counted again."), validate=True)
    site["/map.xml"] = sitemap(site, ("one", "2025-06-01"), ("two", "2025-06-09"), ("three", None))
    assert counts(archive.ingest(f"{site.url}/map.xml")) == (0, 1, 2, 0)
    assert site.statuses() == {"/map.xml": 200, "/two": 200, "/three": 304}


def test_an_index_of_sitemaps(opened: Opener, site: Site) -> None:
    archive = opened(settings=HERE)
    site["/one"], site["/two"] = Answer(story("One")), Answer(story("Two"))
    site["/1.xml"], site["/2.xml"] = sitemap(site, ("one", None)), sitemap(site, ("two", None), ("one", None))
    parts = (("1.xml", None), ("2.xml", None), ("gone.xml", None))
    site["/index.xml"] = sitemap(site, *parts, root="sitemapindex", item="sitemap")
    assert counts(archive.ingest(f"{site.url}/index.xml")) == (2, 0, 0, 1)
    assert sorted(site.paths()) == ["/1.xml", "/2.xml", "/gone.xml", "/index.xml", "/one", "/two"]


def test_so_many_pages_and_the_rest_is_said(opened: Opener, site: Site) -> None:
    archive = opened(settings=dataclasses.replace(HERE, web_pages=2))
    site["/new"], site["/newer"] = Answer(story("New")), Answer(story("Newer"))
    site["/map.xml"] = sitemap(site, ("old", "2024-01-01"), ("new", "2025-01-01"), ("newer", "2025-06-01"))
    report = archive.ingest(f"{site.url}/map.xml")
    assert counts(report) == (2, 0, 0, 1)
    assert "it lists 3 pages; the first 2 are read" in report.failed[0][1]
    assert "/old" not in site.paths()


def test_what_a_feed_lists_inside_the_network_is_refused(opened: Opener, site: Site) -> None:
    archive = opened(settings=HERE)
    body = feed(site, "one").body.replace(b"127.0.0.1", b"127.0.0.2")
    site["/feed"] = Answer(body, headers=XML)
    report = archive.ingest(f"{site.url}/feed")
    assert "inside the network" in report.failed[0][1]
    assert site.paths() == ["/feed"]


def test_what_is_listed_is_never_a_path_of_this_machine(opened: Opener, site: Site, folder: Path) -> None:
    archive = opened(settings=HERE)
    for number, place in enumerate([folder, folder.as_uri(), "https://ida:secret@post.example/a"]):
        body = f"<urlset><url><loc>{place}</loc></url></urlset>"
        index = f"<sitemapindex><sitemap><loc>{place}</loc></sitemap></sitemapindex>"
        site[f"/{number}.xml"] = Answer(body.encode(), headers=XML)
        site[f"/index{number}.xml"] = Answer(index.encode(), headers=XML)
        report = archive.ingest([f"{site.url}/{number}.xml", f"{site.url}/index{number}.xml"])
        assert counts(report) == (0, 0, 0, 2)
        assert all("not an http" in reason or "password" in reason for _, reason in report.failed)
        assert "secret" not in str(report)


def test_what_is_waited_for_is_told(opened: Opener, site: Site) -> None:
    archive = opened(settings=dataclasses.replace(HERE, web_delay=0.6))
    site["/feed"], site["/one"] = feed(site, "one"), Answer(story("One"))
    told = []

    def progress(*, articles: int, embedded: int, pending: int, current: str) -> None:
        told.append(current)

    begun = time.monotonic()
    archive.ingest(f"{site.url}/feed", progress)
    assert time.monotonic() - begun >= 0.5
    assert f"{site.url}/one" in told
    assert any(line.startswith("waiting ") and line.endswith(f"s for 127.0.0.1:{site.port}") for line in told)


def test_nothing_inside_is_asked_by_default(opened: Opener, site: Site) -> None:
    site["/a"] = Answer(story("Quay"))
    report = opened().ingest(f"{site.url}/a")
    assert "inside the network" in report.failed[0][1]
    assert site.asked == []
