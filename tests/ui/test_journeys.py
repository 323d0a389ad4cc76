"""Longer ways through the page in a real browser. Not part of the usual run: `pytest -m journey tests/ui`.

axe-core is no part of the project: the test that needs it takes it from where AXE says.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import docx
import pytest

import rag
from tests.conftest import command, environment, run, write_article
from tests.ui.stage import (
    ARABIC,
    BOX,
    BROWSER,
    HEBREW,
    LANTERN,
    PLAIN,
    Stage,
    answered,
    ask,
    browser,
    opened,
    served,
    stage,
)  # fmt: skip
from tests.ui.states import COST, MOON, REOPENED, STATES, State

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.journey,
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore"),  # of the threads of Gradio's server, which runs in this process here
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine"),
]
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage")) as built:
        yield built


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def page(made: Stage, started: Browser) -> Iterator[Page]:
    """A page whose writer quotes at once."""
    with opened(started, made.serve_once(writer=made.scripted.writer("quick"))) as shown:
        yield shown


@pytest.fixture
def slow(made: Stage, started: Browser) -> Iterator[Page]:
    """A page whose writer takes its time over every word."""
    with opened(started, made.serve_once(writer=made.scripted.writer("slow"))) as shown:
        yield shown


def test_first_run_to_first_answer(made: Stage, started: Browser, tmp_path: Path) -> None:
    write_article(tmp_path / "new" / "ferry.md", "The ferry to Askvik sails 14 times a day.", title="Ferry to Askvik")
    settings = replace(PLAIN, writer=made.scripted.writer("quick"))
    with (
        rag.open(tmp_path / "archive", settings=settings) as archive,
        served(archive) as address,
        opened(started, address) as page,
    ):
        assert "rag ingest --archive" in page.inner_text("#answer .start")
        done = run("ingest", tmp_path / "new", "--archive", tmp_path / "archive")
        assert done.returncode == 0, done.stderr
        page.reload()
        page.wait_for_selector("#head .quiet:text('1 article')")
        answered(page, "How many times a day does the ferry to Askvik sail?")
        assert "14 times" in page.inner_text("#answer .sentence.supported")


def test_a_follow_up_is_understood_from_what_was_asked_before(page: Page) -> None:
    answered(page, COST)
    answered(page, "And who pays for it?")
    assert "Tidemill Bridge" in page.inner_text("#answer .chip:has-text('Read as')")
    assert "Tidemill" in page.inner_text("#evidence .card >> nth=0")


def test_from_the_question_to_the_article_and_back_by_keyboard(page: Page) -> None:
    page.focus(BOX)
    page.keyboard.type(COST)
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer .foot")
    page.keyboard.press("Tab")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.evaluate("document.activeElement.dataset.quote")
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel[open] mark")
    assert page.inner_text("#panel mark") == second
    page.keyboard.press("k")
    page.wait_for_function("quote => document.querySelector('#panel mark')?.textContent !== quote", arg=second)
    first = page.inner_text("#panel mark")
    page.keyboard.press("Escape")
    page.wait_for_function("quote => document.activeElement.dataset.quote === quote", arg=first)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement === document.querySelector('#question textarea, #question input')")


def test_the_word_file_holds_what_stands_with_its_sources(page: Page, tmp_path: Path) -> None:
    answered(page, COST)
    sentences = page.locator("#answer .sentence.supported").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("button", name="Word: download").click()
    download.value.save_as(tmp_path / "answer.docx")
    document = docx.Document(str(tmp_path / "answer.docx"))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert COST in text
    for sentence in sentences:
        assert sentence.rstrip("0123456789\n ") in text
    notes = next(part for part in document.part.package.iter_parts() if "footnotes" in str(part.partname))
    assert b"Pellhaven Courier" in notes.blob


def test_what_filters_keep_out_is_found_without_them(page: Page) -> None:
    page.click("#filters summary")
    page.fill("#filters [name=published_to]", "1999-12-31")
    answered(page, COST)
    page.click("#evidence [data-wide]")
    page.wait_for_selector("#evidence .card")
    page.wait_for_selector("#answer .sentence.supported")
    assert page.input_value("#filters [name=published_to]") == ""


def test_a_conversation_is_kept_reopened_renamed_and_deleted(page: Page) -> None:
    answered(page, "Who chairs the inquiry into the Skerra Line?")
    answered(page, COST)
    page.reload()
    page.wait_for_selector(f"#answer h2:text-is({COST!r}) ~ .foot")  # where it was
    page.click("[data-talks]")
    page.fill("#talks input", "Skerra")
    row = page.locator("#talks li").first
    row.locator("[data-load]:has-text('Skerra')").wait_for()
    page.once("dialog", lambda dialog: dialog.accept("The inquiry"))
    row.locator("[data-rename]").click()
    page.wait_for_selector("#talks [data-load]:has-text('The inquiry')")
    page.click("#talks [data-close]")
    page.click("[data-talks]")
    page.click("#talks [data-new]")
    page.wait_for_selector("#answer .start")
    page.click("[data-talks]")
    page.click("#talks [data-load]:has-text('The inquiry')")
    page.wait_for_selector(f"#answer h2:text-is({COST!r}) ~ .foot")
    answered(page, "And when does it reopen?")  # it goes on from there
    page.click("[data-talks]")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.click("#talks li:has-text('The inquiry') [data-delete]")
    page.wait_for_selector("#talks [data-load]:has-text('The inquiry')")
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#talks li:has-text('The inquiry') [data-delete]")
    page.wait_for_selector("#talks:not(:has-text('The inquiry'))")
    page.click("#talks [data-close]")
    page.reload()  # what is gone is not opened again
    page.wait_for_selector("#answer .start .example")


def test_stopped_in_the_middle_of_a_sentence(slow: Page, made: Stage) -> None:
    made.scripted.hung_up.clear()
    ask(slow, COST)
    slow.wait_for_selector("#answer .writing")
    slow.keyboard.press("Escape")
    slow.wait_for_selector("#answer p:text('Stopped.')")
    assert made.scripted.hung_up.wait(30)  # the writer's work has ended too
    assert slow.locator("#evidence .card").count() > 0
    ask(slow, MOON)
    slow.wait_for_selector(f"#answer h2:text-is({MOON!r})")


def test_nothing_of_a_hostile_article_runs_or_is_fetched(page: Page) -> None:
    answered(page, "How many tonnes did the zeppelin over Quillford weigh?")
    page.locator("#answer .cite").first.click()
    page.wait_for_selector("#panel mark")
    for place in ("#panel h2", "#panel .origin", "#panel .text", "#evidence .origin >> nth=0"):
        assert "<script>" in page.inner_text(place), place
    assert page.locator("#panel a, #evidence .card:has-text('Zeppelin') a").count() == 0  # an address that is a script
    assert page.locator("#answer, #evidence, #panel, #controls").locator("script, img, [onerror]").count() == 0
    # What overrides the direction of writing ends with the outlet's own element.
    assert page.evaluate("getComputedStyle(document.querySelector('#evidence .origin bdi')).unicodeBidi") == "isolate"


def test_two_windows_ask_at_once(slow: Page, made: Stage, started: Browser) -> None:
    with opened(started, made.serve_once(writer=made.scripted.writer("slow"))) as other:
        ask(slow, COST)
        ask(other, "Who won the mayoral election in Pellhaven?")
        for window in (other, slow):
            window.wait_for_selector("#answer .foot")
        assert "Tidemill" in slow.inner_text("#answer .answer")
        assert other.inner_text("#answer h2.question") == "Who won the mayoral election in Pellhaven?"
        current = "document.querySelector('[data-current]').dataset.current"
        assert slow.evaluate(current) != other.evaluate(current)


def test_a_lost_connection_is_said_and_gone_on_from(started: Browser, made: Stage) -> None:
    archive = made.archive("full", writer=made.scripted.writer("quick"))
    with ExitStack() as windows:
        with served(archive) as address:
            page = windows.enter_context(opened(started, address, lost=True))
            answered(page, COST)
        page.focus(BOX)
        page.keyboard.type("And who pays for it?")
        page.wait_for_selector("#lost:popover-open")
        page.keyboard.press("Enter")
        assert page.input_value(BOX) == "And who pays for it?"
        with served(archive, int(address.rstrip("/").rpartition(":")[2])):
            page.wait_for_function("() => !document.querySelector('#lost:popover-open')")
            page.wait_for_selector(f"#answer h2:text-is({COST!r}) ~ .foot")
            assert page.input_value(BOX) == "And who pays for it?"
            page.focus(BOX)
            page.keyboard.press("Enter")
            page.wait_for_selector("#answer h2:text-is('And who pays for it?') ~ .foot")
            assert "Tidemill Bridge" in page.inner_text("#answer .chip:has-text('Read as')")


@contextmanager
def _process(made: Stage, port: int) -> Iterator[str]:
    """The page as a process of its own, with the slow writer; its address. It is killed, not asked to end."""
    settings = environment(RAG_WRITER=made.scripted.writer("slow"), RAG_JUDGE="combined:words")
    arguments = command("serve", "--archive", made.folder / "full", "--port", str(port))
    with subprocess.Popen(arguments, env=settings, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield next(line for line in process.stderr if line.startswith("Ask at")).split()[2]
        finally:
            process.kill()


def test_a_connection_lost_in_mid_answer_gives_the_question_back(made: Stage, started: Browser) -> None:
    with ExitStack() as windows:
        with _process(made, 0) as address:
            page = windows.enter_context(opened(started, address, lost=True))
            ask(page, COST)
            page.wait_for_selector("#answer .writing")
        page.wait_for_selector("#lost:popover-open")
        assert page.input_value(BOX) == COST
        assert "was lost" in page.inner_text("#answer")
        with _process(made, int(address.rstrip("/").rpartition(":")[2])):
            back = """asked => !document.querySelector("#lost:popover-open")
                && document.querySelector("#question textarea, #question input")?.value === asked"""
            page.wait_for_function(back, arg=COST)
            page.wait_for_selector("#answer .start")


def test_filters_and_what_a_question_was_asked_without_outlive_a_lost_connection(made: Stage, started: Browser) -> None:
    asked = "What did Radio Varren report about the Brinkmann Cannery?"
    first_day = "#filters input[name=published_from]"
    with ExitStack() as windows:
        with _process(made, 0) as address:
            page = windows.enter_context(opened(started, address, lost=True))
            page.click("#filters summary")
            page.fill(first_day, "2025-01-15")
            ask(page, asked)
            page.get_by_role("button", name="Ask without: From Radio Varren").press("Enter")
            page.wait_for_selector("#answer:has(.chip.gone) .writing, #answer:has(.chip.gone) .working")
        page.wait_for_selector("#lost:popover-open")
        with _process(made, int(address.rstrip("/").rpartition(":")[2])):
            back = "asked => document.querySelector('#question textarea, #question input')?.value === asked"
            page.wait_for_selector("#answer .start")
            page.wait_for_function(back, arg=asked)
            assert page.input_value(first_day) == "2025-01-15"
            assert page.inner_text("#filters .chosen") == "1 chosen"
            page.focus(BOX)
            page.keyboard.press("Enter")
            page.wait_for_selector("#answer .chip.gone:has-text('Radio Varren')")


def test_the_notice_of_models_that_load_goes_by_itself(made: Stage, started: Browser) -> None:
    made.scripted.released.clear()
    with opened(started, made.serve("full", writer=made.scripted.writer("hold"))) as page:
        ask(page, COST)
        page.wait_for_selector("#evidence .card")  # at once, although no writer is there
        assert "still loading" in page.inner_text("#head")
        made.scripted.released.set()
        page.wait_for_function("() => !document.querySelector('#head .notice')")
        page.wait_for_selector("#answer .foot")


def test_a_megabyte_opens_at_its_words_and_comes_in_parts(made: Stage, started: Browser) -> None:
    with opened(started, made.serve_once()) as page:
        answered(page, "When was the lantern of Skarholm lighthouse lit again?")
        page.locator("#answer .cite").first.click()
        page.wait_for_selector("#panel mark")
        assert page.inner_text("#panel mark") == LANTERN
        assert page.locator("#panel mark").is_visible()
        assert page.locator("#panel .text p").count() < 1500
        page.locator("#panel [data-more=before]").scroll_into_view_if_needed()
        page.wait_for_function("document.querySelectorAll('#panel .text p').length > 1000")
        numbers = page.evaluate("""[...document.querySelectorAll("#panel .text p")]
            .map((line) => Number(line.textContent.match(/Entry ([0-9]+)/)?.[1] ?? 5000))""")
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))  # no line twice, none left out


def test_two_hundred_cards_are_folded_and_laid_out_as_they_come(made: Stage, started: Browser) -> None:
    with opened(started, made.serve_once(evidence_passages=200)) as page:
        answered(page, COST)
        assert page.locator("#evidence .card").count() == 200
        page.click("#evidence .rest summary")
        last = page.locator("#evidence .card >> nth=199")
        assert not last.evaluate("card => card.querySelector('h3').checkVisibility({ contentVisibilityAuto: true })")
        last.scroll_into_view_if_needed()
        last.locator("h3").wait_for()


@pytest.mark.parametrize(("question", "name"), [(REOPENED, HEBREW), (f"كم كلفت أعمال {ARABIC}؟", ARABIC)])
def test_from_right_to_left(page: Page, question: str, name: str) -> None:
    answered(page, question)
    for place in ("#answer h2.question", "#answer .sentence.supported", "#evidence .passage", "#evidence h3"):
        assert page.locator(place).first.evaluate("one => getComputedStyle(one).direction") == "rtl", place
    page.locator("#answer .cite").first.click()
    page.wait_for_selector("#panel mark")
    assert name.split()[-1] in page.inner_text("#panel mark")


def test_a_phone(made: Stage, started: Browser) -> None:
    address = made.serve_once(writer=made.scripted.writer("quick"))
    with opened(started, address, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True) as page:
        answered(page, COST)
        assert page.evaluate(WIDTH) <= 390
        page.locator("#answer .cite").first.tap()
        page.wait_for_selector("#panel mark")
        assert page.locator("#panel").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 780}
        page.locator("#panel [data-close]").tap()
        page.locator("[data-talks]").tap()
        page.wait_for_selector("#talks [data-load]")
        assert page.evaluate(WIDTH) <= 390
        sizes = page.evaluate("""[...document.querySelectorAll("#answer button, #controls summary, #talks button")]
            .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 22)
            .map((one) => one.outerHTML.slice(0, 80))""")
        assert sizes == []


def test_twice_the_size(made: Stage, started: Browser) -> None:
    """At 200% zoom, 1280 by 800 pixels are 640 by 400 of the page's."""
    address = made.serve_once(writer=made.scripted.writer("quick"))
    with opened(started, address, viewport={"width": 640, "height": 400}, device_scale_factor=2) as page:
        page.click("#filters summary")
        answered(page, COST)
        page.click(".feedback summary")
        assert page.evaluate(WIDTH) <= 640
        page.locator("#answer .cite").first.click()
        page.wait_for_selector("#panel mark")
        assert page.locator("#panel [data-close]").is_visible()
        assert page.evaluate("document.querySelector('#panel .page').clientHeight") > 250  # room to read


def test_nothing_moves_for_those_who_want_it_so(made: Stage, started: Browser) -> None:
    address = made.serve_once(writer=made.scripted.writer("slow"))
    with opened(started, address, reduced_motion="reduce") as page:
        ask(page, COST)
        page.wait_for_selector("#answer .writing")
        assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.skipif("AXE" not in os.environ, reason="AXE does not name axe.min.js (npm pack axe-core)")
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_axe_finds_no_violation(made: Stage, started: Browser, state: State) -> None:
    if state.model == "hold":
        made.scripted.released.clear()
    with opened(started, made.address(state), lost=True, reduced_motion="reduce") as page:
        state.reach(page)
        page.evaluate(Path(os.environ["AXE"]).read_text("utf-8"))
        found: dict[str, list[str]] = {}
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.wait_for_function("dark => document.querySelector('.dark') !== null === dark", arg=theme == "dark")
            told = "axe.run(document).then(r => r.violations.map(v => `${v.id}: ${v.nodes.map(n => n.html)}`))"
            found[theme] = page.evaluate(told)
        page.context.set_offline(False)
        assert found == {"light": [], "dark": []}
