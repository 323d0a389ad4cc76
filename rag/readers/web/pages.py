"""What is asked of a server and what it gives: words that the other parts of this package share."""

from __future__ import annotations

from dataclasses import dataclass

USER_AGENT = "newsroom-rag"


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to recognise a page by (ETag and Last-Modified, as sent), None where it gave none."""

    etag: str | None = None
    modified: str | None = None

    def headers(self) -> dict[str, str]:
        """The request headers that ask for the page only if it has changed."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}


NOTHING_KNOWN = Validators()


@dataclass(frozen=True, slots=True)
class Page:
    """What a server sent. `url` is where it came from in the end, redirects followed.

    `media_type` is in lower case, "" if the server named none; so is `encoding` None.
    """

    url: str
    body: bytes
    media_type: str
    encoding: str | None
    validators: Validators
