"""Words that change what a sentence claims without naming anything: who says so, whether it is certain, how much of it.

A kind is a set of words and turns of phrase. A claim that loses a kind which its evidence has, or adds one that its
evidence has not, may still be right; the calibration says how often.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

_KINDS = {
    # who says so
    "said": "said says say saying told tells according announced announces stated (?-i:states) reported reports added "
    "adds explained argues argued wrote (?<!\\bis\\s)(?<!was\\s)(?<!are\\s)(?<!were\\s)called(?!\\soff\\b) calls "
    "described comment commented quoted",
    "alleged": "alleg\\w+ claim claims claimed accus\\w+ suspect\\w* charged(?!\\s[\\d$€£]) prosecut\\w+ indict\\w* "
    "plead\\w* pleaded complain\\w* testif\\w+ supposed\\w* reportedly purported\\w*",
    "denied": "den(?:y|ies|ied|ying|ials?) reject\\w* disput\\w+ contest\\w* contradict\\w* refut\\w+",
    # how certain
    "expected": "expect\\w* forecast\\w* predict\\w* project(?:ed|s|ion|ions) estimat\\w+ hop(?:e|es|ed|ing) fear\\w* "
    "warn\\w* believ\\w+ think thinks thought likely",
    "planned": "plan plans planned planning propos\\w+ intend\\w* intention aim aims aimed consider\\w* due will would "
    "shall going set scheduled wants? wanted to-be next(?!\\sto\\b) upcoming future",
    "possible": "(?-i:may) might could can possib\\w+ potential\\w* perhaps if unless whether provided depend\\w* "
    "subject condition\\w* should",
    # how much of it
    "up_to": "up as many much maximum most nearly almost about around roughly approximately some several "
    "part partly half majority least minimum more over fewer less only",
    # turned round
    "not": "not n't no never without none nor neither nobody nothing cannot fail\\w* refus\\w+ deni\\w+ deny\\w* "
    "against except\\w* lack\\w* unable stop\\w* longer reject\\w* exclu\\w+ avoid\\w* unchanged",
    # beyond all others
    "superlative": "first largest biggest highest lowest smallest best worst record only all every always never "
    "unique unprecedented sole entire\\w* whole everyone everybody any most fastest longest oldest youngest newest "
    "latest last greatest leading top ever complete\\w* total\\w* full\\w* exclusively",
    # why
    "cause": "because due since after following led leads leading cause\\w* result\\w* therefore thanks owing "
    "blame\\w* reason\\w* prompt\\w* forc\\w+ over so consequently why despite",
    "compared": "more less fewer higher lower larger smaller than compared rose risen rise fell fallen fall "
    "increas\\w+ decreas\\w+ doubl\\w+ tripl\\w+ halv\\w+ grew grown up down twice half third quarter",
    # done, going on, over
    "begun": "begin\\w* began begun start\\w* open\\w* launch\\w* introduc\\w+ resum\\w+ return\\w* reopen\\w*",
    "ended": "end ends ended ending clos\\w+ finish\\w* complet\\w+ stop\\w* ceas\\w+ cancel\\w* shut\\w* over former "
    "no-longer until",
}  # fmt: skip
KINDS = tuple(_KINDS)
LOST = ("said", "alleged", "denied", "expected", "planned", "possible", "up_to", "not", "ended", "begun")
ADDED = (
    "said",
    "alleged",
    "denied",
    "expected",
    "planned",
    "not",
    "superlative",
    "cause",
    "compared",
    "ended",
    "begun",
)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {
        kind: re.compile(
            rf"\b(?:{'|'.join(words.split())})\b" + r"|n['’]t\b" * (kind == "not"),
            re.IGNORECASE,
        )
        for kind, words in _KINDS.items()
    }  # fmt: skip


@lru_cache(maxsize=8192)
def marks(text: str) -> frozenset[str]:
    """The kinds of marks that stand in a text."""
    return frozenset(kind for kind, pattern in _patterns().items() if pattern.search(text))


def found(kind: str, text: str) -> str:
    """The first mark of a kind in a text, as written; empty if there is none."""
    match = _patterns()[kind].search(text)
    return match.group() if match else ""
