"""Judges decide whether cited words state a sentence. One file a judge; a new file is found by its `NAME`.

A judge is named `NAME` or `NAME:TARGET`, as in `Settings.judge`. Its file has NAME, SUMMARY (one line), EXAMPLE (a
whole name) and `connect(target, settings) -> Judge`, which loads nothing: a model loads when it first judges. It may
have `load()`, and `answers(question, answer)` and `answer_margin(question, answer)`: whether something answers.

What is SUPPORTED with a probability under 0.7 is quoted instead of told; without a probability it counts as certain. A
ModelError leaves a sentence unchecked.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Protocol

from rag.errors import SettingsError
from rag.settings import Settings
from rag.types import Verdict


@dataclass(frozen=True, slots=True)
class Cited:
    """Words that a sentence cites, what is known of their article, and the passage that they stand in."""

    quote: str
    title: str | None = None
    outlet: str | None = None
    byline: str | None = None
    published: datetime | None = None
    passage: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge found: the verdict, how likely the sentence is stated (None: not estimated), and why."""

    verdict: Verdict
    reason: str
    probability: float | None = None


class Judge(Protocol):
    """Decides whether the cited words state a sentence."""

    name: str

    def judge(self, claim: str, evidence: Sequence[Cited]) -> Judgement:
        """Judge one sentence, without citation marks, against everything that it cites."""
        ...

    def judge_all(self, pairs: Sequence[tuple[str, Sequence[Cited]]]) -> list[Judgement]:
        """Judge several sentences."""
        ...


@cache
def discovered() -> dict[str, ModuleType]:
    """Every judge's module by its name."""
    modules = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


def offered() -> dict[str, str]:
    """The judges that need no target, each with what it is in one line."""
    return {name: module.SUMMARY for name, module in discovered().items() if name == module.EXAMPLE}


def open_judge(name: str, settings: Settings | None = None) -> Judge:
    """The judge called `name`. Raises SettingsError if there is none of that name, or UnknownModel for its target."""
    kind, _, target = name.partition(":")
    module = discovered().get(kind)
    if module is None:
        examples = ", ".join(module.EXAMPLE for module in discovered().values())
        raise SettingsError(f"no judge is called {name!r}", hint=f"There are: {examples}.")
    judge: Judge = module.connect(target, settings or Settings())
    return judge
