"""Where the vectors of an archive lie: in its folder `chroma`, after a change of embedder in `chroma-2`, and so on.

The catalog names the folder and the embedder in one transaction, so that what is read together was made together.
"""

from __future__ import annotations

import re
from pathlib import Path

from rag.store.catalog import Catalog

EMBEDDER = "embedder"  # catalog entry: what made the vectors that serve
NEXT = "next_embedder"  # catalog entry: what is to make them, while that is going on or waits to go on
_FOLDER = "vectors_in"
TOLD = (_FOLDER, EMBEDDER, NEXT)  # catalog entries that change with the embedder
_FIRST = "chroma"
_ANY = re.compile(rf"{_FIRST}(?:-\d+)?")


def name(catalog: Catalog) -> str:
    """The folder that serves, as it is called in the archive's."""
    return catalog.meta(_FOLDER) or _FIRST


def move(catalog: Catalog, folder: str, embedder: str) -> None:
    """Have another folder serve, made by `embedder`. Part of the caller's transaction."""
    for key, value in ((_FOLDER, folder), (EMBEDDER, embedder), (NEXT, None)):
        catalog.set_meta(key, value)


def following(catalog: Catalog) -> str:
    """The folder after the one that serves."""
    _, _, number = name(catalog).partition("-")
    return f"{_FIRST}-{int(number or 1) + 1}"


def every(archive: Path) -> list[Path]:
    """All folders of vectors in an archive's: the one that serves, one that is being made, and what a kill left."""
    return sorted(path for path in archive.glob(f"{_FIRST}*") if path.is_dir() and holds(path.name))


def holds(part: str) -> bool:
    """Whether a name in the archive's folder is that of a folder of vectors."""
    return _ANY.fullmatch(part) is not None
