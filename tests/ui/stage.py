"""Where the page is put on: archives in every state, the real server over them, and a real browser that keeps watch."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rag
from tests.conftest import CORPUS, SETTINGS, write_article
from tests.ui.scripted import Scripted, scripted

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.ui.states import State

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
]  # fmt: skip
BOX = "#question textarea, #question input"
PLAIN = replace(SETTINGS, judge="combined:words")  # nothing of it needs a model
HOSTILE = "<img src=//elsewhere.example/x onerror=\"document.title='run'\"><script>document.title='run'</script>"
ZEPPELIN = f"The zeppelin over Quillford weighed 77 tonnes `{HOSTILE}`."
LANTERN = "The lantern of Skarholm lighthouse was lit again at 18:42 on Friday."  # in the middle of a megabyte
HEBREW = "מגדלור סקרהולם"
ARABIC = "منارة سكارهولم"
_WIDE = "A line of the harbour log: wind from the west, two ships in, one ship out, nothing else to report."


def articles(folder: Path) -> Path:
    """Beside the corpus: an article that attacks the page, one of a megabyte, and two that run from right to left."""
    write_article(
        folder / "hostile.md", f"{ZEPPELIN} \u202eIt landed.\u202c", title=f"Zeppelin {HOSTILE}", byline=HOSTILE,
        outlet=f"Zeppelin {HOSTILE} \u202eReversed", url="javascript:document.title='run'", published="2025-05-04",
    )  # fmt: skip
    log = [f"{_WIDE} Entry {n}." for n in range(9_500)]
    log[5_000] = LANTERN
    write_article(folder / "log.md", "\n\n".join(log), title="The harbour log of Skarholm", outlet="Skarholm Record")
    write_article(
        folder / "hebrew.md",
        f"{HEBREW} נפתח מחדש ביום שישי לאחר שיפוץ של 14 חודשים. "
        "העבודות עלו 3.2 מיליון כתרים, אמרה מנהלת הנמל רותי לב.",
        title=f"{HEBREW} נפתח מחדש", outlet="קול החוף", byline="דנה ארז", published="2025-06-08", language="he",
    )  # fmt: skip
    write_article(
        folder / "arabic.md",
        f"أعيد افتتاح {ARABIC} يوم الجمعة بعد ترميم استمر 14 شهرا. "
        "وقالت مديرة الميناء إن الأعمال كلفت 3.2 مليون كرونة.",
        title=f"افتتاح {ARABIC}", outlet="صوت الساحل", byline="سلمى نادر", published="2025-06-09", language="ar",
    )  # fmt: skip
    return folder


@dataclass
class Stage:
    """Archives that pages are served over. `scripted` is the writers' server."""

    folder: Path
    scripted: Scripted
    stack: ExitStack
    addresses: dict[str, str] = field(default_factory=dict)

    def archive(self, name: str, **changes: Any) -> rag.Archive:
        """The full archive (or, by the name "empty", one without articles) with other settings."""
        place = self.folder / ("empty" if name == "empty" else "full")
        return self.stack.enter_context(rag.open(place, settings=replace(PLAIN, **changes)))

    def address(self, state: State) -> str:
        """Where a page is served that can come into a state; each settings' page once."""
        writer = self.scripted.writer(state.model) if state.model else state.settings.get("writer", "extractive")
        settings = {**state.settings, "writer": writer}
        return self.serve_once(state.archive, **settings)

    def serve_once(self, name: str = "full", **changes: Any) -> str:
        """As `serve`, but one page for the same settings."""
        key = repr((name, changes))
        if key not in self.addresses:
            self.addresses[key] = self.serve(name, **changes)
        return self.addresses[key]

    def serve(self, name: str = "full", **changes: Any) -> str:
        """A page served until the end; its address."""
        return str(self.stack.enter_context(served(self.archive(name, **changes))))


@contextmanager
def served(archive: rag.Archive, port: int = 0, again: float = 1.0) -> Iterator[str]:
    """The real page over an archive, until the block ends; its address."""
    from ui import server

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Gradio's own threads
        with server.serving(archive, port=port, again=again) as blocks:
            yield blocks.local_url


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Everything that the states need, built once in `folder` (and kept there)."""
    with ExitStack() as stack:
        made = Stage(folder, stack.enter_context(scripted()), stack)
        with rag.open(folder / "full", settings=PLAIN) as archive:
            archive.ingest([CORPUS, articles(folder / "articles")])
        yield made


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield started
        started.close()


@contextmanager
def opened(started: Browser, address: str, *, lost: bool = False, **context: Any) -> Iterator[Page]:
    """A page in a window of its own. Afterwards: nothing was asked of another host, nothing broke, nothing ran.

    `lost` allows for the errors of a connection that is lost on purpose, or interrupted by loading the page again.
    """
    window = started.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
    page = window.new_page()
    page.set_default_timeout(60_000)
    wrong: list[str] = []
    page.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else wrong.append(r.url))
    if not lost:
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#answer .start")
    yield page
    assert wrong == [], wrong
    assert page.title() != "run"
    window.close()


def ask(page: Page, question: str) -> None:
    """Type a question and send it."""
    page.fill(BOX, question)
    page.keyboard.press("Enter")


def answered(page: Page, question: str) -> None:
    """Ask, and wait for the whole answer."""
    ask(page, question)
    page.wait_for_selector(f"#answer h2:text-is({question!r}) ~ .foot")
