"""A run: a folder that holds what was asked of a system, what came of it, and what it ran on.

    run.json        the system, settings, judges, versions, model files, commit, machine
    cases.jsonl     a case a line: question, evidence, prompt, raw output, answer with its verdicts (eval/cases.py)
    findings.jsonl  what the second judges found of each case
    scores.jsonl    every metric's value for every case (eval/scores.py); made anew from the others at any time

A run that was stopped goes on from what is there: cases that were answered are not asked again, and sentences that were
judged are not judged again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import rag
from eval import asked, scores
from eval import cases as case_file
from eval.asked import Asked
from eval.cases import Case, Finding
from rag.errors import ReadError, SettingsError

_SAME = ("system", "settings", "archive", "questions")  # what a run that goes on must have been begun with
_FINDINGS = b'{"id"'


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name, by which reports call it."""
        return self.folder.resolve().name

    @property
    def about(self) -> dict[str, Any]:
        """What it ran on. Raises ReadError if the folder is no run."""
        path = self.folder / "run.json"
        try:
            about: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ReadError(str(path), f"{self.folder} is no run: {error}") from error
        return about

    def cases(self) -> list[Case]:
        """Its cases, with what the judges found. Raises ReadError."""
        _ = self.about
        path = self.folder / "cases.jsonl"
        found = case_file.read(path) if path.exists() else []
        judged = self._judged()
        return [dataclasses.replace(case, findings=judged.get(case.id, ())) for case in found]

    def _judged(self) -> dict[str, tuple[Finding, ...]]:
        path = self.folder / "findings.jsonl"
        found: dict[str, tuple[Finding, ...]] = {}
        for _, record in asked.objects(path, whole_lines=True) if path.exists() else ():
            some = tuple(Finding(**{**f, "citations": tuple(f["citations"])}) for f in record["findings"])
            found[record["id"]] = (*found.get(record["id"], ()), *some)
        return found

    def keep(self, case: Case) -> None:
        """Add a case."""
        self._add("cases.jsonl", case_file.written(dataclasses.replace(case, findings=())))

    def keep_findings(self, id: str, findings: Iterable[Finding]) -> None:
        """Add what judges found of a case."""
        record = {"id": id, "findings": [finding.to_dict() for finding in findings]}
        self._add("findings.jsonl", json.dumps(record, ensure_ascii=False) + "\n")

    def _add(self, name: str, line: str) -> None:
        with (self.folder / name).open("a", encoding="utf-8", errors="replace") as file:  # half a surrogate pair
            file.write(line)

    def score(self) -> list[Case]:
        """Write `scores.jsonl` anew; the cases."""
        cases = self.cases()
        lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in scores.lines(cases))
        (self.folder / "scores.jsonl").write_text(lines, "utf-8")
        return cases


def begin(folder: Path, about: Mapping[str, Any]) -> Run:
    """A new run in `folder`, or the one that is there, if it was begun with the same. Raises SettingsError if not."""
    run = Run(folder)
    if (folder / "run.json").exists():
        before = run.about
        if other := [name for name in _SAME if before.get(name) != about[name]]:
            raise SettingsError(
                f"{folder} holds a run with another {', '.join(other)}", hint="Choose another folder with --out."
            )
        for name, begins in (("cases.jsonl", case_file.BEGINS), ("findings.jsonl", _FINDINGS)):
            if (folder / name).exists():
                asked.mend(folder / name, begins)
        about = {**about, "begun": before["begun"]}
    elif folder.exists() and any(folder.iterdir()):
        raise SettingsError(f"{folder} is not empty, and no run", hint="Choose another folder with --out.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return run


def about(
    archive: rag.Archive, system: str, questions: Sequence[Asked], sets: Sequence[str], commit_of: Path
) -> dict[str, Any]:
    """What a run is of, and what it runs on. Reads the models' files once, to name them by their SHA-256."""
    text = "".join(json.dumps(question.to_dict(), sort_keys=True) for question in questions)
    return {
        "system": system,
        "settings": dataclasses.asdict(archive.settings),
        "archive": {"version": archive.version, "articles": archive.status().articles},
        "questions": {
            "files": list(sets),
            "count": len(questions),
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
        },
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(commit_of),
        "versions": {d.metadata["Name"]: d.version for d in sorted(distributions(), key=lambda d: d.metadata["Name"])},
        "models": _models(archive.settings),
        "machine": machine(),
    }


def machine() -> dict[str, Any]:
    """The machine, without its name: processor, processors, memory in GiB, system, Python."""
    info = Path("/proc/cpuinfo")
    named = (
        [line for line in info.read_text("utf-8").splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    return {
        "processor": named[0].partition(":")[2].strip() if named else platform.processor(),
        "processors": os.cpu_count(),
        "memory, GiB": round(pages / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def peak_memory() -> float | None:
    """MiB that this process had resident at most; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _commit(folder: Path) -> str | None:
    """The commit of the code, with "+" if files differ from it; None outside a checkout."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _models(settings: rag.Settings) -> dict[str, dict[str, str]]:
    """SHA-256 of every file of the packs that the settings name."""
    named = (
        {settings.embedder, settings.writer.removeprefix("local:")}
        if settings.writer.startswith("local:")
        else {settings.embedder}
    )
    found = {}
    for pack in sorted(named):
        try:
            folder = rag.model_folder(pack)
        except rag.RagError:
            continue  # the name of something that is no pack: it has no files that we know of
        found[pack] = {str(p.relative_to(folder)): _sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
