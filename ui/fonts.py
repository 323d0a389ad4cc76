"""The typeface that the pages come with: ASGI middleware before the door, since the page to sign in on has it too.

Another one is files beside those in typeface/, and their `@font-face` in fonts.css.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.responses import FileResponse

from ui.guard import App, Message, Receive, Send

AT = "/fonts/"
_FOLDER = Path(__file__).parent / "typeface"
_KEPT = "public, max-age=2592000"  # 30 days


class Fonts:
    """Answers requests for the files in typeface/, and lets everything else through to `app`."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._files = {f"{AT}{path.name}": path for path in _FOLDER.glob("*.woff2")}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        path: Any = scope.get("path")
        file = self._files.get(path) if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else None
        if file is None:
            await self._app(scope, receive, send)
        else:
            response = FileResponse(file, media_type="font/woff2", headers={"cache-control": _KEPT})
            await response(scope, receive, send)
