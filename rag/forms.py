"""Literal forms in text — numbers, dates, names, quotations — brought to one shape, so that they can be compared.

Numbers are in `figures`, dates in `days`; names and quotations here.
"""

from __future__ import annotations

import re

from rag import days
from rag.days import Date, dates, days_told
from rag.figures import CURRENCIES, Number, numbers

__all__ = [
    "CURRENCIES",
    "Date",
    "Number",
    "dates",
    "days_told",
    "exact",
    "names",
    "numbers",
    "quotations",
    "says",
    "smoothed",
]

# ‘…’ may hold apostrophes: it ends where no letter follows.
_QUOTED = re.compile(r"[\"“«]([^\"“”„«»]+)[\"”»]|„([^\"“”„«»]+)[“”\"]|(?<!\w)‘([^‘“”\"]+?)’(?!\w)", re.DOTALL)
# Of a quotation that a sentence cut: its beginning without an end, its end without a beginning.
_BEGUN = re.compile(r"(?:[“„«]|(?<!\w)\"(?=\w))(.+)$", re.DOTALL)
_ENDED = re.compile(r"([^“„«\"”»]*[^\s\d“„«\"”»])(?:[”»]|\"(?!\w))", re.DOTALL)
_ARTEFACT = re.compile(r"(?<=\w)\s+-\s+(?=\w)")
_SAME_MARKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " "})
_LETTER = r"[0-9A-Za-z\u00c0-\u052f]"  # of scripts that part words by spaces
_NAME = re.compile(r"[^\W\d_][\w'’.&-]*")


def quotations(text: str) -> list[str]:
    """What stands in quotation marks, without them; also where the text begins or ends within them."""
    found = list(_QUOTED.finditer(text))
    loose = _QUOTED.sub(lambda match: " " * len(match[0]), text)
    ended = _ENDED.match(loose)
    begun = _BEGUN.search(loose, ended.end() if ended else 0)
    cut = [match[1].strip() for match in (ended, begun) if match]
    return [next(filter(None, match.groups())) for match in found] + cut


def names(text: str) -> list[tuple[str, bool]]:
    """Capitalised words, each with whether it begins the sentence (and so may be no name at all).

    Possessive endings and full stops are taken off. Months, and "I", are no names; "Jan" and "April" before a name are.
    """
    found = []
    first = True
    dated = list(days.spans(text))
    for match in _NAME.finditer(text):
        word = re.sub(r"['’]s?$", "", match.group().rstrip(".'’-"))
        if word[:1].isupper() and word != "I" and not _month(word, match.start(), text, dated):
            found.append((word, first))
        first = text[match.end() : match.end() + 2].strip() in (":",) or text[match.end() : match.end() + 3] in (
            ': "',
            ', "',
        )
    return found


def _month(word: str, place: int, text: str, dated: list[tuple[int, int]]) -> bool:
    if word.lower() not in days.MONTHS:
        return False
    if any(start <= place < end for start, end in dated):
        return True
    after = text[place + len(word) :].lstrip(" ")
    return word.lower() in days.WHOLE_MONTHS and not after[:1].isupper()


def smoothed(text: str) -> str:
    """The text with one kind of quotation marks and dashes, single spaces, and "year - on - year" mended."""
    return re.sub(r"\s+", " ", _ARTEFACT.sub("-", text.translate(_SAME_MARKS))).strip()


def says(text: str, words: str) -> bool:
    """Whether `text` holds `words` byte for byte and as whole words: "she can" does not say "he can"."""
    before = f"(?<!{_LETTER})" if re.match(_LETTER, words) else ""
    after = f"(?!{_LETTER})" if re.search(f"{_LETTER}$", words) else ""
    return re.search(before + re.escape(words) + after, text) is not None


def exact(quotation: str, text: str) -> str | None:
    """The run of `text` that says `quotation` byte for byte, or the same but for marks, dashes and spaces.

    None if `text` does not say it. What comes back is always `text`'s own bytes.
    """
    if quotation.strip() and says(text, quotation):
        return quotation
    pieces = [re.escape(piece) for piece in re.split(r"[\s\-–—]+", smoothed(quotation).strip(" ,.")) if piece]
    if not pieces:
        return None
    marks = {"'": "['’‘]", '"': '["“”]'}
    pattern = r"[\s\-–—]+".join("".join(marks.get(c, c) for c in piece) for piece in pieces)
    found = re.search(f"(?<!{_LETTER}){pattern}(?!{_LETTER})", text)
    return found.group() if found else None
