"""Which articles of a catalog are one story: found when an article comes in, kept as pairs, read as groups.

A pair depends on the two texts alone, and an article's pairs go with its row. So nothing here can become stale, and
the groups (what pairs connect) are the same in whatever order articles came in, and however often that was interrupted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag import stories
from rag.store.catalog import Catalog
from rag.stories import Print

_ARTICLES_A_TRANSACTION = 64
_MOST = (
    1000  # members that are read of the groups of one search: a page of errors taken in a thousand times is no story
)


def due(catalog: Catalog) -> int:
    """How many articles have not been compared with the others yet."""
    return int(catalog.rows("SELECT count(*) FROM articles WHERE compared = 0")[0][0])


def compare(catalog: Catalog) -> int:
    """Compare some of the articles that are due with all others. Returns how many it took; 0 when none is due."""
    with catalog.transaction():
        rows = catalog.rows(
            "SELECT n, text FROM articles WHERE compared = 0 ORDER BY n LIMIT ?", (_ARTICLES_A_TRANSACTION,)
        )
        for row in rows:
            _compare(catalog, row["n"], row["text"])
    return len(rows)


def _compare(catalog: Catalog, n: int, text: str) -> None:
    mine = stories.printed(text)
    values = stories.signature(mine)
    if values is not None:
        buckets = stories.bands(values)
        for other in _candidates(catalog, values, buckets):
            if stories.same_story(mine, _printed(catalog, other)):
                catalog.write("INSERT INTO story_pairs VALUES (?, ?)", [(n, other), (other, n)])
        catalog.write("INSERT INTO story_signatures VALUES (?, ?)", [(n, values.tobytes())])
        catalog.write("INSERT INTO story_bands VALUES (?, ?)", [(bucket, n) for bucket in buckets])
    catalog.write("UPDATE articles SET compared = 1 WHERE n = ?", [(n,)])


def _candidates(catalog: Catalog, values: NDArray[np.uint32], buckets: Sequence[int]) -> list[int]:
    """Articles that share a bucket and whose signatures are not far apart."""
    rows = catalog.rows(
        "SELECT article, signature FROM story_signatures WHERE article IN "
        f"(SELECT article FROM story_bands WHERE band IN ({', '.join('?' * len(buckets))}))",
        buckets,
    )
    return [r["article"] for r in rows if not stories.hopeless(values, np.frombuffer(r["signature"], dtype="<u4"))]


def _printed(catalog: Catalog, n: int) -> Print:
    return stories.printed(catalog.rows("SELECT text FROM articles WHERE n = ?", (n,))[0]["text"])


def groups(catalog: Catalog, article_ids: Sequence[str]) -> dict[int, set[int]]:
    """The pairs of the stories that these articles are part of, as article number -> numbers of its near-copies.

    Articles that stand alone are not in it.
    """
    rows = catalog.rows(
        f"""
        WITH RECURSIVE member (n) AS (
            SELECT p.article FROM articles a JOIN story_pairs p ON p.article = a.n
            WHERE a.id IN ({", ".join("?" * len(article_ids))})
            UNION
            SELECT p.other FROM member m JOIN story_pairs p ON p.article = m.n
            LIMIT {_MOST}
        )
        SELECT p.article, p.other FROM member m JOIN story_pairs p ON p.article = m.n
        """,
        article_ids,
    )
    pairs: defaultdict[int, set[int]] = defaultdict(set)
    for row in rows:
        pairs[row["article"]].add(row["other"])
    return dict(pairs)
