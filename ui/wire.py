"""What the script sends for the views, what it is given back, and what only a browser on this machine may ask for."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import gradio as gr

from rag.errors import RagError
from ui.door import reader_of

Parts = dict[str, Any]
Fresh = Callable[[str], dict[str, str]]


class Elsewhere(RagError):
    """Something that only a browser on this machine may ask for."""

    hint = "Open the page on the machine that serves it, or use the command line there."


def require_here(request: gr.Request, what: str) -> None:
    """Raise Elsewhere if the browser is on another machine, or its reader signed in.

    Behind a proxy, everybody's browser seems to be on this machine; and where people sign in, there are several.
    """
    host = request.client.host if request.client else ""
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here or reader_of(request).name:
        raise Elsewhere(f"{what} is only for whoever is alone at the machine that serves this page.")


def sent(data: Any) -> Mapping[str, Any]:
    """What was sent; nothing if it is no object."""
    return data if isinstance(data, dict) else {}


def names(data: Any, most: int) -> list[str]:
    """At most so many of the names that were sent."""
    return [str(name) for name in data[:most]] if isinstance(data, list) else []


def name(data: Any) -> str:
    """The one name that was sent, "" if none was."""
    return str(sent(data).get("name") or "").strip()


def problem(error: RagError) -> str:
    """What went wrong, for the reader."""
    return f'<p class="notice problem">{escape(str(error))}</p>'
