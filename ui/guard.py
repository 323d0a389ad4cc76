"""Headers that keep the page to itself: nothing from another host, no script that the page did not come with.

Gradio builds functions from text in the browser, so scripts may do that ('unsafe-eval'), and it writes style
attributes ('unsafe-inline' for styles). Inline scripts carry a nonce that is new with every page, so one that came in
with an article, an attribute like onerror among them, does not run.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]


def policy(nonce: str) -> str:
    """The Content-Security-Policy of one page."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self' blob:",
            "media-src 'self' blob:",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


class Guard:
    """ASGI middleware that sets the headers and gives a page's own scripts their nonce."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(18)
        start: Message | None = None
        body = b""

        async def guarded(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_headers(nonce)]
                if _is_page(message["headers"]):
                    start = message  # its length changes: it goes out with the body
                    return
            elif start is not None:
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                # Gradio escapes "<" in the data that it puts into the page: what is found are its own tags.
                page = body.replace(b"<script", f'<script nonce="{nonce}"'.encode())
                start["headers"] = _with_length(start["headers"], len(page))
                await send(start)
                message = {"type": "http.response.body", "body": page}
            await send(message)

        await self._app(scope, receive, guarded)


def _headers(nonce: str) -> list[Header]:
    return [
        (b"content-security-policy", policy(nonce).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
    ]


def _is_page(headers: list[Header]) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in headers)


def _with_length(headers: list[Header], length: int) -> list[Header]:
    kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    return [*kept, (b"content-length", str(length).encode())]
