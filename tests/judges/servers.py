"""A loopback server that answers a judge's questions as an OpenAI-compatible server does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.llms.servers import Handler, model_server

Answer = Callable[[str], str | dict[str, Any]]


@dataclass
class AnsweringServer:
    """`judge` is the name of the judge that asks it. `answer` makes of a question the text, or the whole body, that is
    answered. `seen` holds the requests, `keys` what they authorise with."""

    judge: str
    answer: Answer
    seen: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    refuse_logprobs: bool = False
    slow: float = 0.0  # seconds before each answer
    most_at_once: int = 0
    _asking: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, answer: Answer) -> None:
        """Forgets what was, for another test: starting a server for each takes half a second."""
        self.answer, self.seen, self.keys = answer, [], []
        self.refuse_logprobs, self.slow, self.most_at_once = False, 0.0, 0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Counts how many are asking while this one does."""
        with self._lock:
            self._asking += 1
            self.most_at_once = max(self.most_at_once, self._asking)
        yield
        with self._lock:
            self._asking -= 1


@contextmanager
def answering_server(answer: Answer) -> Iterator[AnsweringServer]:
    """A server on a free port."""
    with model_server() as http:
        server = AnsweringServer(f"openai:http://127.0.0.1:{http.server_address[1]}/v1#model", answer)

        class Answering(Handler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.seen.append(body)
                server.keys.append(self.headers["Authorization"])
                with server.counting():
                    if server.slow:
                        threading.Event().wait(server.slow)
                    if self.path != "/v1/chat/completions":
                        self._send(404, {"detail": "Not Found"})
                    elif server.refuse_logprobs and "logprobs" in body:
                        self._send(400, {"error": {"message": "logprobs are not supported"}})
                    else:
                        said = server.answer(body["messages"][-1]["content"])
                        self._send(200, said if isinstance(said, dict) else completion(said))

            def _send(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body, indent=1).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except (BrokenPipeError, ConnectionResetError):
                    """Whoever asked has given up."""

        http.RequestHandlerClass = Answering
        yield server


def completion(text: str | None, *tokens: tuple[str, dict[str, float]]) -> dict[str, Any]:
    """The body of an answer; `tokens` are its tokens, each with the log-probabilities of what could stand there."""
    places = [
        {"token": token, "top_logprobs": [{"token": other, "logprob": value} for other, value in others.items()]}
        for token, others in tokens
    ]
    choice = {"message": {"role": "assistant", "content": text}, "logprobs": {"content": places} if places else None}
    return {"choices": [choice]}
