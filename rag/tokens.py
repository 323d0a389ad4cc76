"""Counting tokens without the network: cl100k_base from the file that ships with llama-index-core.

A bare `tiktoken.get_encoding` downloads; the file is found without importing LlamaIndex, which takes most of a second.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from rag.errors import RagError

if TYPE_CHECKING:
    from tiktoken import Encoding

_ENCODING = "cl100k_base"
_CHUNK = 4000  # characters; the tokenizer's time grows with the square of a run without spaces
_lock = Lock()


@cache
def _encoding() -> Encoding:
    import tiktoken

    spec = find_spec("llama_index.core")
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise RagError("llama-index-core is not installed", hint="Run `make setup`.")
    folder = Path(places[0]) / "_static" / "tiktoken_cache"
    with _lock:  # tiktoken takes the folder from the environment only
        before = os.environ.get("TIKTOKEN_CACHE_DIR")
        os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
        try:
            return tiktoken.get_encoding(_ENCODING)
        finally:
            if before is None:
                del os.environ["TIKTOKEN_CACHE_DIR"]
            else:
                os.environ["TIKTOKEN_CACHE_DIR"] = before


def count(text: str) -> int:
    """Number of cl100k_base tokens. Text longer than 4,000 characters is counted in pieces: a few too many at most."""
    encoding = _encoding()
    return sum(len(encoding.encode_ordinary(text[i : i + _CHUNK])) for i in range(0, len(text), _CHUNK))


def counts(texts: list[str]) -> list[int]:
    """`count` of each text."""
    return [count(text) for text in texts]
