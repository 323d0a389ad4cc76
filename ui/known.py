"""What the page says of an archive and has to count for it, kept for as long as no article changes."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ui import filters
from ui.examples import examples

if TYPE_CHECKING:
    from rag import Archive, Tally

_READ_FOR_EXAMPLES = 200  # articles, the newest


@dataclass(frozen=True, slots=True)
class Known:
    """An archive's articles at one version: counted, as filters, and as questions to begin with."""

    version: str
    tally: Tally
    choices: filters.Choices
    examples: tuple[str, ...]


_lock = Lock()
_kept: WeakKeyDictionary[Archive, Known] = WeakKeyDictionary()


def known(archive: Archive) -> Known:
    """What there is to know of the archive as it is now. Counted once a version, whoever asks."""
    with _lock:
        version = archive.version
        found = _kept.get(archive)
        if found is None or found.version != version:
            tally = archive.tally()
            found = Known(
                version,
                tally,
                filters.choices(tally, archive.status()),
                examples(archive.articles(limit=_READ_FOR_EXAMPLES)),
            )
            _kept[archive] = found
        return found
