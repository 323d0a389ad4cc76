"""A site of this machine, and visitors that may go there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from rag.readers.web import Visitor
from tests.site import Site, running

Visitors = Callable[..., Visitor]


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as found:
        yield found


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def waits() -> list[float]:
    """Seconds that visitors would have waited."""
    return []


@pytest.fixture
def visitors(waits: list[float]) -> Iterator[Visitors]:
    """Makes visitors that may go to 127.0.0.1 and do not really wait."""
    with ExitStack() as stack:

        def made(inside: tuple[str, ...] = ("127.0.0.1",), delay: float = 0.0, **more: Any) -> Visitor:
            return stack.enter_context(Visitor(inside, delay, sleep=waits.append, **more))

        yield made
