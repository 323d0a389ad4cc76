"""Addresses in an ingest: pages that have changed, and those that feeds and sitemaps list.

A page that the archive has is asked for with what its server gave to recognise it by, and one whose sitemap says that
it has not changed is not asked for at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice

from rag import readers
from rag.errors import ReadError
from rag.readers import Context, Source
from rag.readers.base import parse_date
from rag.readers.web import Listed, Listing, Page, Validators, Visitor, listing
from rag.settings import Settings
from rag.store import pages
from rag.store.catalog import Catalog
from rag.store.pages import KeptPage
from rag.types import Article

_MOST_SITEMAPS = 100  # of one index


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of asking for a page. `page` is None if it has not changed since `fingerprint` was taken of it.

    `keep` is to be kept once its articles are taken in (None: nothing new).
    """

    source: Source
    fingerprint: str
    page: Page | None
    keep: KeptPage | None
    listed: Listed | None = None

    def articles(self, context: Context) -> Iterator[Article | ReadError]:
        """The articles of the page, their gaps filled with what the feed or sitemap says of it."""
        assert self.page is not None
        for item in readers.read_page(self.page, self.source, context):
            yield _filled(item, self.listed, context) if isinstance(item, Article) and self.listed else item


class Visits:
    """The addresses of one ingest. `tell` is called with what is being waited for. Call `close` in the end."""

    def __init__(self, catalog: Catalog, settings: Settings, tell: Callable[[str], None]) -> None:
        self._catalog = catalog
        self._most = settings.web_pages
        self._context = readers.context_of(settings)
        self._inside = [host.strip() for host in settings.web_inside.split(",") if host.strip()]
        self._delay = settings.web_delay
        self._tell = tell
        self._visitor: Visitor | None = None
        kinds = sorted((reader.FORMAT, reader.VERSION) for reader in readers.discovered().values())
        self._basis = hashlib.sha256(f"{kinds} {self._context!r}".encode()).hexdigest()

    def close(self) -> None:
        """Close all connections."""
        if self._visitor:
            self._visitor.close()

    def at(self, address: str) -> Iterator[Visit | ReadError]:
        """The page at an address, or the pages that it lists; what cannot be had comes as a ReadError."""
        try:
            visit = self._visit(Source(address, None), None)
            found = self._listing(visit) if isinstance(visit, Visit) else visit
            if found is None:
                assert isinstance(visit, Visit)
                yield visit
                return
        except ReadError as error:
            yield error
            return
        yield from self._pages(address, found)

    def _pages(self, address: str, found: Listing) -> Iterator[Visit | ReadError]:
        listed: dict[Source, Listed] = {}
        for item in self._listed(address, found):
            if isinstance(item, ReadError):
                yield item
                continue
            # What a stranger's feed lists is an address or nothing: never a path on this machine.
            source = readers.address(item.address)
            if isinstance(source, ReadError):
                yield source
            else:
                listed.setdefault(source, item)
        if len(listed) > self._most:
            more = f"it lists {len(listed)} pages; the first {self._most} are read (web_pages in the settings)"
            yield ReadError(f"{address}#{self._most + 1}", more)
        for source, item in islice(listed.items(), self._most):
            try:
                yield self._page(source, item)
            except ReadError as error:
                yield error

    def _listed(self, address: str, found: Listing) -> Iterator[Listed | ReadError]:
        """The pages of a listing and of the sitemaps in it; an index within an index is not followed."""
        yield from found.pages
        for sitemap in found.sitemaps[:_MOST_SITEMAPS]:
            try:
                source = readers.address(sitemap)
                if isinstance(source, ReadError):
                    raise source
                within = self._visit(source, None)
                inner = self._listing(within) if isinstance(within, Visit) else within
                if inner is None:
                    raise ReadError(sitemap, "no sitemap, though the index lists it as one")
                yield from inner.pages
            except ReadError as error:
                yield error
        if len(found.sitemaps) > _MOST_SITEMAPS:
            yield ReadError(address, f"it lists {len(found.sitemaps)} sitemaps; the first {_MOST_SITEMAPS} are read")

    def _page(self, source: Source, listed: Listed) -> Visit:
        visit = self._visit(source, listed)
        if isinstance(visit, Listing) or (visit.page and listing(visit.page)):
            raise ReadError(source.location, "a feed or sitemap that another lists; name it to have it read")
        return visit

    def _visit(self, source: Source, listed: Listed | None) -> Visit | Listing:
        """Ask for a page, unless nothing can have changed. Gives the listing kept of a feed that has not changed."""
        address = source.location
        before = self._catalog.file(address)
        kept = pages.kept(self._catalog, address)
        if kept and (kept.basis != self._basis or (before is None and kept.listed is None)):
            kept = None
        if kept and before and listed and listed.changed and listed.changed == kept.changed:
            return Visit(source, before[0], None, None, listed)
        self._tell(address)
        page = self._asked().get(address, Validators(kept.etag, kept.modified) if kept else Validators())
        changed = listed.changed if listed else None
        if page is None:
            assert kept is not None
            if kept.listed is not None:
                return _from_json(kept.listed)
            assert before is not None
            return Visit(source, before[0], None, replace(kept, changed=changed), listed)
        digest = hashlib.sha256(f"{self._basis} {page.media_type} {page.encoding}\n".encode() + page.body).hexdigest()
        keep = KeptPage(address, page.validators.etag, page.validators.modified, changed, self._basis, None)
        return Visit(source, digest, page, keep, listed)

    def _listing(self, visit: Visit) -> Listing | None:
        found = listing(visit.page) if visit.page else None
        if found is not None and visit.keep:
            pages.keep(self._catalog, replace(visit.keep, listed=json.dumps(asdict(found))))
        return found

    def _asked(self) -> Visitor:
        if self._visitor is None:
            self._visitor = Visitor(
                self._inside, self._delay, waiting=lambda host, s: self._tell(f"waiting {s:.0f} s for {host}")
            )
        return self._visitor


def _from_json(text: str) -> Listing:
    found = json.loads(text)
    return Listing(tuple(Listed(**page) for page in found["pages"]), tuple(found["sitemaps"]))


def _filled(article: Article, listed: Listed, context: Context) -> Article:
    return replace(
        article,
        title=article.title or listed.title,
        byline=article.byline or listed.byline,
        outlet=article.outlet or listed.outlet,
        published=article.published or parse_date(listed.published, context),
        language=article.language or (listed.language.split("-")[0].lower() if listed.language else None),
    )
