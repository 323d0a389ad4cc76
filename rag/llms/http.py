"""What the model servers share: one streaming request, with errors that say what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from rag.errors import WriterFailed


def lines(
    url: str, body: dict[str, Any], *, timeout: float, hint: str, headers: dict[str, str] | None = None
) -> Iterator[str]:
    """Lines of the answer to a POST. Raises WriterFailed, with `hint`, for whatever goes wrong or takes too long."""
    import httpx

    deadline = time.monotonic() + timeout
    try:
        with (
            httpx.Client(timeout=httpx.Timeout(timeout, connect=min(10.0, timeout)), trust_env=False) as client,
            client.stream("POST", url, json=body, headers=headers) as response,
        ):
            if response.status_code >= 400:
                said = response.read().decode("utf-8", "replace").strip()[:300]
                raise WriterFailed(f"{url} answers {response.status_code}: {said}", hint=hint)
            for line in response.iter_lines():
                if time.monotonic() > deadline:
                    raise WriterFailed(f"{url}: no end after {timeout:.0f} seconds", hint=hint)
                yield line
    except httpx.TimeoutException as error:
        raise WriterFailed(f"{url} did not answer within {timeout:.0f} seconds", hint=hint) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise WriterFailed(f"{url} cannot be reached: {error}", hint=hint) from error


def pieces(source: Iterator[str], text_of: Callable[[str], str | None], where: str) -> Iterator[str]:
    """The text in each line; `text_of` gives None at the end. Raises WriterFailed for a line that is not understood."""
    try:
        for line in source:
            if not line.strip():
                continue
            try:
                text = text_of(line)
            except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
                raise WriterFailed(f"{where} sent what is no answer: {line[:200]}", retry=False) from error
            if text is None:
                return
            if text:
                yield text
    finally:
        source.close()  # type: ignore[attr-defined]
