"""The desk: layout and wiring. What it shows is made in `shell`, `render`, `cards`, `filters` and `panel`."""

from __future__ import annotations

import itertools
import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.types import Checked, Delta, Done, Evidence, Sentence
from ui import cards, choosing, filters, panel, render, shelf, shell, talks, under, uploads
from ui.known import known
from ui.wishes import Wishes, wishes_from, writers

if TYPE_CHECKING:
    import gradio as gr

    from rag import Archive

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

_HERE = Path(__file__).parent
_SEND = "(question, wishes, history, current) => window.desk.sent(question)"
_SCRIPTS = ("script.js", "shelf.js")  # one function in the browser: the second uses what the first has
_BROKEN = "Something went wrong on this machine. The terminal that serves this page says what."
_turns = itertools.count(1)
History = list[tuple[str, str]]
Update = tuple[str, str, History]
Under = Callable[[under.Given], str]


def build(archive: Archive, loading: Callable[[], str] = str) -> gr.Blocks:
    """The page over an archive, not yet served. `loading` says what a reader must know of the models; "" is nothing."""
    import gradio as gr

    answers = under.Answers()
    offered: list[str] = []  # writers that were chosen in the settings, of whatever window

    def head() -> str:
        return shell.head(archive.status(), loading())

    def controls() -> str:
        return _controls(archive, offered)

    def below(given: under.Given) -> str:
        name = answers.keep(given)
        return under.row(name, given, archive.article) + under.feedback(name)

    def fresh() -> dict[str, str]:
        return {"head": head(), "controls": controls(), "start": _start(archive)}

    with gr.Blocks(title="Ask the archive", analytics_enabled=False, fill_width=True) as page:
        history, wishes, current = gr.State([]), gr.JSON(visible=False), gr.State("")
        gr.HTML(head, elem_id="head")
        box, send, stop = _asking(controls)
        shown, found = _desk(archive)
        gr.HTML(shelf.view() + choosing.view(), elem_id="views")
        _behaviour(archive, answers, offered, fresh)

        def asked(text: str, wanted: Any, earlier: History, id: str) -> Iterator[tuple[str, str, History, str]]:
            yield from turn(archive, text, earlier, wanted, id, loading, below, offered)

        started = gr.on(
            [box.submit, send.click], asked, [box, wishes, history, current],
            [shown, found, history, current], concurrency_limit=4,
            show_progress="hidden", api_visibility="private", trigger_mode="multiple", js=_SEND,
        )  # fmt: skip
        stop.click(
            None, None, None, cancels=[started], queue=False, api_visibility="private",
            js="() => window.desk.stopped()",
        )  # fmt: skip
    return page


def _asking(controls: Callable[[], str]) -> tuple[gr.Textbox, gr.Button, gr.Button]:
    """The question, its buttons, and what it can be limited to."""
    import gradio as gr

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
        gr.HTML(controls, elem_id="controls")
    return box, send, stop


def _desk(archive: Archive) -> tuple[gr.HTML, gr.HTML]:
    """The answer, and the evidence beside it."""
    import gradio as gr

    with gr.Row(elem_id="desk"):
        with gr.Column(scale=6, elem_id="left"):
            shown = gr.HTML(lambda: _start(archive), elem_id="answer", padding=False)
        with gr.Column(scale=5, elem_id="right"):
            gr.HTML('<h2 class="label">Evidence</h2>')
            found = gr.HTML(shell.WAITING, elem_id="evidence")
    return shown, found


