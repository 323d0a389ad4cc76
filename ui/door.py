"""The door of the page: who may come in, and as whom.

ASGI middleware before everything that Gradio serves, and not Gradio's own sign-in: that asks for a session on some
routes and not on others (cancelling, the heartbeat and streams of a window, the theme), keeps its sessions without an
end, and shows a page that is not ours. Here nothing gets through that is not let through.

With users, a request needs a session; on this machine alone and without users, everybody is the same reader. In
either case, what changes something must come from a page of this very address.
"""

from __future__ import annotations

import asyncio
import hashlib
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from ui import signin
from ui.brake import Brake
from ui.claims import Claims, window_of
from ui.guard import App, Message, Receive, Send
from ui.users import FILE, WHOLE, Reader, Users, folded

READER = "ui.reader"  # in the scope of every request that is let through
SIGN_IN, STYLE, SIGN_OUT = "/sign-in", "/sign-in.css", "/sign-out"
_STARTED = "/gradio_api/startup-events"
_UPLOAD = "/gradio_api/upload"
_LONGEST, _LONGEST_FORM = 4_000_000, 10_000  # bytes of a request that is read here
_SAFE = ("GET", "HEAD", "OPTIONS")
_KEPT = ("/assets/", "/static/", "/svelte/")  # nobody's in particular: browsers may keep it


