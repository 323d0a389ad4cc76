"""Checking an archive, and making what can be made from its catalog anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rag.errors import ArchiveError
from rag.ingest import Ingest
from rag.overview import REMOVING
from rag.store.catalog import RUNNING, Catalog
from rag.store.vectors import Vectors
from rag.upkeep import content, index, removal
from rag.upkeep.findings import CATALOG, Finding, Health


def verify(catalog: Catalog, vectors: Vectors) -> Health:
    """What is wrong with an archive. The caller holds the write lock, so that nothing changes meanwhile."""
    vectors.refresh()
    findings = content.pages(catalog)
    if findings:  # nothing else that is read from it could be relied on
        return _health(catalog, findings)
    if catalog.meta(REMOVING) is not None:
        findings.append(Finding(CATALOG, "a removal was stopped: its words may still be in the files", "ends it"))
    findings += content.content(catalog).findings(catalog)
    findings += content.full_text(catalog)
    findings += index.look(catalog, vectors).findings()
    return _health(catalog, findings)


def repair(catalog: Catalog, vectors: Vectors, ingest: Ingest) -> Health:
    """Make passages, index and vectors anew where they do not fit the articles, and check again.

    `ingest` cuts and embeds. Raises ArchiveError if the catalog's own pages are damaged: see `rag.upkeep.salvage`.
    """
    vectors.refresh()
    if damaged := content.pages(catalog):
        raise ArchiveError(damaged[0].text, hint="Its readable rows have to be copied first: `rag verify --repair`.")
    done = []
    found = content.content(catalog)
    if found.cut_wrongly:
        for article_id in found.cut_wrongly:
            _cut_anew(catalog, vectors, ingest, article_id)
        done.append(f"{len(found.cut_wrongly)} articles cut into passages anew")
    if content.full_text(catalog):
        content.rebuild_full_text(catalog)
        done.append("full-text index rebuilt")
    if found.content != (catalog.meta("content") or "0" * 64):
        catalog.set_meta("content", found.content)
        done.append("the archive's version computed anew")
    with _alone(catalog):
        done += index.mend(index.look(catalog, vectors), catalog, vectors)
        if catalog.meta(REMOVING) is not None:
            removal.finish(catalog, vectors)
            done.append("a removal that was stopped ended")
        pending = catalog.pending_count()
        ingest.finish()
    if pending:
        done.append(f"{pending} passages embedded")
    health = verify(catalog, vectors)
    return Health(health.articles, health.versions, health.passages, health.findings, tuple(done))


@contextmanager
def _alone(catalog: Catalog) -> Iterator[None]:
    """As an ingest: nobody else opens Chroma meanwhile, and after a kill the next ingest looks whether it is whole."""
    before = catalog.meta(RUNNING)
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    catalog.set_meta(RUNNING, before or json.dumps({"paths": ["what a repair found"], "begun": begun}))
    yield
    catalog.set_meta(RUNNING, before)


def _cut_anew(catalog: Catalog, vectors: Vectors, ingest: Ingest, article_id: str) -> None:
    # The new passages may have the ids of the old ones, whose vectors therefore go first.
    old = catalog.rows(
        "SELECT p.id, p.n FROM passages p JOIN articles a ON a.n = p.article WHERE a.id = ?", (article_id,)
    )
    if vectors.indexes:
        vectors.delete([row["id"] for row in old], [row["n"] for row in old])
    catalog.cut_anew(article_id, ingest.passages)


def _health(catalog: Catalog, findings: list[Finding]) -> Health:
    def count(table: str) -> int:
        try:
            return int(catalog.rows(f"SELECT count(*) FROM {table}")[0][0])
        except ArchiveError:  # it is among the findings
            return 0

    return Health(count("articles"), count("versions"), count("passages"), tuple(findings))
