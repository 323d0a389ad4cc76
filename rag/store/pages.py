"""What the archive keeps of pages from the web, so that an unchanged one need not be sent again.

`changed` is what a sitemap said of when the page changed, `basis` what decided how it was read, and `listed` what a
feed or sitemap listed, as JSON (None for a page that holds articles).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

from rag.store.catalog import Catalog


@dataclass(frozen=True, slots=True)
class KeptPage:
    """One row of the table `pages`."""

    address: str
    etag: str | None
    modified: str | None
    changed: str | None
    basis: str
    listed: str | None


def kept(catalog: Catalog, address: str) -> KeptPage | None:
    """What is kept of a page, None if it was never read to its end."""
    rows = catalog.rows(
        "SELECT address, etag, modified, changed, basis, listed FROM pages WHERE address = ?", (address,)
    )
    return KeptPage(*rows[0]) if rows else None


def keep(catalog: Catalog, page: KeptPage) -> None:
    """Remember a page that was read to its end, in place of what was known of it."""
    catalog.write("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?)", [astuple(page)])
