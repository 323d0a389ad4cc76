"""Connections: to addresses that were judged, and for no longer than a request may take."""

from __future__ import annotations

import ssl
import time
import urllib.request
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

from rag.readers.web.inside import Resolve, checked


class Backend(httpcore.NetworkBackend):
    """Opens connections. `deadline` (seconds, as `time.monotonic` counts) ends every wait of all of them."""

    def __init__(self, allowed: Collection[str] | None, resolve: Resolve) -> None:
        self.deadline = float("inf")
        self._allowed = allowed
        self._resolve = resolve
        self._inner = httpcore.SyncBackend()

    def left(self, timeout: float | None) -> float:
        """How long a wait may still take. Raises httpcore.ReadTimeout if no time is left."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole took too long")
        return left if timeout is None else min(left, timeout)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to one of the host's addresses, judged first unless all are allowed."""
        try:
            judged = [host] if self._allowed is None else checked(host, port, self._allowed, self._resolve)
        except OSError as error:
            raise httpcore.ConnectError(f"no address for {host}: {error.strerror or error}") from error
        failed: Exception = httpcore.ConnectError(f"no address for {host}")
        for address in judged:
            try:
                stream = self._inner.connect_tcp(address, port, self.left(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _Stream(stream, self)
        raise failed


class _Stream(httpcore.NetworkStream):
    """A connection whose waits end with the backend's deadline."""

    def __init__(self, inner: httpcore.NetworkStream, backend: Backend) -> None:
        self._inner, self._backend = inner, backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._backend.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._backend.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._backend.left(timeout))
        return _Stream(inner, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Transport(httpx.BaseTransport):
    """What an httpx client sends with, in place of httpx's own, which looks names up by itself.

    Where the environment names a proxy for an address, the proxy makes the connection: what a name leads to is then
    its business, and only what can be seen from here is refused.
    """

    def __init__(self, allowed: Collection[str], resolve: Resolve) -> None:
        self._allowed, self._resolve = allowed, resolve
        self._context = httpx.create_ssl_context()
        self._direct = Backend(allowed, resolve)
        self._proxied = Backend(None, resolve)
        self._pools: dict[str | None, httpcore.ConnectionPool] = {}

    def until(self, deadline: float) -> None:
        """End every wait at `deadline`, as `time.monotonic` counts."""
        self._direct.deadline = self._proxied.deadline = deadline

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises InsideError before anything is sent to where it may not go."""
        url = request.url
        proxy = _proxy(url)
        if proxy:
            self._judge(url)
        with _translated():
            answer = self._pool(proxy).handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            status_code=answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions
        )

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()

    def _pool(self, proxy: str | None) -> httpcore.ConnectionPool:
        if proxy not in self._pools:
            backend = self._proxied if proxy else self._direct
            through = _through(proxy) if proxy else None
            self._pools[proxy] = httpcore.ConnectionPool(
                ssl_context=self._context, network_backend=backend, proxy=through
            )
        return self._pools[proxy]

    def _judge(self, url: httpx.URL) -> None:
        try:
            checked(url.host, url.port or 443, self._allowed, self._resolve)
        except OSError:  # names that only the proxy can look up
            return


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _translated():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def _proxy(url: httpx.URL) -> str | None:
    """The proxy that the environment names for an address."""
    if urllib.request.proxy_bypass(url.host):
        return None
    proxies = urllib.request.getproxies()
    found = proxies.get(url.scheme) or proxies.get("all")
    return found if not found or "://" in found else f"http://{found}"


def _through(proxy: str) -> httpcore.Proxy:
    if not proxy.startswith(("http://", "https://")):
        raise httpx.ProxyError(f"the environment names a proxy that is neither http nor https: {proxy.split('@')[-1]}")
    named = httpx.Proxy(proxy)  # takes name and password out of the address
    return httpcore.Proxy(str(named.url), auth=named.raw_auth, headers=named.headers.raw)


@contextmanager
def _translated() -> Iterator[None]:
    """httpcore's errors as those of httpx, which have the same names."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
        httpcore.ProxyError,
    ) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
