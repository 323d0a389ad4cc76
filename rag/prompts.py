"""What a model is told. The sentinel of a refusal is named once, here, for prompt, logic and tests.

The examples come first and never change, so that a local engine reads them once and keeps them; the question's own
extracts and the question come last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.forms import smoothed
from rag.types import Hit

NO_ANSWER = "The archive does not say."
_OWN_REFUSAL = re.compile(
    r"(?:the (?:articles?|extracts?) (?:does|do|did)(?: not|n't) (?:say|state)|no (?:article|extract) (?:says|states))$"
)
SAME_ARTICLE = "(from an article above) "  # in place of its origin, which costs the time of a sentence to read

_RULES = (
    "You answer a journalist's question from numbered extracts of news articles and from nothing else. "
    "Write one to three full sentences that each make sense alone and name who or what they are about, and end each "
    "with the number of the extract that states it. Keep to who said it, and to what is planned or alleged. Where "
    "extracts differ, give the newest figure. Never repeat the question. "
    f"If no extract states the answer, write only: {NO_ANSWER}"
)
_LIBRARY = (
    "[1] (Aske Post, 4 May 2021, “Library open again”) The library in Aske reopened on 3 May after repairs that cost "
    '820,000 crowns. Its director, Jonas Lind, said the roof "should hold for fifty years".\n\n'
    "[2] (Aske Post, 9 May 2021, “Plans for the hall”) The council also plans to repair the swimming hall, but has not "
    "set a date."
)
_SAILINGS = (
    "[1] (Dunmore Echo, 9 May 2021, “Evenings without a ferry”) Dunmore Ferries has called off all evening sailings "
    "this week. Half the crew of its second ship is down with flu, the harbour master said.\n\n"
    "[2] (Dunmore Echo, 8 May 2021, “Correction”) Dunmore Ferries carried 41,900 passengers in April and not 41,200, "
    "as we reported on 2 May."
)
_EXAMPLES = (
    (
        "[1] (Dunmore Echo, 2 May 2021, “Busy month for ferries”) Dunmore Ferries carried 41,200 passengers in April, "
        "6% more than a year earlier. It lost 1.3 million crowns in the first quarter.\n\n"
        '[2] (Harbour Radio, 6 May 2021, “More sailings”) "We will run eleven sailings a day from June," said Petra '
        "Holm, the head of operations. A ticket costs 14 crowns.\n\n"
        "Question: How many passengers did Dunmore Ferries carry in April and who announced more sailings?",
        "Dunmore Ferries carried 41,200 passengers in April, 6% more than a year earlier [1]. Petra Holm, the head of "
        "operations, said it would run eleven sailings a day from June [2].",
    ),
    (f"{_LIBRARY}\n\nQuestion: When will the swimming hall in Aske reopen?", NO_ANSWER),
    (
        f"{_LIBRARY}\n\nQuestion: What did the repairs cost, and what did the director say?",
        "The repairs of the library in Aske cost 820,000 crowns [1]. Its director, Jonas Lind, said the roof "
        '"should hold for fifty years" [1].',
    ),
    (
        f"{_SAILINGS}\n\nQuestion: Why does nobody sail from Dunmore in the evening?",
        "Dunmore Ferries has called off its evening sailings because half the crew of its second ship has flu, "
        "according to the harbour master [1].",
    ),
    (
        f"{_SAILINGS}\n\nQuestion: How many passengers did Dunmore Ferries carry in April?",
        "Dunmore Ferries carried 41,900 passengers in April, according to a correction of 8 May 2021 [2].",
    ),
)


@dataclass(frozen=True, slots=True)
class Extract:
    """Sentences of one passage that the writer is shown, by their places in the article, in order.

    scores: for each how likely it holds what is asked, as log-odds up to a constant.
    """

    hit: Hit
    spans: tuple[tuple[int, int], ...]
    scores: tuple[float, ...]

    @property
    def sentences(self) -> list[str]:
        """The sentences as published."""
        return [self.hit.text[start - self.hit.start : end - self.hit.start] for start, end in self.spans]

    @property
    def text(self) -> str:
        """The sentences as one text, with artefacts of typesetting mended, for a model to read."""
        return smoothed(" ".join(self.sentences))


@dataclass(frozen=True, slots=True)
class Brief:
    """What a writer gets: the question and the extracts, numbered from 1 in this order."""

    question: str
    extracts: tuple[Extract, ...]


def messages(brief: Brief) -> Sequence[tuple[str, str]]:
    """(role, text) of each message of the prompt."""
    shown = [("system", _RULES)]
    for question, answer in _EXAMPLES:
        shown += [("user", question), ("assistant", answer)]
    seen: set[str] = set()
    extracts = []
    for number, extract in enumerate(brief.extracts, 1):
        known = SAME_ARTICLE if extract.hit.article_id in seen else origin(extract.hit)
        seen.add(extract.hit.article_id)
        extracts.append(f"[{number}] {known}{extract.text}")
    return [*shown, ("user", "\n\n".join([*extracts, f"Question: {brief.question}"]))]


def origin(hit: Hit) -> str:
    """Where an extract is from, as the model reads it in front of it."""
    day = f"{hit.published.day} {hit.published:%B %Y}" if hit.published else ""
    title = f"“{smoothed(hit.title)}”" if hit.title else ""
    known = ", ".join(part for part in (hit.outlet, day, title) if part)
    return f"({known}) " if known else ""


def is_no_answer(text: str) -> bool:
    """Whether a sentence is the refusal, or one in a model's own words, whatever marks follow it."""
    bare = text.strip().strip('"“” ').rstrip(".").casefold()
    return bare.startswith(NO_ANSWER.rstrip(".").casefold()) or _OWN_REFUSAL.match(bare) is not None
