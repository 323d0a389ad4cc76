"""One page from the web, only when the user gives its address."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from rag.errors import ReadError
from rag.readers.base import Context
from rag.types import Article

_TIMEOUT = 20.0  # seconds
_LARGEST = 25 * 2**20  # bytes


def fetch(url: str, context: Context) -> Iterator[Article | ReadError]:
    """What the page at `url` holds, by its media type. Raises ReadError for everything that goes wrong."""
    import httpx

    from rag import readers
    from rag.readers import html

    try:
        with (
            httpx.Client(follow_redirects=True, max_redirects=5, timeout=_TIMEOUT) as client,
            client.stream("GET", url, headers={"User-Agent": "newsroom-rag"}) as response,
        ):
            if response.status_code >= 400:
                raise ReadError(url, f"the server answers {response.status_code} {response.reason_phrase}")
            data = b""
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > _LARGEST:
                    raise ReadError(url, f"larger than {_LARGEST >> 20} MiB")
            media = response.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
            final = str(response.url)
    except httpx.HTTPError as error:
        raise ReadError(url, f"cannot be fetched: {error or type(error).__name__}") from error
    except httpx.InvalidURL as error:
        raise ReadError(url, f"not an address: {error}") from error
    if media in html.MEDIA_TYPES:
        yield html.parse(data, url, context, url=final)
        return
    reader = next((r for r in readers.discovered().values() if media in r.MEDIA_TYPES), None)
    if reader is None:
        raise ReadError(url, f"no reader for {media}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"page{reader.SUFFIXES[0]}"
        path.write_bytes(data)
        yield from reader.read(path, url, context)
