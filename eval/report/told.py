"""Runs as a report tells them: each under a letter, with what it ran on in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from eval.cases import Case
from eval.report.outcome import FALSE_REFUSAL, OUTCOMES, RIGHT, RIGHTLY, outcome
from eval.runs import Run
from eval.scores import Score, scores
from rag.errors import SettingsError

_MUST_AGREE = {"questions": "questions", "archive": "archive", "machine": "machine", "judges": "second judges"}


@dataclass(frozen=True, slots=True)
class Told:
    """A run. letter: by which tables and plots call it. cases: by id, in the order asked."""

    letter: str
    name: str
    about: Mapping[str, Any]
    cases: Mapping[str, Case]
    scores: Mapping[str, Score]

    def part(self, name: str) -> Mapping[str, Any]:
        """A part of what it ran on, empty if it was not kept."""
        found = self.about.get(name)
        return found if isinstance(found, Mapping) else {}

    @property
    def outcomes(self) -> Counter[str]:
        """How many of its questions came out how."""
        return Counter(map(outcome, self.cases.values()))

    @property
    def failures(self) -> dict[str, list[str]]:
        """Ids of questions by the reason of a failure, of the system or of a judge; the commonest reason first."""
        found: dict[str, list[str]] = {}
        for score in self.scores.values():
            for id, reason in score.failed.items():
                if id not in (ids := found.setdefault(reason, [])):
                    ids.append(id)
        return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def told(folders: Sequence[Path]) -> list[Told]:
    """The runs in order, as A, B, C and so on. Raises ReadError; SettingsError for more runs than letters."""
    if len(folders) > len(ascii_uppercase):
        raise SettingsError(f"{len(folders)} runs do not go on one page", hint="Name at most 26.")
    found = []
    for letter, run in zip(ascii_uppercase, map(Run, folders)):
        cases = run.cases()
        found.append(Told(letter, run.name, run.about, {case.id: case for case in cases}, scores(cases)))
    return found


def headline(run: Told) -> str:
    """Two or three sentences: what was asked of what, when, and what came of it."""
    settings, archive, questions = run.part("settings"), run.part("archive"), run.part("questions")
    files = ", ".join(map(str, questions.get("files") or ())) or "no named set"
    asked, of = len(run.cases), questions.get("count", len(run.cases))
    seconds = ", ".join(map(str, run.about.get("judges") or ())) or "no other judge"
    what = (
        f"The system “{run.about.get('system')}” was asked {asked} of {of} questions ({files}) over an archive of "
        f"{archive.get('articles', 'an unknown number of')} articles, version {archive.get('version', 'unknown')}. "
        f"Its writer was {settings.get('writer', 'unknown')} and {settings.get('judge', 'an unknown judge')} checked "
        f"each sentence; {seconds} looked at the answers afterwards. "
        f"It was begun on {day(run.about.get('begun'))}, with the code at {_commit(run.about.get('commit'))}."
    )
    return f"{what} {_result(run)}"


def _result(run: Told) -> str:
    count = run.outcomes
    answerable = sum(case.asked.answerable for case in run.cases.values())
    failed = count["failed"]
    return (
        f"Of {answerable} questions that the archive answers, {count[RIGHT]} were answered right and "
        f"{count[FALSE_REFUSAL]} refused; of {len(run.cases) - answerable} that it does not answer, {count[RIGHTLY]} "
        f"were refused. {failed or 'None'} failed."
    )


def differing(runs: Sequence[Told]) -> list[str]:
    """In what the runs differ that makes their figures hard to compare."""
    return [
        word for name, word in _MUST_AGREE.items() if any(r.about.get(name) != runs[0].about.get(name) for r in runs)
    ]


def outcome_rows(run: Told, types: Mapping[str, Counter[str]]) -> list[list[str]]:
    """For each type of question: its name, how many there are, and how many of each outcome."""
    lines = [[kind, str(n.total()), *(str(n[name]) for name in OUTCOMES)] for kind, n in types.items()]
    return [*lines, ["all", str(len(run.cases)), *(str(run.outcomes[name]) for name in OUTCOMES)]]


def questions(runs: Sequence[Told]) -> list[str]:
    """Ids of all questions, in the order of the first run that has them."""
    return list(dict.fromkeys(id for run in runs for id in run.cases))


def day(begun: object) -> str:
    """A moment as "25 November 2026, 00:38 UTC"; what is none as it is."""
    try:
        at = datetime.fromisoformat(str(begun))
    except ValueError:
        return str(begun or "an unknown day")
    return f"{at.day} {at:%B %Y, %H:%M} {at.tzname() or ''}".rstrip()


def _commit(commit: object) -> str:
    text = str(commit or "")
    changed = " with changes that were not committed" if text.endswith("+") else ""
    return f"commit {text.rstrip('+')[:12]}{changed}" if text else "an unknown commit"
