"""Serving the chat page on this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import RagError, SettingsError
from ui.door import alone
from ui.users import FILE, Users

if TYPE_CHECKING:
    import gradio as gr

    from rag import Archive

_OPEN = (
    "warning: passwords and answers travel as anybody on the way can read them. "
    "Put a proxy that speaks https in front, and say --https."
)

_AGAIN = 15.0  # seconds until a model that could not be loaded is tried again


def run(
    archive: Archive, *, host: str, port: int, browser: bool, ready: Callable[[str], None], secure: bool = False
) -> None:
    """Serve until interrupted. `ready` is told what a user needs to know: the address, and models loading.

    Raises RagError as `serving` does.
    """
    with serving(archive, host=host, port=port, browser=browser, ready=ready, secure=secure) as blocks:
        ready(f"Ask at {blocks.local_url}   (Ctrl-C ends)")
        blocks.block_thread()


@contextmanager
def serving(
    archive: Archive,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    browser: bool = False,
    ready: Callable[[str], None] = lambda _: None,
    secure: bool = False,
    again: float = _AGAIN,
) -> Iterator[gr.Blocks]:
    """The page, served until the block ends. `again` is how many seconds a model that failed is left alone.

    The models load in the background: the page and the evidence work meanwhile. `secure`: readers come by https, from
    a proxy in front. Raises RagError if the port is taken, the address is not this machine's, or others could come in
    and there are no users.
    """
    _bindable(host)
    here = alone(host)
    if not here:
        _need_users(archive.path, host)
        if not secure:
            ready(_OPEN)
    models = Models()
    with warming(archive, ready, models, again):
        from ui import page

        blocks = page.build(archive, models.notice)
        _launch(blocks, host, port, browser, page.options(archive.path, required=not here, secure=secure))
        try:
            yield blocks
        finally:
            blocks.close(verbose=False)


def _launch(blocks: gr.Blocks, host: str, port: int, browser: bool, options: dict[str, Any]) -> None:
    try:
        blocks.queue(default_concurrency_limit=8).launch(
            server_name=f"[{host}]" if ":" in host and not host.startswith("[") else host,
            server_port=port or None,
            inbrowser=browser,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            show_error=False,
            ssr_mode=False,
            enable_monitoring=False,
            **options,
        )
    except OSError as error:
        why = "another program has it" if "empty port" in str(error) else str(error)  # Gradio's advice is not for us
        raise RagError(
            f"{host}, port {port} cannot be used: {why}",
            hint="Is it already running in another terminal? Else choose another port with --port; 0 is any free one.",
        ) from error


def _bindable(host: str) -> None:
    try:
        (family, _, _, _, place), *_ = socket.getaddrinfo(host.strip("[]"), 0, type=socket.SOCK_STREAM)
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.bind(place)
    except OSError as error:
        raise SettingsError(
            f"{host} cannot be served: {error.strerror}",
            hint="--host takes an address of this machine, or 0.0.0.0 for all that it has.",
        ) from error


def _need_users(folder: Path, host: str) -> None:
    if (folder / FILE).exists():
        with Users(folder / FILE) as users:
            if users.any():
                return
    raise SettingsError(
        f"{host} can be reached from other machines, and {folder} has no users",
        hint=f"Add one first: rag users add --archive {folder} NAME",
    )


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
        self._notice = (
            f"The model cannot be used: {reason.rstrip('.')}. "
            "Answers are sentences of the articles, word for word, until it is there."
        )


@contextmanager
def warming(archive: Archive, ready: Callable[[str], None], models: Models, again: float = _AGAIN) -> Iterator[None]:
    """Load the models in the background, and tell `models`. Those that fail are tried `again` seconds later."""
    ended = threading.Event()
    threading.Thread(target=_warm, args=(archive, ready, models, ended, again), name="warm", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _warm(archive: Archive, ready: Callable[[str], None], models: Models, ended: threading.Event, again: float) -> None:
    """Load the models, and try again for as long as they cannot be loaded: a server may be started later."""
    said = ""
    while not ended.is_set():
        try:
            archive.warm(writer=False, index=False)
            if not said:
                models.writer_next()
            archive.warm(index=False)
            models.loaded()
            ready(f"{archive.settings.writer} is ready.")
            return
        except RagError as error:
            models.failed(error.message)
            if said != error.message:  # the terminal need not hear it every few seconds
                ready(f"warning: {error}\nAnswers will be sentences of the articles, word for word.")
            said = error.message
        ended.wait(again)
