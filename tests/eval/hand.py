"""Runs of a few cases built by hand, for what reads runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.asked import Asked, Quote
from eval.cases import Case, Finding

ABOUT = {
    "system": "ours",
    "settings": {"writer": "extractive", "judge": "combined:words", "threads": 0},
    "archive": {"version": "7b65a0", "articles": 3},
    "questions": {"files": ["dev.jsonl"], "count": 4, "sha256": "113a3f"},
    "begun": "2026-11-25T00:38:45+00:00",
    "commit": "6dcab0abfef1b119cc277e947784338f87e2f00d+",
    "versions": {"numpy": "2.0.0"},
    "models": {"all-minilm-l6-v2": {"vocab.txt": "07ece37"}},
    "machine": {"processor": "a processor", "processors": 2},
    "judges": ["literal"],
}
BRIDGE = Asked(
    id="q-1",
    question="When does the bridge reopen?",
    type="date",
    answerable=True,
    reference="On 28 November.",
    key_facts=(("28 November",),),
    evidence=(Quote("bridge.md", "It reopens on 28 November."),),
    history=(("Is the bridge closed?", "Yes, since March."),),
    wrong_facts=(("15 September",),),
)
SILENT = Asked("q-2", "Who built the bridge?", "near_miss", False, "The articles do not say.", ())
PASSAGE = "The bridge is closed.\n\nIt reopens on\n28 November. Nobody knows who built it."


def citation(number: int = 1, quote: str = "It reopens on\n28 November.", **more: Any) -> dict[str, Any]:
    """A citation of the article about the bridge."""
    return {
        "number": number,
        "article_id": "e0e8",
        "start": 23,
        "end": 49,
        "quote": quote,
        "title": "Bridge to reopen",
        "outlet": "Courier",
        "byline": None,
        "published": "2025-11-20T10:00:00+00:00",
        "url": "https://courier.example/bridge",
        **more,
    }


def answered(asked: Asked, *texts: str, struck: Iterable[int] = (), seconds: float = 1.0, **more: Any) -> Case:
    """An answer of these sentences, each with one citation, over one passage."""
    sentences = [
        {
            "text": text,
            "citations": [citation(i)],
            "verdict": "unsupported" if i - 1 in struck else "supported",
            "reason": "28 is not in the cited words" if i - 1 in struck else "the cited words state it",
        }
        for i, text in enumerate(texts, 1)
    ]
    standing = [text for i, text in enumerate(texts) if i not in struck]
    answer = {
        "question": asked.question,
        "text": " ".join(standing) or "The archive does not say.",
        "abstained": not standing,
        "sentences": sentences,
        "citations": [citation(i) for i in range(1, len(texts) + 1)],
        "evidence": [{**citation(), "passage_id": "e0e8.1", "text": PASSAGE}],
        "timings": {"retrieve": seconds / 2, "first_token": seconds, "write": 0.1, "check": 0.1, "total": 2 * seconds},
        "notices": [],
    }
    findings = tuple(Finding("literal", i, (i + 1,), "supported", "1 date", None, 0.0) for i in range(len(texts)))
    case = Case(asked, "ours", answer, None, (True,) * len(texts), raw="\n".join(texts), findings=findings)
    return replace(case, tokens={"prompt": 0, "written": 9}, memory=300.0, **more)


def failed(asked: Asked, reason: str = "the writer was too late") -> Case:
    """A case that the system failed at."""
    return Case(asked, "ours", None, reason, memory=300.0)


def kept(folder: Path, *cases: Case, about: Mapping[str, Any] = ABOUT) -> Path:
    """The run's folder. Written as ASCII, so that text may hold what UTF-8 cannot."""
    folder.mkdir()
    found = [{"id": case.id, "findings": [finding.to_dict() for finding in case.findings]} for case in cases]
    (folder / "run.json").write_text(json.dumps(about), "utf-8")
    (folder / "cases.jsonl").write_text("".join(json.dumps(case.to_dict()) + "\n" for case in cases), "utf-8")
    (folder / "findings.jsonl").write_text("".join(json.dumps(line) + "\n" for line in found), "utf-8")
    return folder
