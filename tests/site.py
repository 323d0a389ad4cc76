"""A web site on this machine for tests: pages by their paths, and a record of what was asked for."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>
<body><article><h1>{title}</h1><p>{text}</p></article></body></html>"""
TEXT = "The council of Ortmund met on Monday and spoke for three hours about the quay. {} Nobody left before the end."


def story(title: str, said: str = "The vote was close.", head: str = "") -> bytes:
    """A page with an article."""
    return PAGE.format(title=title, text=TEXT.format(said), head=head).encode()


@dataclass
class Answer:
    """What a path gives. With `validate`, an unchanged page costs a 304. `then` comes from the second time on."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    validate: bool = False
    then: Answer | None = None


@dataclass
class Asked:
    """One request: its path, the status it got, and its headers by their names in lower case."""

    path: str
    status: int
    headers: dict[str, str]


class Site:
    """`site["/path"] = Answer(…)`; a path that is not there is a 404, robots.txt too. `asked` lists the requests."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[Asked] = []
        self._answers: dict[str, Answer] = {}

    def __setitem__(self, path: str, answer: Answer) -> None:
        self._answers[path] = answer

    def answer(self, path: str) -> Answer:
        found = self._answers.get(path, Answer(b"no", 404))
        if found.then:
            self._answers[path] = found.then
        return found

    def paths(self) -> list[str]:
        """The paths asked for, without robots.txt; forgets them."""
        found = [request.path for request in self.asked if request.path != "/robots.txt"]
        self.asked.clear()
        return found

    def statuses(self) -> dict[str, int]:
        """The status that each path got last, without robots.txt; forgets them."""
        found = {request.path: request.status for request in self.asked if request.path != "/robots.txt"}
        self.asked.clear()
        return found


@contextmanager
def running() -> Iterator[Site]:
    """A site that answers until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = site.answer(self.path)
            tag = f'"{hashlib.sha256(answer.body).hexdigest()[:8]}"'
            same = answer.validate and self.headers.get("If-None-Match") == tag
            status = 304 if same else answer.status
            site.asked.append(Asked(self.path, status, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.validate:
                self.send_header("ETag", tag)
            self.send_header("Content-Length", "0" if same else str(len(answer.body)))
            self.end_headers()
            self.wfile.write(b"" if same else answer.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        site = Site(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
