"""What the model servers share: one streaming request, with errors that say what to do."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from rag.errors import WriterFailed

_SLOW = "Set writer_timeout higher, answer_tokens lower, or choose a smaller model."
_ITS_LOG = "Its own log may tell why."


def lines(
    url: str,
    body: dict[str, Any],
    *,
    timeout: float,
    running: str,
    refused: str,
    headers: dict[str, str] | None = None,
) -> Iterator[str]:
    """Lines of the answer to a POST; closing the iterator hangs up, which stops the server's work.

    `timeout` seconds are the longest silence, and what the whole may take when the next line comes. Raises
    WriterFailed with the hint `running` if the server cannot be reached, `refused` if it answers with an error.
    """
    import httpx

    deadline = time.monotonic() + timeout
    late = WriterFailed(f"{url} had not ended after {timeout:.0f} seconds", hint=_SLOW)
    try:
        with (
            httpx.Client(
                timeout=httpx.Timeout(timeout, connect=min(10.0, timeout)), trust_env=not _is_here(httpx.URL(url).host)
            ) as client,
            client.stream("POST", url, json=body, headers=headers) as response,
        ):
            if response.status_code >= 400:
                raise WriterFailed(
                    f"{url} answers {response.status_code}: {said(response.read())}",
                    hint=refused,
                    retry=response.status_code >= 500 or response.status_code == 429,
                )
            for line in response.iter_lines():
                if time.monotonic() > deadline:
                    raise late
                yield line
    except httpx.ConnectTimeout as error:
        raise WriterFailed(f"{url} cannot be reached: no connection in time", hint=running) from error
    except httpx.TimeoutException as error:
        raise late from error
    except (httpx.ReadError, httpx.RemoteProtocolError) as error:
        raise WriterFailed(f"{url} broke off: {error}", hint=_ITS_LOG) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise WriterFailed(f"{url} cannot be reached: {error}", hint=running) from error


def pieces(source: Iterator[str], parse: Callable[[str], tuple[str, bool]], where: str) -> Iterator[str]:
    """The text in each line; `parse` gives it with whether that was the last.

    Raises WriterFailed for a line that is not understood, and for an answer without an end.
    """
    with closing(source):  # type: ignore[type-var]
        for line in source:
            if not line.strip():
                continue
            try:
                text, last = parse(line)
            except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
                raise WriterFailed(f"{where} sent what is no answer: {line[:200]}", retry=False) from error
            if text:
                yield text
            if last:
                return
    raise WriterFailed(f"{where} broke off in the middle of the answer", hint=_ITS_LOG)


def said(body: bytes | str | dict[str, Any]) -> str:
    """What a server means by an error: its message if it is in one of the usual places, else the beginning of all."""
    try:
        found = body if isinstance(body, dict) else json.loads(body)
        while isinstance(found, dict):
            found = found.get("error") or found.get("message") or found["detail"]
    except (ValueError, KeyError):
        found = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    return " ".join(str(found).split())[:300]


def _is_here(host: str) -> bool:
    # What is asked of this machine never goes by a proxy; what is asked of another may have to.
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
