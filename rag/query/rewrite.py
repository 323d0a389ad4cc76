"""A small local model asked to make a follow-up whole, and what its text must hold to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag import forms
from rag.query.mentions import OPENERS, capitalised_words

Turn = tuple[str, str]  # question, answer with its marks, "" where there was none

_TASK = (
    "Rewrite the last question so that it can be understood without the conversation. Replace words such as it, he, "
    "they or there by what they stand for. Add nothing else, do not answer. If the question is already clear, "
    "repeat it."
)
_EXAMPLES = (
    (
        "Question: When did the library in Aske reopen?\nAnswer: It reopened on 3 May after repairs.\n\n"
        "Last question: how much did they cost?",
        "How much did the repairs of the library in Aske cost?",
    ),
    (
        "Question: What did Petra Holm say about the ferries?\n"
        "Answer: She said there would be eleven sailings a day.\n\n"
        "Last question: Who is the head of Harbour Radio?",
        "Who is the head of Harbour Radio?",
    ),
)
_TURNS, _ANSWER_WORDS, _LONGEST = 3, 60, 40
_MARK = re.compile(r"\s*\[\d+\]")
_LABEL = re.compile(r"^(?:(?:the\s+)?(?:rewritten|whole|last|new|standalone|clear)\s+)?question\s*:\s*", re.IGNORECASE)
_QUOTES = "\"'“”‘’«»`* "
_SECOND_SENTENCE = re.compile(
    r"(?:\?|(?<!\b[A-Z])(?<!\b(?:Mr|Ms|Dr|St|No|vs))(?<!\b(?:Mrs|Jan|Feb|Mar|Apr|Aug|Sep|Oct|Nov|Dec))(?<!\b(?:Prof|Sept))"
    r"[.!])\s+\S"
)


def rewrite_messages(question: str, history: Sequence[Turn]) -> list[tuple[str, str]]:
    """(role, text) messages that ask for the whole question; at most three turns, answers cut to 60 words."""
    shown = [("system", _TASK)]
    for asked, whole in _EXAMPLES:
        shown += [("user", asked), ("assistant", whole)]
    turns = [f"Question: {' '.join(asked.split())}\n{_cut(answered)}" for asked, answered in history[-_TURNS:]]
    return [*shown, ("user", "\n".join([*turns, f"\nLast question: {' '.join(question.split())}"]))]


def _cut(answer: str) -> str:
    words = _MARK.sub("", answer).split()
    if not words:
        return ""
    return f"Answer: {' '.join(words[:_ANSWER_WORDS])}{' …' if len(words) > _ANSWER_WORDS else ''}\n"


def accepted(rewritten: str, question: str, history: Sequence[Turn]) -> str | None:
    """A model's text as one clean question, or None where it cannot be trusted.

    It must be one question of at most 40 words, hold every number and name of `question`, and none that stands
    neither there nor in `history`.
    """
    lines = [line.strip() for line in rewritten.splitlines() if line.strip()]
    if not lines:
        return None
    text = _LABEL.sub("", " ".join(lines[0].split()).strip(_QUOTES)).strip(_QUOTES)
    if not text.endswith("?") or len(text.split()) > _LONGEST or _SECOND_SENTENCE.search(text):
        return None
    known = "\n".join([question, *(part for turn in history for part in turn)])
    if not _numbers(question) <= _numbers(text) <= _numbers(known):
        return None
    words = _words(text)
    if not capitalised_words(question) <= words or not capitalised_words(text) <= _words(known) | OPENERS:
        return None
    return text


def _numbers(text: str) -> set[str]:
    """Values of numbers in figures and words, and the figures of dates."""
    text = _MARK.sub("", text)
    figures = {re.sub(r"\D", "", number) for number in re.findall(r"\d[\d,.]*", text)}
    return figures | {re.sub(r"\D", "", f"{number.value:f}") for number in forms.numbers(text)}


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_][\w&-]*", text.lower()))
