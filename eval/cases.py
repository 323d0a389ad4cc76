"""One case of a run: a question, what a system made of it, and what judges found. Metrics read this and nothing else.

A case is one line of a run's `cases.jsonl`. A system that failed (no connection, too late, an exception) has a
`failure` in words and no answer: that is a value of its own, never an answer of nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval import asked
from eval.asked import Asked
from rag.errors import ReadError
from rag.types import Record, Verdict

BEGINS = b'{"asked"'  # how each line of a file of cases begins


@dataclass(frozen=True, slots=True)
class Finding(Record):
    """What a judge found of one sentence of an answer against some of its citations.

    sentence: index in the answer's sentences. citations: numbers. verdict: as in `rag.Verdict`; "unchecked" is a judge
    that failed, with the `reason`. probability: that it is stated, None if not estimated. seconds: it took.
    """

    judge: str
    sentence: int
    citations: tuple[int, ...]
    verdict: str
    reason: str
    probability: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Case(Record):
    """A question and what came of it.

    answer: as `Answer.to_dict()` gives it; None if the system failed. opens: for each of the answer's citations whether
    the article has the quoted words at the stored offsets; empty for a system that cites no offsets. prompt: (role,
    text) messages. raw: what the writer wrote. tokens: of prompt and raw. memory: MiB, the most that the process had
    resident until then. findings: of judges other than the one that the system checks with.
    """

    asked: Asked
    system: str
    answer: Mapping[str, Any] | None
    failure: str | None = None
    opens: tuple[bool, ...] = ()
    prompt: tuple[tuple[str, str], ...] = ()
    raw: str = ""
    tokens: Mapping[str, int] = field(default_factory=dict)
    memory: float | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def id(self) -> str:
        """The question's."""
        return self.asked.id

    @property
    def refused(self) -> bool:
        """Whether the answer is an abstention. False for a failure: it says nothing about the archive."""
        return self.answer is not None and bool(self.answer["abstained"])

    @property
    def claims(self) -> list[tuple[int, Mapping[str, Any]]]:
        """The sentences that a reader gets as the answer, with their index; none of an abstention or a failure."""
        if self.answer is None or self.refused:
            return []
        return [(i, s) for i, s in enumerate(self.answer["sentences"]) if s["verdict"] != Verdict.UNSUPPORTED]

    def found(self, judge: str, sentence: int, citations: tuple[int, ...] | None = None) -> Finding | None:
        """What a judge found of a sentence, by default against all its citations."""
        for finding in self.findings:
            if (finding.judge, finding.sentence) == (judge, sentence) and citations in (None, finding.citations):
                return finding
        return None

    @property
    def judges(self) -> list[str]:
        """Names of the judges that looked at it, literal first."""
        return sorted({finding.judge for finding in self.findings}, key=lambda name: (name != "literal", name))


def read(path: Path) -> list[Case]:
    """The cases of a file, without a last line that was cut off. Raises ReadError that names file and line."""
    return [_case(record, where) for where, record in asked.objects(path, whole_lines=True)]


def written(case: Case) -> str:
    """The case's line."""
    return json.dumps(case.to_dict(), ensure_ascii=False) + "\n"


def _case(record: Mapping[str, Any], where: str) -> Case:
    try:
        question = asked.asked(record["asked"], where, "reference")
        return Case(
            asked=question,
            system=record["system"],
            answer=record["answer"],
            failure=record["failure"],
            opens=tuple(record["opens"]),
            prompt=tuple((role, text) for role, text in record["prompt"]),
            raw=record["raw"],
            tokens=record["tokens"],
            memory=record["memory"],
            findings=tuple(Finding(**{**f, "citations": tuple(f["citations"])}) for f in record["findings"]),
        )
    except (KeyError, TypeError) as error:
        raise ReadError(where, f"{where}: not a case: {type(error).__name__} {error}") from error
