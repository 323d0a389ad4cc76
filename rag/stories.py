"""Whether two articles are one story in nearly the same words: a reprint, or an updated version under another URL.

What is compared are runs of five words (shingles) and figures, never meaning: two reporters' articles on one event
share few runs, while a reprint keeps its own. Candidates are found by MinHash and locality-sensitive hashing
(Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3; signatures by datasketch), and
each is then decided exactly by `same_story`.

Signatures and bands are stored. A change to anything that they depend on needs a migration that takes the stored ones
away and marks every article as due.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from datasketch import MinHash
    from numpy.typing import NDArray

# A figure with its separators; one character of the scripts that write no spaces; any other word.
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W\d\u3040-\u30ff\u3400-\u9fff]+")
_RUN = 5  # words a shingle: three-word runs are shared by articles that have only their subject in common

# Below this many shingles two articles are never one story: a brief is mostly formula.
SHORTEST = 40
# A reprint is cut and an update grows, so most of the shorter must stand in the longer. At least half of the longer
# must be shared too: then no digest can tie two articles to it that have nothing in common.
OF_SHORTER = 0.7
OF_LONGER = 0.5
# A series (quarterly results, price lists) repeats its words and changes its figures; a reprint keeps them.
OF_FIGURES = 0.6

PERMUTATIONS = 128
# datasketch's choice for a Jaccard index of 0.3, a missed pair weighing four times a candidate in vain. A pair that
# just passes has 0.41 and is found with probability 1 - (1 - 0.41³)⁴² = 0.95; one of 0.5 with 0.996.
BANDS, ROWS = 42, 3
_HOPELESS = 0.25  # estimated Jaccard index; its standard deviation at 0.41 is √(0.41·0.59/128) = 0.043


@dataclass(frozen=True, slots=True)
class Print:
    """What of an article's text is compared: its distinct shingles and figures."""

    shingles: frozenset[str]
    figures: frozenset[str]


def words(text: str) -> list[str]:
    """The words and figures of a text in order, without regard to case and punctuation."""
    return _WORD.findall(text.casefold())


def figures(tokens: list[str]) -> frozenset[str]:
    """Those of `words` that are figures."""
    return frozenset(token for token in tokens if token[0].isdigit())


def runs(tokens: list[str], length: int) -> frozenset[str]:
    """All runs of `length` words; the whole as one run where there are fewer."""
    if not tokens:
        return frozenset()
    return frozenset(" ".join(tokens[i : i + length]) for i in range(max(1, len(tokens) - length + 1)))


def printed(text: str) -> Print:
    """What of `text` is compared."""
    tokens = words(text)
    return Print(runs(tokens, _RUN), figures(tokens))


def same_story(a: Print, b: Print) -> bool:
    """Whether one is a reprint or another version of the other, decided exactly and without regard to order."""
    shorter, longer = sorted((a, b), key=lambda p: len(p.shingles))
    if len(shorter.shingles) < SHORTEST:
        return False
    shared = len(shorter.shingles & longer.shingles)
    if shared < OF_SHORTER * len(shorter.shingles) or shared < OF_LONGER * len(longer.shingles):
        return False
    fewer = min(len(a.figures), len(b.figures))
    return len(a.figures & b.figures) >= OF_FIGURES * fewer


def signature(print_: Print) -> NDArray[np.uint32] | None:
    """The MinHash of an article, shape (PERMUTATIONS,); None where it is too short to be compared."""
    if len(print_.shingles) < SHORTEST:
        return None
    minhash = _blank().copy()
    minhash.update_batch([shingle.encode("utf-8", "surrogatepass") for shingle in print_.shingles])
    values: NDArray[np.uint32] = minhash.hashvalues.astype("<u4")
    return values


def bands(values: NDArray[np.uint32]) -> list[int]:
    """One signed 64-bit bucket for each band of a signature; articles that share a bucket are candidates."""
    return [
        int.from_bytes(
            hashlib.blake2b(bytes([i]) + values[i * ROWS : (i + 1) * ROWS].tobytes(), digest_size=8).digest(),
            "little",
            signed=True,
        )
        for i in range(BANDS)
    ]


def hopeless(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> bool:
    """Whether two signatures are so far apart that the texts need not be read: they share boilerplate at most."""
    return int((a == b).sum()) < _HOPELESS * PERMUTATIONS


@lru_cache(maxsize=1)
def _blank() -> MinHash:
    # Made once: drawing the permutations costs more than using them. CRC-32 is enough, datasketch mixes it again.
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, seed=1, scheme="affine32", hashfunc=zlib.crc32)
