"""The Archive and Settings views in a real browser: browsing, adding, stopping, removing; the desk stays as it was."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import fakes
from tests.conftest import CORPUS, PROJECT, command, environment, run, write_article
from tests.llms.servers import model_server
from tests.ui.test_browser import BOX, BROWSER, FLAGS, HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")]
TOLD = "#shelf .adding .told"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real server over corpus/, with an embedder that takes its time, and without a model pack."""
    folder = tmp_path_factory.mktemp("shelf")
    known = {"RAG_ARCHIVE": str(folder / "archive"), "RAG_JUDGE": "combined:words", "RAG_CACHE": str(folder / "cache")}
    assert run("ingest", CORPUS, cwd=PROJECT, **known).returncode == 0
    started = environment(**known, **{fakes.SLEEP: "0.04"})
    with subprocess.Popen(
        command("serve", "--port", "0"), cwd=PROJECT, env=started, stderr=subprocess.PIPE, text=True
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


def _view(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("link", name=name).press("Enter")
    ready = {"Archive": "#shelf .listed li", "Settings": "#settings .packs li", "Ask": "#question"}
    page.wait_for_selector(f"{ready[name]}:visible")


def _articles(page: Page) -> int:
    """How many articles the head says there are."""
    return int(re.match(r"[\d,]+", page.inner_text("#head .title p"))[0].replace(",", ""))  # type: ignore[index]


def _answered(page: Page, question: str) -> None:
    page.fill(BOX, question)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#answer h2:text-is({question!r}) ~ .foot")


def _added(page: Page, words: str) -> None:
    page.wait_for_selector(f"{TOLD}:has-text({words!r})")


def test_browsing_opens_articles_and_the_desk_stays_as_it_was(page: Page) -> None:
    _answered(page, "What does the Tidemill Bridge repair cost?")
    page.fill(BOX, "half a question")
    _view(page, "Archive")
    assert not page.is_visible("#question")
    assert page.evaluate("document.activeElement.id") == "shelf-name"
    assert page.get_by_role("link", name="Archive").get_attribute("aria-current") == "page"
    assert f"1 to 20 of {_articles(page)}" in page.inner_text("#shelf .found")
    page.get_by_role("button", name="Next page").press("Enter")
    page.wait_for_selector("#shelf .found:has-text('21 to 40 of')")
    page.click("#sieve summary")
    page.check("#sieve input[value='Radio Varren']")
    page.wait_for_selector("#shelf .found:has-text('1 to 17 of 17')")
    assert page.inner_text("#sieve .chosen") == "1 chosen"
    assert page.locator("#filters input:checked").count() == 0

    first = page.locator("#shelf .listed .read").first
    title = first.inner_text()
    first.press("Enter")
    page.wait_for_selector("#panel[open] .text")
    assert page.inner_text("#panel h2") == title
    assert page.inner_text("#panel .place") == "Article, 1 of 17"
    page.get_by_role("button", name="Next", exact=True).click()
    page.wait_for_selector("#panel .place:text-is('Article, 2 of 17')")
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.matches('#shelf .listed li:nth-child(2) .read')")

    page.go_back()
    page.wait_for_selector("#question:visible")
    assert page.input_value(BOX) == "half a question"
    assert "Tidemill" in page.inner_text("#answer h2")
    assert page.locator("#evidence .card").count() > 0


def test_a_search_of_the_list_opens_at_what_was_found(page: Page) -> None:
    _view(page, "Archive")
    page.keyboard.press("/")
    page.keyboard.type("Brinkmann Cannery stops production")
    page.keyboard.press("Enter")
    page.wait_for_selector("#shelf .found:has-text('the nearest first')")
    page.locator("#shelf .listed .read").first.click()
    page.wait_for_selector("#panel[open] mark")
    assert "Brinkmann" in page.inner_text("#panel .text")


def test_a_file_is_added_asked_about_and_removed(page: Page) -> None:
    before = _articles(page)
    _view(page, "Archive")
    head = f"---\ntitle: Gondola {HOSTILE}\noutlet: Gondola Gazette {HOSTILE}\n---\n\n"
    text = head + "The gondola of Quillford weighed 91 tonnes.\n"
    name = "gondola <img src=x onerror=alert(1)>.md"
    files = [(name, text), ("junk.exe", "MZ")]
    page.set_input_files(
        "#shelf [name=files]", [{"name": n, "mimeType": "text/plain", "buffer": t.encode()} for n, t in files]
    )
    _added(page, "1 added, 1 failed")
    assert "no reader for .exe files" in page.inner_text(TOLD)
    page.wait_for_function(f"document.querySelector('#head .title p').textContent.startsWith('{before + 1} ')")
    assert "Gondola Gazette" in page.inner_text("#shelf .plots")
    assert page.locator("#filters input[name=outlets][value^='Gondola Gazette']").count() == 1
    assert page.locator("#shelf, #controls, #head").locator("img, script, [onerror]").count() == 0

    _view(page, "Ask")
    _answered(page, "How many tonnes did the gondola of Quillford weigh?")
    assert "91 tonnes" in page.inner_text("#answer")

    _view(page, "Archive")
    page.fill("#shelf [name=search]", "gondola of Quillford weighed")
    page.keyboard.press("Enter")
    page.wait_for_selector("#shelf .found:has-text('the nearest first')")
    assert page.is_disabled("#shelf [data-removal]")
    page.locator("#shelf .listed li:has-text('Gondola') input").check()
    page.get_by_role("button", name="Remove 1…").press("Enter")
    page.wait_for_selector("#removal[open]")
    assert "1 uploaded file goes with that" in page.inner_text("#removal")
    page.get_by_role("button", name="Keep them").press("Enter")
    page.click("#shelf [data-removal]")
    page.get_by_role("button", name="Remove", exact=True).click()
    _added(page, "1 article removed")
    page.wait_for_function(f"document.querySelector('#head .title p').textContent.startsWith('{before} ')")
    assert "Gondola Gazette" not in page.inner_text("#shelf .plots")
    page.wait_for_selector("#shelf .found:not(:has-text('Gondola'))")
    assert page.title() != "run"


def test_files_are_dropped(page: Page) -> None:
    before = _articles(page)
    _view(page, "Archive")
    page.evaluate("""() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["Dropped\\n\\nOf what was dropped, 12 words were read."], "dropped.txt"));
        document.querySelector("#shelf .drop").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
    }""")
    _added(page, "1 added")
    page.wait_for_function(f"document.querySelector('#head .title p').textContent.startsWith('{before + 1} ')")


def test_an_ingest_is_stopped_and_finished(page: Page, tmp_path: Path) -> None:
    for n in range(90):
        write_article(tmp_path / "many" / f"{n:02}.md", f"Barge {n} carried {n + 100} tonnes.", title=f"Barge {n}")
    _view(page, "Archive")
    before = _articles(page)
    page.fill("#shelf [name=place]", str(tmp_path / "many"))
    page.keyboard.press("Enter")
    page.wait_for_selector("#shelf .work:visible .seen:has-text('seen')")
    page.get_by_role("button", name="Stop", exact=True).press("Enter")
    _added(page, "Stopped")
    assert "did not finish" in page.inner_text("#head .notice")
    assert page.is_visible("#shelf [data-finish]")
    assert page.evaluate("document.activeElement !== document.body")
    _view(page, "Ask")
    _answered(page, "What does the Tidemill Bridge repair cost?")
    assert "Tidemill" in page.inner_text("#answer .answer")
    page.reload()
    page.wait_for_selector("#shelf:not([hidden]) .listed li, #answer .example")
    _view(page, "Archive")
    page.get_by_role("button", name="Finish it now").click()
    _added(page, "Done:")
    page.wait_for_function(f"document.querySelector('#head .title p').textContent.startsWith('{before + 90} ')")
    assert page.locator("#shelf [data-finish]").count() == 0


def test_what_cannot_be_added_is_said(page: Page) -> None:
    _view(page, "Archive")
    page.fill("#shelf [name=place]", "/there/is/no/such/folder")
    page.keyboard.press("Enter")
    _added(page, "there is no such file or folder")
    page.evaluate("document.querySelector('#shelf .drop').dataset.bytes = 10")
    page.set_input_files("#shelf [name=files]", {"name": "big.txt", "mimeType": "text/plain", "buffer": b"x" * 11})
    page.wait_for_selector("#shelf .refused:has-text('bigger than')")


def test_a_writer_is_tested_and_chosen_for_the_next_questions(page: Page) -> None:
    _view(page, "Settings")
    assert page.locator("#settings .packs [data-pull]").count() > 0
    with model_server() as server:
        name = f"openai:http://127.0.0.1:{server.server_port}/v1#fine"
        page.fill("#settings [name=other]", name)
        page.get_by_role("button", name="Test the server").press("Enter")
        page.wait_for_selector("#settings .who .told:has-text('It answers')")
        page.get_by_role("button", name="Use for the next questions").press("Enter")
        page.wait_for_selector("#settings .who .told:has-text('answers the next questions')")
        assert page.is_checked(f"#settings [name=writer][value='{name}']")
        _view(page, "Ask")
        assert page.input_value("#writer select") == name
        _answered(page, "What does the Tidemill Bridge repair cost?")
        assert name in page.inner_text("#answer .foot")
    _view(page, "Settings")
    page.get_by_role("button", name="Test the server").press("Enter")
    page.wait_for_selector("#settings .who .told .problem:has-text('cannot be reached')")


def test_a_judge_is_chosen_and_kept(page: Page) -> None:
    _view(page, "Settings")
    before = page.get_attribute("#settings [name=judge]:checked", "value")
    page.fill("#settings [name=other-judge]", "nobody")
    page.get_by_role("button", name="Make this the archive’s judge").press("Enter")
    page.wait_for_selector("#settings .checks .told .problem:has-text('no judge is called')")
    page.check("#settings [name=judge][value=literal]")
    page.get_by_role("button", name="Make this the archive’s judge").press("Enter")
    page.wait_for_selector("#settings .checks .told:has-text('Kept: literal')")
    assert page.is_checked("#settings [name=judge][value=literal]")
    assert "literal" in page.inner_text("#settings .used")
    page.fill("#settings [name=other-judge]", str(before))
    page.get_by_role("button", name="Make this the archive’s judge").press("Enter")
    page.wait_for_selector(f"#settings .checks .told:has-text('Kept: {before}')")


def test_the_embedder_is_changed_while_the_present_one_serves(page: Page) -> None:
    _view(page, "Settings")
    before = page.get_attribute("#settings [name=embedder]:checked", "value")
    page.fill("#settings [name=other-embedder]", "nobody")
    page.get_by_role("button", name="Change the embedder").press("Enter")
    page.wait_for_selector("#settings .finds .told .problem:has-text('nobody')")
    page.fill("#settings [name=other-embedder]", fakes.OTHER)
    page.get_by_role("button", name="Change the embedder").press("Enter")
    page.wait_for_selector("#settings .finds .seen:has-text('the present embedder serves meanwhile')")
    _view(page, "Ask")
    page.fill(BOX, "Who chairs the inquiry?")
    page.keyboard.press("Enter")
    page.wait_for_selector("#evidence .card")
    _view(page, "Settings")
    page.wait_for_selector("#settings .finds .told:has-text('Done: ')")
    assert page.get_attribute("#settings [name=embedder]:checked", "value") == fakes.OTHER
    page.fill("#settings [name=other-embedder]", str(before))
    page.get_by_role("button", name="Change the embedder").press("Enter")
    page.wait_for_selector(f"#settings .used code:text-is('{before}')")


def test_a_phone_shows_the_views_in_its_width(page: Page) -> None:
    for width, height in ((390, 844), (320, 640)):
        page.set_viewport_size({"width": width, "height": height})
        for name in ("Archive", "Settings", "Ask"):
            _view(page, name)
            for summary in page.locator("#shelf:visible summary").all():
                summary.click()
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.skipif("AXE" not in os.environ, reason="AXE does not name axe.min.js (npm pack axe-core)")
@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_axe_finds_no_violation_in_the_views(page: Page) -> None:
    page.evaluate(Path(os.environ["AXE"]).read_text("utf-8"))
    found = {}
    _view(page, "Archive")
    page.fill("#shelf [name=place]", "/nowhere")
    page.keyboard.press("Enter")
    _added(page, "1 failed")
    for summary in page.locator("#shelf summary").all():
        summary.click()
    found["archive"] = _violations(page)
    page.locator("#shelf .listed input").first.check()
    page.click("#shelf [data-removal]")
    page.wait_for_selector("#removal[open]")
    found["removal"] = _violations(page)
    page.keyboard.press("Escape")
    _view(page, "Settings")
    found["settings"] = _violations(page)
    assert {place: faults for place, faults in found.items() if faults} == {}


def _violations(page: Page) -> list[str]:
    run = "axe.run(document).then(r => r.violations.map(v => `${v.id}: ${v.nodes.map(n => n.html)}`))"
    return list(page.evaluate(run))
