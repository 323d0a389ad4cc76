"""How heavy the page is and how soon it is of use, in a real browser: one JSON object.

    python -m tests.ui.speed            # ten questions
    python -m tests.ui.speed 30

Milliseconds, p50 of the questions where there are several. The writer is a scripted server that answers at once, the
embedder a stand-in: what is measured is the page and the way to it, not models.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.ui.stage import BOX, Stage, answered, browser, opened, stage
from tests.ui.states import COST, LIT

if TYPE_CHECKING:
    from playwright.sync_api import Page

TOPICS = ("Tidemill Bridge", "Skerra Line", "Brinkmann Cannery", "Lantern Regatta", "Storm Berta", "Old Customs House")
# Notes when the first new card and the first new sentence are on the page, counted from Enter.
_WATCH = """() => {
    document.querySelectorAll("#evidence .card, #answer .sentence").forEach((old) => old.setAttribute("data-old", ""));
    window.seen = {};
    const began = performance.now();
    const look = () => {
        for (const [name, place] of [["evidence", "#evidence .card"], ["word", "#answer .sentence"]]) {
            const there = document.querySelector(place + ":not([data-old])");
            if (!seen[name] && there) seen[name] = performance.now() - began;
        }
        if (!seen.evidence || !seen.word) requestAnimationFrame(look);
    };
    look();
}"""


def main(questions: int) -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as made, browser() as started:
        address = made.serve_once(writer=made.scripted.writer("quick"))
        found: dict[str, Any] = {}
        with opened(started, address, lost=True) as page:  # Gradio complains of what a reload interrupts
            found |= _loaded(page)
        with opened(started, address) as page:
            answered(page, COST)
            times = [_asked(page, f"What is the latest on {TOPICS[n % len(TOPICS)]}?") for n in range(questions)]
            for name in ("evidence", "word"):
                found[f"Enter to {name}"] = round(statistics.median(one[name] for one in times))
            answered(page, COST)
            found["small article opens"] = _opens(page)
        with opened(started, made.serve_once()) as page:
            answered(page, LIT)
            found["megabyte opens at its words"] = _opens(page)
        found["200 cards unfold"] = _unfolds(started, made)
    print(json.dumps(found, indent=2))
    return 0


def _loaded(page: Page) -> dict[str, Any]:
    timing = page.evaluate("""() => {
        const all = performance.getEntriesByType("resource"), [page] = performance.getEntriesByType("navigation");
        const sent = page.transferSize + all.reduce((sum, one) => sum + one.transferSize, 0);
        return { sent, requests: all.length + 1 };
    }""")
    began = time.perf_counter()
    page.reload(wait_until="commit")
    page.wait_for_selector("#answer .start .example")
    page.fill(BOX, "?")
    took = time.perf_counter() - began
    return {
        "page weight, kB over the wire": round(timing["sent"] / 1000),
        "requests": timing["requests"],
        "time to interactive, from cache": round(1000 * took),
    }


def _asked(page: Page, question: str) -> dict[str, float]:
    page.fill(BOX, question)
    page.evaluate(_WATCH)
    page.keyboard.press("Enter")
    page.wait_for_function("window.seen.evidence && window.seen.word")
    page.wait_for_selector(f"#answer h2:text-is({question!r}) ~ .foot")
    return dict(page.evaluate("window.seen"))


def _opens(page: Page) -> int:
    took = page.evaluate("""() => new Promise((done) => {
        const began = performance.now();
        document.querySelector("#answer .cite").click();
        const look = () => {
            const mark = document.querySelector("#panel mark")?.getBoundingClientRect();
            const there = mark && mark.top > 0 && mark.bottom < innerHeight;
            if (there) requestAnimationFrame(() => done(performance.now() - began));
            else requestAnimationFrame(look);
        };
        look();
    })""")
    page.keyboard.press("Escape")
    return round(took)


def _unfolds(started: Any, made: Stage) -> int:
    with opened(started, made.serve_once(evidence_passages=200)) as page:
        answered(page, COST)
        took = page.evaluate("""() => new Promise((done) => {
            const began = performance.now();
            document.querySelector("#evidence .rest summary").click();
            requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
        })""")
    return round(took)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
