"""A model server on this machine that writes by a script, so that a page can be seen in any state without a model.

What it writes depends on the name of the model: `quick` quotes the first sentence of each extract that it is shown,
`slow` does so word by word, `long` quotes everything many times, `invents` writes what no article says, `down` is an
error, and `hold` says nothing until it is released.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAUSE = 0.25  # seconds between the words of `slow`
_EXTRACT = re.compile(r"^\[(\d+)\] (?:\([^\n]*?\) )?(.*)$", re.MULTILINE)
_SENTENCE = re.compile(r".+?[.!?][”\"]?(?=\s|$)")


class Scripted(ThreadingHTTPServer):
    """`.released` lets what `hold` holds go; `.hung_up` is set when a client went away before the end."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.released, self.hung_up = threading.Event(), threading.Event()

    def writer(self, model: str) -> str:
        """The writer's name in the settings."""
        return f"openai:http://127.0.0.1:{self.server_address[1]}/v1#{model}"


@contextmanager
def scripted(port: int = 0) -> Iterator[Scripted]:
    """The server, until the block ends."""
    with Scripted(port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()


def written(model: str, prompt: str) -> str:
    """What a model of that name writes on a prompt."""
    extracts = [(number, _SENTENCE.findall(text)) for number, text in _EXTRACT.findall(prompt)]
    if model == "invents":
        return "The archive burned down in 1807 [1]. Its 4,300 clippings were sold to Peru [1]."
    if model == "long":
        return " ".join(f"{sentence} [{number}]" for number, found in extracts for sentence in found)
    return " ".join(f"{found[0]} [{number}]" for number, found in extracts[:3] if found)


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        model, prompt = body["model"], body["messages"][-1]["content"]
        if model == "hold":
            self.server.released.wait()
        self.send_response(200 if model != "down" else 503)
        self.end_headers()
        if model == "down":
            self.wfile.write(b'{"error": "the model is not loaded"}')
            return
        try:
            for word in re.findall(r"\S+\s*", written(model, prompt)):
                if model == "slow" and not prompt.endswith("Ready?"):
                    threading.Event().wait(PAUSE)
                self._line(json.dumps({"choices": [{"delta": {"content": word}}]}))
            self._line("[DONE]")
        except (BrokenPipeError, ConnectionResetError):
            self.server.hung_up.set()

    def _line(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()
