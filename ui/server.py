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
    threading.Thread(target=_warm, args=(archive, ready), name="warm", daemon=True).start()
    from ui import page

    blocks = page.build(archive)
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


def _warm(archive: Archive, ready: Callable[[str], None]) -> None:
    try:
        archive.warm(writer=False)
        archive.warm()
        ready(f"{archive.settings.writer} is ready.")
    except RagError as error:
        ready(f"warning: {error}\nAnswers will be sentences of the articles, word for word.")
