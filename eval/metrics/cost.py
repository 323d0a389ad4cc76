"""What an answer costs: seconds by the wall clock, tokens, memory. Seconds are those of the machine of the run."""

from __future__ import annotations

from eval.cases import Case
from eval.metrics import LOWER, Value, answered, metric


def _seconds(case: Case, name: str) -> float | None:
    value = case.answer["timings"].get(name) if case.answer else None
    return None if value is None else float(value)


@metric("seconds to evidence", better=LOWER, unit="s")
@answered
def evidence(case: Case) -> Value:
    """From the question to the passages that will be shown. No value for a system that shows none before it writes."""
    return _seconds(case, "retrieve")


@metric("seconds to first word", better=LOWER, unit="s")
@answered
def first_word(case: Case) -> Value:
    """From the question to the first piece of text that the writer gives, checked or not."""
    return _seconds(case, "first_token")


@metric("seconds to end", better=LOWER, unit="s")
@answered
def end(case: Case) -> Value:
    """From the question to the answer as it stands, checking included."""
    return _seconds(case, "total")


@metric("tokens read", better=LOWER)
@answered
def tokens_read(case: Case) -> Value:
    """Tokens (cl100k_base) of the messages that the writer's model was sent, the unchanging beginning included, which
    an engine may keep. No value without a model."""
    return float(case.tokens["prompt"]) if case.tokens.get("prompt") else None


@metric("tokens written", better=LOWER)
@answered
def tokens_written(case: Case) -> Value:
    """Tokens (cl100k_base) of what the writer wrote, struck sentences included."""
    return float(case.tokens["written"]) if "written" in case.tokens else None


@metric("peak memory", better=LOWER, unit="MiB")
@answered
def memory(case: Case) -> Value:
    """The most that the process had resident by the end of the answer. It never falls from one case to the next, and a
    model that the system maps instead of reading is in it as far as it is resident."""
    return case.memory
