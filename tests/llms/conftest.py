"""The tiny model that the tests of the engine and of the contract share."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import models
from rag.errors import PackUnavailable


@pytest.fixture(scope="session")
def small_model() -> Path:
    """The GGUF file of the tiny writer; fetched the first time."""
    try:
        folder = models.ensure("smollm2-135m", why="the tests of the engine")
    except PackUnavailable as error:
        pytest.skip(f"no model pack: {error}")
    return folder / models.find("smollm2-135m").files[0].name
