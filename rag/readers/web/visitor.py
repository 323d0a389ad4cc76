"""Getting pages: one visitor a run, who remembers each site's rules and when it was last asked."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from rag.errors import ReadError
from rag.readers.web.inside import InsideError, Resolve, resolve
from rag.readers.web.pages import NOTHING_KNOWN, USER_AGENT, Page, Validators
from rag.readers.web.robots import LONGEST_PAUSE, Pace, Robots, Waiting

if TYPE_CHECKING:
    import httpx

_T = TypeVar("_T")

TIMEOUT = 20.0  # seconds for each wait on the server
DEADLINE = 120.0  # seconds for one answer, so that a dripping server does not hold up an ingest
LARGEST = 25 * 2**20  # bytes, unpacked
LARGEST_ROBOTS = 500 * 2**10  # bytes; what is beyond is not read (RFC 9309)
MOST_REDIRECTS = 5
ATTEMPTS = 3
_BACKOFF = 1.0  # seconds, doubled each time, half of it by chance

_STATUS = {
    401: "it asks for a login",
    403: "it does not allow reading this page",
    404: "there is no such page",
    410: "the page has been removed",
    429: "too many requests; try again later",
}
_WORTH_A_RETRY = frozenset({408, 425, 429, 500, 502, 503, 504})
_PACKED = "gzip, deflate"  # others unpack without bounds: a small answer could fill the memory


class _Later(ReadError):
    """What another attempt may mend; `after` is when the server wants it, in seconds, None if it does not say."""

    retry = True

    def __init__(self, url: str, reason: str, after: float | None = None) -> None:
        super().__init__(url, reason)
        self.after = after


class Visitor:
    """Asks for pages. Use as a context manager, or call `close`.

    inside: hosts inside the network that may be asked all the same.
    delay: seconds between two requests to a host, if its robots.txt does not want more.
    waiting: told of each wait, with the host and the seconds.
    resolve, sleep: what looks names up and what waits.
    """

    def __init__(
        self,
        inside: Collection[str] = (),
        delay: float = 1.0,
        *,
        waiting: Waiting = lambda host, seconds: None,
        resolve: Resolve = resolve,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import httpx

        from rag.readers.web.transport import Transport

        self._transport = Transport([host.lower() for host in inside], resolve)
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": _PACKED}
        self._client = httpx.Client(
            transport=self._transport, timeout=TIMEOUT, headers=headers, max_redirects=MOST_REDIRECTS
        )
        self._pace = Pace(delay, waiting, sleep)
        self._robots = Robots(self._robots_txt)

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def get(self, url: str, known: Validators = NOTHING_KNOWN) -> Page | None:
        """The page at `url` (http or https), redirects followed; None if it is still the one that `known` tells.

        Raises ReadError naming `url` when it cannot be had; `retry` says whether another time may do.
        """
        return self._patiently(url, lambda: self._once(url, known))

    def _patiently(self, url: str, once: Callable[[], _T]) -> _T:
        """What `once` gives, tried again after what may pass; waits as long as the server asks, within bounds."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return once()
            except _Later as error:
                backoff = _BACKOFF * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)
                wait = backoff if error.after is None else error.after
                if attempt == ATTEMPTS:
                    raise
                if wait > LONGEST_PAUSE:
                    raise ReadError(url, f"{error.message}; it asks to wait {wait:.0f} seconds", retry=True) from error
                self._pace.rest(url, wait)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, url: str, known: Validators) -> Page | None:
        with _named(url):
            request: httpx.Request | None = self._client.build_request("GET", url, headers=known.headers())
            for _ in range(MOST_REDIRECTS + 1):
                assert request is not None
                self._allowed(url, request)
                response = self._send(request)
                try:
                    if not response.has_redirect_location:
                        return self._page(url, response, known)
                    request = response.next_request
                finally:
                    response.close()
            raise ReadError(url, f"more than {MOST_REDIRECTS} redirects")

    def _allowed(self, url: str, request: httpx.Request) -> None:
        """Wait for the host's turn. Raises ReadError if the site does not want this page to be read."""
        target = str(request.url)
        try:
            self._pace.keep(target, self._robots.pause(target))
        except ReadError as error:
            where = "" if target == url else f"it leads to {target}: "
            raise ReadError(url, f"{where}{error.message}", retry=error.retry) from error

    def _send(self, request: httpx.Request, *, redirects: bool = False) -> httpx.Response:
        self._transport.until(time.monotonic() + DEADLINE)
        return self._client.send(request, stream=True, follow_redirects=redirects)

    def _page(self, url: str, response: httpx.Response, known: Validators) -> Page | None:
        if response.status_code == 304 and known.headers():
            return None
        if response.status_code != 200:
            raise _refused(url, response)
        headers = response.headers
        packed = headers.get("content-encoding", "identity").lower()
        if packed not in ("identity", "gzip", "x-gzip", "deflate"):
            raise ReadError(url, f"packed as {packed}, which was not asked for")
        body = _body(response, LARGEST)
        if len(body) > LARGEST:
            raise ReadError(url, f"larger than {LARGEST >> 20} MB")
        return Page(
            url=str(response.url),
            body=body,
            media_type=headers.get("content-type", "").partition(";")[0].strip().lower(),
            encoding=response.charset_encoding,
            validators=Validators(headers.get("etag"), headers.get("last-modified")),
        )

    def _robots_txt(self, url: str) -> str:
        return self._patiently(url, lambda: self._robots_once(url))

    def _robots_once(self, url: str) -> str:
        import httpx

        with _named(url):
            try:
                response = self._send(self._client.build_request("GET", url), redirects=True)
            except httpx.TooManyRedirects:
                return ""
            try:
                if response.status_code in _WORTH_A_RETRY or response.status_code >= 500:
                    raise _refused(url, response)
                found = _body(response, LARGEST_ROBOTS) if response.status_code == 200 else b""
            finally:
                response.close()
        return found[:LARGEST_ROBOTS].decode("utf-8-sig", "replace")


@contextmanager
def _named(url: str) -> Iterator[None]:
    """What goes wrong on the way, as a ReadError that names the page."""
    import httpx

    try:
        yield
    except InsideError as error:
        raise ReadError(url, f"{error}; if it may be read, name its host in the setting web_inside") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise ReadError(url, f"not an http or https address: {error}") from error
    except httpx.TimeoutException as error:
        raise _Later(url, f"not there in time ({TIMEOUT:.0f} seconds a wait, {DEADLINE:.0f} in all)") from error
    except httpx.ConnectError as error:
        raise _Later(url, f"no connection to the server; is this machine online? ({error})") from error
    except httpx.HTTPError as error:
        raise _Later(url, f"the connection broke: {error or type(error).__name__}") from error


def _body(response: httpx.Response, most: int) -> bytes:
    """The body, unpacked; cut soon after `most` bytes."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > most:
            break
    return bytes(body)


def _refused(url: str, response: httpx.Response) -> ReadError:
    code = response.status_code
    reason = f"the server answers {code}: {_STATUS.get(code, response.reason_phrase or 'no reason given')}"
    if code not in _WORTH_A_RETRY:
        return ReadError(url, reason)
    return _Later(url, reason, _seconds(response.headers.get("retry-after")))


def _seconds(retry_after: str | None) -> float | None:
    """What a Retry-After header says, a number of seconds or a date, as seconds from now; None if it says neither."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
