"""Articles that were removed for good and stay out until somebody says otherwise: their ids, each with the day.

Nothing that they said is kept. Which places of a file were left out for it is kept with the file, so that an unchanged
file need not be read again to name them; it goes as soon as the file is read anew or forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from rag.article import Article, place_identity
from rag.store.catalog import Catalog


def remember(catalog: Catalog, ids: Sequence[str]) -> None:
    """Note that these articles are removed today."""
    today = date.today().isoformat()
    catalog.write("INSERT OR REPLACE INTO removed VALUES (?, ?)", [(id, today) for id in ids])


def forget(catalog: Catalog, articles: Iterable[Article]) -> None:
    """Forget of these articles that any of them was removed."""
    ids = [(id,) for article in articles for id in (article.id, place_identity(article.source))]
    catalog.write("DELETE FROM removed WHERE article_id = ?", ids)


def days(catalog: Catalog) -> dict[str, str]:
    """The day on which each removed article was removed, as YYYY-MM-DD."""
    return {row["article_id"]: row["day"] for row in catalog.rows("SELECT article_id, day FROM removed")}


def stays_out(catalog: Catalog, days: dict[str, str], article: Article) -> bool:
    """Whether an article is one of those that were removed: `days`, as the function of that name gave them.

    What had nothing but its place to be known by when it was removed stays out under what its source calls it now.
    """
    before = place_identity(article.source)
    if before in days and before != article.id:
        days[article.id] = days.pop(before)
        catalog.write("DELETE FROM removed WHERE article_id = ?", [(before,)])
        catalog.write("INSERT OR REPLACE INTO removed VALUES (?, ?)", [(article.id, days[article.id])])
    return article.id in days


def reason(day: str) -> str:
    """Why an article that was removed on that day is not taken in, and what to do if it is to be."""
    return f"removed on {day}; `rag ingest --again` takes it in"


def leave_out(catalog: Catalog, file: str, left: Mapping[str, str]) -> None:
    """Note of a file that was read to its end which of its places were left out, and the id of the article at each."""
    catalog.write("DELETE FROM left_out WHERE file = ?", [(file,)])
    catalog.write("INSERT INTO left_out VALUES (?, ?, ?)", [(file, place, id) for place, id in left.items()])


def left_out(catalog: Catalog, file: str) -> dict[str, str]:
    """What `leave_out` noted of a file that has not been read anew since."""
    rows = catalog.rows(
        "SELECT l.place, l.article_id FROM left_out l JOIN removed r ON r.article_id = l.article_id "
        "WHERE l.file = ? ORDER BY l.rowid",
        (file,),
    )
    return {row["place"]: row["article_id"] for row in rows}


def read_again(catalog: Catalog) -> None:
    """Have every file of which something was left out read again by the next ingest that meets it."""
    catalog.write("DELETE FROM files WHERE file IN (SELECT file FROM left_out)", [()])
