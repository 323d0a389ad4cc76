"""Small loopback servers that speak the protocols of model servers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PIECES = ["Once ", "upon ", "a ", "time ", "there ", "was ", "rain."]


class Handler(BaseHTTPRequestHandler):
    """Streams PIECES as Ollama's or OpenAI's protocol has it. Some models behave badly: `missing` is not there,
    `slow` waits before each piece, `sick` fails after the first and `gone` hangs up after it."""

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(body)  # type: ignore[attr-defined]
        self.server.keys.append(self.headers["Authorization"])  # type: ignore[attr-defined]
        if body["model"] == "missing":
            self._refuse()
            return
        self.send_response(200)
        self.end_headers()
        write = self._ollama if self.path == "/api/chat" else self._openai
        try:
            for piece in PIECES:
                if body["model"] == "slow":
                    threading.Event().wait(0.4)
                write(piece)
                if body["model"] in ("sick", "gone"):
                    break
            if body["model"] == "sick":
                self._fail("out of memory")
            elif body["model"] != "gone":
                write(None)
        except (BrokenPipeError, ConnectionResetError):
            self.server.hung_up.set()  # type: ignore[attr-defined]

    def _refuse(self) -> None:
        text = "model 'missing' not found"
        said = json.dumps({"error": text if self.path == "/api/chat" else {"message": text, "code": 404}}).encode()
        self.send_response(404)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def _fail(self, text: str) -> None:
        if self.path == "/api/chat":
            self._line(json.dumps({"error": text}))
        else:
            self._line("data: " + json.dumps({"error": {"message": text}}) + "\n")

    def _ollama(self, piece: str | None) -> None:
        record = {"message": {"role": "assistant", "content": piece or ""}, "done": piece is None}
        self._line(json.dumps(record))

    def _openai(self, piece: str | None) -> None:
        if piece is None:
            self._line("data: [DONE]")
        else:
            self._line("data: " + json.dumps({"choices": [{"delta": {"content": piece}}]}) + "\n")

    def _line(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\n")
        self.wfile.flush()


@contextmanager
def model_server() -> Iterator[ThreadingHTTPServer]:
    """A server on a free port. `.seen` holds the requests, `.keys` what they authorise with, and `.hung_up` is set
    when a client went away."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen = []  # type: ignore[attr-defined]
    server.keys = []  # type: ignore[attr-defined]
    server.hung_up = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
