"""The desk: layout and wiring. What it shows is made in `shell`, `render`, `cards`, `filters` and `panel`."""

from __future__ import annotations

import itertools
import logging
import os
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.types import Answer, Checked, Delta, Done, Evidence, Sentence
from ui import cards, filters, panel, render, shell
from ui.examples import examples
from ui.wishes import Wishes, wishes_from, writers

if TYPE_CHECKING:
    import gradio as gr

    from rag import Archive

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

_HERE = Path(__file__).parent
_SEND = "(question, wishes, history) => window.desk.sent(question)"
_READ_FOR_EXAMPLES = 200  # articles, the newest
_BROKEN = "Something went wrong on this machine. The terminal that serves this page says what."
_turns = itertools.count(1)
History = list[tuple[str, str]]
Update = tuple[str, str, History]


def build(archive: Archive, loading: Callable[[], str] = str) -> gr.Blocks:
    """The page over an archive, not yet served. `loading` says what a reader must know of the models; "" is nothing."""
    import gradio as gr

    def open_article(wanted: Any) -> str:
        return panel.opened(archive, panel.wanted_from(wanted), date.today())

    with gr.Blocks(title="Ask the archive", analytics_enabled=False, fill_width=True) as page:
        history, wishes = gr.State([]), gr.JSON(visible=False)
        gr.HTML(lambda: shell.head(archive.status(), loading()), elem_id="head")
        with gr.Column(elem_id="asking"):
            with gr.Row(elem_id="ask"):
                box = gr.Textbox(
                    label="Question",
                    show_label=False,
                    placeholder="Ask the archive a question",
                    lines=1,
                    autofocus=True,
                    scale=8,
                    elem_id="question",
                )
                send = gr.Button("Ask", variant="primary", scale=0, min_width=88, elem_id="send")
                stop = gr.Button("Stop", scale=0, min_width=88, elem_id="stop")
            gr.HTML(lambda: _controls(archive), elem_id="controls")
        with gr.Row(elem_id="desk"):
            with gr.Column(scale=6, elem_id="left"):
                shown = gr.HTML(lambda: _start(archive), elem_id="answer", padding=False)
            with gr.Column(scale=5, elem_id="right"):
                gr.HTML('<h2 class="label">Evidence</h2>')
                found = gr.HTML(shell.WAITING, elem_id="evidence")
        gr.HTML(
            shell.dialogs(),
            elem_id="dialogs",
            js_on_load=_HERE.joinpath("script.js").read_text("utf-8"),
            server_functions=[open_article],
        )

        def asked(text: str, wanted: Any, earlier: History) -> Iterator[Update]:
            yield from ask(archive, text, earlier, wanted, loading)

        started = gr.on(
            [box.submit, send.click], asked, [box, wishes, history], [shown, found, history], concurrency_limit=4,
            show_progress="hidden", api_visibility="private", trigger_mode="multiple", js=_SEND,
        )  # fmt: skip
        stop.click(
            None, None, None, cancels=[started], queue=False, api_visibility="private",
            js="() => window.desk.stopped()",
        )  # fmt: skip
    return page


def _start(archive: Archive) -> str:
    return shell.start(archive.status(), examples(archive.articles(limit=_READ_FOR_EXAMPLES)))


def _controls(archive: Archive) -> str:
    return shell.writer_choice(writers(archive.settings.writer)) + filters.form(filters.choices(archive))


def ask(
    archive: Archive, text: str, earlier: History, wanted: Any = None, loading: Callable[[], str] = str
) -> Iterator[Update]:
    """The page's updates while a question is answered: answer, evidence, history. `wanted` is what the browser sent."""
    if not text.strip():
        return
    try:
        wishes = wishes_from(wanted, writers(archive.settings.writer))
    except RagError as error:
        yield render.problem(text, str(error)), "", earlier
        return
    if wishes.again and earlier and earlier[-1][0] == text:
        earlier = earlier[:-1]  # asked anew, it is no follow-up of itself
    yield from _answered(archive, text, earlier, wishes, loading)


def _answered(
    archive: Archive, text: str, earlier: History, wishes: Wishes, loading: Callable[[], str]
) -> Iterator[Update]:
    turn, today = f"turn{next(_turns)}", date.today()
    sentences: list[Sentence] = []
    rest = found = chips = ""
    yield render.writing(text, chips, [], "", turn, "Searching"), found, earlier
    try:
        stream = archive.stream(text, earlier, wishes.filters, writer=wishes.writer, ignore=wishes.ignore)
        try:
            for event in stream:
                if isinstance(event, Evidence):
                    meant = event.understood
                    chips = render.understood(meant, wishes.ignore)
                    found = cards.evidence(event.hits, meant.text if meant else text, today)
                elif isinstance(event, Delta):
                    rest += event.text
                elif isinstance(event, Checked):
                    sentences[event.index : event.index + 1] = [event.sentence]  # or struck after all
                    rest = ""
                elif isinstance(event, Done):
                    yield _finished(event.answer, chips, turn, earlier, today)
                    return
                status = loading() or "Reading the evidence and writing"
                yield render.writing(text, chips, sentences, _unmarked(rest), turn, status), found, earlier
        finally:
            stream.close()  # type: ignore[attr-defined]
    except RagError as error:
        yield render.problem(text, str(error)), found, earlier
    except Exception:  # the terminal has the traceback; the page has words
        logging.getLogger(__name__).exception("a question could not be answered")
        yield render.problem(text, _BROKEN), found, earlier


def _finished(answer: Answer, chips: str, turn: str, earlier: History, today: date) -> Update:
    meant = answer.understood.text if answer.understood else answer.question
    return (
        render.answer(answer, chips, turn, today),
        cards.evidence(answer.evidence, meant, today, answer),
        [*earlier, (answer.question, answer.text)],
    )


def _unmarked(text: str) -> str:
    # The writer's marks number extracts, not citations: they would change under the reader's eyes.
    return re.sub(r"\s*\[\d*\]?", "", text)


def options() -> dict[str, Any]:
    """What `launch` needs for the page to look as designed and keep to itself, with nothing from elsewhere."""
    import gradio as gr
    from starlette.middleware import Middleware

    from ui.guard import Guard

    serif, mono = ["Charter", "Georgia", "serif"], ["ui-monospace", "monospace"]
    theme = gr.themes.Base(font=serif, font_mono=mono, primary_hue="slate", neutral_hue="stone")
    css = "\n".join(_HERE.joinpath(name).read_text("utf-8") for name in ("tokens.css", "style.css"))
    return {"theme": theme, "css": css, "footer_links": [], "app_kwargs": {"middleware": [Middleware(Guard)]}}
