"""A page of HTML that shows runs side by side: every figure, the questions behind it, and every case in full.

The page is one file that works offline; beside it goes a summary of the same name in Markdown. RUN is a folder that
`rag eval run` made, a run that was stopped too. Scores are made anew from the cases.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from eval.report.markdown import summary
from eval.report.page import page
from eval.report.told import questions, told
from rag.errors import SettingsError

SUMMARY = "a page that shows runs side by side, with every case"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a run's folder")
    parser.add_argument(
        "--out", type=_html, metavar="FILE.html", help="the page (default: report.html in the first run's folder)"
    )


def _html(text: str) -> Path:
    if not text.endswith(".html"):
        raise argparse.ArgumentTypeError("must end in .html")
    return Path(text)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Where the page and the summary are. Raises ReadError for what is no run, SettingsError if nothing is written."""
    runs = told(options.runs)
    out = options.out or options.runs[0] / "report.html"
    beside = out.with_suffix(".md")
    texts = {out: page(runs), beside: summary(runs)}
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_bytes(text.encode("utf-8", "replace"))  # a model may write half of a pair of surrogates
    except OSError as error:
        raise SettingsError(f"{out} cannot be written: {error}", hint="Name another file with --out.") from error
    return {
        "page": str(out),
        "summary": str(beside),
        "runs": len(runs),
        "questions": len(questions(runs)),
        "MB": out.stat().st_size / 1e6,
    }
