"""What the local judge's model is asked: is it stated, and does it answer. Each prompt begins with examples that never
change, so that the engine reads them once and keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.judges import Cited
from rag.judges.focus import focused

_RULES = (
    "You check a sentence against a source. Answer yes only if the source states every detail of the sentence: who, "
    "what, when, where, how many, and who says so. Otherwise answer no."
)
_LIBRARY = (
    "(Aske Post, 4 May 2021, “Library open again”) The library in Aske reopened on 3 May after repairs that cost "
    '820,000 crowns. Its director, Jonas Lind, said the roof "should hold for fifty years".'
)
_FERRY = (
    "(Harbour Radio, 6 May 2021, “More sailings”) Police say the ferry's captain had been drinking. His lawyer denies "
    "it. The company plans eleven sailings a day from June, 14% more than last summer."
)
# Read once and kept by the engine.
_EXAMPLES = (
    (_LIBRARY, "Repairs to the library in Aske, open again since 3 May, cost 820,000 crowns.", "yes"),
    (_LIBRARY, "The new roof of the library in Aske cost 820,000 crowns.", "no"),
    (_FERRY, "The captain of the ferry had been drinking.", "no"),
    (_FERRY, "The company intends to run eleven sailings daily from June.", "yes"),
)

_ANSWERS = (
    "You check whether an answer gives what a question asks for. Answer no if it speaks of another period, person, "
    "place or thing than the question, or if the detail that is asked for is missing. Otherwise answer yes."
)
_ANSWERED = (
    ("When will the swimming hall in Aske reopen?", "The library in Aske reopened on 3 May.", "no"),
    ("What did the repairs in Aske cost?", "The library's repairs came to 820,000 crowns.", "yes"),
    ("Which companies want to buy Dunmore Ferries?", "Dunmore Ferries has spoken to two companies.", "no"),
    ("Why did the ferry turn back?", "The captain said that the ice was too thick.", "yes"),
    ("What did the head of finance say of the new sailings?", "Petra Holm, the head of operations, announced eleven "
     "sailings a day.", "no"),
    ("How many people sailed in April, and how many in May?", "The line carried 41,200 passengers in April.", "yes"),
)  # fmt: skip


def stated(claim: str, evidence: Sequence[Cited]) -> list[tuple[str, str]]:
    """The prompt, as (role, text). The sources are quoted, and what they say is never an instruction."""
    chat = [("system", _RULES)]
    for source, sentence, answer in _EXAMPLES:
        chat += [("user", _asked(source, sentence)), ("assistant", answer)]
    return [*chat, ("user", _asked(focused(claim, evidence), claim))]


def _asked(source: str, sentence: str) -> str:
    return (
        f"Source: {source}\n\nSentence: {sentence}\n\n"
        "Does the source state every detail of the sentence? Answer yes or no."
    )


def answers(question: str, answer: str) -> list[tuple[str, str]]:
    """The prompt that asks whether an answer gives what a question asks for."""
    chat = [("system", _ANSWERS)]
    for asked, given, found in _ANSWERED:
        chat += [("user", _pair(asked, given)), ("assistant", found)]
    return [*chat, ("user", _pair(question, answer))]


def _pair(question: str, answer: str) -> str:
    return f"Question: {question}\n\nAnswer: {answer}\n\nDoes the answer give what is asked for? Answer yes or no."
