"""What slows down whoever tries passwords: after a few wrong ones, each further one must wait longer.

A name and an address are each counted, so that neither many names from one address nor one name from many addresses
goes fast. No wait is longer than a minute: nobody locks a colleague out for long by typing wrong passwords.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

_FREE = 3  # wrong passwords before the first wait
_LONGEST = 60.0  # seconds
_FORGOTTEN = 15 * 60.0  # seconds after the last wrong one
_MOST = 10_000  # names and addresses that are counted


class Brake:
    """Counts wrong passwords by key. `now` tells seconds that only grow."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = Lock()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, and when the last

    def wait(self, *keys: str) -> float:
        """Seconds until one more may be tried; 0 is now."""
        with self._lock:
            now = self._now()
            return max(self._free_at(key, now) - now for key in keys)

    def wrong(self, *keys: str) -> None:
        """A wrong password."""
        with self._lock:
            now = self._now()
            for key in keys:
                count, last = self._wrong.pop(key, (0, now))
                self._wrong[key] = (1 if now - last > _FORGOTTEN else count + 1, now)
            while len(self._wrong) > _MOST:
                self._wrong.popitem(last=False)

    def right(self, key: str) -> None:
        """A right one: what was wrong before is forgotten."""
        with self._lock:
            self._wrong.pop(key, None)

    def _free_at(self, key: str, now: float) -> float:
        count, last = self._wrong.get(key, (0, now))
        if count < _FREE or now - last > _FORGOTTEN:
            return now
        return last + min(_LONGEST, 2.0 ** (count - _FREE))
