"""The chat page: layout and wiring. What it shows is made in `render`."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.types import Answer, Checked, Delta, Done, Evidence, Sentence
from ui import render

if TYPE_CHECKING:
    import gradio as gr

    from rag import Archive

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

_STYLE = Path(__file__).with_name("style.css")
_turns = itertools.count(1)
History = list[tuple[str, str]]
Update = tuple[str, str, History]


def build(archive: Archive) -> gr.Blocks:
    """The page over an archive, not yet served."""
    import gradio as gr

    with gr.Blocks(title="Ask the archive", analytics_enabled=False, fill_width=True) as page:
        history = gr.State([])
        gr.HTML(_head(archive), elem_id="head")
        with gr.Row(elem_id="desk"):
            with gr.Column(scale=6, elem_id="left"):
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
                    send = gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id="send")
                    stop = gr.Button("Stop", scale=1, min_width=80, elem_id="stop")
                shown = gr.HTML("", elem_id="answer", padding=False)
            with gr.Column(scale=4, elem_id="right"):
                gr.HTML('<h2 class="label">Evidence</h2>')
                cards = gr.HTML(
                    '<p class="quiet">What the archive holds on a question appears here first.</p>', elem_id="evidence"
                )

        def asked(text: str, earlier: History) -> Iterator[Update]:
            yield from ask(archive, text, earlier)

        started = gr.on(
            [box.submit, send.click], asked, [box, history], [shown, cards, history], concurrency_limit=4,
            show_progress="hidden", api_visibility="private",
            trigger_mode="multiple",
        )  # fmt: skip
        stop.click(
            None, None, None, cancels=[started], queue=False, api_visibility="private",
            js="() => { document.querySelectorAll('#answer [role=status]').forEach(e => e.textContent = 'Stopped.'); }",
        )  # fmt: skip
    return page


def _head(archive: Archive) -> str:
    status = archive.status()
    held = f"{status.articles:,} articles"
    if status.published_from and status.published_to:
        held += f", {status.published_from:%B %Y} to {status.published_to:%B %Y}"
    warning = f'<p class="notice">Unfinished: {escape(status.unfinished)}</p>' if status.unfinished else ""
    return f'<h1>Ask the archive</h1><p class="quiet">{held}</p>{warning}'


def ask(archive: Archive, text: str, earlier: History) -> Iterator[Update]:
    """The page's updates while a question is answered: answer, evidence, history."""
    if not text.strip():
        return
    turn = f"turn{next(_turns)}"
    sentences: list[Sentence] = []
    rest = ""
    cards = ""
    yield render.writing(text, [], "", turn, "Searching"), cards, earlier
    stream = archive.stream(text, earlier)
    try:
        for event in stream:
            if isinstance(event, Evidence):
                cards = render.evidence(event.hits, meant=event.understood)
            elif isinstance(event, Delta):
                rest += event.text
            elif isinstance(event, Checked):
                sentences[event.index : event.index + 1] = [event.sentence]  # or struck after all
                rest = ""
            elif isinstance(event, Done):
                yield _finished(event.answer, turn, earlier)
                return
            yield (
                render.writing(text, sentences, _unmarked(rest), turn, "Reading the evidence and writing"),
                cards,
                earlier,
            )
    except RagError as error:
        yield render.problem(text, str(error)), cards, earlier
    finally:
        stream.close()  # type: ignore[attr-defined]


def _finished(answer: Answer, turn: str, earlier: History) -> Update:
    return (
        render.answer(answer, turn),
        render.evidence(answer.evidence, answer, answer.understood),
        [*earlier, (answer.question, answer.text)],
    )


def _unmarked(text: str) -> str:
    # The writer's marks number extracts, not citations: they would change under the reader's eyes.
    return re.sub(r"\s*\[\d*\]?", "", text)


def options() -> dict[str, Any]:
    """What `launch` needs for the page to look as designed, with nothing from elsewhere."""
    import gradio as gr

    serif, mono = ["Charter", "Georgia", "serif"], ["ui-monospace", "monospace"]
    theme = gr.themes.Base(font=serif, font_mono=mono, primary_hue="slate", neutral_hue="stone")
    return {"theme": theme, "css": _STYLE.read_text("utf-8"), "footer_links": []}
