"""The page in a real browser: evidence, an answer, a citation that opens on its words; nothing from elsewhere.

axe-core is no part of the project: the test that needs it takes it from where AXE says.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import environment
from tests.ui.stage import BOX, BROWSER, FLAGS, answered, ask

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
JOBS = "How many jobs go when the Brinkmann Cannery stops production?"
HOSTILE = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real server over corpus/ and one hostile article, with the extractive writer and no model."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "hostile.md").write_text(
        f"---\ntitle: Zeppelin {HOSTILE}\noutlet: Zeppelin {HOSTILE}\n---\n\n"
        f"The zeppelin over Quillford weighed 77 tonnes `{HOSTILE}`.\n"
    )
    started = environment(RAG_ARCHIVE=str(folder / "archive"), RAG_JUDGE="combined:words")  # no model to load
    command = [sys.executable, "-m", "rag.cli"]
    paths = [str(ROOT / "corpus"), str(folder / "hostile.md")]
    subprocess.run([*command, "ingest", *paths], cwd=ROOT, env=started, check=True, capture_output=True)
    with subprocess.Popen(
        [*command, "serve", "--port", "0"], cwd=ROOT, env=started, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        lines: queue.Queue[str] = queue.Queue()
        reader = threading.Thread(target=lambda: [lines.put(line) for line in server.stderr], daemon=True)  # type: ignore[union-attr, func-returns-value]
        reader.start()
        said = ""
        while "Ask at" not in said:
            said = lines.get(timeout=240)
        yield said.split()[2]
        server.terminate()
        reader.join(timeout=10)


@pytest.fixture(params=["light"])
def page(address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, just opened. Afterwards: nothing was asked of another host, and nothing broke the page's policy."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=request.param)
        opened.set_default_timeout(60_000)
        wrong: list[str] = []
        opened.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else wrong.append(r.url))
        opened.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.goto(address)
        opened.wait_for_selector("#answer .example")
        yield opened
        assert wrong == []
        browser.close()


def test_a_question_to_its_cited_words_and_back(page: Page) -> None:
    ask(page, JOBS)
    page.wait_for_selector("#evidence .card")
    page.wait_for_selector("#answer .foot")
    cite = page.locator("#answer .sentence.supported .cite").first
    quote = cite.get_attribute("data-quote")
    cite.click()
    page.wait_for_selector("#panel[open] mark")
    assert page.locator("#panel mark").all_inner_texts() == [quote]
    assert len(page.inner_text("#panel .text")) > 1000
    assert page.locator("#panel mark").first.is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#panel[open]").count() == 0
    assert page.evaluate("document.activeElement.dataset.quote") == quote


def test_citations_are_walked_by_keyboard(page: Page) -> None:
    answered(page, JOBS)
    quotes = [cite.get_attribute("data-quote") for cite in page.locator("#answer .cite").all()]
    assert len(quotes) > 1
    page.locator("#answer .why button, #answer .read").first.focus()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel mark")
    assert page.inner_text("#panel mark") == quotes[0]
    page.keyboard.press("j")
    page.wait_for_function("quote => document.querySelector('#panel mark')?.textContent === quote", arg=quotes[1])
    assert "2 of" in page.inner_text("#panel .place")
    page.keyboard.press("Escape")  # the browser gives the focus back first, the page corrects it a moment later
    page.wait_for_function("quote => document.activeElement.dataset.quote === quote", arg=quotes[1])


def test_what_the_archive_does_not_say(page: Page) -> None:
    answered(page, "Which orchestra performs symphonies on the moon in 2071?")
    assert "does not say" in page.inner_text("#answer .abstained")
    page.locator("#answer .nearest button").first.click()
    page.wait_for_selector("#panel[open] .text")


def test_nothing_in_an_article_runs(page: Page) -> None:
    answered(page, "How many tonnes did the zeppelin over Quillford weigh?")
    assert "77 tonnes" in page.inner_text("#answer")
    page.locator("#answer .cite").first.click()
    page.wait_for_selector("#panel mark")
    assert "<script>" in page.inner_text("#panel h2")
    shown = "#answer, #evidence, #panel, #controls"
    assert page.locator(shown).locator("script, img, [onerror]").count() == 0
    assert page.title() != "run"


def test_a_script_that_came_in_all_the_same_would_not_run(address: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        opened = browser.new_page()
        opened.goto(address)
        refused = """hostile => new Promise(done => {
            document.addEventListener("securitypolicyviolation", event => done(event.violatedDirective));
            document.body.insertAdjacentHTML("beforeend", hostile);
        })"""
        assert opened.evaluate(refused, HOSTILE) == "script-src-attr"
        assert opened.title() != "run"
        browser.close()


def test_an_answer_is_taken_away_and_spoken_of(page: Page) -> None:
    assert page.locator("[data-take]").count() == 0
    answered(page, JOBS)
    quote = page.locator("#answer .cite").first.get_attribute("data-quote") or "no quote"
    with page.expect_download() as download:
        page.get_by_role("button", name="Markdown: download").press("Enter")
    assert download.value.suggested_filename.startswith("how-many-jobs-go-when-the-brinkmann-cannery")
    assert quote in download.value.path().read_text("utf-8")
    page.locator("[data-copy]").press("Enter")
    page.click(".feedback summary")
    page.get_by_role("button", name="Useful", exact=True).press("Enter")
    page.wait_for_selector(".feedback .told:text('Noted.')")


def test_stop_is_there_and_the_page_goes_on(page: Page) -> None:
    ask(page, "Who won the mayoral election in Pellhaven?")
    page.click("#stop")
    answered(page, "What does the Tidemill Bridge repair cost?")
    assert "bridge" in page.inner_text("#answer .answer").lower()


def test_what_was_understood_is_taken_away_and_put_back(page: Page) -> None:
    answered(page, "What did Radio Varren report about the Brinkmann Cannery?")
    page.get_by_role("button", name="Ask without: From Radio Varren").press("Enter")
    page.wait_for_selector("#answer:has(.chip.gone) .foot")
    assert len(_outlets(page)) > 1
    page.get_by_role("button", name="Ask with it again: Radio Varren").click()
    page.wait_for_selector("#answer:not(:has(.chip.gone)) .foot")
    assert _outlets(page) == {"Radio Varren"}


def test_the_page_is_set_in_its_own_typeface(page: Page) -> None:
    answered(page, "What does the Tidemill Bridge repair cost?")
    loaded = "[...document.fonts].filter(face => face.status === 'loaded').map(face => face.family)"
    assert {name.strip('"') for name in page.evaluate(loaded)} == {"Source Serif 4"}
    first = "getComputedStyle(document.querySelector('#answer .sentence')).fontFamily.split(',')[0]"
    assert page.evaluate(first).strip('"') == "Source Serif 4"


def test_enter_without_a_question_leaves_everything_as_it_is(page: Page) -> None:
    answered(page, "What does the Tidemill Bridge repair cost?")
    shown = [page.inner_text(part) for part in ("#answer", "#evidence")]
    page.focus(BOX)
    page.keyboard.press("Enter")
    page.wait_for_timeout(1000)
    assert [page.inner_text(part) for part in ("#answer", "#evidence")] == shown
    answered(page, "And who pays for it?")
    assert "Tidemill Bridge" in page.inner_text("#answer .chip:has-text('Read as')")


def test_filters_limit_the_next_question(page: Page) -> None:
    page.click("#filters summary")
    page.check("#filters input[name=outlets][value='Radio Varren']")
    assert page.inner_text("#filters .chosen") == "1 chosen"
    answered(page, "What does the Tidemill Bridge repair cost?")
    assert _outlets(page) == {"Radio Varren"}


def _outlets(page: Page) -> set[str]:
    return set(page.locator("#evidence .origin bdi:first-child").all_inner_texts())


def test_keys_and_examples(page: Page) -> None:
    page.locator("#answer .example").first.click()
    page.wait_for_selector("#answer .foot")
    asked = page.inner_text("#answer h2")
    page.locator("#answer .foot").click()
    page.keyboard.press("/")
    assert page.input_value(BOX) == ""
    page.keyboard.press("ArrowUp")
    assert page.input_value(BOX) == asked
    page.locator("[data-help]").focus()
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    page.keyboard.press("Escape")
    assert page.locator("#help[open]").count() == 0


def test_a_screen_reader_is_told_each_sentence_once(page: Page) -> None:
    answered(page, JOBS)
    told = page.locator("#said p").all_text_contents()
    sentences = [line for line in told if line.startswith(("stands:", "struck:", "not checked:"))]
    assert len(sentences) == page.locator("#answer .sentence").count()
    assert "Searching" in told
    assert len(told) <= len(sentences) + 2


def test_a_phone_shows_everything_in_its_width(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    answered(page, "What does the Tidemill Bridge repair cost?")
    page.click("#filters summary")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 320, "height": 640})  # what 400% zoom leaves of 1280
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.skipif("AXE" not in os.environ, reason="AXE does not name axe.min.js (npm pack axe-core)")
@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_axe_finds_no_violation(page: Page) -> None:
    page.evaluate(Path(os.environ["AXE"]).read_text("utf-8"))
    found = {"start": _violations(page)}
    page.click("#filters summary")
    answered(page, JOBS)
    page.click(".feedback summary")
    found["answer"] = _violations(page)
    page.locator("#answer .cite").first.click()
    page.wait_for_selector("#panel mark")
    found["panel"] = _violations(page)
    page.keyboard.press("Escape")
    page.click("[data-talks]")
    page.wait_for_selector("#talks [data-load]")
    found["conversations"] = _violations(page)
    page.keyboard.press("Escape")
    answered(page, "What did Radio Varren report on the moon in 2071?")
    found["abstention"] = _violations(page)
    assert {place: faults for place, faults in found.items() if faults} == {}


def _violations(page: Page) -> list[str]:
    run = "axe.run(document).then(r => r.violations.map(v => `${v.id}: ${v.nodes.map(n => n.html)}`))"
    return list(page.evaluate(run))
