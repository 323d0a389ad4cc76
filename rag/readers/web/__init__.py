"""The web, as far as the user names addresses: pages, and the feeds and sitemaps that list pages.

A page is asked for politely (robots.txt, a pause between two requests to a host, nothing sent again that has not
changed) and warily (no machine inside the network unless the settings name it; limits on size, time and redirects).
"""

from __future__ import annotations

from rag.readers.web.listings import Listed, Listing, listing
from rag.readers.web.pages import USER_AGENT, Page, Validators
from rag.readers.web.visitor import Visitor

__all__ = ["USER_AGENT", "Listed", "Listing", "Page", "Validators", "Visitor", "listing"]
