"""How likely each sentence of the evidence holds what is asked.

Figures of each sentence — what ranking has read of it already (`rag.retrieve.within`), what reading it together with
the question found (`rag.pertinence`), its place, and whether it has the kind of thing that is asked for — are weighed
by a logistic regression. `likely.json` says what its weights were fitted on, and by which command. It holds them twice:
with another embedder than the default one nothing is read together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.retrieve import Found
from rag.retrieve.within import Within
from rag.types import Hit

Floats = NDArray[np.float64]
Read = NDArray[np.float32]

FILE = Path(__file__).with_suffix(".json")
NAMES = (
    "near",  # see `Within` for the first four
    "near_part",
    "held",
    "held_part",
    "held, sentence before",
    "held, sentence after",
    "near, sentence before",
    "near, sentence after",
    "held, best of the passage",
    "near, best of the passage",
    "log of the passage's rank",
    "log of the passage's score",
    "first passage of its article",
    "has what the question's kind asks for",
    "has quotation marks",
)
READ = ("read", "read, sentence before", "read, sentence after", "read, best of the passage", "read, log of its rank")
_QUOTATION = re.compile('["“]')
# What kind of thing a question asks for, and what a sentence that gives it has.
_KINDS = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(given, flags))
    for asked, given, flags in (
        (
            r"\bhow (?:many|much|long|large|big|far|high|old|often)\b|\bwhat (?:share|percentage|percent|price|figure|"
            r"number|revenue)\b|\bby what\b",
            r"\d",
            0,
        ),
        (
            r"\bwhen\b|\b(?:what|which) (?:date|month|year|day)\b",
            r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tues|wednes|thurs|fri|satur|sun)[a-z]*\b|\b\d{4}\b",
            re.IGNORECASE,
        ),
        (
            r"\bwhy\b|\breason\b|\bgrounds\b|\bexplain",
            r"\b(?:because|since|due|so that|reason|after|owing|to avoid|blam)",
            re.IGNORECASE,
        ),
        (r"\b(?:say|said|told|comment|argue|warn|explain|according)\b", r"[\"“”]|\bsaid\b|\btold\b", 0),
        (r"\bwho\b", r"[a-z] [A-Z][a-z]+ [A-Z][a-z]+", 0),
    )
)


@dataclass(frozen=True, slots=True)
class Likely:
    """The log-odds of each sentence of each hit, arrays of shape (S,)."""

    hits: Sequence[Hit]
    odds: Sequence[Floats]

    def likeliest(self) -> list[tuple[float, Hit, tuple[int, int]]]:
        """Every sentence with its log-odds, hit and place, the likeliest first."""
        places = [
            (odds, hit, span)
            for hit, own in zip(self.hits, self.odds, strict=True)
            for odds, span in zip(own.tolist(), hit.sentences, strict=True)
        ]
        return sorted(places, key=lambda place: -place[0])


@dataclass(frozen=True, slots=True)
class Weighed:
    """A sentence of the evidence, with its figures by name: those of READ are there if it was read together.

    odds: the log-odds that come of them.
    """

    text: str
    figures: Mapping[str, float]
    odds: float


def weighed(question: str, found: Found, read: Sequence[Read] | None) -> list[Weighed]:
    """Every sentence of the evidence, in order."""
    names, weights, bias = _line(read)
    texts = [hit.text[a - hit.start : b - hit.start] for hit in found.hits for a, b in hit.sentences]
    rows = [row for table in figures(question, found, read) for row in table]
    return [
        Weighed(text, dict(zip(names, row.tolist(), strict=True)), float(row @ weights + bias))
        for text, row in zip(texts, rows, strict=True)
    ]


def likely(question: str, found: Found, read: Sequence[Read] | None) -> Likely:
    """How likely each sentence holds what is asked. `read`: see `rag.pertinence`."""
    _, weights, bias = _line(read)
    return Likely(found.hits, [table @ weights + bias for table in figures(question, found, read)])


def _line(read: Sequence[Read] | None) -> tuple[Sequence[str], Floats, float]:
    """The names of the figures, their weights, and the bias."""
    shipped = _shipped()["unread" if read is None else "read"]
    names = NAMES if read is None else (*NAMES, *READ)
    return names, np.array([shipped[name] for name in names]), shipped["bias"]


@cache
def _shipped() -> Mapping[str, Mapping[str, float]]:
    found: Mapping[str, Mapping[str, float]] = json.loads(FILE.read_text("utf-8"))
    return found


def figures(question: str, found: Found, read: Sequence[Read] | None) -> list[Floats]:
    """The figures of each sentence of each hit, shape (S, names): NAMES, and with `read` READ."""
    kinds = [given for asked, given in _KINDS if asked.search(question)]
    tables = [_figures(hit, found.within.get(hit.passage_id), kinds) for hit in found.hits]
    if read is None:
        return tables
    every = np.concatenate([np.asarray(own, float) for own in read]) if read else np.empty(0)
    ranks = np.log1p((-every).argsort().argsort())
    cuts = np.cumsum([0, *map(len, read)])
    return [
        np.column_stack([table, _read(np.asarray(own, float), ranks[start:end])])
        for table, own, start, end in zip(tables, read, cuts, cuts[1:], strict=False)
    ]


def _figures(hit: Hit, within: Within | None, kinds: Sequence[re.Pattern[str]]) -> Floats:
    texts = [hit.text[start - hit.start : end - hit.start] for start, end in hit.sentences]
    count = len(texts)
    known = [np.zeros(count)] * 4  # the passage has changed since it was found
    if within is not None and len(within.near) >= count:
        known = [
            np.asarray(each[:count], float) for each in (within.near, within.near_part, within.held, within.held_part)
        ]
    near, near_part, held, held_part = known
    return np.column_stack(
        [
            near,
            near_part,
            held,
            held_part,
            _shifted(held, 1),
            _shifted(held, -1),
            _shifted(near, 1),
            _shifted(near, -1),
            np.full(count, held.max(initial=0)),
            np.full(count, near.max(initial=-1)),
            np.full(count, np.log(hit.rank)),
            np.full(count, np.log(max(hit.score, 1e-4))),
            np.array([float(i == 0 and hit.start == 0) for i in range(count)]),
            np.array([float(any(kind.search(text) for kind in kinds)) for text in texts]),
            np.array([float(bool(_QUOTATION.search(text))) for text in texts]),
        ]
    )


def _read(own: Floats, ranks: Floats) -> Floats:
    best = np.full(len(own), own.max(initial=-9.0))
    return np.column_stack([own, _shifted(own, 1, -9.0), _shifted(own, -1, -9.0), best, ranks])


def _shifted(values: Floats, by: int, nothing: float = 0.0) -> Floats:
    """The value of the sentence before (by 1) or after (by -1), `nothing` where there is none."""
    moved = np.full_like(values, nothing)
    if by > 0:
        moved[by:] = values[:-by]
    else:
        moved[:by] = values[-by:]
    return moved
