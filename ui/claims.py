"""Which window of the page is whose.

Gradio gives each window a name, its session hash, made in the browser; whoever knows it may read what the server sends
to that window and use what it keeps for it. Here it belongs to the first user who comes with it, and to nobody else.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

_MOST = 100_000


class Claims:
    """The windows that users have been seen with."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._lock = Lock()
        self._owners: OrderedDict[str, str] = OrderedDict()

    def allowed(self, user: str, windows: Iterable[str], others: Iterable[str] = ()) -> bool:
        """Whether a request may go on that names these windows, which are the user's from then on.

        `others` are parts of it that may be the name of a window: they must not be that of somebody else's.
        """
        windows = tuple(windows)
        with self._lock:
            if any(self._owners.get(window, user) != user for window in (*windows, *others)):
                return False
            for window in windows:
                self._owners[window] = user
                self._owners.move_to_end(window)
            while len(self._owners) > self._most:
                self._owners.popitem(last=False)
        return True


def window_of(body: bytes) -> tuple[str, ...]:
    """The window that a request's JSON names, if any. Raises ValueError for what is not JSON."""
    sent = json.loads(body) if body else None
    named = sent.get("session_hash") if isinstance(sent, dict) else None
    return (named,) if isinstance(named, str) else ()
