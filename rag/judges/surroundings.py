"""What stands around cited words and tells what they are about: the headline, the full names, the one period.

"Ostrella had spoken to three buyers" is of Ostrella Foods if the passage has that name; "in the three months" is the
third quarter if that is the only quarter that the passage and its headline speak of. Nothing else is taken from there.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rag.judges import Cited
from rag.words import STOPWORDS

_NAME = re.compile(r"\b[^\W\d_a-z][\w'’-]*(?:\s+(?:of\s+)?[^\W\d_a-z][\w'’-]*)+")
_QUARTER = re.compile(r"\b(first|second|third|fourth)[\s-](?:quarter|half)\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def known(cited: Cited) -> str:
    """Headline, outlet and byline; the passage's names that the cited words use in part; its quarter if it has one."""
    parts = [part for part in (cited.title, cited.outlet, cited.byline) if part]
    if cited.passage:
        parts += _meant(_words(cited.quote), _names(cited.passage))
        quarters = {
            m[0].casefold().replace("-", " ") for m in _QUARTER.finditer(f"{cited.title or ''}\n{cited.passage}")
        }
        parts += quarters if len(quarters) == 1 else ()
    return "\n".join(parts)


def _meant(quoted: set[str], names: list[str]) -> list[str]:
    """The names of which the quoted words use a part that belongs to no other name: "Marsh" may be either of two."""
    found = []
    for name in names:
        used = quoted & _words(name)
        rivals = [other for other in names if other not in name and name not in other]
        if used and not any(used <= _words(other) for other in rivals):
            found.append(name)
    return found


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text) if word.casefold() not in STOPWORDS}


def _names(passage: str) -> list[str]:
    return list(dict.fromkeys(" ".join(match.group().split()) for match in _NAME.finditer(passage)))
