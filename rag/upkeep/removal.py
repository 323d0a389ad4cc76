"""Taking articles out so that nothing of them stays in the archive's files.

Deleting a row leaves its bytes behind: in free pages, in the write-ahead log, in the full-text index until its parts
are merged, in Chroma's index until it is written anew. So the index is merged, the catalog is written anew without free
pages, the log is emptied, rows of vectors are overwritten, and Chroma's files are made anew from the other rows. Then
the folder is searched for the removed words, and what still holds them is named.

What stays are the articles' ids and the day, so that no ingest takes them in again: see rag/store/removed.py.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag import readers
from rag.errors import ArticleNotFound
from rag.overview import REMOVING
from rag.record import Record
from rag.sentences import sentences
from rag.store import features, notes, removed
from rag.store.catalog import Catalog
from rag.store.vectors import Vectors
from rag.types import Article
from rag.upkeep import index
from rag.upkeep.quoting import Quoting, quoting

_PROBE = 60  # characters of a text that are looked for in the files
_SHORTEST = 12


@dataclass(frozen=True, slots=True)
class Removed(Record):
    """What was removed, and what is left elsewhere.

    `articles` are (id, title) of what went, `versions` how many older ones went with them. `sources` are the files that
    they came from and that are still there, and the addresses, which may be: an ingest leaves the articles in them out,
    unless it is told to take them in `again`. `quoting` are conversations and feedback that quote them.
    `left` names files of the archive's folder that still hold their words, with the reason where it is known.
    """

    articles: tuple[tuple[str, str | None], ...]
    versions: int
    passages: int
    sources: tuple[str, ...]
    quoting: tuple[Quoting, ...]
    left: tuple[str, ...]


def ids_from(catalog: Catalog, source: str) -> list[str]:
    """Ids of the articles that a place gave: a file, a URL, or everything under a folder. Raises ArticleNotFound."""
    places = {source, str(Path(source).expanduser().resolve())}
    found: dict[str, None] = {}
    for place in places:
        under = place.rstrip("/") + "/"
        rows = catalog.rows(
            "SELECT article_id FROM sources WHERE source = ?1 OR file = ?1 OR substr(file, 1, ?2) = ?3 ORDER BY source",
            (place, len(under), under),
        )
        found.update((row["article_id"], None) for row in rows)
    if not found:
        raise ArticleNotFound(f"no article came from {source}", hint="`rag show ARTICLE_ID` tells an article's source.")
    return list(found)


def remove(catalog: Catalog, vectors: Vectors, folder: Path, article_ids: Sequence[str]) -> Removed:
    """Remove articles for good. The caller holds the write lock. Raises ArticleNotFound before anything is changed."""
    ids = list(dict.fromkeys(article_ids))
    gone = [catalog.article(id) for id in ids]
    older = [article for id in ids for article in _older(catalog, id)]
    sources = _sources(catalog, ids)
    dimensions = features.dimensions(catalog)
    with catalog.transaction():
        catalog.remove_articles(ids)
        notes.forget(catalog, ids)
        removed.remember(catalog, ids)
        for _, file in sources:
            catalog.forget_file(file)
        catalog.set_meta(REMOVING, str(dimensions))
    passages, emptied = finish(catalog, vectors)
    found, unread = quoting(folder, ids)
    left = [f"{name}: could not be searched" for name in unread]
    if not emptied:
        left.append(
            "catalog.sqlite3-wal: another process is reading the archive; it is emptied when that one closes it"
        )
    left += _holding(folder, [*gone, *older])
    there = {file for _, file in sources if readers.is_url(file) or Path(file).exists()}
    return Removed(
        articles=tuple((a.id, a.title) for a in gone),
        versions=len(older),
        passages=passages,
        sources=tuple(sorted(there)),
        quoting=tuple(found),
        left=tuple(dict.fromkeys(left)),
    )


def finish(catalog: Catalog, vectors: Vectors) -> tuple[int, bool]:
    """Take what was removed out of the files, also after a removal that was stopped.

    Returns how many passages went, and whether the write-ahead log could be emptied.
    """
    passages = _forgotten(catalog, vectors, int(catalog.meta(REMOVING) or 0))
    emptied = _compacted(catalog)
    catalog.set_meta(REMOVING, None)
    return passages, emptied


def _older(catalog: Catalog, article_id: str) -> list[Article]:
    rows = catalog.rows("SELECT version FROM versions WHERE article_id = ?", (article_id,))
    return [catalog.article(article_id, row["version"]) for row in rows]


def _sources(catalog: Catalog, ids: Sequence[str]) -> list[tuple[str, str]]:
    rows = [row for id in ids for row in catalog.rows("SELECT source, file FROM sources WHERE article_id = ?", (id,))]
    return [(row["source"], row["file"]) for row in rows]


def _forgotten(catalog: Catalog, vectors: Vectors, dimensions: int) -> int:
    """Overwrite the vectors of all passages that are gone, and make Chroma's files anew without them."""
    doomed = catalog.doomed()
    if dimensions:
        every = {row["n"] for row in catalog.rows("SELECT n FROM passages")}
        filled = np.flatnonzero(vectors.rows(dimensions).any(axis=1)).tolist()
        gone = {n for n in filled if n not in every} | {n for n in doomed.values() if n is not None}
        vectors.erase(sorted(gone), dimensions)
        kept = catalog.rows("SELECT id, n FROM passages WHERE embedded = 1 ORDER BY n")
        numbers = np.array([row["n"] for row in kept], np.int64)
        vectors.rebuild(index.parts_of(vectors, [row["id"] for row in kept], numbers, dimensions))
    catalog.bury(list(doomed))
    return len(doomed)


def _compacted(catalog: Catalog) -> bool:
    """Merge the full-text index and write the catalog anew. False if the write-ahead log could not be emptied."""
    catalog.rows("INSERT INTO passage_index (passage_index) VALUES ('optimize')")
    catalog.rows("VACUUM")
    return not catalog.rows("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]


def _holding(folder: Path, articles: Sequence[Article]) -> list[str]:
    """Names of files in the archive's folder that hold a piece of the articles' texts."""
    probes = [probe for article in articles for probe in _probes(article)]
    return [
        f"{path.relative_to(folder)}: holds their words"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.stat().st_size and _holds(path, probes)
    ]


def _probes(article: Article) -> list[bytes]:
    """The longest sentences of a text, as they stand in files of text and of JSON."""
    pieces = sorted((article.text[start:end] for start, end in sentences(article.text)), key=len, reverse=True)[:3]
    cut = [piece[:_PROBE] for piece in pieces if len(piece) >= _SHORTEST]
    forms = [
        form for piece in cut for form in (piece, json.dumps(piece)[1:-1], json.dumps(piece, ensure_ascii=False)[1:-1])
    ]
    return [form.encode("utf-8", "replace") for form in dict.fromkeys(forms)]


def _holds(path: Path, probes: Sequence[bytes]) -> bool:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(probe) >= 0 for probe in probes)
