"""Getting a page from the web. Happens only for addresses that the user names."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.errors import ReadError

if TYPE_CHECKING:
    import httpx

USER_AGENT = "newsroom-rag"
TIMEOUT = 20.0  # seconds for each wait on the server
DEADLINE = 120.0  # seconds for the whole page, so that a dripping server does not hold up an ingest
LARGEST = 25 * 2**20  # bytes, unpacked
MOST_REDIRECTS = 5

_STATUS = {
    401: "it asks for a login",
    403: "it does not allow reading this page",
    404: "there is no such page",
    410: "the page has been removed",
    429: "too many requests; try again later",
}
_WORTH_A_RETRY = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Page:
    """What a server sent. `media_type` is in lower case, "" if the server named none; so is `encoding` None."""

    body: bytes
    media_type: str
    encoding: str | None


def fetch(url: str) -> Page:
    """The page at `url` (http or https), redirects followed.

    Raises ReadError naming `url` when it cannot be had; `retry` says whether another time may do.
    """
    import httpx

    try:
        with (
            httpx.Client(follow_redirects=True, max_redirects=MOST_REDIRECTS, timeout=TIMEOUT) as client,
            client.stream("GET", url, headers={"User-Agent": USER_AGENT}) as response,
        ):
            if response.status_code != 200:
                raise _refused(url, response)
            media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            return Page(_body(url, response), media_type, response.charset_encoding)
    except httpx.TooManyRedirects as error:
        raise ReadError(url, f"more than {MOST_REDIRECTS} redirects") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise ReadError(url, f"not an http or https address: {error}") from error
    except httpx.TimeoutException as error:
        raise _later(ReadError(url, f"the server did not answer within {TIMEOUT:.0f} seconds")) from error
    except httpx.ConnectError as error:
        raise _later(ReadError(url, f"no connection to the server; is this machine online? ({error})")) from error
    except httpx.HTTPError as error:
        raise _later(ReadError(url, f"the connection broke: {error or type(error).__name__}")) from error


def _body(url: str, response: httpx.Response) -> bytes:
    body = bytearray()
    begun = time.monotonic()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LARGEST:
            raise ReadError(url, f"larger than {LARGEST >> 20} MB")
        if time.monotonic() - begun > DEADLINE:
            raise _later(ReadError(url, f"not there after {DEADLINE:.0f} seconds"))
    return bytes(body)


def _refused(url: str, response: httpx.Response) -> ReadError:
    code = response.status_code
    reason = _STATUS.get(code, response.reason_phrase or "no reason given")
    error = ReadError(url, f"the server answers {code}: {reason}")
    return _later(error) if code in _WORTH_A_RETRY else error


def _later(error: ReadError) -> ReadError:
    error.retry = True
    return error
