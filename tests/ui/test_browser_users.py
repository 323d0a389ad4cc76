"""Several people on the page, in a real browser: signing in, what is whose, two windows, and waiting for the writer."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import command, environment
from tests.ui.test_browser import BOX, BROWSER, FLAGS, ROOT
from tests.ui.test_users import WORDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

JOBS = "How many jobs go at the Brinkmann Cannery?"
BRIDGE = "What does the Tidemill Bridge repair cost?"
MAYOR = "Who won the mayoral election in Pellhaven?"
NAMES = ("ana", "ben")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine"),
]


class Writer(ThreadingHTTPServer):
    """A model server that writes one sentence when it is let."""

    daemon_threads = True

    def __init__(self) -> None:
        self.let = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Writer

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.server.begun.release()
        self.server.let.acquire(timeout=120)
        try:
            chunk = json.dumps({"choices": [{"delta": {"content": "It rained [1]."}}]})
            self.wfile.write(f"data: {chunk}\n\ndata: [DONE]\n\n".encode())
        except (BrokenPipeError, ConnectionResetError):
            pass  # the question was stopped


@contextmanager
def _served(archive: Path, **settings: str) -> Iterator[str]:
    """The address of the page over an archive."""
    started = environment(RAG_ARCHIVE=str(archive), RAG_JUDGE="combined:words", **settings)
    with subprocess.Popen(
        command("serve", "--port", "0"), cwd=ROOT, env=started, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        line = ""
        while not line.startswith("Ask at"):
            line = server.stderr.readline()
            assert line, "the page is not served"
        reader = threading.Thread(target=server.stderr.read, daemon=True)
        reader.start()
        yield line.split()[2]
        server.terminate()
        reader.join(timeout=10)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus, with two users."""
    folder = tmp_path_factory.mktemp("users") / "archive"
    steps: list[tuple[str, ...]] = [("ingest", str(ROOT / "corpus"))]
    steps += [("users", "add", name, "--password-stdin") for name in NAMES]
    for step in steps:
        subprocess.run(
            command(*step), env=environment(RAG_ARCHIVE=str(folder)), input=WORDS, text=True, check=True,
            capture_output=True,
        )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def address(archive: Path) -> Iterator[str]:
    with _served(archive) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Any]:
    """Makes browsers that know nothing of each other."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        made.append(browser.new_context(viewport={"width": 1280, "height": 900}, **options))
        made[-1].set_default_timeout(90_000)
        return made[-1]

    yield make
    for context in made:
        context.close()


def _sign_in(context: BrowserContext, address: str, name: str, password: str = WORDS) -> Page:
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    return page


def _ready(page: Page) -> Page:
    page.wait_for_selector("#answer .example")
    return page


def _ask(page: Page, question: str) -> None:
    page.fill(BOX, question)
    page.keyboard.press("Enter")


def _answered(page: Page, question: str) -> None:
    _ask(page, question)
    page.wait_for_selector(f"#answer h2:text-is({question!r}) ~ .foot")


def _talks(page: Page) -> list[str]:
    """The names of the conversations that the page lists now, whatever it listed before."""
    page.evaluate("document.querySelector('#talks .found').replaceChildren()")
    page.click("[data-talks]")
    page.wait_for_selector("#talks .found > *")
    names = page.locator("#talks [data-load]").all_inner_texts()
    page.keyboard.press("Escape")
    return names


def test_signing_in_and_out(new_context: Any, address: str) -> None:
    context = new_context()
    page = _sign_in(context, address, "ana", "not her password")
    page.wait_for_selector("#problem")
    assert page.get_by_label("Password").get_attribute("aria-describedby") == "problem"
    assert page.input_value("#name") == "ana"
    assert page.evaluate("document.activeElement.id") == "password"
    page.keyboard.type(WORDS)
    page.keyboard.press("Enter")
    _ready(page)
    page.wait_for_selector("[data-leave]:has-text('ana')")
    assert page.evaluate("document.cookie") == ""  # no script reads it
    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    other = context.new_page()
    other.goto(address)
    _ready(other)
    page.fill("#question textarea, #question input", "What she did not send")
    assert page.evaluate("sessionStorage.length") > 0
    page.click("[data-leave]")
    page.wait_for_url("**/sign-in")
    assert page.evaluate("sessionStorage.length") == 0  # the next reader in this window is somebody else
    page.goto(address)
    page.wait_for_url("**/sign-in")
    other.wait_for_url("**/sign-in")  # a window that was left open: it looks every few seconds


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_has_the_look_of_the_page_and_its_policy(new_context: Any, address: str, scheme: str) -> None:
    page = new_context(color_scheme=scheme).new_page()
    wrong: list[str] = []
    page.on("request", lambda r: None if r.url.startswith((address, "data:")) else wrong.append(r.url))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.goto(address)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(250, 248, 244)", "dark": "rgb(24, 23, 21)"}[scheme]
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert wrong == []


def test_what_one_asks_another_does_not_see(new_context: Any, address: str) -> None:
    ana, ben = (_ready(_sign_in(new_context(), address, name)) for name in NAMES)
    _answered(ana, JOBS)
    assert _talks(ana)[0] == JOBS
    id = ana.get_attribute("#talks li", "data-id")
    take = ana.get_attribute(".take", "data-answer")
    assert _talks(ben) == []
    ben.evaluate("id => { window.desk.next = { open: id }; document.querySelector('#send').click(); }", id)
    ben.wait_for_selector("#answer .problem:has-text('no such conversation')")
    assert "Brinkmann" not in ben.inner_text("body")
    window = ana.evaluate("window.__gradio_session_hash__")
    heard = "name => fetch(`/gradio_api/queue/data?session_hash=${name}`).then(answer => answer.status)"
    assert (len(window) > 5, ben.evaluate(heard, window)) == (True, 403)
    _answered(ben, BRIDGE)
    ben.evaluate("name => document.querySelector('.take').dataset.answer = name", take)
    ben.get_by_role("button", name="Markdown: download").click()
    ben.wait_for_selector(".take .told:text('no longer at hand')")
    assert _talks(ben) == [BRIDGE]
    assert BRIDGE not in _talks(ana)


def test_two_windows_of_one_user_keep_their_histories_apart(new_context: Any, address: str) -> None:
    context = new_context()
    first = _ready(_sign_in(context, address, "ana"))
    second = context.new_page()
    second.goto(address)
    _ready(second)
    _answered(first, MAYOR)
    _answered(second, BRIDGE)
    _answered(first, "And when was the vote?")
    _answered(second, "And who pays for it?")
    for page, begun, other in ((first, MAYOR, BRIDGE), (second, BRIDGE, MAYOR)):
        names = _talks(page)
        assert {begun, other} <= set(names)
        assert other not in page.inner_text("#answer")
    first.click("[data-talks]")
    first.click(f"#talks [data-load]:has-text({BRIDGE!r})")
    first.wait_for_selector("#answer h2:text-is('And who pays for it?') ~ .foot")
    _answered(first, "And how long does it take?")
    second.wait_for_selector("#answer h2:text-is('And who pays for it?') ~ .foot")


def test_questions_wait_in_line_and_are_told_how_many_are_before(new_context: Any, archive: Path) -> None:
    writer = Writer()
    threading.Thread(target=writer.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{writer.server_port}/v1"
    writer.let.release(50)  # it is warmed
    with _served(archive, RAG_WRITER=f"openai:{url}#slow") as address:
        ana, ben = (_ready(_sign_in(new_context(), address, name)) for name in NAMES)
        again = ana.context.new_page()
        again.goto(address)
        _ready(again)
        ana.wait_for_function("!document.querySelector('#head .notice')")
        while writer.let.acquire(blocking=False):
            pass
        _ask(ana, JOBS)
        ana.wait_for_selector("#answer .working:text('writing')")
        _ask(again, MAYOR)
        again.wait_for_selector("#answer .working:text('1 question before yours')")
        again.wait_for_selector("#evidence .card")
        _ask(ben, BRIDGE)
        ben.wait_for_selector("#answer .working:text('1 question before yours')")
        again.wait_for_selector("#answer .working:text('2 questions before yours')")
        ben.wait_for_selector("#evidence .card")
        ben.click("#stop")
        again.wait_for_selector("#answer .working:text('1 question before yours')")
        _ask(ben, BRIDGE)
        again.wait_for_selector("#answer .working:text('2 questions before yours')")
        ben.close()  # without a word
        again.wait_for_selector("#answer .working:text('1 question before yours')")
        writer.let.release(50)
        ana.wait_for_selector("#answer .foot")
        again.wait_for_selector("#answer .foot")
    writer.shutdown()
    writer.server_close()


@pytest.mark.skipif("AXE" not in os.environ, reason="AXE does not name axe.min.js (npm pack axe-core)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_the_form(new_context: Any, address: str, scheme: str) -> None:
    page = _sign_in(new_context(color_scheme=scheme, bypass_csp=True), address, "ben", "wrong")
    page.wait_for_selector("#problem")
    page.evaluate(Path(os.environ["AXE"]).read_text("utf-8"))
    run = "axe.run(document).then(r => r.violations.map(v => `${v.id}: ${v.nodes.map(n => n.html)}`))"
    assert page.evaluate(run) == []