def _behaviour(
    archive: Archive, answers: under.Answers, offered: list[str], fresh: Callable[[], dict[str, str]]
) -> None:
    """The panel and the dialogs, and the script with what it may ask of the server."""
    import gradio as gr

    from ui import views

    def open_article(wanted: Any) -> str:
        return panel.opened(archive, panel.wanted_from(wanted), date.today())

    def take(wanted: Any) -> dict[str, str]:
        return under.taken(answers, archive.article, wanted)

    def conversations(wanted: Any) -> str:
        return talks.listed(archive.path, wanted)

    def say(wanted: Any) -> str:
        return under.said(answers, archive.path, wanted)

    of_views = views.archive_functions(archive, fresh) + views.settings_functions(archive, offered, fresh)
    gr.HTML(
        shell.dialogs(),
        elem_id="dialogs",
        js_on_load=_read(_SCRIPTS),
        server_functions=[open_article, take, say, conversations, *of_views],
    )


def _read(names: Sequence[str]) -> str:
    return "\n".join(_HERE.joinpath(name).read_text("utf-8") for name in names)


def _start(archive: Archive) -> str:
    return shell.start(archive.status(), known(archive).examples)


def _controls(archive: Archive, offered: Sequence[str]) -> str:
    names = writers(archive.settings.writer, offered)
    return shell.writer_choice(names) + filters.form(known(archive).choices)


def turn(
    archive: Archive,
    text: str,
    earlier: History,
    wanted: Any,
    id: str,
    loading: Callable[[], str],
    below: Under,
    offered: Sequence[str] = (),
) -> Iterator[tuple[str, str, History, str]]:
    """Updates as of `ask`, each with the id of the conversation: a question in it, or another one opened."""
    other = talks.wanted(wanted)
    if other is not None:
        yield _opened(archive, other, below)
        return

    def finished(given: under.Given) -> str:
        nonlocal id
        id = talks.kept(archive.path, id, given)
        return below(given)

    for update in ask(archive, text, earlier, wanted, loading, finished, offered):
        yield (*update, id)


def _opened(archive: Archive, id: str, below: Under) -> tuple[str, str, History, str]:
    if not id:
        return _start(archive), shell.WAITING, [], ""
    try:
        turns = talks.without_repeats(talks.loaded(archive.path, id).turns)
    except RagError as error:
        return render.problem("Conversation", str(error)), "", [], ""
    given, history = talks.again(turns)
    note = talks.since(turns[-1], archive.article)
    chips = render.understood(given.answer.understood)
    shown, found, _ = _finished(given, chips + note, f"turn{next(_turns)}", below(given), date.today())
    return shown, found, history, id


def ask(
    archive: Archive,
    text: str,
    earlier: History,
    wanted: Any = None,
    loading: Callable[[], str] = str,
    below: Under = lambda _: "",
    offered: Sequence[str] = (),
) -> Iterator[Update]:
    """The page's updates while a question is answered: answer, evidence, history. `wanted` is what the browser sent.

    `below` makes the HTML of what a reader can do with the finished answer; `offered` are further writers to choose.
    """
    if not text.strip():
        return
    try:
        wishes = wishes_from(wanted, writers(archive.settings.writer, offered))
    except RagError as error:
        yield render.problem(text, str(error)), "", earlier
        return
    if wishes.again and earlier and earlier[-1][0] == text:
        earlier = earlier[:-1]  # asked anew, it is no follow-up of itself
    yield from _answered(archive, text, earlier, wishes, loading, below)


def _answered(
    archive: Archive, text: str, earlier: History, wishes: Wishes, loading: Callable[[], str], below: Under
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
                    given = under.Given(event.answer, datetime.now(UTC), tuple(earlier), wishes.filters)
                    yield _finished(given, chips, turn, below(given), today)
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


def _finished(given: under.Given, chips: str, turn: str, below: str, today: date) -> Update:
    answer = given.answer
    meant = answer.understood.text if answer.understood else answer.question
    return (
        render.answer(answer, chips, turn, today, below),
        cards.evidence(answer.evidence, meant, today, answer),
        [*given.earlier, (answer.question, answer.text)],
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
    return {
        "theme": theme,
        "css": _read(("tokens.css", "style.css", "shelf.css")),
        "footer_links": [],
        "max_file_size": uploads.MOST_BYTES,
        "app_kwargs": {"middleware": [Middleware(Guard)]},
    }
