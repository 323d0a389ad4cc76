"""Which article a place gives, where it gives another than before, or the same one under a name.

A piece that had nothing but its place to be known by keeps its notes and versions when its source comes to call it
something. A place that gives another piece than before leaves the one before without a place: that stays, as evidence,
until a prune.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from rag.article import Article, place_identity
from rag.notes import taken_back
from rag.store.catalog import Catalog, Outcome
from rag.types import Passage


def put(catalog: Catalog, article: Article, file: str, split: Callable[[Article], list[Passage]]) -> Outcome:
    """Take in what `article.source`, a place in `file`, says: see `Catalog.put`. Call it in a transaction."""
    if _outdated(catalog, article):
        return "unchanged"
    for row in catalog.rows("SELECT article_id FROM sources WHERE source = ?", (article.source,)):
        if row["article_id"] != article.id:
            _replaced(catalog, row["article_id"], article, file)
    return catalog.put(article, file, split)


def _outdated(catalog: Catalog, article: Article) -> bool:
    """Whether this is an earlier state of a piece that its source has taken back since, in another file."""
    for row in catalog.rows("SELECT kind, updated FROM articles WHERE id = ?", (article.id,)):
        if article.updated and row["updated"] and taken_back(row["kind"]):
            return article.updated < datetime.fromisoformat(row["updated"])
    return False


def _replaced(catalog: Catalog, id: str, article: Article, file: str) -> None:
    """What becomes of the article that the place of this one gave before."""
    places = catalog.rows("SELECT 1 FROM sources WHERE article_id = ? LIMIT 2", (id,))
    there = catalog.rows("SELECT text FROM articles WHERE id = ?", (id,))
    if len(places) > 1 or not there:
        return
    known = catalog.rows("SELECT 1 FROM articles WHERE id = ?", (article.id,))
    if there[0]["text"] == article.text and id == place_identity(article.source) and not known:
        _rename(catalog, id, article)
    else:
        catalog.write("INSERT OR REPLACE INTO sources VALUES (?, ?, ?, '')", [(f"{file} before {id}", file, id)])


def _rename(catalog: Catalog, id: str, article: Article) -> None:
    """Let go of an id: notes and versions go over to the article's; its passages are made anew."""
    both = [(article.id, id)]
    catalog.write("UPDATE notes SET article_id = ? WHERE article_id = ?", both)
    catalog.write("UPDATE notes SET by_article = ? WHERE by_article = ?", both)
    catalog.write(
        "UPDATE versions SET article_id = ?1, record = json_set(record, '$.id', ?1) WHERE article_id = ?2", both
    )
    catalog.remove_sources([article.source])
