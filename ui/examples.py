"""Questions to begin with, made of what the archive holds. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.types import Article

_NAMED = r"[A-Z][\w’-]+(?: [A-Z][\w’-]+){1,3}"  # two capital words and more: a name, in any headline
_PLANNED = re.compile(rf"(?P<who>{_NAMED}) to (?P<what>[a-z]+ [^,:;?]+)")
_MOVED = re.compile(
    r"(?P<who>[A-Z][\w’'-]+(?: \w+){0,3}?) (?P<verb>fall|rise|climb|grow|drop|slide|jump|lengthen)s? "
    r"(?P<what>(?:by |to )?[\d.,]+(?: (?!as\b|and\b|in\b|of\b|to\b|after\b)\w+)?)"
)
_OPENED = re.compile(rf"(?P<who>{_NAMED}) (?P<verb>open|reopen|close)s\b")
_NAME = re.compile(_NAMED)
_LONGEST = 90  # characters of a question that one takes in at a glance
_NO_NEWS = ("correction", "opinion", "letter")


def question_of(title: str, text: str) -> str | None:
    """A question that an article may answer; None where its title gives none that reads well.

    The text tells a name from a word that is capital only because it comes first.
    """
    title = " ".join(title.split())
    if title.casefold().startswith(_NO_NEWS) or any(mark in title for mark in '"“”„«»'):
        return None
    if title.endswith("?"):
        made = title
    elif (planned := _PLANNED.fullmatch(title)) and _is_name(planned["who"], text):
        made = f"Why is {planned['who']} to {planned['what']}?"
    elif (moved := _MOVED.match(title)) and _is_name(moved["who"].split()[0], text):
        made = f"Why did {moved['who']} {moved['verb']} {moved['what']}?"
    elif (began := _OPENED.match(title)) and _is_name(began["who"], text):
        made = f"When did {began['who']} {began['verb']}?"
    else:
        names = (match.group() for match in _NAME.finditer(title))
        made = next((f"What is the latest on {name}?" for name in names if _is_name(name, text)), "")
    return made if 0 < len(made) <= _LONGEST else None


def _is_name(words: str, text: str) -> bool:
    """Whether the text has `words` as a headline has them, inside of a sentence, and never in small letters."""
    inside = re.search(rf"(?<=[a-z,] ){re.escape(words)}\b", text)
    return inside is not None and not re.search(rf"\b{re.escape(words.lower())}\b", text)


def examples(articles: Iterable[Article], most: int = 4) -> tuple[str, ...]:
    """Up to `most` questions from articles, the first ones first, one a section, and no two of the same."""
    found: dict[str, str] = {}
    for article in articles:
        made = question_of(article.title, article.text) if article.title else None
        section = article.section or article.outlet or article.id
        if made and section not in found and made not in found.values():
            found[section] = made
        if len(found) == most:
            break
    return tuple(found.values())
