"""A corrected article is not shown without what corrects it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.query import terms
from rag.store import lookup, notes
from rag.store.catalog import Catalog
from rag.store.lookup import Scored
from rag.types import Hit

Corrections = Mapping[str, Sequence[str]]  # ids of the articles that correct it, by id of an article


def with_corrections(catalog: Catalog, hits: Sequence[Hit], k: int) -> tuple[list[Hit], Corrections]:
    """At most `k` hits, best first, with a passage of each correction behind the first hit of what it corrects.

    Of a correction that was not found by itself it is the passage that shares most words with what was found. What is
    corrected is left out where its correction has no room, but for the first hit of all.
    """
    known = notes.corrections(catalog, list({hit.article_id for hit in hits})) if hits else {}
    if not known:
        return list(hits[:k]), {}
    found: dict[str, Hit] = {}
    for hit in hits:
        found.setdefault(hit.article_id, hit)
    shown: list[Hit] = []
    for hit in hits:
        if hit in shown:
            continue
        passages = [found.get(id) or _passage(catalog, id, hit) for id in known.get(hit.article_id, ())]
        here = {other.article_id for other in shown}
        together = [hit, *(passage for passage in passages if passage and passage.article_id not in here)]
        if not shown or len(shown) + len(together) <= k:
            shown += together
        if len(shown) >= k:
            break
    return shown[:k], known


def _passage(catalog: Catalog, id: str, corrected: Hit) -> Hit | None:
    rows = catalog.rows(
        "SELECT p.n FROM passages p JOIN articles a ON a.n = p.article "
        f"WHERE a.id = ? AND {lookup.STANDING} ORDER BY p.start",
        (id,),
    )
    scored = [Scored(row["n"], corrected.score, None, None) for row in rows]
    said = set(terms(corrected.text))
    found = lookup.hits(catalog, scored)
    best = max(found, key=lambda hit: len(said & set(terms(hit.text))), default=None)
    return replace(best, score=corrected.score) if best else None
