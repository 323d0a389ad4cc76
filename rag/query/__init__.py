"""From a question to what is searched. No model is called on the way to the evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STOPWORDS = frozenset(
    "a about above after again all also am an and any are as at be because been before being below between both but "
    "by can could did do does doing down during each few for from further had has have having he her here hers him "
    "his how i if in into is it its itself just me more most my no nor not now of off on once only or other our out "
    "over own please same she should so some such tell than that the their them then there these they this those "
    "through to too under until up us very was we were what when where which while who whom whose why will with "
    "would you your according article articles say says said".split()
)
# Words that may begin a sentence and name nothing.
OPENING_WORDS = _STOPWORDS | frozenset(
    "additionally although among another around back besides compared currently despite earlier either elsewhere "
    "even finally first following for fourth furthermore given however including indeed instead it's last later "
    "like meanwhile moreover much nearly nevertheless next none nothing one overall previously recently second "
    "several similarly since still subsequently there's third though thus today together tomorrow two three four five "
    "six seven eight nine ten eleven twelve unlike within without yes yesterday yet".split()
)
_REFERS_BACK = re.compile(
    r"^\s*(?:and|but|so|or|what about|how about|why|who else)\b"
    r"|\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|this|that|these|those|there|then|one|ones)\b",
    re.IGNORECASE,
)
_FOLLOW_UP_WORDS = 9


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready: `text` to be embedded and answered, `match` for the full-text index."""

    text: str
    match: str


def terms(text: str) -> list[str]:
    """Words that carry meaning, lower-case, in order, once each; all words where there are no such."""
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(text)))
    return [word for word in words if word not in _STOPWORDS] or words


def stems(text: str) -> list[str]:
    """`terms` cut to five letters and without artefacts: deliver, delivered and deliveries become one."""
    return list(dict.fromkeys(term[:5] for term in terms(text)))


def understand(question: str, history: Sequence[str] = ()) -> Query:
    """Make a question ready for searching; `history` holds the earlier questions, oldest first.

    A short question that points back ("and in May?", "who said that?") is searched together with the one before.
    """
    text = " ".join(question.split())
    words = _WORD.findall(text)
    if history and len(words) <= _FOLLOW_UP_WORDS and _REFERS_BACK.search(text):
        text = f"{' '.join(history[-1].split())} {text}"
    return Query(text=text, match=" OR ".join(f'"{_bare(term)}"' for term in terms(text)))


def _bare(term: str) -> str:
    # The index drops an apostrophe and what stems from it; inside quotes it would ask for two words in a row.
    return re.split(r"['’]", term)[0]