def alone(host: str) -> bool:
    """Whether an address, or a host that a browser names, is this machine's own and nobody else's."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False  # a name that may be anything


class Door:
    """Lets requests through to `app`, each with its Reader in the scope.

    `folder` is the archive's. `required`: also without users nobody comes in unknown. `secure`: readers come by https,
    though the server itself does not speak it.
    """

    def __init__(self, app: App, folder: Path, *, required: bool, secure: bool) -> None:
        self._app, self._required, self._secure = app, required, secure
        self._path = folder / FILE
        self._opened: Users | None = None
        self._started = False
        self._claims, self._brake, self._one = Claims(), Brake(), asyncio.Lock()
        # Browsers send a cookie to every port of a host: another archive's page has its own.
        self._cookie = f"desk-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(Request(scope, receive), send)
        else:  # the page has no web sockets
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, request: Request, send: Send) -> None:
        if not self._own(request):
            await _told(request, send, PlainTextResponse("This request comes from another page.", 403))
        elif (users := self._users()) is None:
            if not alone(request.url.hostname or ""):
                # A name elsewhere that was made to lead here: its page would read ours as if it were its own.
                await _told(request, send, PlainTextResponse("Open this page by the address that was printed.", 403))
            elif request.scope["path"] in (SIGN_IN, SIGN_OUT):
                await _told(request, send, RedirectResponse("/", 303))
            else:
                await self._through(request, request.receive, send, Reader())
        else:
            await self._asked(request, send, users)

    async def _asked(self, request: Request, send: Send, users: Users) -> None:
        path, token = request.scope["path"], self._token(request)
        reader = users.reader(token) if token else None
        if path == STYLE:
            await _told(request, send, Response(signin.style(), media_type="text/css"))
        elif path == SIGN_IN:
            await _told(request, send, await self._signing_in(request, users, token, reader))
        elif reader is None:
            await self._unknown(request, send)
        elif path == SIGN_OUT and request.method == "POST":
            users.sign_out(token)
            await _told(request, send, self._with_cookie(request, Response(status_code=204), ""))
        else:
            await self._window(request, send, reader)

    async def _unknown(self, request: Request, send: Send) -> None:
        if request.scope["path"] == _STARTED and not self._started:
            self._started = True  # Gradio asks its own server for this once, before anybody knows its address
            await self._app(request.scope, request.receive, send)
        elif request.scope["path"] != "/" or request.method not in ("GET", "HEAD"):
            await _told(request, send, PlainTextResponse("Sign in first.", 401))
        elif request.headers.get("sec-fetch-site") == "cross-site":
            # A link elsewhere led here, and with it no cookie is sent. From a page of our own it is.
            await _told(request, send, HTMLResponse(signin.AGAIN))
        else:
            await _told(request, send, RedirectResponse(SIGN_IN, 303))

    async def _signing_in(self, request: Request, users: Users, token: str, reader: Reader | None) -> Response:
        if request.method in ("GET", "HEAD"):
            return RedirectResponse("/", 303) if reader else HTMLResponse(signin.page())
        body = await _body(request, _LONGEST_FORM) if request.method == "POST" else None
        if body is None:
            return PlainTextResponse("This is not what the form sends.", 400)
        sent = parse_qs(body.decode("utf-8", "replace"))
        name, password = (sent.get(field, [""])[0] for field in ("name", "password"))
        keys = (f"name {folded(name)}", f"address {request.client.host if request.client else ''}")
        async with self._one:  # one at a time: each takes memory, and many at once are many before the brake is told
            if (wait := self._brake.wait(*keys)) > 0:
                return HTMLResponse(
                    signin.page(name, signin.too_fast(wait)), 429, headers={"retry-after": str(max(1, round(wait)))}
                )
            new = await asyncio.to_thread(users.sign_in, name, password)
            if new is None:
                self._brake.wrong(*keys)
                return HTMLResponse(signin.page(name, signin.WRONG), 401)
            self._brake.right(keys[0])
        users.sign_out(token)
        return self._with_cookie(request, RedirectResponse("/", 303), new)

    async def _window(self, request: Request, send: Send, reader: Reader) -> None:
        """Let a user through to windows that are nobody else's."""
        receive, windows = request.receive, request.query_params.getlist("session_hash")
        if request.method not in _SAFE and request.scope["path"].rstrip("/") != _UPLOAD:
            body = await _body(request, _LONGEST)
            if body is None:
                await _told(request, send, PlainTextResponse("This request is too long.", 413))
                return
            try:
                windows += window_of(body)
            except ValueError:
                await _told(request, send, PlainTextResponse("This request is not JSON.", 400))
                return
            receive = _again(body, receive)
        others = (*request.scope["path"].split("/"), *request.query_params.values())
        if self._claims.allowed(reader.id, windows, others):
            await self._through(request, receive, _unkept(request, send), reader)
        else:
            await _told(request, send, PlainTextResponse("This window is somebody else's.", 403))

    async def _through(self, request: Request, receive: Any, send: Send, reader: Reader) -> None:
        request.scope[READER] = reader
        await self._app(request.scope, receive, send)

    def _users(self) -> Users | None:
        """Those who must sign in; None if nobody must. They may be added, and removed, while the page is served."""
        if self._opened is None and (self._required or self._path.exists()):
            self._opened = Users(self._path)
        return self._opened if self._opened and (self._required or self._opened.any()) else None

    def _own(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        if origin is None:
            return request.method in _SAFE  # with anything else, browsers say it
        return origin.lower() == f"{self._scheme(request)}://{request.headers.get('host', '')}".lower()

    def _scheme(self, request: Request) -> str:
        return "https" if self._secure else request.url.scheme

    def _token(self, request: Request) -> str:
        return request.cookies.get(self._name(request), "")

    def _name(self, request: Request) -> str:
        return f"__Host-{self._cookie}" if self._scheme(request) == "https" else self._cookie

    def _with_cookie(self, request: Request, response: Response, token: str) -> Response:
        response.set_cookie(
            self._name(request),
            token,
            max_age=int(WHOLE.total_seconds()) if token else 0,
            secure=self._scheme(request) == "https",
            httponly=True,
            samesite="strict",
        )
        return response


def reader_of(request: Any) -> Reader:
    """Whom a request is from, which Gradio hands to a function as its own Request or as Starlette's."""
    inner = request if isinstance(request, Request) else request.request
    reader = inner.scope[READER]
    assert isinstance(reader, Reader)
    return reader


async def _told(request: Request, send: Send, response: Response) -> None:
    response.headers["cache-control"] = "no-store"
    await response(request.scope, request.receive, send)


async def _body(request: Request, most: int) -> bytes | None:
    """The body; None if it is longer, or its sender has gone."""
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > most:
                return None
    except ClientDisconnect:
        return None
    return body


def _again(body: bytes, receive: Any) -> Receive:
    """Receives a body that was read already, then what comes after it."""
    due = True

    async def received() -> Message:
        nonlocal due
        if due:
            due = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()  # type: ignore[no-any-return]

    return received


def _unkept(request: Request, send: Send) -> Send:
    """Sends what only this user may see with word to the browser that it is not to be kept."""
    if request.scope["path"].startswith(_KEPT):
        return send

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message["headers"] if name.lower() != b"cache-control"]
            message["headers"] = [*kept, (b"cache-control", b"no-store")]
        await send(message)

    return sent
