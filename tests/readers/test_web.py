"""Addresses: against a server on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from rag.errors import ReadError
from rag.readers import Context, Source, read, web
from rag.types import Article
from tests.readers.samples import HTML, MARKDOWN, pdf

BARE = HTML[: HTML.index("<link")].replace('<meta charset="utf-8">', "") + HTML[HTML.index("</head>") :]
ANSWERS: dict[str, tuple[int, str | None, bytes]] = {
    "/page": (200, "text/html; charset=utf-8", BARE.encode()),
    "/old": (200, "text/html; charset=windows-1252", BARE.encode("cp1252")),
    "/notes.md": (200, "text/plain", MARKDOWN.encode()),
    "/a.pdf": (200, "application/octet-stream", pdf([["The harbour lights went out."]])),
    "/untyped.md": (200, None, MARKDOWN.encode()),
    "/feed": (200, "application/json", b'[{"text": "One."}, {"title": "two"}]'),
    "/picture": (200, "image/png", b"\x89PNG"),
    "/empty": (200, "text/html", b""),
    "/gone": (404, "text/html", b"no"),
    "/busy": (503, "text/html", b"no"),
    "/large": (200, "text/plain", b"x" * 2000),
}


class Handler(BaseHTTPRequestHandler):
    agents: list[str] = []  # noqa: RUF012 - one server, one list

    def do_GET(self) -> None:
        self.agents.append(self.headers["User-Agent"])
        hops = self.path.removeprefix("/hop/")
        if hops != self.path:
            self.send_response(302)
            self.send_header("Location", f"/hop/{int(hops) - 1}" if int(hops) > 1 else "/page")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        status, media_type, body = ANSWERS[self.path]
        self.send_response(status)
        if media_type:
            self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def got(url: str) -> list[Article | ReadError]:
    return list(read(Source(url, None), Context()))


def article(url: str) -> Article:
    (found,) = got(url)
    assert isinstance(found, Article), found
    return found


def failure(url: str) -> ReadError:
    (found,) = got(url)
    assert isinstance(found, ReadError), found
    assert found.path == url
    return found


def test_a_page(server: str) -> None:
    found = article(f"{server}/page")
    assert (found.source, found.url) == (f"{server}/page", f"{server}/page")
    assert "the café on the quay" in found.text
    assert Handler.agents[-1] == "newsroom-rag"


def test_the_encoding_that_the_server_names(server: str) -> None:
    assert "the café on the quay" in article(f"{server}/old").text


@pytest.mark.parametrize("path", ["/notes.md", "/untyped.md"])
def test_a_vague_type_is_read_by_its_name(server: str, path: str) -> None:
    assert article(server + path).title == "Harbour lights go out"


def test_a_pdf(server: str) -> None:
    assert article(f"{server}/a.pdf").text == "The harbour lights went out."


def test_several_articles_in_one_answer(server: str) -> None:
    first, second = got(f"{server}/feed")
    assert isinstance(first, Article)
    assert (first.source, first.url) == (f"{server}/feed#1", None)
    assert isinstance(second, ReadError)
    assert second.path == f"{server}/feed#2"


def test_redirects(server: str) -> None:
    assert article(f"{server}/hop/5").source == f"{server}/hop/5"
    assert failure(f"{server}/hop/6").message == "more than 5 redirects"


@pytest.mark.parametrize(
    ("path", "reason", "retry"),
    [
        ("/gone", "404: there is no such page", False),
        ("/busy", "503", True),
        ("/picture", "no reader for image/png", False),
        ("/empty", "the file is empty", False),
    ],
)
def test_what_a_server_cannot_give(server: str, path: str, reason: str, retry: bool) -> None:
    error = failure(server + path)
    assert reason in error.message
    assert error.retry is retry


def test_a_limit(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LARGEST", 1000)
    assert "larger than" in failure(f"{server}/large").message


def test_no_connection() -> None:
    error = failure("http://127.0.0.1:1/page")
    assert "no connection" in error.message
    assert error.retry


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (httpx.ReadTimeout("slow"), "did not answer within 20 seconds"),
        (httpx.RemoteProtocolError("cut"), "the connection broke: cut"),
        (httpx.UnsupportedProtocol("odd"), "not an http or https address"),
        (httpx.InvalidURL("odd"), "not an http or https address"),
    ],
)
def test_what_else_goes_wrong(raised: Exception, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(httpx.Client, "stream", broken)
    assert reason in failure("http://127.0.0.1/page").message
