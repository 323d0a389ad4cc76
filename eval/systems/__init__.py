"""What can be measured side by side: anything that finds texts for a question, or answers it.

A file of this folder that answers has NAME, SUMMARY and `connect(archive, target) -> Responder`; `eval run --system
NAME[:TARGET]` runs it, so another system is one more file. One that needs no file at all is any function:
`--system function:package.module:name`.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

import rag
from eval.asked import Asked
from rag.errors import SettingsError

_MARK = re.compile(r"\[(\d+(?:\s*[,;]\s*\d+)*)\]")
_STOP = re.compile(r"(?<=[.!?…])((?:[\"”’)]*\s*\[[\d\s,;]+\])*[\"”’)]*)\s+(?=[\"“‘(\[]?[A-ZÀ-Þ0-9])|\n+")


@dataclass(frozen=True, slots=True)
class Retrieved:
    """One text that was found. `id` names it within its system, without white space: article_id:start-end here."""

    id: str
    text: str


class System(Protocol):
    """A way to find texts. `name` is the row it has in tables."""

    @property
    def name(self) -> str: ...

    def search(self, question: str, k: int) -> list[Retrieved]:
        """Up to `k` texts, best first."""
        ...


@dataclass(frozen=True, slots=True)
class Response:
    """What a system made of a question; the fields are those of `eval.cases.Case`."""

    answer: Mapping[str, Any]
    opens: tuple[bool, ...] = ()
    prompt: tuple[tuple[str, str], ...] = ()
    raw: str = ""


class Responder(Protocol):
    """A way to answer. `name` is what reports call it."""

    @property
    def name(self) -> str: ...

    def ask(self, question: Asked) -> Response:
        """The answer. Whatever it raises is recorded as the failure of this one question."""
        ...


def responders() -> dict[str, ModuleType]:
    """The modules that answer, by their NAME."""
    modules = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


def connect(name: str, archive: rag.Archive) -> Responder:
    """The system called NAME or NAME:TARGET, answering from the archive's articles. Raises SettingsError."""
    kind, _, target = name.partition(":")
    known = responders()
    if kind not in known:
        raise SettingsError(f"there is no system {kind!r}", hint=f"The systems are: {', '.join(sorted(known))}.")
    responder: Responder = known[kind].connect(archive, target)
    return responder


def as_answer(
    question: str,
    text: str,
    sources: Sequence[Mapping[str, Any]] = (),
    *,
    abstained: bool,
    model: str,
    version: str,
    timings: Mapping[str, float | None],
) -> dict[str, Any]:
    """A text with marks like [2] in the form of `Answer.to_dict()`, so that the same metrics read it.

    `sources` are what the marks number, from 1, in the form of evidence hits; each mark cites its source whole. Every
    sentence is shown, since nobody struck any: its verdict is "unchecked".
    """
    sentences: list[dict[str, Any]] = []
    used: set[int] = set()
    for piece in _pieces(text):
        numbers = [int(n) for marks in _MARK.findall(piece) for n in re.findall(r"\d+", marks)]
        numbers = [n for n in dict.fromkeys(numbers) if 1 <= n <= len(sources)]
        used.update(numbers)
        bare = re.sub(r" ([.,])(?!\w)", r"\1", " ".join(_MARK.sub("", piece).split()))
        cited = [_citation(n, sources[n - 1]) for n in numbers]
        if not re.search(r"\w", bare):  # marks behind the last stop, or on a line of their own
            if sentences:
                sentences[-1]["citations"] += [c for c in cited if c not in sentences[-1]["citations"]]
        else:
            sentences.append({"text": bare, "citations": cited, "verdict": "unchecked", "reason": "not checked"})
    return {
        "question": question,
        "text": text,
        "abstained": abstained,
        "sentences": sentences,
        "citations": [_citation(n, sources[n - 1]) for n in sorted(used)],
        "evidence": list(sources),
        "model": model,
        "archive_version": version,
        "timings": {"retrieve": None, "first_token": None, "write": None, "check": None, "total": None, **timings},
        "notices": [],
        "understood": None,
        "nearest": None,
    }


def _pieces(text: str) -> list[str]:
    """Its sentences, each with the marks behind it."""
    return [
        piece.strip() for piece in _STOP.sub(lambda found: (found[1] or "") + "\n", text).split("\n") if piece.strip()
    ]


def _citation(number: int, source: Mapping[str, Any]) -> dict[str, Any]:
    known = {
        name: source.get(name) for name in ("article_id", "start", "end", "title", "outlet", "byline", "published")
    }
    return {"number": number, "quote": source["text"], "url": source.get("url"), "page": source.get("page"), **known}
