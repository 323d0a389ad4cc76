"""Serving the chat page on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from rag.errors import RagError

if TYPE_CHECKING:
    from rag import Archive


def run(archive: Archive, *, host: str, port: int, browser: bool, ready: Callable[[str], None]) -> None:
    """Serve until interrupted. `ready` is told what a user needs to know: the address, and models loading.

    The models load in the background: the page and the evidence work meanwhile. Raises RagError if the port is taken.
    """
    models = Models()
    threading.Thread(target=_warm, args=(archive, ready, models), name="warm", daemon=True).start()
    from ui import page

    blocks = page.build(archive, models.notice)
    try:
        _, address, _ = blocks.queue(default_concurrency_limit=8).launch(
            server_name=host,
            server_port=port or None,
            inbrowser=browser,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            show_error=False,
            ssr_mode=False,
            enable_monitoring=False,
            **page.options(),
        )
    except OSError as error:
        raise RagError(f"port {port} cannot be used: {error}", hint="Choose another with --port.") from error
    ready(f"Ask at {address}   (Ctrl-C ends)")
    try:
        blocks.block_thread()
    finally:
        blocks.close(verbose=False)


class Models:
    """What a reader of the page must know of the models that load behind it."""

    def __init__(self) -> None:
        self._notice = "The models are still loading. Questions wait for them; what they find is shown first."

    def notice(self) -> str:
        """In words; "" once there is nothing to know."""
        return self._notice

    def loaded(self) -> None:
        self._notice = ""

    def writer_next(self) -> None:
        self._notice = "The writer is still loading. The evidence is here already; the answer waits for it."

    def failed(self, reason: str) -> None:
        self._notice = f"{reason}. Answers are sentences of the articles, word for word, until it is there."


def _warm(archive: Archive, ready: Callable[[str], None], models: Models) -> None:
    try:
        archive.warm(writer=False)
        models.writer_next()
        archive.warm()
        models.loaded()
        ready(f"{archive.settings.writer} is ready.")
    except RagError as error:
        models.failed(error.message)
        ready(f"warning: {error}\nAnswers will be sentences of the articles, word for word.")
