"""Serving the chat page on this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import RagError, SettingsError
from ui.users import FILE, Users

if TYPE_CHECKING:
    from rag import Archive

_OPEN = (
    "warning: passwords and answers travel as anybody on the way can read them. "
    "Put a proxy that speaks https in front, and say --https."
)


def run(
    archive: Archive, *, host: str, port: int, browser: bool, ready: Callable[[str], None], secure: bool = False
) -> None:
    """Serve until interrupted. `ready` is told what a user needs to know: the address, and models loading.

    The models load in the background: the page and the evidence work meanwhile. `secure`: readers come by https, from
    a proxy in front. Raises RagError if the port is taken, the address is not this machine's, or others could come in
    and there are no users.
    """
    _bindable(host)
    alone = _alone(host)
    if not alone:
        _need_users(archive.path, host)
        if not secure:
            ready(_OPEN)
    models = Models()
    threading.Thread(target=_warm, args=(archive, ready, models), name="warm", daemon=True).start()
    from ui import page

    blocks = page.build(archive, models.notice)
    try:
        _, address, _ = blocks.queue(default_concurrency_limit=8).launch(
            server_name=f"[{host}]" if ":" in host and not host.startswith("[") else host,
            server_port=port or None,
            inbrowser=browser,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            show_error=False,
            ssr_mode=False,
            enable_monitoring=False,
            **page.options(archive.path, required=not alone, secure=secure),
        )
    except OSError as error:
        raise RagError(
            f"{host}, port {port} cannot be used: {error}", hint="Choose another with --port or --host."
        ) from error
    ready(f"Ask at {address}   (Ctrl-C ends)")
    try:
        blocks.block_thread()
    finally:
        blocks.close(verbose=False)


def _alone(host: str) -> bool:
    """Whether nobody but this machine reaches what is bound to an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False  # a name that may be anything


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
