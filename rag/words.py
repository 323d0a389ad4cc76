"""Words as the ranking compares them: lower case, without accents and endings, as 32-bit numbers.

`stemmed` cuts endings by Porter's rules (Porter 1980), as the full-text index does, so that both mean the same words.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint32]

# An apostrophe belongs to a word before an ending ("council's", "don't") and parts two words elsewhere ("O'Neill").
WORD = re.compile(r"[^\W_]+(?:['’](?:s|t|m|d|re|ve|ll)(?![^\W_]))?", re.IGNORECASE)
STOPWORDS = frozenset(
    "a about above after again all also am an and any are as at be because been before being below between both but "
    "by can could did do does doing down during each few for from further had has have having he her here hers him "
    "his how i if in into is it its itself just me more most my no nor not now of off on once only or other our out "
    "over own please same she should so some such tell than that the their them then there these they this those "
    "through to too under until up us very was we were what when where which while who whom whose why will with "
    "would you your according article articles say says said".split()
)
_lock = Lock()  # a stemmer keeps state


def bare(word: str) -> str:
    """A word without an apostrophe and what follows it, which says nothing."""
    return re.split(r"['’]", word)[0]


@lru_cache(maxsize=200_000)
def stemmed(word: str) -> str:
    """The stem of one word; one of two letters ("US") is its own, as in the full-text index."""
    plain = "".join(c for c in unicodedata.normalize("NFD", bare(word).lower()) if not unicodedata.combining(c))
    if len(plain) <= 2:
        return plain
    with _lock:
        stem: str = _stemmer().stemWord(plain)
    return stem


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("porter")


@lru_cache(maxsize=200_000)
def _hash(word: str) -> int:
    return zlib.crc32(stemmed(word).encode())


def words(text: str) -> list[str]:
    """The words of a text in order, as written. Accents are joined to their letters first, or they would part words."""
    return WORD.findall(unicodedata.normalize("NFC", text))


def hashes(text: str) -> Hashes:
    """The words of a text in order, small ones too."""
    return np.array([_hash(word) for word in words(text)], np.uint32)


def hashed(stems: Sequence[str]) -> Hashes:
    """Stems as the numbers that `hashes` gives for their words."""
    return np.array([zlib.crc32(stem.encode()) for stem in stems], np.uint32)
