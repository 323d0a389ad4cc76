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
    """Streams PIECES as Ollama's or OpenAI's protocol has it; `slow` models wait between the pieces."""

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(body)  # type: ignore[attr-defined]
        if body["model"] == "missing":
            self.send_error(404, "model 'missing' not found")
            return
        self.send_response(200)
        self.end_headers()
        write = self._ollama if self.path == "/api/chat" else self._openai
        try:
            for piece in PIECES:
                if body["model"] == "slow":
                    threading.Event().wait(0.4)
                write(piece)
            write(None)
        except (BrokenPipeError, ConnectionResetError):
            self.server.hung_up.set()  # type: ignore[attr-defined]

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
    """A server on a free port; `.seen` holds the requests, `.hung_up` is set when a client went away."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen = []  # type: ignore[attr-defined]
    server.hung_up = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
