"""The desk: layout and wiring. What it shows is made in `turns`, `shell`, `filters`, `panel` and the views."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ui import choosing, filters, panel, shelf, shell, talks, turns, under, uploads
from ui.door import Door, reader_of
from ui.known import known
from ui.line import Line
from ui.turns import History
from ui.wishes import writers

if TYPE_CHECKING:
    import gradio as gr

    from rag import Archive

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

_HERE = Path(__file__).parent
_SEND = "(question, wishes, history, current) => window.desk.sent(question)"
_SCRIPTS = (
    "script.js",
    "watch.js",
    "shelf.js",
    "settings.js",
)  # one function in the browser: the others use what the first has
_STYLES = ("fonts.css", "tokens.css", "style.css", "shelf.css")
_AT_ONCE = 32  # turns that search or wait; the writer takes them one by one
_THREADS = 96  # each turn takes one, and what else readers do must not wait for turns
Function = TypeVar("Function", bound=Callable[..., Any])


def build(archive: Archive, loading: Callable[[], str] = str) -> gr.Blocks:
    """The page over an archive, not yet served. `loading` says what a reader must know of the models; "" is nothing."""
    import gradio as gr

    answers, line = under.Answers(), Line()
    offered: list[str] = []  # writers that were chosen in the settings, of whatever window

    def head(request: Any = None) -> str:  # Gradio wants one for everybody before there is a request
        return shell.head(archive.status(), loading(), reader_of(request).name if request else "")

    def asked(text: str, wanted: Any, earlier: History, id: str, request: Any) -> Iterator[tuple[Any, ...]]:
        reader = reader_of(request)

        def below(given: under.Given) -> str:
            name = answers.keep(reader.id, given)
            return under.row(name, given, archive.article) + under.feedback(name)

        update: tuple[Any, ...] = ()
        for update in turns.turn(archive, reader, line, text, earlier, wanted, id, loading, below, offered):
            yield update
        if not update:  # the question was blank: what is shown stays, where Gradio would empty it
            yield (gr.skip(),) * 4

    with gr.Blocks(title="Ask the archive", analytics_enabled=False, fill_width=True) as page:
        history, wishes, current = gr.State([]), gr.JSON(visible=False), gr.State("")
        gr.HTML(_for_reader(head), elem_id="head")
        box, send, stop = _asking(lambda: _controls(archive, offered))
        shown, found = _desk(archive)
        gr.HTML(shelf.view() + choosing.view(), elem_id="views")
        _behaviour(archive, answers, offered, loading)
        started = gr.on(
            [box.submit, send.click], _for_reader(asked), [box, wishes, history, current],
            [shown, found, history, current], concurrency_limit=_AT_ONCE,
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
            shown = gr.HTML(lambda: turns.start(archive), elem_id="answer", padding=False)
        with gr.Column(scale=5, elem_id="right"):
            gr.HTML('<h2 class="label">Evidence</h2>')
            found = gr.HTML(shell.WAITING, elem_id="evidence")
    return shown, found


def _behaviour(archive: Archive, answers: under.Answers, offered: list[str], loading: Callable[[], str]) -> None:
    """The panel and the dialogs, and the script with what it may ask of the server."""
    import gradio as gr

    from ui import preferences, views

    def open_article(wanted: Any) -> str:
        return panel.opened(archive, panel.wanted_from(wanted), date.today())

    def take(wanted: Any, request: Any) -> dict[str, str]:
        return under.taken(answers, reader_of(request).id, archive.article, wanted)

    def conversations(wanted: Any, request: Any) -> str:
        return talks.listed(archive.path, reader_of(request).id, wanted)

    def say(wanted: Any, request: Any) -> str:
        return under.said(answers, reader_of(request), archive.path, wanted)

    def news(_: Any = None) -> str:
        return shell.notices(archive.status(), loading())

    def fresh(reader: str) -> dict[str, str]:
        head = shell.head(archive.status(), loading(), reader)
        return {"head": head, "controls": _controls(archive, offered), "start": turns.start(archive)}

    of_views = views.archive_functions(archive, fresh) + preferences.settings_functions(archive, offered, fresh)
    gr.HTML(
        shell.dialogs(),
        elem_id="dialogs",
        js_on_load=_read(_SCRIPTS),
        server_functions=[open_article, *map(_for_reader, (take, say, conversations)), news, *of_views],
    )


def _for_reader(function: Function) -> Function:
    """The function, whose last argument Gradio shall know for a request: gradio is not there when it is annotated."""
    import gradio as gr

    function.__annotations__["request"] = gr.Request
    return function


def _read(names: Sequence[str]) -> str:
    return "\n".join(_HERE.joinpath(name).read_text("utf-8") for name in names)


def _controls(archive: Archive, offered: Sequence[str]) -> str:
    names = writers(archive.settings.writer, offered)
    return shell.writer_choice(names) + filters.form(known(archive).choices)


def options(folder: Path, *, required: bool, secure: bool) -> dict[str, Any]:
    """What `launch` needs for the page to look as designed and keep to itself, with nothing from elsewhere.

    The arguments are those of `Door`.
    """
    import gradio as gr
    from starlette.middleware import Middleware

    from ui.fonts import Fonts
    from ui.guard import Guard

    serif, mono = ["Source Serif 4", "Georgia", "serif"], ["ui-monospace", "monospace"]
    doors = [Middleware(Guard), Middleware(Fonts), Middleware(Door, folder, required=required, secure=secure)]
    return {
        "theme": gr.themes.Base(font=serif, font_mono=mono, primary_hue="slate", neutral_hue="stone"),
        "css": _read(_STYLES),
        "footer_links": [],
        "max_threads": _THREADS,
        "max_file_size": uploads.MOST_BYTES,
        "app_kwargs": {"middleware": doors},
    }
