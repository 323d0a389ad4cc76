"""What a slow model said, kept in a JSON Lines file of [key, value], so that a command that is run again goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eval.asked import mend
from rag.errors import ReadError

_BEGINS = b'["'


class Remembered:
    """The file's keys and values. What was cut off at its end, as when a run is killed, is found anew."""

    def __init__(self, path: Path) -> None:
        """Raises ReadError if the file holds something else."""
        self._path = path
        self._known: dict[str, Any] = {}
        if path.exists():
            mend(path, _BEGINS)
            for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
                if line:
                    self._known.update([_pair(line, f"{path}:{number}")])

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def get(self, key: str, find: Callable[[], Any]) -> Any:
        """The value of `key`, by `find` where it is not known yet, and kept then."""
        if key not in self._known:
            self._known[key] = find()
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, self._known[key]]) + "\n")
        return self._known[key]


def _pair(line: str, where: str) -> tuple[str, Any]:
    try:
        key, value = json.loads(line)
    except (ValueError, TypeError) as error:
        raise ReadError(where, f"{where}: not [key, value]: {error}") from error
    if not isinstance(key, str):
        raise ReadError(where, f"{where}: not [key, value]: the key is no text")
    return key, value
