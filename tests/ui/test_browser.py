"""The page in a real browser: evidence, an answer, a citation that opens on its words; nothing from elsewhere."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
]  # fmt: skip
BOX = "#question textarea, #question input"
HOSTILE = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.models,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real server over corpus/ and one hostile article, with the extractive writer."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "hostile.md").write_text(
        f"---\ntitle: Zeppelin {HOSTILE}\noutlet: Zeppelin {HOSTILE}\n---\n\n"
        f"The zeppelin over Quillford weighed 77 tonnes `{HOSTILE}`.\n"
    )
    environment = {**os.environ, "RAG_ARCHIVE": str(folder / "archive"), "RAG_WRITER": "extractive"}
    command = [sys.executable, "-m", "rag.cli"]
    paths = [str(ROOT / "corpus"), str(folder / "hostile.md")]
    subprocess.run([*command, "ingest", *paths], cwd=ROOT, env=environment, check=True, capture_output=True)
    with subprocess.Popen(
        [*command, "serve", "--port", "0"], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        lines: queue.Queue[str] = queue.Queue()
        reader = threading.Thread(target=lambda: [lines.put(line) for line in server.stderr], daemon=True)  # type: ignore[union-attr, func-returns-value]
        reader.start()
        said = ""
        while "Ask at" not in said:
            said = lines.get(timeout=90)
        yield said.split()[2]
        server.terminate()
        reader.join(timeout=10)


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.set_default_timeout(60_000)
        foreign: list[str] = []
        opened.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else foreign.append(r.url))
        opened.goto(address)
        opened.wait_for_selector(BOX)
        yield opened
        assert foreign == []
        browser.close()


def _ask(page: Page, question: str) -> None:
    page.fill(BOX, question)
    page.keyboard.press("Enter")


def test_a_question_to_its_cited_words(page: Page) -> None:
    _ask(page, "How many jobs go when the Brinkmann Cannery stops production?")
    page.wait_for_selector("#evidence .card")
    page.wait_for_selector("#answer .legend")
    assert page.locator("#answer .sentence.supported").count() >= 1
    page.locator("#answer .cite").first.click()
    opened = page.locator(".source:target")
    opened.wait_for(state="visible")
    marked = opened.locator("mark").inner_text()
    sentence = page.locator("#answer .sentence.supported").first.inner_text()
    assert marked.split()[0] in sentence
    assert len(marked) > 20


def test_what_the_archive_does_not_say(page: Page) -> None:
    _ask(page, "Which orchestra performs symphonies on the moon in 2071?")
    page.wait_for_selector("#answer .abstained")
    assert "does not say" in page.inner_text("#answer .abstained")


def test_nothing_in_an_article_runs(page: Page) -> None:
    _ask(page, "How many tonnes did the zeppelin over Quillford weigh?")
    page.wait_for_selector("#answer .legend")
    assert "77 tonnes" in page.inner_text("#answer")
    assert page.title() != "run"
    assert page.locator("#answer script, #evidence script, #answer img, #evidence img").count() == 0


def test_stop_is_there_and_the_page_goes_on(page: Page) -> None:
    _ask(page, "Who won the mayoral election in Pellhaven?")
    page.click("#stop")
    _ask(page, "What does the Tidemill Bridge repair cost?")
    page.wait_for_selector("#answer h2:has-text('Tidemill') ~ .legend")
    assert "bridge" in page.inner_text("#answer .answer").lower()


def test_a_phone_shows_everything_in_its_width(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    _ask(page, "What does the Tidemill Bridge repair cost?")
    page.wait_for_selector("#answer .legend")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
