"""The states that the page can be in, each with how it comes about: for screenshots and for axe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.ui.stage import HEBREW, LANTERN, answered, ask

if TYPE_CHECKING:
    from playwright.sync_api import Page

COST = "What does the Tidemill Bridge repair cost?"
MOON = "Which orchestra performs symphonies on the moon?"
LIT = "When was the lantern of Skarholm lighthouse lit again?"
REOPENED = f"כמה עלו העבודות ב{HEBREW}?"
LONG = {"evidence_passages": 40, "prompt_tokens": 2000, "answer_tokens": 4096}


@dataclass(frozen=True)
class State:
    """`model` is that of the scripted server ("": none writes); `reach` brings a page there that was just opened."""

    name: str
    reach: Callable[[Page], object]
    model: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    archive: str = "full"


def _loading(page: Page) -> None:
    ask(page, COST)
    page.wait_for_selector("#evidence .card")
    page.wait_for_selector("#answer .working:text('still loading')")


def _missing(page: Page) -> None:
    page.wait_for_selector("#head .notice:text('newsroom-7b.gguf')")


def _down(page: Page) -> None:
    answered(page, COST)
    page.wait_for_selector("#answer .notice:text('could not write')")


def _nothing(page: Page) -> None:
    page.click("#filters summary")
    page.fill("#filters [name=published_to]", "1999-12-31")
    page.click("#filters summary")
    ask(page, COST)
    page.wait_for_selector("#evidence [data-wide]")
    page.wait_for_selector("#answer .foot")


def _writing(page: Page) -> None:
    ask(page, COST)
    page.wait_for_selector("#answer .sentence.supported")
    page.wait_for_selector("#answer .working")


def _struck(page: Page) -> None:
    answered(page, COST)
    page.locator("#answer .why button").first.focus()


def _many(page: Page) -> None:
    answered(page, COST)
    page.click("#evidence .rest summary")
    page.locator("#evidence .rest .card").nth(2).scroll_into_view_if_needed()


def _article(page: Page) -> None:
    answered(page, COST)
    page.locator("#answer .cite").first.click()
    page.wait_for_selector("#panel mark")


def _log(page: Page) -> None:
    answered(page, LIT)
    page.evaluate(
        """quote => {
        const card = [...document.querySelectorAll("#evidence .read")].find((one) => one.dataset.quote.includes(quote));
        const start = Number(card.dataset.start) + card.dataset.quote.indexOf(quote);
        Object.assign(card.dataset, { quote, start, end: start + quote.length });
        card.click();
    }""",
        LANTERN,
    )
    page.wait_for_selector("#panel mark")


def _hebrew_article(page: Page) -> None:
    answered(page, REOPENED)
    page.locator("#evidence .read").first.click()
    page.wait_for_selector("#panel mark")


def _filters(page: Page) -> None:
    page.click("#filters summary")
    page.check("#filters input[name=outlets] >> nth=0")


def _talks(page: Page) -> None:
    answered(page, COST)
    page.click("[data-talks]")
    page.wait_for_selector("#talks [data-load]")


def _feedback(page: Page) -> None:
    answered(page, COST)
    page.click(".feedback summary")
    page.locator(".feedback summary").scroll_into_view_if_needed()


def _shelf(page: Page) -> None:
    page.click(".views a[href='#archive']")
    page.wait_for_selector("#shelf-name")
    page.wait_for_selector("#views svg")


def _choosing(page: Page) -> None:
    page.click(".views a[href='#settings']")
    page.wait_for_selector("#views table, #views dl")


def _lost(page: Page) -> None:
    answered(page, COST)
    page.context.set_offline(True)
    page.locator("#question textarea, #question input").first.type("And who pays")
    page.wait_for_selector("#lost:popover-open")


STATES = (
    State("start", lambda page: None),
    State("empty", lambda page: None, archive="empty"),
    State("loading", _loading, "hold"),
    State("model-missing", _missing, settings={"writer": "gguf:/models/newsroom-7b.gguf"}),
    State("server-down", _down, "down"),
    State("writing", _writing, "slow"),
    State("answer", lambda page: answered(page, COST), "quick"),
    State("struck", _struck, "invents"),
    State("abstention", lambda page: answered(page, MOON)),
    State("nothing-found", _nothing),
    State("long-answer", lambda page: answered(page, COST), "long", LONG),
    State("many-cards", _many, settings={"evidence_passages": 200}),
    State("article", _article, "quick"),
    State("megabyte", _log),
    State("right-to-left", lambda page: answered(page, REOPENED), "quick"),
    State("right-to-left-article", _hebrew_article, "quick"),
    State("filters", _filters),
    State("conversations", _talks, "quick"),
    State("feedback", _feedback, "quick"),
    State("archive", _shelf),
    State("settings", _choosing),
    State("lost", _lost, "quick"),
)
