"""Pages: against a server on this machine."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rag.errors import ReadError
from rag.readers import Context, Source, read_page
from rag.readers.web import Page, Validators, visitor
from rag.types import Article
from tests.readers.samples import HTML, MARKDOWN, pdf
from tests.readers.web.conftest import Visitors
from tests.site import Answer, Site, story

BARE = HTML[: HTML.index("<link")].replace('<meta charset="utf-8">', "") + HTML[HTML.index("</head>") :]


def typed(media_type: str | None, body: bytes, **headers: str) -> Answer:
    return Answer(body, headers={**({"Content-Type": media_type} if media_type else {}), **headers})


def fetched(visitors: Visitors, url: str) -> Page:
    page = visitors().get(url)
    assert page is not None
    return page


def articles(visitors: Visitors, url: str) -> list[Article | ReadError]:
    return list(read_page(fetched(visitors, url), Source(url, None), Context()))


def article(visitors: Visitors, url: str) -> Article:
    (found,) = articles(visitors, url)
    assert isinstance(found, Article), found
    return found


def failure(visitors: Visitors, url: str) -> ReadError:
    with pytest.raises(ReadError) as caught:
        visitors().get(url)
    assert caught.value.path == url
    return caught.value


def test_a_page_and_who_asks(site: Site, visitors: Visitors) -> None:
    site["/page"] = typed("text/html; charset=utf-8", BARE.encode())
    found = article(visitors, f"{site.url}/page")
    assert (found.source, found.url) == (f"{site.url}/page", f"{site.url}/page")
    assert "the café on the quay" in found.text
    assert [(a.path, a.headers["user-agent"]) for a in site.asked] == [
        ("/robots.txt", "newsroom-rag"),
        ("/page", "newsroom-rag"),
    ]


def test_the_encoding_that_the_server_names(site: Site, visitors: Visitors) -> None:
    site["/old"] = typed("text/html; charset=windows-1252", BARE.encode("cp1252"))
    assert "the café on the quay" in article(visitors, f"{site.url}/old").text


@pytest.mark.parametrize("media_type", ["text/plain", None])
def test_a_vague_type_is_read_by_its_name(site: Site, visitors: Visitors, media_type: str | None) -> None:
    site["/notes.md"] = typed(media_type, MARKDOWN.encode())
    assert article(visitors, f"{site.url}/notes.md").title == "Harbour lights go out"


def test_a_pdf(site: Site, visitors: Visitors) -> None:
    site["/a.pdf"] = typed("application/octet-stream", pdf([["The harbour lights went out."]]))
    assert article(visitors, f"{site.url}/a.pdf").text == "The harbour lights went out."


def test_several_articles_in_one_answer(site: Site, visitors: Visitors) -> None:
    site["/list"] = typed("application/json", b'[{"text": "One."}, {"title": "two"}]')
    first, second = articles(visitors, f"{site.url}/list")
    assert isinstance(first, Article)
    assert (first.source, first.url) == (f"{site.url}/list#1", None)
    assert isinstance(second, ReadError)
    assert second.path == f"{site.url}/list#2"


def test_what_no_reader_takes(site: Site, visitors: Visitors) -> None:
    site["/picture"] = typed("image/png", b"\x89PNG")
    (found,) = articles(visitors, f"{site.url}/picture")
    assert isinstance(found, ReadError)
    assert found.message == "no reader for image/png"


def test_redirects_are_followed_so_far(site: Site, visitors: Visitors) -> None:
    site["/hop/0"] = Answer(story("There"))
    for n in range(1, 7):
        site[f"/hop/{n}"] = Answer(status=302, headers={"Location": f"/hop/{n - 1}"})
    assert fetched(visitors, f"{site.url}/hop/5").url == f"{site.url}/hop/0"
    assert failure(visitors, f"{site.url}/hop/6").message == "more than 5 redirects"


def test_an_unchanged_page_is_not_sent_again(site: Site, visitors: Visitors) -> None:
    site["/page"] = Answer(story("One"), validate=True)
    first = fetched(visitors, f"{site.url}/page")
    assert visitors().get(f"{site.url}/page", first.validators) is None
    assert site.asked[-1].status == 304
    dated = Validators(modified="Tue, 03 Jun 2025 08:00:00 GMT")
    assert visitors().get(f"{site.url}/page", dated) is not None
    assert site.asked[-1].headers["if-modified-since"] == dated.modified


# -- robots.txt and pauses --------------------------------------------------------------------------------------------


def test_robots_txt_is_asked_once_and_kept_to(site: Site, visitors: Visitors) -> None:
    site["/robots.txt"] = typed(
        "text/plain", b"User-agent: *\nDisallow: /\n\nUser-agent: newsroom-rag\nDisallow: /no*\n"
    )
    site["/yes"], site["/no-1"] = Answer(story("Yes")), Answer(story("No"))
    asking = visitors()
    assert asking.get(f"{site.url}/yes")
    with pytest.raises(ReadError, match=r"robots\.txt asks programs like newsroom-rag not to read it"):
        asking.get(f"{site.url}/no-1")
    assert [request.path for request in site.asked] == ["/robots.txt", "/yes"]


def test_a_redirect_is_held_against_robots_txt_too(site: Site, visitors: Visitors) -> None:
    site["/robots.txt"] = typed("text/plain", b"User-agent: *\nDisallow: /secret")
    site["/page"] = Answer(status=301, headers={"Location": "/secret"})
    assert f"it leads to {site.url}/secret: " in failure(visitors, f"{site.url}/page").message
    assert site.paths() == ["/page"]


def test_a_robots_txt_that_breaks_closes_the_site(site: Site, visitors: Visitors) -> None:
    site["/robots.txt"], site["/page"] = Answer(status=500), Answer(story("One"))
    error = failure(visitors, f"{site.url}/page")
    assert "its robots.txt cannot be had: the server answers 500" in error.message
    assert error.retry
    assert site.paths() == []


def test_the_pause_between_two_pages(site: Site, visitors: Visitors, waits: list[float]) -> None:
    site["/a"] = Answer(story("A"))
    told = []
    asking = visitors(delay=5.0, waiting=lambda host, seconds: told.append((host, round(seconds))))
    asking.get(f"{site.url}/a")
    assert waits == []
    asking.get(f"{site.url}/a")
    assert 4 < waits[0] <= 5
    assert told == [(site.url.removeprefix("http://"), 5)]


@pytest.mark.parametrize("rule", [b"Crawl-delay: 20", b"Request-rate: 3/60"])
def test_the_pause_that_a_site_wants(rule: bytes, site: Site, visitors: Visitors, waits: list[float]) -> None:
    site["/robots.txt"] = typed("text/plain", b"User-agent: *\n" + rule)
    site["/a"] = Answer(story("A"))
    asking = visitors(delay=1.0)
    asking.get(f"{site.url}/a")
    asking.get(f"{site.url}/a")
    assert 15 < waits[0] <= 20


def test_a_pause_that_is_too_long_is_not_waited_for(site: Site, visitors: Visitors, waits: list[float]) -> None:
    site["/robots.txt"] = typed("text/plain", b"User-agent: *\nCrawl-delay: 3600")
    site["/a"] = Answer(story("A"))
    asking = visitors()
    asking.get(f"{site.url}/a")
    with pytest.raises(ReadError, match="asks for 3600 seconds between two pages") as caught:
        asking.get(f"{site.url}/a")
    assert caught.value.retry
    assert waits == []


# -- what passes, and what does not -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "404: there is no such page"), (410, "has been removed"), (401, "asks for a login")]
)
def test_what_a_server_cannot_give(status: int, reason: str, site: Site, visitors: Visitors) -> None:
    site["/gone"] = Answer(status=status)
    error = failure(visitors, f"{site.url}/gone")
    assert reason in error.message
    assert not error.retry
    assert site.paths() == ["/gone"]


def test_what_passes_is_tried_again(site: Site, visitors: Visitors, waits: list[float]) -> None:
    site["/busy"] = Answer(status=503, then=Answer(status=500, then=Answer(story("At last"))))
    assert b"At last" in fetched(visitors, f"{site.url}/busy").body
    assert [0.5 <= waits[0] <= 1, 1 <= waits[1] <= 2, len(waits)] == [True, True, 2]


def test_what_does_not_pass_is_given_up(site: Site, visitors: Visitors) -> None:
    site["/busy"] = Answer(status=503)
    error = failure(visitors, f"{site.url}/busy")
    assert "503" in error.message
    assert error.retry
    assert site.paths() == ["/busy"] * 3


def test_the_server_says_when_to_come_again(site: Site, visitors: Visitors, waits: list[float]) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    later = Answer(status=429, headers={"Retry-After": at}, then=Answer(story("Now")))
    site["/busy"] = Answer(status=429, headers={"Retry-After": "7"}, then=later)
    assert b"Now" in fetched(visitors, f"{site.url}/busy").body
    assert waits[0] == 7
    assert 30 < waits[1] <= 40


def test_a_server_that_wants_long_is_left(site: Site, visitors: Visitors, waits: list[float]) -> None:
    site["/busy"] = Answer(status=429, headers={"Retry-After": "900"})
    error = failure(visitors, f"{site.url}/busy")
    assert "it asks to wait 900 seconds" in error.message
    assert (error.retry, waits) == (True, [])


def test_no_connection(visitors: Visitors, waits: list[float]) -> None:
    error = failure(visitors, "http://127.0.0.1:1/page")
    assert "no connection" in error.message
    assert error.retry
    assert len(waits) == 2


def test_no_address(visitors: Visitors) -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise OSError(8, "nobody knows it")

    with pytest.raises(ReadError, match=r"no address for nowhere\.example: nobody knows it"):
        visitors(resolve=nobody).get("http://nowhere.example/page")


def test_other_schemes_are_not_followed(site: Site, visitors: Visitors) -> None:
    site["/page"] = Answer(status=302, headers={"Location": "ftp://127.0.0.1/a"})
    assert "not an http or https address" in failure(visitors, f"{site.url}/page").message


# -- limits -----------------------------------------------------------------------------------------------------------


def test_the_largest_page(site: Site, visitors: Visitors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "LARGEST", 1000)
    site["/large"] = typed("text/plain", b"x" * 2000)
    site["/packed"] = typed("text/plain", gzip.compress(b"x" * 2000), **{"Content-Encoding": "gzip"})
    assert "larger than" in failure(visitors, f"{site.url}/large").message
    assert "larger than" in failure(visitors, f"{site.url}/packed").message


def test_packing_that_was_not_asked_for_is_refused(site: Site, visitors: Visitors) -> None:
    site["/br"] = typed("text/plain", b"\x0b\x02\x80x\x03", **{"Content-Encoding": "br"})
    assert "packed as br" in failure(visitors, f"{site.url}/br").message
    assert site.asked[-1].headers["accept-encoding"] == "gzip, deflate"


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that sends its headers a byte at a time, and never comes to an end."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/robots.txt":
                self.send_response(404)
                self.end_headers()
                return
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not over.wait(0.05):
                try:
                    self.wfile.write(b"x")
                except OSError:
                    return

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        over.set()
        server.shutdown()
        thread.join()


def test_a_dripping_server_is_left(dripping: str, visitors: Visitors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "DEADLINE", 0.5)
    begun = time.monotonic()
    error = failure(visitors, f"{dripping}/page")
    assert "not there in time" in error.message
    assert error.retry
    assert time.monotonic() - begun < 60
